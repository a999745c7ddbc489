import type pg from 'pg'
import { type Id, newId } from '../../kernel/ids.ts'
import { intArray, textArray, timeArray, uuidArray } from './array-parameter.ts'
import type { AcceptedUsage, MalformedUsage, Refusal, ReportedUsage, Verdict } from './usage-event.ts'
import { hourOf, isoOf, quantityProblem, windowProblem } from './usage-event.ts'

/** Who reports: the application of the bearer token. */
export interface Reporter {
  tenantId: string
  clientId: string
}

type Report = ReportedUsage | MalformedUsage

/** One request's events, waiting for the statement that decides them all. */
interface Waiting {
  reporter: Reporter
  reports: Report[]
  /** Given once: a statement whose end was not heard of is repeated under the same ids. */
  ids: Id<'usage-event'>[]
  verdicts: Verdict[]
  resolve(verdicts: Verdict[]): void
  reject(error: unknown): void
}

/** One event of a statement. */
interface Row {
  waiting: Waiting
  place: number
  report: ReportedUsage
  resource: string
  hourUs: number
  id: Id<'usage-event'>
}

const rowsPerStatement = 1000
const flightsAtOnce = 2
const undefinedPartition = '23514' // "no partition of relation found for row"

/**
 * Judges and stores in one statement, so that state and plan are those of the moment of storing. Rows come sorted by key and are stored in
 * that order: two flights take their keys alike and cannot deadlock. Each resource is looked up once, whatever it reports. Only refusals come
 * back, and how many rows were stored. The limit keeps the planner at one look-up by key a resource: a hash of all meters would cost more the
 * more there are. An earlier plan is looked up only where one was reported.
 */
const flushSql = `
with caller as materialized (
  select r.offer, r.preview, c.n::int as n from unnest($1::uuid[], $2::uuid[]) with ordinality as c(tenant_id, application_id, n)
  join metering.reporter r using (tenant_id, application_id)
), asked as materialized (
  select a.n::int as n, m.* from unnest($3::uuid[]) with ordinality as a(id, n)
  left join lateral (select * from metering.meter where resource = a.id limit 1) m on true
), judged as materialized (
  select i.*, m.publisher_id, m.resource, case
    when m.resource is null then 'resource-not-found'
    when (m.offer, m.preview, i.caller) not in (select offer, preview, n from caller) then 'not-authorized'
    when m.state <> 'active' and (m.state <> 'ended' or m.usage_until is null or i.effective_at >= m.usage_until) then 'not-active'
    when d.dimensions is null then 'invalid-plan'
    when i.dimension <> all(d.dimensions) then 'invalid-dimension'
  end as refusal
  from unnest($4::int[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::numeric[], $10::uuid[], $11::int[])
    with ordinality as i(asked, plan_id, dimension, effective_at, hour, quantity, id, caller, n)
  join asked m on m.n = i.asked
  cross join lateral (
    select case when i.plan_id = m.plan_id then m.dimensions
      else (select p.dimensions from metering.meter_plan p
            where p.resource = m.resource and p.plan_id = i.plan_id and i.effective_at < p.valid_until) end as dimensions) d
), stored as (
  insert into metering.usage_event (publisher_id, resource, dimension, hour, id, plan_id, quantity, effective_at, accepted_at)
  select publisher_id, resource, dimension, hour, id, plan_id, quantity, effective_at, $12::timestamptz
  from judged where refusal is null order by n
  on conflict do nothing
  returning true
)
select n::int - 1 as n, refusal from judged where refusal is not null
union all select count(*)::int, null from stored`

const takenSql = `
select k.n, e.id, e.plan_id, e.quantity, (extract(epoch from e.effective_at) * 1000000)::bigint as effective_us,
  (extract(epoch from e.accepted_at) * 1000000)::bigint as accepted_us
from unnest($1::int[], $2::uuid[], $3::text[], $4::timestamptz[]) as k(n, resource, dimension, hour)
join metering.meter m on m.resource = k.resource
join metering.usage_event e on e.publisher_id = m.publisher_id and e.resource = k.resource and e.dimension = k.dimension and e.hour = k.hour`

