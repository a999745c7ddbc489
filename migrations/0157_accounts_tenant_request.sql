-- A directory that is about to be associated with an account: the link waits for somebody who administers the directory. Times are the machine's.
create table accounts.tenant_request (
  token_hash   text primary key,
  account_id   uuid not null references accounts.seller_account,
  -- object id and address of the manager who asks
  requested_by uuid not null,
  requester    text not null,
  expires_at   timestamptz not null,
  -- by which directory
  used_by      uuid
);
