-- Tenants, users, applications and what proves who they are. Times are the machine's (wall), never the market's.
create schema directory;

create table directory.tenant (
  tenant_id  uuid primary key,
  name       text not null,
  country    text not null check (country ~ '^[A-Z]{2}$'),
  created_at timestamptz not null
);

-- A name with a dot that stands for a tenant: in /{tenant}/oauth2/…, and as home realm of an e-mail address.
create table directory.domain (
  name       text primary key check (name = lower(name) and name like '%.%'),
  tenant_id  uuid not null references directory.tenant,
  is_primary boolean not null,
  created_at timestamptz not null
);
create unique index domain_primary on directory.domain (tenant_id) where is_primary;
create index domain_tenant on directory.domain (tenant_id);

create table directory.user_account (
  object_id     uuid primary key,
  tenant_id     uuid not null references directory.tenant,
  email         text not null,
  email_key     text not null,
  display_name  text not null,
  -- roles that hold in the whole tenant or marketplace: operator, billing-admin, reseller
  roles         text[] not null,
  password_hash text,
  status        text not null check (status in ('active', 'disabled')),
  created_at    timestamptz not null,
  constraint user_account_email_key unique (email_key)
);
create index user_account_tenant on directory.user_account (tenant_id);

create table directory.application (
  client_id     uuid primary key,
  tenant_id     uuid not null references directory.tenant,
  name          text not null,
  purpose       text not null,
  multi_tenant  boolean not null,
  redirect_uris text[] not null,
  roles         text[] not null,
  status        text not null check (status in ('active', 'disabled')),
  created_at    timestamptz not null
);
create index application_tenant on directory.application (tenant_id);

create table directory.application_key (
  key_id     uuid primary key,
  client_id  uuid not null references directory.application,
  -- the first characters, so that a person can tell keys apart
  hint       text not null,
  -- sha256:… for generated secrets (256 random bits), $argon2id$… for chosen ones
  hash       text not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  removed_at timestamptz
);
create index application_key_client on directory.application_key (client_id);

-- The object id of an application within one tenant (claims oid and sub of its tokens).
create table directory.service_principal (
  object_id  uuid primary key,
  tenant_id  uuid not null references directory.tenant,
  client_id  uuid not null references directory.application,
  created_at timestamptz not null,
  constraint service_principal_once unique (tenant_id, client_id)
);

create table directory.session (
  -- sha256 of the cookie's value
  id_hash          text primary key,
  object_id        uuid not null references directory.user_account,
  tenant_id        uuid not null,
  authenticated_at timestamptz not null,
  expires_at       timestamptz not null,
  address          text not null,
  user_agent       text not null
);
create index session_user_account on directory.session (object_id);
create index session_expires on directory.session (expires_at);

-- Failed proofs within a window, by 'email:…', 'address:…' or 'client:…'.
create table directory.attempt (
  key            text primary key,
  failures       integer not null,
  window_ends_at timestamptz not null
);
create index attempt_window on directory.attempt (window_ends_at);

create table directory.signing_key (
  kid         text primary key,
  public_jwk  jsonb not null,
  certificate text not null,
  -- encrypted by kernel secrets
  private_pem text not null,
  created_at  timestamptz not null,
  -- published at once, signs from here on, so that every verifier has had time to fetch it
  signs_from  timestamptz not null,
  -- no longer published nor accepted
  ends_at     timestamptz
);

-- What the OpenID Connect library stores: codes, refresh tokens, access tokens, grants. Ids of bearer values are hashed.
create table directory.oidc_payload (
  tenant_id   uuid not null,
  model       text not null,
  id          text not null,
  payload     jsonb not null,
  grant_id    text,
  expires_at  timestamptz,
  consumed_at timestamptz,
  primary key (model, id)
);
create index oidc_payload_grant on directory.oidc_payload (grant_id) where grant_id is not null;
create index oidc_payload_expires on directory.oidc_payload (expires_at);