const refusedSql = `
insert into metering.refused_event (id, at, publisher_id, tenant_id, application_id, resource, plan_id, dimension, quantity, effective_at, status, reason)
select id, at, (select publisher_id from metering.reporter r where r.tenant_id = i.tenant_id and r.application_id = i.application_id limit 1),
  tenant_id, application_id, resource, plan_id, dimension, quantity, effective_at, status, reason
from unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])
  as i(id, at, tenant_id, application_id, resource, plan_id, dimension, quantity, effective_at, status, reason)`

const resolveUriSql = 'select resource, resource_uri from metering.meter where resource_uri = any($1::text[])'

const reasons: Record<'resource-not-found' | 'not-authorized' | 'not-active' | 'invalid-plan' | 'invalid-dimension', string> = {
  'resource-not-found': 'The resource was not found.',
  'not-authorized': 'Client is not authorized for this usage resource.',
  'not-active': 'The subscription is not active.',
  'invalid-plan': 'The planId is not the plan of this subscription.',
  'invalid-dimension': 'The dimension is not one that is billed on this plan.',
}

/**
 * Takes usage events in groups: requests that arrive while a statement is on its way join the next one, up to 1,000 rows,
 * two statements at a time. An answer is given only when the statement has committed, so accepted means stored.
 *
 * @param pool connections of the database
 * @param marketNow market time in microseconds, read once a statement
 * @param prepareMonths makes the partitions that events of now need
 */
