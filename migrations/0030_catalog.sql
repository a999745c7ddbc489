create schema catalog;
create extension if not exists pg_trgm;

-- What a storefront shows of a live offer: one row a store and language, rebuilt when the offer goes live or stops.
create table catalog.product (
  offer uuid not null,
  store text not null check (store in ('business', 'cloud')),
  language text not null,
  publisher_id text not null,
  offer_id text not null,
  snapshot uuid not null,
  publisher_name text not null,
  title text not null,
  summary text not null,
  logo text not null,
  -- Paths parent and parent/child of this store's tree.
  categories text[] not null,
  markets text[] not null,
  free_trial boolean not null,
  -- market → [amount, currency, term, per user, metered]: the cheapest public plan there.
  starting_prices jsonb not null,
  search tsvector not null,
  -- title, publisher and keywords in lower case, for words typed with a slip.
  fuzzy text not null,
  published_at timestamptz not null,
  primary key (offer, store, language)
);
create index product_store on catalog.product (store, language, title);
create index product_search on catalog.product using gin (search);
create index product_fuzzy on catalog.product using gin (fuzzy gin_trgm_ops);
create index product_categories on catalog.product using gin (categories);

-- The product page of a live offer, in every store, also of offers with private plans only.
create table catalog.page (
  offer uuid primary key,
  publisher_id text not null,
  offer_id text not null,
  snapshot uuid not null,
  stores text[] not null,
  content jsonb not null,
  published_at timestamptz not null,
  unique (publisher_id, offer_id)
);
