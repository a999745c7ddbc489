-- News for the people of a customer: for one person, or (person null) for all who administer its purchases.
create table notifications.customer_notification (
  id uuid primary key,
  tenant_id uuid not null,
  person uuid,
  at timestamptz not null,
  wall_at timestamptz not null,
  kind text not null,
  title text not null,
  text text not null,
  -- Address of the page that it is about, below the site
  path text not null
);
create index customer_notification_tenant on notifications.customer_notification (tenant_id, id desc);

-- The newest of them that a person has seen.
create table notifications.customer_seen (
  person uuid primary key,
  notification uuid not null
);

-- Kinds of mail that a person has chosen about. Absent: as is usual for the kind.
create table notifications.mail_choice (
  person uuid not null,
  kind text not null,
  wanted boolean not null,
  primary key (person, kind)
);