export function createGroupCommit(pool: pg.Pool, marketNow: () => Promise<number>, prepareMonths: () => Promise<void>) {
  let queue: Waiting[] = []
  let flights = 0

  function accept(reporter: Reporter, reports: Report[]): Promise<Verdict[]> {
    return new Promise((resolve, reject) => {
      queue.push({ reporter, reports, ids: [], verdicts: [], resolve, reject })
      // Not at once: what arrives in the same turn of the event loop joins.
      if (flights < flightsAtOnce) setImmediate(launch)
    })
  }

  function launch(): void {
    if (flights >= flightsAtOnce || queue.length === 0) return
    let rows = 0
    let taken = 0
    while (taken < queue.length && (taken === 0 || rows + (queue[taken]?.reports.length ?? 0) <= rowsPerStatement)) {
      rows += queue[taken]?.reports.length ?? 0
      taken++
    }
    const group = queue.slice(0, taken)
    queue = queue.slice(taken)
    flights++
    void settle(group).finally(() => {
      flights--
      launch()
    })
    launch()
  }

  async function settle(group: Waiting[]): Promise<void> {
    try {
      await flush(group)
      for (const waiting of group) waiting.resolve(waiting.verdicts)
    } catch (error) {
      // One request's data must not fail the others': each is tried alone once. Storing twice is impossible.
      if (group.length === 1) return group[0]?.reject(error)
      for (const waiting of group) {
        try {
          await flush([waiting])
          waiting.resolve(waiting.verdicts)
        } catch (alone) {
          waiting.reject(alone)
        }
      }
    }
  }

  async function flush(group: Waiting[]): Promise<void> {
    const nowUs = await marketNow()
    const rows = await judgeAlone(group, nowUs)
    if (rows.length > 0) await judgeTogether(sortedByKey(rows), nowUs)
    await keepRefused(group)
  }

  /** Stores what can be stored. Where fewer rows were stored than were not refused, the others' hours are taken. */
  async function judgeTogether(sorted: SortedRows, nowUs: number): Promise<void> {
    const { refusals, stored } = await store(sorted, nowUs)
    const { rows } = sorted
    const taken = stored + refusals.size < rows.length ? await findTaken(rows, refusals) : null
    for (const [n, { waiting, place, id }] of rows.entries()) {
      const refusal = refusals.get(n)
      const event = taken?.get(n)
      waiting.verdicts[place] = refusal
        ? { status: refusal, reason: reasons[refusal], atUs: nowUs }
        : taken === null
          ? { status: 'accepted', id, atUs: nowUs }
          : verdictOn(id, event, nowUs)
    }
  }

  /** Decides what needs no database: quantity and time window. Returns the rest as rows. */
  async function judgeAlone(group: Waiting[], nowUs: number): Promise<Row[]> {
    const byUri = await resolveUris(group)
    const rows: Row[] = []
    for (const waiting of group) {
      for (const [place, report] of waiting.reports.entries()) {
        const refuse = (status: Refusal, reason: string) => {
          waiting.verdicts[place] = { status, reason, atUs: nowUs }
        }
        if ('malformed' in report) {
          refuse('malformed', report.malformed)
          continue
        }
        const quantity = quantityProblem(report.quantity)
        const window = windowProblem(report.effectiveUs, nowUs)
        const resource = report.resourceId ?? byUri.get(report.resourceUri ?? '')
        if (quantity) refuse('invalid-quantity', quantity)
        else if (window) refuse(window.status, window.reason)
        else if (!resource) refuse('resource-not-found', reasons['resource-not-found'])
        else
          rows.push({
            waiting,
            place,
            report,
            resource: resource.toLowerCase(),
            hourUs: hourOf(report.effectiveUs),
            id: (waiting.ids[place] ??= newId<'usage-event'>()),
          })
      }
    }
    return rows
  }

  async function resolveUris(group: Waiting[]): Promise<Map<string, string>> {
    const uris = group.flatMap((waiting) =>
      waiting.reports.flatMap((report) => ('malformed' in report || report.resourceUri === undefined ? [] : [report.resourceUri])),
    )
    if (uris.length === 0) return new Map()
    const found = await pool.query<{ resource: string; resource_uri: string }>(resolveUriSql, [uris])
    return new Map(found.rows.map((row) => [row.resource_uri, row.resource]))
  }

  async function store({ rows, resources, asked }: SortedRows, nowUs: number): Promise<Stored> {
    const reporters: Reporter[] = []
    const numbers = new Map<Reporter, number>()
    const numberOf = (reporter: Reporter) => {
      const known = numbers.get(reporter)
      if (known !== undefined) return known
      const same = reporters.findIndex(({ tenantId, clientId }) => tenantId === reporter.tenantId && clientId === reporter.clientId)
      const number = same < 0 ? reporters.push(reporter) : same + 1
      numbers.set(reporter, number)
      return number
    }
    const callers = rows.map(({ waiting }) => numberOf(waiting.reporter))
    const values = [
      uuidArray(reporters.map(({ tenantId }) => tenantId)),
      uuidArray(reporters.map(({ clientId }) => clientId)),
      uuidArray(resources),
      intArray(asked),
      textArray(rows.map((row) => row.report.planId)),
      textArray(rows.map((row) => row.report.dimension)),
      timeArray(rows.map((row) => row.report.effectiveUs)),
      timeArray(rows.map((row) => row.hourUs)),
      `{${rows.map((row) => row.report.quantity).join(',')}}`,
      uuidArray(rows.map((row) => row.id)),
      intArray(callers),
      isoOf(nowUs),
    ]
    const statement = { name: 'metering-flush', text: flushSql, values }
    const run = async (): Promise<Stored> => {
      const found = await pool.query<{ n: number; refusal: Reason | null }>(statement)
      const refused = found.rows.flatMap(({ n, refusal }) => (refusal === null ? [] : [[n, refusal] as const]))
      return { refusals: new Map(refused), stored: found.rows.find(({ refusal }) => refusal === null)?.n ?? 0 }
    }
    try {
      return await run()
    } catch (error) {
      if ((error as { code?: string }).code !== undefinedPartition) throw error
      // A month that due work has not prepared (a database just made, a clock just moved): nothing is refused for that.
      await prepareMonths()
      return run()
    }
  }

  /** Of what was not refused: the events that hold those hours, the rows' own among them. */
  async function findTaken(rows: Row[], refusals: Map<number, Reason>): Promise<Map<number, AcceptedUsage>> {
    const asked = rows.flatMap((row, n) => (refusals.has(n) ? [] : [{ n, row }]))
    const found = await pool.query<Taken>({
      name: 'metering-taken',
      text: takenSql,
      values: [
        asked.map(({ n }) => n),
        asked.map(({ row }) => row.resource),
        asked.map(({ row }) => row.report.dimension),
        asked.map(({ row }) => isoOf(row.hourUs)),
      ],
    })
    return new Map(
      found.rows.map((event) => {
        const row = rows[event.n] as Row
        return [
          event.n,
          {
            id: event.id,
            acceptedUs: Number(event.accepted_us),
            resource: row.resource,
            planId: event.plan_id,
            dimension: row.report.dimension,
            quantity: Number(event.quantity),
            effectiveUs: Number(event.effective_us),
          },
        ]
      }),
    )
  }

  async function keepRefused(group: Waiting[]): Promise<void> {
    const kept = group.flatMap((waiting) =>
      waiting.verdicts.flatMap((verdict, place) => {
        const report = waiting.reports[place]
        return verdict.status === 'accepted' || !report ? [] : [{ reporter: waiting.reporter, verdict, report }]
      }),
    )
    if (kept.length === 0) return
    const column = (value: (report: Report) => string | undefined) => kept.map(({ report }) => clean(value(report)))
    await pool.query({
      name: 'metering-refused',
      text: refusedSql,
      values: [
        kept.map(() => newId<'refused-event'>()),
        kept.map(({ verdict }) => isoOf(verdict.atUs)),
        kept.map(({ reporter }) => reporter.tenantId),
        kept.map(({ reporter }) => reporter.clientId),
        column((report) => ('malformed' in report ? report.resource : (report.resourceId ?? report.resourceUri))),
        column((report) => report.planId),
        column((report) => report.dimension),
        column((report) => (report.quantity === undefined ? undefined : String(report.quantity))),
        column((report) => ('malformed' in report ? report.effective : isoOf(report.effectiveUs))),
        kept.map(({ verdict }) => verdict.status),
        kept.map(({ verdict }) => ('reason' in verdict ? verdict.reason : 'This usage event already exist.')),
      ],
    })
  }

  return { accept }
}

