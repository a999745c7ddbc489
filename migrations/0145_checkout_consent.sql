-- What a buyer agreed to by confirming: the terms, being billed, the sharing of data. Absent where bought before this was kept.
alter table checkout.purchase add column consent jsonb;
