-- Runs look at contracts closed lately too: an index of the open ones alone is not used any more.
create index contract_customer on billing.contract (customer_tenant_id, currency);
drop index billing.contract_account;
