create schema metering;

-- Who may report usage of an offer: the (tenant, application) pair of its technical configuration (spec/08 §1.3).
create table metering.reporter (
  offer uuid primary key,
  publisher_id text not null,
  offer_id text not null,
  offer_name text not null,
  tenant_id uuid not null,
  application_id uuid not null
);
create index reporter_application on metering.reporter (tenant_id, application_id);

-- What an event is judged by, written in the transaction that changes the subscription. Usage is never judged by the
-- subscription itself, so that the flush needs no other room's tables and no locks.
create table metering.meter (
  resource uuid primary key,
  -- Full path of a deployed resource, where one exists (managed applications).
  resource_uri text unique,
  publisher_id text not null,
  offer uuid not null,
  offer_id text not null,
  customer_tenant_id uuid not null,
  state text not null check (state in ('pending', 'active', 'suspended', 'ended')),
  plan_id text not null,
  currency text not null,
  activated_at timestamptz,
  ended_at timestamptz,
  -- Of an ended one: hours before this are still accepted. Null when it was not active at its end.
  usage_until timestamptz
);
create index meter_publisher on metering.meter (publisher_id, offer_id);
create index meter_offer on metering.meter (offer);
create index meter_customer on metering.meter (customer_tenant_id);

-- Plans a resource has or had. `valid_until` is null for the plan of today; before it, hours of the old plan are still accepted.
create table metering.meter_plan (
  resource uuid not null references metering.meter,
  plan_id text not null,
  plan_name text not null,
  -- Enabled and finite dimensions: the only ones that can be reported.
  dimensions text[] not null,
  -- [{ id, displayName, unitOfMeasure }], as agreed, for pages
  labels jsonb not null,
  valid_until timestamptz,
  primary key (resource, plan_id)
);

-- Accepted events, for ever the same. One a resource, dimension and UTC hour of its effective time: the partition is chosen by
-- that hour, so the key holds across partitions. The publisher is in the key so that the table can be distributed by it.
create table metering.usage_event (
  publisher_id text not null,
  resource uuid not null,
  dimension text not null,
  hour timestamptz not null,
  id uuid not null,
  plan_id text not null,
  quantity numeric not null check (quantity > 0),
  effective_at timestamptz not null,
  -- Market time of acceptance: usage is billed by it.
  accepted_at timestamptz not null,
  primary key (publisher_id, resource, dimension, hour)
) partition by range (hour);

-- Adds the partition of the month that holds `at`. Attaching takes no lock that stops reads or inserts of other months.
create function metering.add_month(at timestamptz) returns void language plpgsql as $$
declare
  first timestamptz := date_trunc('month', at, 'UTC');
  next timestamptz := (date_trunc('month', at at time zone 'UTC') + interval '1 month') at time zone 'UTC';
  name text := 'usage_event_' || to_char(first at time zone 'UTC', 'YYYY_MM');
begin
  if to_regclass('metering.' || name) is not null then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtext('metering.add_month'));
  if to_regclass('metering.' || name) is not null then
    return;
  end if;
  execute format('create table metering.%I (like metering.usage_event including defaults including constraints)', name);
  execute format('alter table metering.usage_event attach partition metering.%I for values from (%L) to (%L)', name, first, next);
end $$;

-- Events that were refused, with the reason, for the publisher to see; kept 30 days.
create table metering.refused_event (
  id uuid primary key,
  at timestamptz not null,
  -- Of the calling application; null when no live offer names it.
  publisher_id text,
  tenant_id uuid not null,
  application_id uuid not null,
  resource text,
  plan_id text,
  dimension text,
  quantity text,
  effective_at text,
  status text not null,
  reason text not null
);
create index refused_event_publisher on metering.refused_event (publisher_id, at desc);
create index refused_event_at on metering.refused_event (at);
