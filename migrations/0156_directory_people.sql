-- Groups, guests, and what an administrator of a directory sets (spec/01 §7, §8). Times are the machine's.
create table directory.user_group (
  group_id     uuid primary key,
  tenant_id    uuid not null references directory.tenant,
  display_name text not null,
  -- lower case: two groups of one name cannot be told apart
  name_key     text not null,
  created_at   timestamptz not null,
  constraint user_group_name unique (tenant_id, name_key)
);

create table directory.group_member (
  group_id  uuid not null references directory.user_group on delete cascade,
  object_id uuid not null references directory.user_account,
  primary key (group_id, object_id)
);
create index group_member_of on directory.group_member (object_id);

alter table directory.user_account
  -- a guest is let in by this directory and belongs to no other here
  add column kind text not null default 'member' check (kind in ('member', 'guest')),
  add column recovery_email text,
  -- was made by an administrator, who has seen it
  add column password_temporary boolean not null default false;

-- Whom a directory has let in from elsewhere, by address: before the person accepts there is nobody to name.
create table directory.guest (
  tenant_id   uuid not null references directory.tenant,
  email_key   text not null,
  email       text not null,
  -- of this directory (kind guest) or of the person's own
  object_id   uuid references directory.user_account,
  invited_at  timestamptz not null,
  accepted_at timestamptz,
  primary key (tenant_id, email_key)
);
create index guest_object on directory.guest (object_id);

alter table directory.application add column app_id_uri text;
create unique index application_app_id_uri on directory.application (tenant_id, app_id_uri);

-- Filled from the organisation's own directory: people, groups and applications are made there, not in the portal.
alter table directory.tenant add column synchronised boolean not null default false;

-- Somebody must be able to administer each directory: the first person that it had.
update directory.user_account set roles = array_append(roles, 'global-admin')
where object_id in (
  select distinct on (tenant_id) object_id from directory.user_account where status = 'active' order by tenant_id, created_at, object_id);
