-- Cards saved with Stripe. Numbers never come here: only what Stripe calls the card and what people recognise it by.
create table billing.card_customer (
  tenant_id uuid primary key,
  customer text not null unique,
  created_at timestamptz not null
);

create table billing.card (
  id uuid primary key,
  tenant_id uuid not null references billing.card_customer,
  -- Stripe's payment method.
  method text not null unique,
  brand text not null,
  last4 text not null,
  -- Last day on which it can be charged.
  expires_on date not null,
  saved_at timestamptz not null,
  -- The one chosen last is charged.
  chosen_at timestamptz not null,
  removed_at timestamptz
);
create index card_tenant on billing.card (tenant_id) where removed_at is null;

-- Visits to Stripe's page that have been begun; `card` is what came of it.
create table billing.card_setup (
  session text primary key,
  tenant_id uuid not null references billing.card_customer,
  begun_by text not null,
  begun_at timestamptz not null,
  looked integer not null default 0,
  ended_at timestamptz,
  card uuid references billing.card
);

-- A payment by card, with Stripe's name of it. `own`: the customer asked for it, it uses up no attempt of the schedule.
create table billing.card_charge (
  payment uuid primary key references billing.payment,
  card uuid not null references billing.card,
  own boolean not null,
  intent text unique
);

-- What a refund (a payment below zero) takes from which charge.
create table billing.card_refund (
  payment uuid not null references billing.payment,
  charge uuid not null references billing.card_charge,
  amount numeric not null check (amount > 0),
  refund text,
  primary key (payment, charge)
);
create index card_refund_charge on billing.card_refund (charge);

-- Webhooks that have been taken: Stripe delivers some of them twice.
create table billing.stripe_event (
  id text primary key,
  type text not null,
  wall_at timestamptz not null
);
