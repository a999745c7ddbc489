create schema checkout;

-- A customer's act of buying: what was shown, what was accepted, by whom.
create table checkout.purchase (
  id uuid primary key,
  subscription uuid not null unique,
  offer uuid not null,
  publisher_id text not null,
  offer_id text not null,
  plan_id text not null,
  purchaser jsonb not null,
  beneficiary jsonb not null,
  customer_tenant_id uuid not null,
  quote jsonb not null,
  terms_version text not null,
  bought_by jsonb not null,
  bought_at timestamptz not null,
  wall_at timestamptz not null
);
create index purchase_customer on checkout.purchase (customer_tenant_id, id desc);
