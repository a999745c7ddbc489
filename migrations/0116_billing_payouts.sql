-- A run of payouts: what was paid and what was held, and why.
create table billing.payout_run (
  id          uuid primary key,
  -- First day of the month that it serves.
  month       date not null,
  started_at  timestamptz not null,
  started_by  text not null,
  -- Null while parts of it are ahead.
  finished_at timestamptz
);
create index payout_run_month on billing.payout_run (month desc, started_at desc);

create table billing.payout_run_item (
  run          uuid not null references billing.payout_run,
  publisher_id text not null,
  -- The payout's, or that of the balance where nothing says what the publisher is paid in.
  currency     text not null,
  outcome      text not null check (outcome in ('paid', 'held')),
  reason       text check ((reason is null) = (outcome = 'paid')),
  amount       numeric not null,
  lines        integer not null,
  payout       uuid references billing.payout,
  primary key (run, publisher_id, currency)
);
create index payout_run_item_publisher on billing.payout_run_item (publisher_id);

-- A bank file: transfers handed to the bank together.
create table billing.bank_file (
  id         uuid primary key,
  number     text not null unique,
  -- sepa: credit transfers in euro to IBANs; other: everything else
  rail       text not null check (rail in ('sepa', 'other')),
  -- The day on which the bank is asked to pay.
  pay_on     date not null,
  created_at timestamptz not null,
  created_by text not null
);

alter table billing.payout
  add column run uuid references billing.payout_run,
  -- The version of the payout profile that it goes to.
  add column profile uuid,
  add column withheld numeric not null default 0,
  -- Adjustments that it carries.
  add column adjusted numeric not null default 0,
  add column bank_file uuid references billing.bank_file,
  add column return_reason text,
  add constraint payout_adds_up check (amount = net - fee - withheld + adjusted);
create index payout_state on billing.payout (state) where state <> 'paid';
create index payout_bank_file on billing.payout (bank_file) where bank_file is not null;

-- What a line came to when it was paid: each figure rounded once, in its currency.
alter table billing.payout_line
  add column withholding_rate numeric,
  -- In the line's currency.
  add column withheld numeric,
  -- Units of the payout's currency for one of the line's, on the day of the purchase.
  add column rate numeric,
  -- In the payout's currency.
  add column paid numeric;
update billing.payout_line set withholding_rate = 0, withheld = 0, rate = 1, paid = amount where payout is not null;
alter table billing.payout_line add constraint payout_line_paid check ((payout is null) = (paid is null));

-- From which amount a payout is made, and how long a customer's money is kept before it is paid on. From a day on.
create table billing.payout_terms (
  currency    text not null,
  valid_from  date not null,
  threshold   numeric not null check (threshold >= 0),
  escrow_days integer not null check (escrow_days between 0 and 180),
  set_by      text not null,
  set_at      timestamptz not null,
  primary key (currency, valid_from)
);

-- The account that payouts are made from. One row.
create table billing.payer_account (
  id          boolean primary key default true check (id),
  holder      text not null,
  -- IBAN and BIC, encrypted.
  details     text not null,
  account_end text not null,
  changed_at  timestamptz not null,
  changed_by  text not null
);
