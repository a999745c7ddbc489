-- Sandbox only: how the wire contracts misbehave on purpose. In the database, so that every process does, at once.
create table kernel.fault (
  id uuid primary key,
  contract text not null,
  operation text,
  subscription text,
  rate numeric not null check (rate > 0 and rate <= 1),
  status integer check (status between 400 and 599),
  latency_ms integer check (latency_ms > 0),
  -- Calls that are still to be hit; null: all until the fault is taken away.
  remaining integer check (remaining >= 0),
  wall_at timestamptz not null,
  check (status is not null or latency_ms is not null),
  unique nulls not distinct (contract, operation, subscription)
);
