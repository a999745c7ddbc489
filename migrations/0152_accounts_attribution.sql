-- Under which partner id a GUID reports; null: the account's first.
alter table accounts.tracking_guid add column mpn_id text references accounts.mpn_id;

-- What customers used of a cloud through products that carry a tracking GUID, as the cloud's operator reports it: a day, a resource, an amount.
create table accounts.attributed_usage (
  guid        text not null references accounts.tracking_guid,
  on_day      date not null,
  resource    text not null,
  amount      numeric not null check (amount >= 0),
  currency    text not null,
  recorded_at timestamptz not null,
  primary key (guid, on_day, resource)
);
