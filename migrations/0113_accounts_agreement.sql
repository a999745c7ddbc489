-- How a customer buys: by the month, or on an enterprise agreement (billed monthly, presented quarterly; spec/01 §11.8).
alter table accounts.billing_account
  add column if not exists agreement_kind text not null default 'pay-as-you-go' check (agreement_kind in ('pay-as-you-go', 'enterprise'));
