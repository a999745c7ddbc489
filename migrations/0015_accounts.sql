-- Seller accounts and publishers, customers' billing accounts. Times are market times.
create schema accounts;

create table accounts.seller_account (
  account_id uuid primary key,
  tenant_id  uuid not null,
  legal_name text not null,
  country    text not null,
  created_at timestamptz not null,
  constraint seller_account_tenant unique (tenant_id)
);

-- Rows are never deleted: a publisherId is never given twice (spec/01 §5).
create table accounts.publisher (
  publisher_id      text primary key check (publisher_id ~ '^[a-z0-9][a-z0-9_-]{1,49}$'),
  account_id        uuid not null references accounts.seller_account,
  tenant_id         uuid not null,
  name              text not null,
  -- percent; null: the marketplace's own
  store_fee_percent numeric check (store_fee_percent >= 0 and store_fee_percent < 100),
  status            text not null check (status in ('active', 'suspended', 'closed')),
  created_at        timestamptz not null
);
create index publisher_account on accounts.publisher (account_id);
create index publisher_tenant on accounts.publisher (tenant_id);

create table accounts.member (
  account_id  uuid not null references accounts.seller_account,
  member_kind text not null check (member_kind in ('user', 'application')),
  -- object id of a user, client id of an application
  member_id   uuid not null,
  tenant_id   uuid not null,
  roles       text[] not null check (roles <@ array['owner', 'manager', 'developer']),
  created_at  timestamptz not null,
  primary key (account_id, member_kind, member_id)
);
create index member_of on accounts.member (member_kind, member_id);

create table accounts.billing_account (
  tenant_id   uuid primary key,
  legal_name  text not null,
  country     text not null,
  market      text not null,
  currency    text not null,
  is_reseller boolean not null,
  created_at  timestamptz not null
);

-- Which customers a reseller buys for.
create table accounts.reseller_customer (
  reseller_tenant_id uuid not null references accounts.billing_account,
  customer_tenant_id uuid not null references accounts.billing_account,
  created_at         timestamptz not null,
  primary key (reseller_tenant_id, customer_tenant_id)
);
create index reseller_customer_customer on accounts.reseller_customer (customer_tenant_id);
