-- Whoever may report usage of what was bought from an offer's preview need not be the one of its live version.
alter table metering.reporter add column preview boolean not null default false;
alter table metering.reporter drop constraint reporter_pkey;
alter table metering.reporter add primary key (offer, preview);
alter table metering.meter add column preview boolean not null default false;
insert into metering.reporter (offer, preview, publisher_id, offer_id, offer_name, tenant_id, application_id)
select offer, true, publisher_id, offer_id, offer_name, tenant_id, application_id from metering.reporter;
