create schema offers;

-- Units of a currency for one US dollar. The row in force at a moment is the newest one whose valid_from has passed.
create table offers.exchange_rate (
  currency text not null,
  valid_from timestamptz not null,
  units_per_usd numeric not null check (units_per_usd > 0),
  source text not null,
  primary key (currency, valid_from)
);

create table offers.offer (
  id uuid primary key,
  publisher_id text not null,
  -- The seller account and its tenant, copied from accounts when the offer was created.
  account_id uuid not null,
  tenant_id uuid not null,
  offer_id text not null,
  offer_type text not null,
  alias text not null,
  -- Grows with any change of the draft.
  revision integer not null default 1,
  created_at timestamptz not null,
  created_by text not null,
  modified_at timestamptz not null,
  -- Lock facts, set by publishing's event: when the offer first went live.
  published_at timestamptz,
  unique (publisher_id, offer_id)
);
create index offer_application on offers.offer (account_id);

create table offers.plan (
  id uuid primary key,
  offer uuid not null references offers.offer (id),
  plan_id text not null,
  position integer not null,
  created_at timestamptz not null,
  published_at timestamptz,
  -- A draft plan that was never published can be deleted; its id is free again.
  deleted_at timestamptz
);
create unique index plan_id on offers.plan (offer, plan_id) where deleted_at is null;

-- One row for each version of a section: an instance. The current one is edited in place until a submission freezes it;
-- the next save then starts a new instance, so that what was submitted never changes.
create table offers.draft (
  id uuid primary key,
  offer uuid not null references offers.offer (id),
  plan uuid references offers.plan (id),
  module text not null,
  -- The language of a listing; empty where a section exists once.
  variant text not null default '',
  revision integer not null,
  content jsonb not null,
  price_list text,
  current boolean not null default true,
  frozen boolean not null default false,
  -- Part of what is live: the values against which locks and Compare work.
  published boolean not null default false,
  modified_at timestamptz not null,
  modified_by text not null
);
create unique index draft_current on offers.draft (offer, plan, module, variant) nulls not distinct where current;
create index draft_published on offers.draft (offer) where published;

-- A price list is immutable and named by the hash of its rows. Items: term:P1M, term:P1Y, dimension:<id>.
create table offers.price_list (
  hash text primary key,
  created_at timestamptz not null
);
create table offers.price (
  list text not null references offers.price_list (hash),
  market text not null,
  item text not null,
  currency text not null,
  amount numeric not null check (amount >= 0),
  valid_from timestamptz not null,
  -- How the amount came to be: the dollars entered and the rate, null where the publisher set the market's price.
  usd numeric,
  rate numeric,
  primary key (list, market, item, valid_from)
);

-- Tenants that see a private plan. live = false is the edited list, live = true the one in force.
create table offers.audience (
  plan uuid not null references offers.plan (id),
  live boolean not null,
  tenant_id uuid not null,
  description text not null default '',
  primary key (plan, live, tenant_id)
);
create index audience_tenant on offers.audience (tenant_id) where live;

-- Which seller account uses a directory application in its offers: no other account may.
create table offers.application_binding (
  directory_tenant_id uuid not null,
  application_id uuid not null,
  account_id uuid not null,
  primary key (directory_tenant_id, application_id)
);
