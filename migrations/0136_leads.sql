create schema leads;

-- What a customer did on an offer's page with consent, and who it was. Contact fields are overwritten when a person is erased; rows stay.
create table leads.lead (
  id uuid primary key,
  at timestamptz not null,
  wall_at timestamptz not null,
  offer uuid not null,
  publisher_id text not null,
  offer_id text not null,
  snapshot uuid not null,
  preview boolean not null,
  offer_title text not null,
  plan_id text,
  act text not null check (act in ('contact-me', 'free-trial', 'get-it-now', 'purchase')),
  source text not null check (source in ('AppSource (SPZA)', 'AzureMarketplace', 'AzurePortal')),
  action text not null check (action in ('INS', 'PLT', 'Create')),
  first_name text not null,
  last_name text not null,
  email text not null,
  phone text not null,
  country text not null,
  company text not null,
  title text not null,
  description text not null,
  tenant_id uuid not null,
  object_id uuid not null,
  consented_at timestamptz not null,
  -- Campaign of the link that led to the offer (spec/06 C2).
  traffic_source text,
  campaign_id text,
  erased_at timestamptz,
  -- kept: in the list only.
  state text not null check (state in ('kept', 'waiting', 'delivered', 'failed')),
  attempts integer not null default 0,
  -- Attempts of earlier series: a lead that was given up can be sent again.
  attempts_before integer not null default 0,
  first_attempt_at timestamptz,
  next_attempt_at timestamptz,
  finished_at timestamptz,
  last_outcome text
);
create index lead_of_publisher on leads.lead (publisher_id, at desc, id desc);
create index lead_of_person on leads.lead (lower(email));
create index lead_state on leads.lead (state, at desc) where state in ('waiting', 'failed');

create table leads.attempt (
  lead uuid not null references leads.lead,
  number integer not null,
  at timestamptz not null,
  wall_at timestamptz not null,
  -- Without the part that is the credential.
  address text not null,
  status integer,
  answer text,
  error text,
  duration_ms integer,
  -- Attempts that this row stands for and that were not made (a clock move spares an endpoint that keeps failing).
  collapsed integer not null default 0,
  primary key (lead, number)
);
