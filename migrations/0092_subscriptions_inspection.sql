-- Webhooks of an operation, all webhooks by age (operator), and those of a publisher that wait or were given up.
create index delivery_operation on subscriptions.delivery (operation);
create index delivery_seq on subscriptions.delivery (seq desc);
create index delivery_unfinished on subscriptions.delivery (publisher_id, offer) where state in ('waiting', 'failed');
