create schema notifications;

-- What a publisher's people should know, in Partner Center. The same news may have gone out by mail.
create table notifications.notification (
  id uuid primary key,
  publisher_id text not null,
  at timestamptz not null,
  wall_at timestamptz not null,
  -- Which of our messages it is, e.g. offer-sign-off
  kind text not null,
  title text not null,
  text text not null,
  -- Address of the page that it is about, below the site
  path text not null
);
create index notification_publisher on notifications.notification (publisher_id, id desc);

-- The newest notification of a publisher that a person has seen.
create table notifications.seen (
  publisher_id text not null,
  person uuid not null,
  notification uuid not null,
  primary key (publisher_id, person)
);
