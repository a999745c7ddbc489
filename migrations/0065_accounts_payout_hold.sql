-- When a seller account asked to hold its payouts, and to release them. The newest row before a month's first day decides that month.
create table accounts.payout_hold (
  account_id uuid not null references accounts.seller_account,
  at         timestamptz not null,
  held       boolean not null,
  primary key (account_id, at)
);
