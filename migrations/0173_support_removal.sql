-- Taking an offer away from the customers who have it: announced to them, and done on its day.
create table support.removal (
  id uuid primary key,
  request uuid not null references support.request (id),
  offer uuid not null,
  publisher_id text not null,
  offer_id text not null,
  offer_name text not null,
  -- What the customers read
  notice text not null,
  state text not null check (state in ('announced', 'done', 'withdrawn')),
  announced_at timestamptz not null,
  announced_by text not null,
  effective_at timestamptz not null,
  -- Subscriptions whose people were told, and that were ended
  told integer not null default 0,
  ended integer not null default 0,
  closed_at timestamptz
);
create unique index removal_open on support.removal (offer) where state = 'announced';
