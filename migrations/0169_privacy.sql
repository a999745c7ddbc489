create schema privacy;

-- People who were erased: what was done and what was kept. Their object id leads nowhere any more.
create table privacy.erasure (
  id uuid primary key,
  object_id uuid not null,
  tenant_id uuid not null,
  at timestamptz not null,
  wall_at timestamptz not null,
  -- by the person, or by the operator
  asked_by text not null check (asked_by in ('self', 'operator')),
  -- object id of the operator
  decided_by uuid,
  reason text not null,
  report jsonb not null
);
create index erasure_object on privacy.erasure (object_id);
create index erasure_at on privacy.erasure (wall_at desc);
