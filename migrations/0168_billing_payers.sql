-- How a purchase is paid where its store decides it ('card'; null: as the customer's account pays), the address that it is billed to (null: the
-- account's own), and when all of it was paid back because it was a trial of a preview.
alter table billing.contract
  add column paid_by text check (paid_by in ('card')),
  add column bill_address uuid,
  add column refunded_at timestamptz;
alter table billing.invoice
  add column paid_by text check (paid_by in ('card')),
  add column bill_address uuid;

-- One document a run, customer and currency for each way of payment and address.
alter table billing.invoice drop constraint invoice_customer_tenant_id_currency_run_key;
create unique index invoice_run on billing.invoice
  (customer_tenant_id, currency, run, coalesce(paid_by, ''), coalesce(bill_address, '00000000-0000-0000-0000-000000000000'));

alter table billing.invoice drop constraint invoice_reason_check;
alter table billing.invoice add constraint invoice_reason_check
  check (reason in ('monthly', 'closing', 'cancelled-in-free-period', 'preview-refund'));
