-- Keys that people's devices keep for them, as second proof or as the whole sign-in. Times are the machine's.
create table directory.passkey (
  -- as the browser names it, base64url
  credential_id text primary key,
  object_id     uuid not null references directory.user_account,
  name          text not null check (length(name) between 1 and 60),
  -- COSE key, base64url
  public_key    text not null,
  -- uses as the authenticator counts them; 0 where it does not count
  uses          bigint not null,
  transports    text[] not null,
  -- kept by a password manager on more than one device
  synced        boolean not null,
  created_at    timestamptz not null,
  last_used_at  timestamptz
);
create index passkey_user_account on directory.passkey (object_id);

-- Values that we sign and hand out for a few minutes (challenges, consent forms): kept here once they have been used, until they expire.
create table directory.spent_ticket (
  ticket_hash text primary key,
  expires_at  timestamptz not null
);
create index spent_ticket_expires on directory.spent_ticket (expires_at);
