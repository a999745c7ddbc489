-- What is left of an invoice and will never be paid. Above an amount a second operator approves it (billing.adjustment, 0117).
create table billing.write_off (
  id                 uuid primary key,
  number             text not null unique,
  invoice            uuid not null references billing.invoice,
  customer_tenant_id uuid not null,
  currency           text not null,
  amount             numeric not null check (amount > 0),
  reason             text not null,
  -- recovered: the money came after all
  state              text not null check (state in ('requested', 'booked', 'refused', 'withdrawn', 'recovered')),
  -- Whether the amount needs a second person.
  needs_approval     boolean not null,
  requested_at       timestamptz not null,
  requested_by       text not null,
  requested_name     text not null,
  decided_at         timestamptz,
  decided_by         text,
  decided_name       text,
  note               text,
  booked_at          timestamptz,
  recovered_at       timestamptz,
  -- Nobody approves what they asked for, whatever the application does.
  constraint write_off_second_person check (not needs_approval or booked_at is null or (decided_by is not null and decided_by <> requested_by)),
  check ((booked_at is not null) = (state in ('booked', 'recovered'))),
  check ((recovered_at is not null) = (state = 'recovered'))
);
create index write_off_invoice on billing.write_off (invoice);
create unique index write_off_requested on billing.write_off (invoice) where state = 'requested';

-- A payment by card that the bank (a dispute) or somebody at Stripe (a refund) has taken back.
create table billing.card_return (
  id        uuid primary key,
  -- Stripe's name of the dispute or refund.
  stripe_id text not null unique,
  kind      text not null check (kind in ('dispute', 'refund')),
  payment   uuid not null references billing.card_charge,
  invoice   uuid not null references billing.invoice,
  currency  text not null,
  amount    numeric not null check (amount > 0),
  reason    text not null,
  -- won: the money is back; lost: written off; owed: the customer is asked for it again
  state     text not null check (state in ('open', 'won', 'lost', 'owed')),
  opened_at timestamptz not null,
  closed_at timestamptz,
  closed_by text,
  check ((closed_at is null) = (state = 'open'))
);
create index card_return_invoice on billing.card_return (invoice);
create index card_return_payment on billing.card_return (payment);
create index card_return_open on billing.card_return (opened_at) where state = 'open';

-- What a write-off or a return takes from each line of its invoice, as it was booked.
create table billing.correction_line (
  correction      uuid not null,
  line            uuid not null references billing.invoice_line,
  net             numeric not null,
  tax             numeric not null,
  fee             numeric not null,
  publisher_share numeric not null,
  primary key (correction, line),
  check (publisher_share = net - fee)
);

-- A line that was corrected has more than one row: the sale is part 0.
alter table billing.payout_line add column part integer not null default 0;
alter table billing.payout_line add column correction uuid;
alter table billing.payout_line drop constraint payout_line_pkey;
alter table billing.payout_line add primary key (line, part);
create index payout_line_correction on billing.payout_line (correction) where correction is not null;

-- What payment providers keep for themselves.
alter table billing.posting drop constraint posting_account_check;
alter table billing.posting add constraint posting_account_check check (account in
  ('receivable', 'cash', 'revenue-share', 'payable', 'store-fee', 'tax', 'withholding', 'exchange', 'rounding', 'payment-cost')) not valid;
