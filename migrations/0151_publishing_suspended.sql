-- Publishers whose offers the marketplace does not sell: accounts decides it, publishing keeps it beside its own stops.
create table publishing.suspended_publisher (
  publisher_id text primary key,
  since        timestamptz not null
);
