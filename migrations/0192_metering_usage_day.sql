-- Accepted usage added up by day, for pages that show totals: a copy, which billing never reads. A day is added up once nothing of it can be
-- accepted any more; until then its events are read.
create table metering.usage_day (
  publisher_id text not null,
  resource uuid not null,
  plan_id text not null,
  dimension text not null,
  -- UTC, of the effective time.
  day date not null,
  quantity numeric not null,
  events integer not null,
  primary key (publisher_id, day, resource, dimension, plan_id)
);
create index usage_day_resource on metering.usage_day (resource, day);

create table metering.rolled_day (
  day date primary key,
  -- Wall time at which the day was seen closed: what is still on its way is given time to arrive.
  closed_wall timestamptz not null,
  -- Wall time; null: its events are read.
  rolled_at timestamptz
);

-- Adds up the days from `first` to `last` that were seen closed before `closed_before`, once.
create function metering.roll_up(first date, last date, closed_before timestamptz, wall timestamptz) returns integer language plpgsql as $$
declare
  days date[];
begin
  select array_agg(day) into days from (
    select day from metering.rolled_day
    where rolled_at is null and day between first and last and closed_wall < closed_before order by day for update) d;
  if days is null then
    return 0;
  end if;
  insert into metering.usage_day (publisher_id, resource, plan_id, dimension, day, quantity, events)
  select e.publisher_id, e.resource, e.plan_id, e.dimension, (e.hour at time zone 'UTC')::date, sum(e.quantity), count(*)
  from metering.usage_event e
  where e.hour >= first::timestamp at time zone 'UTC' and e.hour < (last + 1)::timestamp at time zone 'UTC'
    and (e.hour at time zone 'UTC')::date = any(days)
  group by 1, 2, 3, 4, 5;
  update metering.rolled_day set rolled_at = wall where day = any(days);
  return cardinality(days);
end $$;
