create schema support;

-- What a request may be about is a tree whose leaves name the kind of request. It begins as reference-data/support-topics.json says; a row
-- here adds a topic, or stands for the one with its id. Nothing is deleted.
create table support.topic (
  id text primary key check (id ~ '^[a-z0-9][a-z0-9-]{1,59}$'),
  parent text,
  title text not null,
  -- Of the requests of a leaf: question, legal-notice, metering-correction ... (src/domain/support/kinds.ts)
  kind text not null,
  -- Who finds it: publisher, customer, everybody
  audience text not null check (audience in ('publisher', 'customer', 'everybody')),
  -- Words besides the title by which it is found
  keywords text not null default '',
  -- What may solve it without a request: [{title, text, address}]
  solutions jsonb not null default '[]',
  position integer not null default 1000,
  retired boolean not null default false
);

create table support.request (
  id uuid primary key,
  number bigint generated always as identity unique,
  -- Who asks: a publisher's people or a customer
  party text not null check (party in ('publisher', 'customer')),
  publisher_id text check ((party = 'publisher') = (publisher_id is not null)),
  tenant_id uuid not null,
  -- Of the party, as it was called then
  party_name text not null,
  kind text not null,
  -- publisher, customer, security
  queue text not null,
  topic text not null,
  -- Titles from the root to the topic, as of the request
  topic_path text[] not null,
  summary text not null check (char_length(summary) <= 200),
  details text not null,
  offer_type text not null,
  start_on date not null,
  -- {name, email, phone?, prefers}
  contact jsonb not null,
  -- What its kind asks for, by field
  facts jsonb not null default '{}',
  urgent boolean not null default false,
  state text not null check (state in ('open', 'answered', 'closed')),
  opened_by uuid not null,
  opened_at timestamptz not null,
  -- Since when somebody waits for the one whose turn it is
  waits_since timestamptz not null,
  closed_at timestamptz,
  assignee jsonb,
  wall_at timestamptz not null
);
create index request_publisher on support.request (publisher_id, id desc) where publisher_id is not null;
create index request_tenant on support.request (tenant_id, id desc);
create index request_queue on support.request (queue, urgent desc, waits_since) where state <> 'closed';

create table support.message (
  id uuid primary key,
  request uuid not null references support.request (id),
  at timestamptz not null,
  wall_at timestamptz not null,
  side text not null check (side in ('party', 'marketplace')),
  author uuid,
  author_name text not null,
  text text not null,
  -- Notes of the marketplace's staff that the party does not read
  internal boolean not null default false
);
create index message_request on support.message (request, id);

create table support.attachment (
  id uuid primary key,
  request uuid not null references support.request (id),
  message uuid not null references support.message (id),
  name text not null,
  content_type text not null,
  size bigint not null,
  hash text not null,
  -- For those who wrote in the request only: recordings of a browser
  restricted boolean not null default false,
  -- Headers, cookies and tokens that were taken out of it
  removed integer not null default 0
);
create index attachment_request on support.attachment (request, id);
