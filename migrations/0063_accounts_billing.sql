-- Who pays, in full: what a bill must say of its recipient, and how it is paid.
alter table accounts.billing_account
  add column address jsonb not null default '{}',
  -- With the country's prefix where it is a VAT number: DE136695976.
  add column tax_id text,
  add column purchase_order text,
  -- Null: the marketplace's usual method.
  add column payment_method text,
  add column payment_method_since timestamptz;
