-- Categories and industries that the operator has added to the published ones. Keys stay, since offers refer to them; names may change.
create table kernel.taxonomy (
  tree text not null check (tree in ('business', 'cloud', 'industries')),
  -- name of the published or added entry that it stands below; empty: a category or industry of its own
  parent text not null,
  key text not null check (key ~ '^[A-Za-z0-9][A-Za-z0-9-]{1,59}$'),
  name text not null,
  added_by text not null,
  wall_at timestamptz not null,
  primary key (tree, parent, key)
);
-- Changes with every change of that table, so that each process knows when to read it again.
alter table kernel.clock add column taxonomy_version text not null default '';
