create schema if not exists kernel;

-- Market time is wall time plus this offset. One row.
create table kernel.clock (
  single boolean primary key default true check (single),
  offset_us bigint not null default 0,
  -- Where a clock move is on its way to; kept so that a killed move can be resumed.
  moving_to timestamptz
);
insert into kernel.clock default values;

-- Business work that is due at a market time. A row is deleted when its handler has run.
create sequence kernel.due_seq;
create table kernel.due (
  kind text not null,
  key text not null,
  at timestamptz not null,
  seq bigint not null default nextval('kernel.due_seq'),
  -- Effects of one group are limited in how many run at once (webhooks: four a publisher).
  lane text,
  payload jsonb not null default '{}',
  attempts integer not null default 0,
  last_error text,
  -- Wall time before which a failed item is not tried again.
  retry_at timestamptz,
  -- The process that performs the item's outside call, and until when (wall time) it may.
  claim uuid,
  claimed_until timestamptz,
  primary key (kind, key)
);
create index due_order on kernel.due (at, seq);
create index due_claimed on kernel.due (claimed_until) where claim is not null;

-- Every business event, in the transaction of its cause. xid lets projections advance by commit horizon.
create table kernel.event (
  id bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null,
  wall_at timestamptz not null,
  publisher_id text,
  type text not null,
  version integer not null,
  payload jsonb not null
);
create index event_publisher on kernel.event (publisher_id, id);
