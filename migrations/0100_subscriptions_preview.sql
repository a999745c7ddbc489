-- A preview is an offer of its own to those who integrate: its landing page, webhook and application may differ from the live version's, and an
-- offer may be bought from its preview before it was ever live. A subscription follows the binding of what it was bought from.
alter table subscriptions.offer_binding add column preview boolean not null default false;
alter table subscriptions.subscription drop constraint subscription_offer_fkey;
alter table subscriptions.offer_binding drop constraint offer_binding_pkey;
alter table subscriptions.offer_binding add primary key (offer, preview);
alter table subscriptions.subscription add foreign key (offer, preview) references subscriptions.offer_binding (offer, preview);
drop index subscriptions.subscription_offer;
create index subscription_offer on subscriptions.subscription (offer, preview, id);
