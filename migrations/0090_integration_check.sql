create schema integration_check;

-- Runs of the integration check that publishers have asked for in Partner Center.
create table integration_check.run (
  id uuid primary key,
  publisher_id text not null,
  offer_id text not null,
  landing_page_url text not null,
  webhook_url text not null,
  submit text,
  move_clock boolean not null,
  state text not null check (state in ('queued', 'running', 'done', 'stopped')),
  -- Why it could not run to its end.
  problem text,
  report jsonb,
  asked_by text not null,
  wall_at timestamptz not null,
  ended_wall_at timestamptz
);
create index run_publisher on integration_check.run (publisher_id, id desc);
