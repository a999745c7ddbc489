-- Who is paid, and what is known for the tax office. A profile is never edited: an edit is a new version, and the newest one counts.
create table accounts.tax_profile (
  profile_id     uuid primary key,
  account_id     uuid not null references accounts.seller_account,
  form           text not null check (form in ('W-9', 'W-8BEN', 'W-8BEN-E')),
  entity_type    text not null,
  legal_name     text not null,
  residence      text not null,
  citizenship    text,
  -- A tax number, encrypted, and its last digits; null where none was given.
  tax_number     text,
  tax_number_end text,
  -- Claimed rate of withholding on sales into the United States, in percent, and the article that grants it.
  treaty_rate    numeric check (treaty_rate >= 0 and treaty_rate < 30),
  treaty_article text,
  signed_by      text not null,
  status         text not null,
  reason         text,
  submitted_at   timestamptz not null,
  submitted_by   text not null,
  decided_at     timestamptz,
  decided_by     text
);
create index tax_profile_account on accounts.tax_profile (account_id, submitted_at desc);
create index tax_profile_pending on accounts.tax_profile (submitted_at) where status = 'pending';

create table accounts.payout_profile (
  profile_id   uuid primary key,
  account_id   uuid not null references accounts.seller_account,
  holder       text not null,
  country      text not null,
  currency     text not null,
  scheme       text not null check (scheme in ('iban', 'aba', 'swift')),
  -- The numbers, encrypted, and what may be shown of them.
  details      text not null,
  account_end  text not null,
  bank         text,
  status       text not null,
  reason       text,
  -- How the account was checked, and the reference of that check.
  checked_with text check (checked_with in ('zero-amount', 'test-transfer', 'document', 'automatic')),
  check_reference text,
  submitted_at timestamptz not null,
  submitted_by text not null,
  decided_at   timestamptz,
  decided_by   text
);
create index payout_profile_account on accounts.payout_profile (account_id, submitted_at desc);
create index payout_profile_pending on accounts.payout_profile (submitted_at) where status = 'pending';

-- What a publisher agreed to, from a day on; percent null: the marketplace's usual fee again.
create table accounts.store_fee (
  publisher_id text not null references accounts.publisher,
  valid_from   date not null,
  percent      numeric check (percent >= 0 and percent < 100),
  reason       text not null,
  set_by       text not null,
  set_at       timestamptz not null,
  primary key (publisher_id, valid_from)
);

-- Whom the seller is billed as, for programs that bill sellers. Company and country are those of the account.
create table accounts.seller_billing (
  account_id uuid primary key references accounts.seller_account,
  address    jsonb not null,
  tax_id     text,
  vat_id     text,
  changed_at timestamptz not null
);
