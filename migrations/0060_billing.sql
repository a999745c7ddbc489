create schema billing;

-- A subscription as billing knows it: who pays whom in which currency, and how far it is billed.
create table billing.contract (
  subscription uuid primary key,
  publisher_id text not null,
  offer uuid not null,
  offer_id text not null,
  offer_name text not null,
  customer_tenant_id uuid not null,
  currency text not null,
  -- Usage accepted before this instant is on an invoice (or in what the run found nothing to bill for).
  usage_billed_until timestamptz,
  ended_at timestamptz,
  -- Set by the closing run: nothing can follow.
  closed_at timestamptz
);
create index contract_account on billing.contract (customer_tenant_id, currency) where closed_at is null;
create index contract_publisher on billing.contract (publisher_id);

-- What happened to a subscription that has a price: the history that charges are a function of.
create table billing.history (
  id bigint generated always as identity primary key,
  subscription uuid not null references billing.contract,
  type text not null,
  -- Tells a repeated event from a second one.
  source text not null,
  at timestamptz not null,
  fact jsonb not null,
  unique (subscription, type, source)
);

-- Prices of usage as agreed, the newest agreement on each plan the subscription has or had.
create table billing.dimension_price (
  subscription uuid not null references billing.contract,
  plan_id text not null,
  dimension text not null,
  plan_name text not null,
  display_name text not null,
  unit_of_measure text not null,
  price numeric not null,
  primary key (subscription, plan_id, dimension)
);

-- Prepaid fees, proration and reversals. Never changed but for where it was settled.
create table billing.charge (
  id uuid primary key,
  subscription uuid not null references billing.contract,
  -- Position in the rating of the history: term:3, change:1:credit, reversal:term:3
  key text not null,
  kind text not null check (kind in ('fee', 'change-credit', 'change-fee', 'reversal')),
  customer_tenant_id uuid not null,
  currency text not null,
  plan_id text not null,
  plan_name text not null,
  description text not null,
  term_start date not null,
  term_end date not null,
  quantity numeric not null,
  unit_price numeric not null,
  amount numeric not null,
  charged_at timestamptz not null,
  -- The charge this takes back, and the one that takes this back.
  reverses uuid references billing.charge,
  settled_at timestamptz,
  invoice uuid,
  unique (subscription, key)
);
create index charge_open on billing.charge (customer_tenant_id, currency) where settled_at is null;
create index charge_reverses on billing.charge (reverses) where reverses is not null;

-- Gapless numbers, one row a legal series.
create table billing.series (
  code text primary key,
  next_number bigint not null
);

create table billing.tax_rate (
  country text not null check (country ~ '^[A-Z]{2}$'),
  valid_from date not null,
  name text not null,
  -- Percent; 19 means 19 %.
  rate numeric not null check (rate >= 0 and rate < 100),
  primary key (country, valid_from)
);

create table billing.invoice (
  id uuid primary key,
  number text not null unique,
  kind text not null check (kind in ('invoice', 'credit-note')),
  reason text not null check (reason in ('monthly', 'closing', 'cancelled-in-free-period')),
  -- One document a run and account, however often the run is repeated.
  run text not null,
  customer_tenant_id uuid not null,
  currency text not null,
  state text not null,
  issued_at timestamptz not null,
  due_on date not null,
  period_start date not null,
  period_end date not null,
  bill_to jsonb not null,
  net numeric not null,
  tax numeric not null,
  total numeric not null,
  unique (customer_tenant_id, currency, run)
);
create index invoice_customer on billing.invoice (customer_tenant_id, issued_at desc);

create table billing.invoice_line (
  id uuid primary key,
  invoice uuid not null references billing.invoice,
  position integer not null,
  kind text not null check (kind in ('fee', 'change-credit', 'change-fee', 'reversal', 'usage')),
  subscription uuid not null,
  publisher_id text not null,
  offer_id text not null,
  offer_name text not null,
  plan_id text not null,
  plan_name text not null,
  description text not null,
  service_start date not null,
  service_end date not null,
  dimension text,
  unit_of_measure text,
  charge uuid references billing.charge,
  quantity numeric not null,
  unit_price numeric not null,
  net numeric not null,
  tax_country text not null,
  tax_name text,
  tax_rate numeric not null,
  tax numeric not null,
  -- Percent of net that the marketplace keeps.
  fee_rate numeric not null,
  fee numeric not null,
  publisher_share numeric not null,
  unique (invoice, position),
  check (publisher_share = net - fee)
);
create index invoice_line_subscription on billing.invoice_line (subscription);

