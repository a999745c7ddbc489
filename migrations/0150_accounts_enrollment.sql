-- Enrolment of sellers: what is known of an account, its programs, agreements, verification, identifiers, and accounts that wait to be claimed.
-- Times are market times where nothing else is said.
alter table accounts.seller_account
  add column account_type     text not null default 'company' check (account_type in ('company', 'individual')),
  -- unclaimed: brought over from elsewhere, nobody has followed its link yet
  add column status           text not null default 'registered' check (status in ('unclaimed', 'registered')),
  -- null: the legal name
  add column display_name     text,
  -- as it stands in the table of countries where a seller may reside: several names may share a code
  add column country_name     text,
  add column seller_id        text,
  add column address          jsonb not null default '{}',
  add column seller_contact   jsonb not null default '{}',
  add column company_approver jsonb not null default '{}',
  add column support_profile  jsonb not null default '{}',
  add column symantec_id      text,
  add column symantec_requested_at timestamptz;
update accounts.seller_account a set seller_id = (10000000 + n.number)::text
  from (select account_id, row_number() over (order by created_at, account_id) as number from accounts.seller_account) n
  where n.account_id = a.account_id;
create unique index seller_account_seller_id on accounts.seller_account (seller_id);

alter table accounts.publisher
  add column mpn_id            text,
  add column contact           jsonb not null default '{}',
  -- why it was suspended, reinstated or closed
  add column status_reason     text,
  add column status_changed_at timestamptz,
  add column status_changed_by text;

create table accounts.program (
  account_id    uuid not null references accounts.seller_account,
  program       text not null check (program in ('commercial-marketplace', 'partner-network', 'reseller', 'developer')),
  registered_at timestamptz not null,
  registered_by text not null,
  primary key (account_id, program)
);
insert into accounts.program (account_id, program, registered_at, registered_by)
  select account_id, program, created_at, 'system'
  from accounts.seller_account, unnest(array['commercial-marketplace', 'partner-network']) as program;

-- An organisation's identities in the partner network: one a place of business.
create table accounts.mpn_id (
  mpn_id     text primary key,
  account_id uuid not null references accounts.seller_account,
  location   text not null,
  country    text not null,
  is_csp     boolean not null,
  created_at timestamptz not null
);
create index mpn_id_account on accounts.mpn_id (account_id);
insert into accounts.mpn_id (mpn_id, account_id, location, country, is_csp, created_at)
  select (1000000 + row_number() over (order by created_at, account_id))::text, account_id, legal_name, country, false, created_at
  from accounts.seller_account;
update accounts.publisher p set mpn_id = m.mpn_id from accounts.mpn_id m where m.account_id = p.account_id;

-- What sellers agree to. The first version of each kind comes with Stoa (reference-data/agreements.json); later ones are rows.
create table accounts.agreement_version (
  kind         text not null check (kind in ('publisher', 'partner-network')),
  version      text not null,
  title        text not null,
  -- paragraphs of plain text, with an empty line between them
  body         text not null,
  published_at timestamptz not null,
  published_by text not null,
  primary key (kind, version)
);

create table accounts.agreement_acceptance (
  account_id  uuid not null references accounts.seller_account,
  kind        text not null,
  version     text not null,
  accepted_at timestamptz not null,
  -- object id of the person, null for what was brought over; and the name as it was
  accepted_by uuid,
  accepted_as text not null,
  primary key (account_id, kind, version)
);

create table accounts.verification_step (
  account_id uuid not null references accounts.seller_account,
  step       text not null check (step in ('email', 'employment', 'business')),
  state      text not null check (state in ('pending', 'accepted', 'refused')),
  reason     text,
  changed_at timestamptz not null,
  decided_by text,
  primary key (account_id, step)
);
create index verification_step_pending on accounts.verification_step (changed_at) where state = 'pending';
insert into accounts.verification_step (account_id, step, state, changed_at, decided_by)
  select account_id, step, 'accepted', created_at, 'system'
  from accounts.seller_account, unnest(array['email', 'employment', 'business']) as step;

-- Links that prove that a mailbox is one's own. Times here are the machine's.
create table accounts.mail_proof (
  token_hash text primary key,
  -- confirm: the contact address of an account; register: of a company that has no directory yet; claim: of an account brought over
  purpose    text not null check (purpose in ('confirm', 'register', 'claim')),
  account_id uuid references accounts.seller_account,
  email      text not null,
  expires_at timestamptz not null,
  used_at    timestamptz
);
create index mail_proof_account on accounts.mail_proof (account_id);

-- Who will work in an account that was brought over, once its owner has claimed it.
create table accounts.awaited_member (
  account_id uuid not null references accounts.seller_account,
  email_key  text not null,
  roles      text[] not null,
  primary key (account_id, email_key)
);

-- Attribute cloud usage to an offer, a plan, a way to the customer.
create table accounts.tracking_guid (
  -- 32 hexadecimal digits in lower case
  guid       text primary key check (guid ~ '^[0-9a-f]{32}$'),
  account_id uuid not null references accounts.seller_account,
  name       text not null,
  product    text not null,
  channel    text not null,
  created_at timestamptz not null,
  created_by text not null,
  retired_at timestamptz
);
create index tracking_guid_account on accounts.tracking_guid (account_id);
