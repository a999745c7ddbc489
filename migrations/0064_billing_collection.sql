-- A customer with a valid VAT number accounts for the tax itself.
alter table billing.tax_rate
  add column reverse_charge boolean not null default false,
  -- Who charges the tax: the marketplace, or each publisher outside of it.
  add column managed_by text not null default 'platform' check (managed_by in ('platform', 'publisher'));

-- How far the collection of an unpaid invoice has come: attempts made, and when its subscriptions were suspended.
alter table billing.invoice
  add column attempts integer not null default 0,
  add column next_attempt_at timestamptz,
  add column suspended_at timestamptz;
create index invoice_open on billing.invoice (due_on) where state = 'open';
create index invoice_next_attempt on billing.invoice (next_attempt_at) where next_attempt_at is not null;
