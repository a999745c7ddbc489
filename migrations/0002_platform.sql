-- The mode is decided once: a sandbox never becomes a production marketplace, nor the reverse.
create table kernel.installation (
  single boolean primary key default true check (single),
  mode text not null check (mode in ('sandbox', 'production')),
  installed_at timestamptz not null default now(),
  -- Set when the demo data has been loaded completely.
  demo_loaded_at timestamptz
);

-- Every mail. In sandbox it stays here (captured); in production a job sends it.
create table kernel.mail (
  id uuid primary key,
  at timestamptz not null,
  wall_at timestamptz not null,
  template text not null,
  recipient text not null,
  subject text not null,
  text text not null,
  html text,
  state text not null check (state in ('captured', 'queued', 'sent', 'failed')),
  sent_at timestamptz,
  error text
);
create index mail_wall on kernel.mail (wall_at desc, id desc);

-- Bytes lie in the file store under their hash; this row says what they are.
create table kernel.file (
  hash text primary key check (hash ~ '^[0-9a-f]{64}$'),
  content_type text not null,
  size bigint not null,
  wall_at timestamptz not null
);

-- Answers of calls that carried an Idempotency-Key, for 24 hours of wall time.
create table kernel.idempotency (
  scope text not null,
  key text not null,
  request_hash text not null,
  answer jsonb,
  wall_at timestamptz not null,
  primary key (scope, key)
);
create index idempotency_wall on kernel.idempotency (wall_at);

-- Who changed money, access or publication, from what to what. Never updated, never deleted.
create table kernel.audit (
  id uuid primary key,
  at timestamptz not null,
  wall_at timestamptz not null,
  principal_kind text not null,
  tenant_id text,
  principal_id text,
  principal_name text,
  action text not null,
  target text not null,
  before jsonb,
  after jsonb,
  reason text,
  request_id text not null
);
create index audit_target on kernel.audit (target, id);
create index audit_wall on kernel.audit (wall_at);

-- Calls of the wire contracts, redacted, bodies capped at 64 KB, 30 days.
create table kernel.request (
  id uuid primary key,
  wall_at timestamptz not null,
  at timestamptz not null,
  contract text not null,
  action text,
  tenant_id text,
  client_id text,
  method text not null,
  path text not null,
  status integer not null,
  duration_ms integer not null,
  request_id text not null,
  correlation_id text,
  request_headers jsonb not null,
  request_body text,
  response_headers jsonb not null,
  response_body text
);
create index request_wall on kernel.request (wall_at desc);
create index request_tenant on kernel.request (tenant_id, wall_at desc);
