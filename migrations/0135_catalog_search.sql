-- Lists of tens of thousands of offers: what a search reads of a row is small and lies together, what it looks for is in indexes.
-- Columns without a value any more (markets, fuzzy) stay for processes of the release before.
alter table catalog.product
  alter column markets drop not null,
  alter column fuzzy drop not null,
  -- What the row is counted and filtered by: ids of catalog.facet.
  add column facets integer[] not null default '{}',
  -- One bit a market (its two letters as a number); null: everywhere.
  add column sold_in bit(676),
  -- Title, publisher, keywords and summary with their weights: ranking reads this, not the long text.
  add column head tsvector not null default '',
  add column title_words tsvector not null default '',
  add column listing_option text not null default 'transact',
  -- The cheapest public price in US dollars, for the order by price; null where nothing is sold.
  add column dollars numeric,
  alter column search set storage external,
  alter column head set storage main,
  alter column facets set storage main,
  set (toast_tuple_target = 256);

drop index catalog.product_fuzzy;
drop index catalog.product_categories;
create index product_title_words on catalog.product using gin (title_words);
create index product_facets on catalog.product using gin (facets);
create index product_dollars on catalog.product (store, language, dollars, title, offer);
create index product_newest on catalog.product (store, language, published_at desc, title, offer);

create table catalog.facet (
  id integer primary key generated always as identity,
  kind text not null,
  key text not null,
  -- Only of kinds whose names are not reference data: the publisher's.
  name text,
  unique (kind, key)
);

-- Words that occur in listings, for words typed with a slip.
create table catalog.word (word text primary key);
create index word_similar on catalog.word using gin (word gin_trgm_ops);
create index word_prefix on catalog.word (word text_pattern_ops);

-- The version grows with every change of the lists, in its transaction; the model is the shape of the rows above.
create table catalog.state (
  single boolean primary key default true check (single),
  version bigint not null,
  model integer not null
);
insert into catalog.state (version, model) values (0, 1);
