-- What the operator has switched; a flag without a row is as it was built.
create table kernel.flag (
  name text primary key,
  is_on boolean not null,
  reason text not null,
  changed_by text not null,
  wall_at timestamptz not null
);
