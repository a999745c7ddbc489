-- Who sees to a sale's tax depends on country, store and agreement (spec/01 §2): a row with `any` holds where none says more.
alter table billing.tax_rate
  add column store text not null default 'any' check (store in ('any', 'business', 'cloud')),
  add column agreement_kind text not null default 'any' check (agreement_kind in ('any', 'pay-as-you-go', 'enterprise'));
alter table billing.tax_rate drop constraint tax_rate_pkey;
alter table billing.tax_rate add primary key (country, valid_from, store, agreement_kind);

-- The store in which the offer is sold. Null: neither (private plans), or bought before this was kept.
alter table billing.contract add column store text check (store in ('business', 'cloud'));

-- What an enterprise customer is shown at the end of a quarter: the documents of its three months.
create table billing.statement (
  id uuid primary key,
  number text not null unique,
  customer_tenant_id uuid not null,
  currency text not null,
  -- First day of the quarter after the one that it closes.
  statement_on date not null,
  issued_at timestamptz not null,
  due_on date not null,
  mailed_at timestamptz,
  unique (customer_tenant_id, currency, statement_on)
);
create index statement_customer on billing.statement (customer_tenant_id, issued_at desc);

alter table billing.invoice
  -- The day on which the customer is shown it and asked for the money; null: when it is issued.
  add column statement_on date,
  add column statement uuid references billing.statement;
create index invoice_waiting_for_statement on billing.invoice (statement_on) where statement_on is not null and statement is null;
create index invoice_statement on billing.invoice (statement) where statement is not null;

-- Subscriptions that have been closed lately are looked at once more: an event may have been stored after its closing invoice was made.
create index contract_closed on billing.contract (closed_at) where closed_at is not null;
