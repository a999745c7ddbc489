create schema analytics;

-- What visitors do on product pages. Nobody can be recognised by a row: the visitor is a code that nobody can make again after its day.
create table analytics.visit (
  id uuid primary key,
  at timestamptz not null,
  publisher_id text not null,
  offer_id text not null,
  store text not null check (store in ('business', 'cloud', 'portal')),
  act text not null check (act in ('page-visit', 'get-it-now', 'free-trial', 'contact-me', 'consent')),
  visitor text not null,
  -- Host that led here, of another site.
  referral_domain text,
  -- `src` and `mktcmpid` of the link that led here.
  traffic_source text,
  campaign_id text
);
create index visit_offer on analytics.visit (publisher_id, offer_id, at);
create index visit_at on analytics.visit (at);

-- What visitors' codes of a day are made with; gone two days later.
create table analytics.visitor_salt (
  day date primary key,
  salt text not null
);
