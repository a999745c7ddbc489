-- A second proof at sign-in: codes of an authenticator app, and codes on paper for the day the phone is lost. Times are the machine's.
create table directory.authenticator (
  object_id    uuid primary key references directory.user_account,
  -- encrypted with the installation's key
  secret       text not null,
  -- null until the first code proved that the app has the secret; until then it asks for nothing
  confirmed_at timestamptz,
  -- time step of the last code that was taken: a code opens once
  last_step    bigint,
  created_at   timestamptz not null
);

create table directory.recovery_code (
  object_id uuid not null references directory.user_account,
  hash      text not null,
  used_at   timestamptz,
  primary key (object_id, hash)
);

-- Who has typed the password and not yet the second proof.
create table directory.half_sign_in (
  id_hash    text primary key,
  object_id  uuid not null references directory.user_account,
  expires_at timestamptz not null
);

create table directory.password_reset (
  token_hash text primary key,
  object_id  uuid not null references directory.user_account,
  expires_at timestamptz not null
);
create index password_reset_user on directory.password_reset (object_id);