-- Usage that a line took, by month of effective time. Accepted minus the sum of these is open: nothing is lost when an
-- event commits late, and nothing is taken twice.
create table billing.usage_taken (
  line uuid not null references billing.invoice_line,
  subscription uuid not null,
  plan_id text not null,
  dimension text not null,
  month date not null,
  quantity numeric not null check (quantity > 0),
  events integer not null check (events >= 0),
  primary key (line, month)
);
create index usage_taken_key on billing.usage_taken (subscription, plan_id, dimension, month);

create table billing.payment (
  id uuid primary key,
  invoice uuid not null references billing.invoice,
  method text not null,
  currency text not null,
  -- Negative: paid back.
  amount numeric not null,
  state text not null,
  reference text,
  failure text,
  at timestamptz not null
);
create index payment_invoice on billing.payment (invoice);

-- Double entry. A transaction's postings are written with it and never again: xid ties them to the same database transaction.
create table billing.ledger_transaction (
  id uuid primary key,
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null,
  wall_at timestamptz not null,
  kind text not null,
  -- What it records: an invoice, payment or payout.
  reference uuid not null,
  description text not null,
  unique (id, xid)
);
create index ledger_transaction_reference on billing.ledger_transaction (reference);

create table billing.posting (
  transaction uuid not null,
  xid xid8 not null default pg_current_xact_id(),
  position integer not null,
  account text not null check (account in
    ('receivable', 'cash', 'revenue-share', 'payable', 'store-fee', 'tax', 'withholding', 'exchange', 'rounding')),
  currency text not null,
  -- Debit above, credit below zero.
  amount numeric not null check (amount <> 0),
  customer_tenant_id uuid,
  publisher_id text,
  line uuid,
  primary key (transaction, position),
  foreign key (transaction, xid) references billing.ledger_transaction (id, xid)
);
create index posting_publisher on billing.posting (publisher_id, account) where publisher_id is not null;
create index posting_line on billing.posting (line) where line is not null;

create function billing.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'The ledger is append-only: % on % is not allowed.', tg_op, tg_table_name using errcode = 'integrity_constraint_violation';
end $$;
create trigger append_only before update or delete on billing.ledger_transaction for each row execute function billing.refuse_change();
create trigger append_only before update or delete on billing.posting for each row execute function billing.refuse_change();

-- Postings can only arrive together with their transaction (xid), so one check a transaction at commit covers them all.
create function billing.check_balance() returns trigger language plpgsql as $$
declare
  wrong record;
begin
  if not exists (select from billing.posting where transaction = new.id) then
    raise exception 'Ledger transaction % has no postings.', new.id using errcode = 'integrity_constraint_violation';
  end if;
  select currency, sum(amount) as amount into wrong from billing.posting where transaction = new.id group by currency having sum(amount) <> 0 limit 1;
  if found then
    raise exception 'Ledger transaction % does not balance: % %.', new.id, wrong.amount, wrong.currency using errcode = 'integrity_constraint_violation';
  end if;
  return null;
end $$;
create constraint trigger balanced after insert on billing.ledger_transaction
  deferrable initially deferred for each row execute function billing.check_balance();

create table billing.payout (
  id uuid primary key,
  number text not null unique,
  publisher_id text not null,
  currency text not null,
  -- First day of the month of the payout run.
  month date not null,
  state text not null,
  net numeric not null,
  fee numeric not null,
  amount numeric not null check (amount > 0),
  lines integer not null,
  prepared_at timestamptz not null,
  sent_at timestamptz,
  paid_at timestamptz,
  reference text,
  unique (publisher_id, currency, month)
);

-- What a publisher earns from one invoice line.
create table billing.payout_line (
  line uuid primary key references billing.invoice_line,
  invoice uuid not null references billing.invoice,
  publisher_id text not null,
  currency text not null,
  net numeric not null,
  fee_rate numeric not null,
  fee numeric not null,
  amount numeric not null,
  earned_at timestamptz not null,
  -- When the customer had paid the invoice: only then is it due to the publisher.
  collected_at timestamptz,
  payout uuid references billing.payout
);
create index payout_line_publisher on billing.payout_line (publisher_id, earned_at desc);
create index payout_line_invoice on billing.payout_line (invoice);
create index payout_line_waiting on billing.payout_line (publisher_id, currency) where payout is null and collected_at is not null;
create index payout_line_payout on billing.payout_line (payout) where payout is not null;

-- Months whose run is due or done.
create table billing.month_run (
  month date primary key,
  begun_at timestamptz not null
);
