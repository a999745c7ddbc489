create schema publishing;

-- One run of publishing.
create table publishing.submission (
  id uuid primary key,
  offer uuid not null,
  publisher_id text not null,
  number integer not null,
  -- States and transitions: src/domain/publishing/submission.ts
  state text not null,
  -- Index of the phase that runs or waits.
  phase integer not null default 0,
  notes text not null default '',
  -- The frozen sections: instance ids of offers.draft.
  instances uuid[] not null,
  preview_snapshot uuid,
  live_snapshot uuid,
  submitted_at timestamptz not null,
  submitted_by text not null,
  -- Where mail about this run goes.
  notify text[] not null default '{}',
  finished_at timestamptz,
  unique (offer, number)
);
create unique index submission_running on publishing.submission (offer) where state in ('validating', 'publishing', 'cancelling');

create table publishing.step (
  submission uuid not null references publishing.submission (id),
  seq integer not null,
  phase text not null,
  step text not null,
  blocking boolean not null,
  status text not null,
  started_at timestamptz,
  completed_at timestamptz,
  -- [{code, message, target?, severity}]
  findings jsonb not null default '[]',
  primary key (submission, seq)
);

-- Immutable. content has the shape of its offer type's definition_version.
create table publishing.snapshot (
  id uuid primary key,
  offer uuid not null,
  publisher_id text not null,
  offer_id text not null,
  offer_type text not null,
  kind text not null check (kind in ('preview', 'live')),
  definition_version integer not null,
  hash text not null,
  content jsonb not null,
  created_at timestamptz not null
);
create index snapshot_offer on publishing.snapshot (offer, created_at);

-- What of an offer can be seen now.
create table publishing.publication (
  offer uuid primary key,
  publisher_id text not null,
  offer_id text not null,
  live_snapshot uuid references publishing.snapshot (id),
  preview_snapshot uuid references publishing.snapshot (id),
  live_at timestamptz,
  stop_requested_at timestamptz,
  stopped_at timestamptz,
  unique (publisher_id, offer_id)
);

-- Plans no longer sold. effective_at is null until the offer is published again.
create table publishing.stopped_plan (
  offer uuid not null,
  plan_id text not null,
  requested_at timestamptz not null,
  effective_at timestamptz,
  primary key (offer, plan_id)
);

-- The History page (spec/06 A10).
create table publishing.history (
  id uuid primary key,
  offer uuid not null,
  at timestamptz not null,
  event text not null,
  -- Name of the user; empty for the marketplace itself.
  initiated_by text not null,
  submission uuid
);
create index history_offer on publishing.history (offer, at);
