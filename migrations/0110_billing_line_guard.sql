-- Foreign keys are checked row by row, which was most of the time of a month's run. The same rules, checked once a statement, as for postings
-- (0062). Documents, lines, charges and payouts are never deleted.
alter table billing.invoice_line drop constraint invoice_line_invoice_fkey;
alter table billing.invoice_line drop constraint invoice_line_charge_fkey;
alter table billing.usage_taken drop constraint usage_taken_line_fkey;
alter table billing.payout_line drop constraint payout_line_line_fkey;
alter table billing.payout_line drop constraint payout_line_invoice_fkey;
alter table billing.payment drop constraint payment_invoice_fkey;

create function billing.check_document() returns trigger language plpgsql as $$
begin
  if exists (select from added a where not exists (select from billing.invoice i where i.id = a.invoice)) then
    raise exception 'A row of % belongs to no invoice.', tg_table_name using errcode = 'foreign_key_violation';
  end if;
  return null;
end $$;
create trigger of_document after insert on billing.invoice_line
  referencing new table as added for each statement execute function billing.check_document();
create trigger of_document after insert on billing.payout_line
  referencing new table as added for each statement execute function billing.check_document();
create trigger of_document after insert on billing.payment
  referencing new table as added for each statement execute function billing.check_document();

create function billing.check_line() returns trigger language plpgsql as $$
begin
  if exists (select from added a where not exists (select from billing.invoice_line l where l.id = a.line)) then
    raise exception 'A row of % belongs to no invoice line.', tg_table_name using errcode = 'foreign_key_violation';
  end if;
  return null;
end $$;
create trigger of_line after insert on billing.usage_taken
  referencing new table as added for each statement execute function billing.check_line();
create trigger of_line after insert on billing.payout_line
  referencing new table as added for each statement execute function billing.check_line();

create function billing.check_charge() returns trigger language plpgsql as $$
begin
  if exists (
    select from added a where a.charge is not null and not exists (select from billing.charge c where c.id = a.charge)
  ) then
    raise exception 'An invoice line bills a charge that does not exist.' using errcode = 'foreign_key_violation';
  end if;
  return null;
end $$;
create trigger of_charge after insert on billing.invoice_line
  referencing new table as added for each statement execute function billing.check_charge();

-- No charge is ever on two lines, whatever is repeated.
create unique index invoice_line_charge on billing.invoice_line (charge) where charge is not null;
