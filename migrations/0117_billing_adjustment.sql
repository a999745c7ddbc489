-- Money given to a publisher or taken back beside any sale. It counts once a second operator has approved it.
create table billing.adjustment (
  id             uuid primary key,
  number         text not null unique,
  publisher_id   text not null,
  currency       text not null,
  -- Above zero for the publisher, below zero for the marketplace.
  amount         numeric not null check (amount <> 0),
  reason         text not null,
  state          text not null check (state in ('requested', 'approved', 'refused', 'withdrawn')),
  requested_at   timestamptz not null,
  requested_by   text not null,
  requested_name text not null,
  decided_at     timestamptz,
  decided_by     text,
  decided_name   text,
  note           text,
  -- Once it is in a payout: that, the rate and the amount in the payout's currency.
  payout         uuid references billing.payout,
  rate           numeric,
  paid           numeric,
  -- Nobody approves what they asked for, whatever the application does.
  constraint adjustment_second_person check (state <> 'approved' or (decided_by is not null and decided_by <> requested_by)),
  check ((payout is null) = (paid is null)),
  check (payout is null or state = 'approved')
);
create index adjustment_publisher on billing.adjustment (publisher_id, requested_at desc);
create index adjustment_waiting on billing.adjustment (publisher_id) where state = 'approved' and payout is null;
create index adjustment_payout on billing.adjustment (payout) where payout is not null;