type Reason = keyof typeof reasons

/** What a statement did: refusals by the row's place, and how many rows it stored. */
interface Stored {
  refusals: Map<number, Reason>
  stored: number
}

interface Taken {
  n: number
  id: string
  plan_id: string
  quantity: string
  effective_us: string
  accepted_us: string
}

/** The verdict on an event that was not refused, by the event that holds its hour. */
function verdictOn(id: Id<'usage-event'>, taken: AcceptedUsage | undefined, atUs: number): Verdict {
  if (!taken) return { status: 'failed', reason: 'The usage event could not be stored.', atUs }
  // It is the event itself, stored now or by a statement whose answer was lost on its way to us.
  return taken.id === id ? { status: 'accepted', id, atUs: taken.acceptedUs } : { status: 'duplicate', accepted: taken, atUs }
}

/** What a stranger sent, as PostgreSQL can keep it: without NUL, at most 200 characters. */
function clean(text: string | undefined): string | null {
  return text === undefined ? null : text.replaceAll('\u0000', '\uFFFD').slice(0, 200)
}

/** Rows in the order of their keys, with their resources each once and the place (from 1) of each row's resource among them. */
interface SortedRows {
  rows: Row[]
  resources: string[]
  asked: number[]
}

function sortedByKey(unsorted: Row[]): SortedRows {
  const ofResource = Map.groupBy(unsorted, (row) => row.resource)
  const resources = [...ofResource.keys()].sort()
  const rows: Row[] = []
  const asked: number[] = []
  resources.forEach((resource, n) => {
    for (const row of (ofResource.get(resource) as Row[]).sort(byDimensionAndHour)) {
      rows.push(row)
      asked.push(n + 1)
    }
  })
  return { rows, resources, asked }
}

function byDimensionAndHour(a: Row, b: Row): number {
  if (a.report.dimension !== b.report.dimension) return a.report.dimension < b.report.dimension ? -1 : 1
  return a.hourUs - b.hourUs
}
