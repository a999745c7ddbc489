-- Further addresses that a customer's purchases are billed to: a cost centre, a branch. Country, tax number and payment method are the account's.
create table accounts.billing_address (
  address_id uuid primary key,
  tenant_id uuid not null,
  label text not null,
  -- who is billed there; null: the account's legal name
  legal_name text,
  address jsonb not null,
  purchase_order text,
  created_at timestamptz not null,
  -- nothing new is billed to it; what is goes on
  retired_at timestamptz
);
create unique index billing_address_label on accounts.billing_address (tenant_id, lower(label)) where retired_at is null;
