-- Who works for a seller account: people, groups and applications, with roles or custom permissions; its tenants; its invitations (spec/01 §7, §8).
alter table accounts.member drop constraint member_member_kind_check, drop constraint member_roles_check;
alter table accounts.member
  add constraint member_member_kind_check check (member_kind in ('user', 'group', 'application')),
  -- the last four are assigned for other programs and grant nothing here
  add constraint member_roles_check
    check (roles <@ array['owner', 'manager', 'developer', 'business-contributor', 'financial-contributor', 'marketer', 'program-admin']),
  -- actions given one by one
  add column permissions text[] not null default '{}';

-- object id of the person who opened the account; null for accounts that the marketplace itself opened and nobody owns yet
alter table accounts.seller_account add column opened_by uuid;
update accounts.seller_account set opened_by = (
  select member_id from accounts.member
  where member.account_id = seller_account.account_id and member_kind = 'user' and 'owner' = any(roles) order by member.created_at limit 1);

-- Directories whose people can be given rights in the account.
create table accounts.account_tenant (
  account_id    uuid not null references accounts.seller_account,
  tenant_id     uuid not null,
  associated_at timestamptz not null,
  -- e-mail address of who did it; empty for the directory with which the account was opened
  associated_by text not null,
  primary key (account_id, tenant_id)
);
create index account_tenant_tenant on accounts.account_tenant (tenant_id);
insert into accounts.account_tenant (account_id, tenant_id, associated_at, associated_by)
select account_id, tenant_id, created_at, '' from accounts.seller_account;
insert into accounts.account_tenant (account_id, tenant_id, associated_at, associated_by)
select distinct on (account_id, tenant_id) account_id, tenant_id, created_at, '' from accounts.member on conflict do nothing;

-- The link is kept as its hash only. Times of expiry are the machine's, as of every link that is mailed.
create table accounts.invitation (
  invitation_id uuid primary key,
  account_id    uuid not null references accounts.seller_account,
  -- the directory whose guest the person becomes
  tenant_id     uuid not null,
  email         text not null,
  email_key     text not null,
  roles         text[] not null,
  permissions   text[] not null,
  token_hash    text not null,
  invited_by    text not null,
  created_at    timestamptz not null,
  sent_at       timestamptz not null,
  expires_at    timestamptz not null,
  accepted_at   timestamptz,
  -- object id of who accepted
  accepted_by   uuid,
  withdrawn_at  timestamptz
);
create unique index invitation_pending on accounts.invitation (account_id, email_key) where accepted_at is null and withdrawn_at is null;
create unique index invitation_token on accounts.invitation (token_hash);
