-- What a person's profile tells applications, and what other directories call the person (SCIM's externalId, within a tenant).
alter table directory.user_account
  add column given_name         text,
  add column surname            text,
  add column job_title          text,
  add column mobile_phone       text,
  -- ISO 639-1, with a region where one is known: de, de-CH
  add column preferred_language text,
  add column external_id        text,
  -- where the person reads mail, when it is not the address of the sign-in
  add column contact_email      text,
  add column changed_at         timestamptz,
  -- taken out of the directory: the row stays for what it did, the address is free again
  add column removed_at         timestamptz;
create unique index user_account_external on directory.user_account (tenant_id, external_id) where external_id is not null and removed_at is null;

alter table directory.user_group
  add column external_id text,
  add column changed_at  timestamptz;
create unique index user_group_external on directory.user_group (tenant_id, external_id) where external_id is not null;

-- Bearer values with which a company's own directory keeps its users and groups here (SCIM).
create table directory.provisioning_token (
  token_id     uuid primary key,
  tenant_id    uuid not null references directory.tenant,
  name         text not null check (length(name) between 1 and 60),
  -- the first characters, so that a person can tell tokens apart
  hint         text not null,
  token_hash   text not null unique,
  created_by   uuid not null,
  created_at   timestamptz not null,
  expires_at   timestamptz not null,
  last_used_at timestamptz,
  revoked_at   timestamptz
);
create index provisioning_token_tenant on directory.provisioning_token (tenant_id);

-- What a person allowed an application of another organisation to know. Withdrawn: the row is gone, the audit log has it.
create table directory.consent (
  object_id  uuid not null references directory.user_account,
  client_id  uuid not null references directory.application,
  scopes     text[] not null,
  granted_at timestamptz not null,
  primary key (object_id, client_id)
);

-- Who a person of the trusted outside issuer is here.
create table directory.outside_identity (
  issuer     text not null,
  subject    text not null,
  object_id  uuid not null references directory.user_account,
  created_at timestamptz not null,
  primary key (issuer, subject)
);
create index outside_identity_user_account on directory.outside_identity (object_id);

-- A domain that a tenant says is its own, until DNS says so too; then it is in directory.domain.
create table directory.domain_claim (
  tenant_id  uuid not null references directory.tenant,
  name       text not null check (name = lower(name) and name like '%.%'),
  proof      text not null,
  created_at timestamptz not null,
  primary key (tenant_id, name)
);
