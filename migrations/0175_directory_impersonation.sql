-- An operator looks at the marketplace in a person's place, within one session of the operator's browser, for a while.
create table directory.impersonation (
  id uuid primary key,
  session_hash text not null,
  operator uuid not null,
  object_id uuid not null,
  reason text not null,
  -- wall times
  started_at timestamptz not null,
  ends_at timestamptz not null,
  ended_at timestamptz
);
create unique index impersonation_session on directory.impersonation (session_hash) where ended_at is null;
create index impersonation_started on directory.impersonation (started_at desc);
