-- Publishing as a workflow with calls to the outside, certification, and the pages that tell of both.

alter table publishing.submission
  -- Sections that differ from those of the submission before; all of them in the first one.
  add column changed text[] not null default '{}',
  -- Whether an update of an offer that was live.
  add column is_update boolean not null default false;

alter table publishing.step
  -- Times the step was tried, for calls that failed for a passing reason.
  add column attempts integer not null default 0,
  -- What there is to say beyond the findings; when it is tried again.
  add column note text not null default '',
  add column retry_at timestamptz;

alter table publishing.publication
  -- Whoever knows it may look at the preview; buying is for its audience.
  add column preview_key text,
  -- Purchases of previews are free of charge, by the marketplace's leave.
  add column preview_free boolean not null default false;

alter table publishing.stopped_plan
  -- A plan whose stop is effective comes back with the next publishing.
  add column resume_requested_at timestamptz;

alter table publishing.history
  -- user, operator, application or system
  add column initiator_kind text not null default 'system',
  -- Object id of a user, client id of an application.
  add column initiator_id text,
  -- Literal of the event without the plan's name, for the filter.
  add column kind text not null default '',
  -- Of a step: Completed or Failed.
  add column status text;
update publishing.history set kind = regexp_replace(event, ':.*$', ''), initiator_kind = case initiated_by when '' then 'system' else 'user' end;

-- The certification of a submission: what was checked, by whom, and what came of it.
create table publishing.certification (
  submission uuid primary key references publishing.submission (id),
  offer uuid not null,
  publisher_id text not null,
  offer_id text not null,
  offer_type text not null,
  title text not null,
  mode text not null check (mode in ('automatic', 'manual')),
  opened_at timestamptz not null,
  assigned_to uuid,
  assigned_name text not null default '',
  assigned_at timestamptz,
  -- [{id, level, title, ask, result, note}]
  checks jsonb not null,
  -- [{code, title, message, notes, severity, target?}]
  findings jsonb not null default '[]',
  outcome text check (outcome in ('approved', 'rejected', 'withdrawn')),
  decided_at timestamptz,
  decided_by text not null default ''
);
create index certification_open on publishing.certification (opened_at) where outcome is null;
create index certification_decided on publishing.certification (decided_at desc) where outcome is not null;

-- Words that no listing may hold.
create table publishing.forbidden_word (
  word text primary key,
  reason text not null,
  added_at timestamptz not null,
  added_by text not null
);

-- What a publisher must be to sell an offer type, beyond what the type's definition asks (partner status, competencies, levels).
create table publishing.eligibility_criterion (
  id uuid primary key,
  offer_type text not null,
  title text not null,
  ask text not null,
  added_at timestamptz not null,
  added_by text not null,
  unique (offer_type, title)
);

-- How submissions are certified; one row at most. Without it: by hand in production, automatically in the sandbox.
create table publishing.certification_mode (
  "only" boolean primary key default true check ("only"),
  mode text not null check (mode in ('automatic', 'manual')),
  -- Reason with which the next submission is rejected (sandbox).
  reject_next text,
  set_at timestamptz not null,
  set_by text not null
);
