-- Clients of Microsoft 365 that belong to live offers, and applications that these use for Graph: what several offers name is found by it.
create table catalog.linked (
  offer uuid not null,
  kind text not null check (kind in ('client', 'application')),
  id text not null,
  primary key (offer, kind, id)
);
create index linked_id on catalog.linked (kind, id);

alter table catalog.product
  -- Ids of these clients, by rank.
  add column linked_clients text[] not null default '{}',
  -- What the listing itself adds to the score by which offers are featured.
  add column quality integer not null default 0;

-- Purchases by day, for that score.
create table catalog.acquisition (
  offer uuid not null,
  day date not null,
  count integer not null,
  primary key (offer, day)
);

-- Offers that stand first in a category: chosen every week by score, or for a time as a benefit.
create table catalog.featured (
  id uuid primary key,
  offer uuid not null,
  store text not null check (store in ('business', 'cloud')),
  category text not null,
  kind text not null check (kind in ('score', 'benefit')),
  score integer,
  -- From this day on, until before that one.
  valid_from date not null,
  valid_until date not null check (valid_until > valid_from),
  chosen_at timestamptz not null
);
create index featured_place on catalog.featured (store, category, valid_from);
