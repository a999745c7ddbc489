-- The dimensions of the plan of today beside it: an event is judged by one look-up (decisions/0012).
alter table metering.meter add column dimensions text[] not null default '{}';
update metering.meter m set dimensions = p.dimensions from metering.meter_plan p where p.resource = m.resource and p.plan_id = m.plan_id;
