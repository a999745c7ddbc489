/**
 * What a `kill -9` under load may not do to usage events. The ordinary suite kills twice; `npm run test:faults` twenty times.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { system } from '../src/kernel/context.ts'
import { runningDatabaseUrl } from '../src/kernel/postgres.ts'
import { wire } from '../src/wiring.ts'
import { testKernel } from './harness.ts'
import { environmentFor, newDataFolder, type StoaProcess, startStoaProcess } from './stoa-process.ts'
import { demo } from './subscriptions.ts'

const full = process.env.MODE === 'faults'
const kills = full ? 20 : 2
const subscriptions = full ? 200 : 20
const senders = 32
const openHours = 24
const dimensions = ['email', 'text']
const query = '?api-version=2018-08-31'

let running: StoaProcess | undefined
let pool: pg.Pool | undefined

afterEach(async () => {
  await pool?.end()
  await running?.stop().catch(() => {})
})

interface UsageEvent {
  resourceId: string
  dimension: string
  quantity: number
  effectiveStartTime: string
  planId: string
}

interface Verdict {
  status: string
  usageEventId?: string
  quantity?: number
  error?: { additionalInfo?: { acceptedMessage: { usageEventId: string; quantity: number } } }
}

const keyOf = ({ resourceId, dimension, effectiveStartTime }: UsageEvent) => `${resourceId} ${dimension} ${effectiveStartTime}`

/** Each subscription's hours of the last day, in requests of 25 and, every fifth time, of one event. */
function requestsOf(resources: string[], now: number): UsageEvent[][] {
  const hour = Math.floor(now / 3_600_000)
  const events = Array.from({ length: openHours - 1 }, (_, back) => hour - back).flatMap((at) =>
    resources.flatMap((resourceId, n) =>
      dimensions.map((dimension) => ({
        resourceId,
        dimension,
        quantity: 1 + ((at + n) % 40) / 4,
        effectiveStartTime: new Date(at * 3_600_000).toISOString().replace('.000', ''),
        planId: 'premium',
      })),
    ),
  )
  const requests: UsageEvent[][] = []
  for (let at = 0; at < events.length; ) {
    const size = requests.length % 5 === 4 ? 1 : 25
    requests.push(events.slice(at, at + size))
    at += size
  }
  return requests
}

async function tokenOf(url: string): Promise<string> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: demo.contoso.clientId,
    client_secret: 'contoso-demo-secret-fulfillment-0001',
    resource: '20e940b3-4c77-4b0b-9a53-9e16a1b010a7',
  })
  const answer = await fetch(`${url}/${demo.contoso.tenantId}/oauth2/token`, { method: 'POST', body })
  return ((await answer.json()) as { access_token: string }).access_token
}

/** Sends one request; what was answered for each of its events. Throws when no answer came. */
async function report(url: string, token: string, events: UsageEvent[]): Promise<Verdict[]> {
  const single = events.length === 1
  const answer = await fetch(`${url}/api/${single ? 'usageEvent' : 'batchUsageEvent'}${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(single ? events[0] : { request: events }),
  })
  const body = (await answer.json()) as Verdict & { result: Verdict[] }
  if (!single) return body.result
  return [answer.status === 409 ? { status: 'Duplicate', error: body as NonNullable<Verdict['error']> } : body]
}

function killDatabase(dataDir: string): void {
  process.kill(Number(readFileSync(join(dataDir, 'pg-18', 'postmaster.pid'), 'utf8').split('\n')[0]), 'SIGKILL')
}

test(`kill -9 under load, ${kills} times: every acknowledged event is there once, and nothing is billed twice when it is sent again`, {
  timeout: full ? 2_400_000 : 240_000,
}, async () => {
  const dataDir = newDataFolder()
  const environment = await environmentFor(dataDir)
  running = await startStoaProcess(environment)
  const resources = await subscribe(dataDir)
  const token = await tokenOf(running.url)

  /** Everything ever sent, by key, and the id under which it was acknowledged. */
  const sent = new Map<string, UsageEvent>()
  const acknowledged = new Map<string, string>()
  let unanswered = 0
  let duplicates = 0

  const take = (events: UsageEvent[], verdicts: Verdict[]) => {
    events.forEach((event, n) => {
      const key = keyOf(event)
      const { status, usageEventId, error } = verdicts[n] as Verdict
      const before = error?.additionalInfo?.acceptedMessage
      expect([key, status]).toEqual([key, before ? 'Duplicate' : 'Accepted'])
      const id = (before?.usageEventId ?? usageEventId) as string
      if (before) {
        duplicates++
        // Only what went unanswered is sent again: nobody was told of it before, and it is what we meant.
        expect(before.quantity).toBe(event.quantity)
      }
      expect(acknowledged.get(key)).toBeUndefined()
      acknowledged.set(key, id)
    })
  }

  for (let round = 0; round < kills; round++) {
    const stoa: StoaProcess = running
    const { body: clock } = await stoa.call<{ now: string }>('GET', '/api/sandbox')
    const requests = requestsOf(resources, Date.parse(clock.now))
    for (const event of requests.flat()) sent.set(keyOf(event), event)
    const lost: UsageEvent[][] = []
    let answers = 0
    // Somewhere in the middle, each time elsewhere: some are answered, some are being stored, some have not been read yet.
    const killAfter = Math.floor(requests.length * (0.2 + 0.6 * ((round * 0.37) % 1)))
    let next = 0
    let killed: Promise<void> | undefined
    const send = async () => {
      for (let request = requests[next++]; request; request = requests[next++]) {
        try {
          take(request, await report(stoa.url, token, request))
          if (++answers === killAfter) {
            // Every fourth time the database goes with it, as in a power failure.
            if (round % 4 === 3) killDatabase(dataDir)
            killed = stoa.kill()
          }
        } catch (error) {
          if (!killed || (error as Error).name === 'AssertionError') throw error
          lost.push(request)
        }
      }
    }
    await Promise.all(Array.from({ length: senders }, send))
    await killed
    expect(lost.length).toBeGreaterThan(0)
    unanswered += lost.flat().length

    await pool?.end()
    pool = undefined
    running = await startStoaProcess(environment)
    for (const request of lost) take(request, await report(running.url, token, request))
    await expectStored(dataDir, sent, acknowledged)
    await running.call('POST', '/api/sandbox/clock', { advance: 'P1D' })
  }
  expect(acknowledged.size).toBe(sent.size)
  expect(duplicates).toBeLessThanOrEqual(unanswered)
  console.log(`${kills} kills: ${sent.size} events, ${unanswered} unanswered and sent again, of which ${duplicates} had been stored.`)

  // Into the next month, past its invoices: what was accepted is billed, each unit once.
  await running.call('POST', '/api/sandbox/clock', { advance: 'P2M' })
  const [billed] = await look<{ quantity: string }>(
    dataDir,
    `select sum(quantity)::text as quantity from billing.invoice_line where kind = 'usage'`,
  )
  expect(Number(billed?.quantity)).toBe([...sent.values()].reduce((sum, { quantity }) => sum + quantity, 0))
})

/** Active subscriptions of the sample offer, made beside the running process. */
async function subscribe(dataDir: string): Promise<string[]> {
  const kernel = await testKernel({ databaseUrl: runningDatabaseUrl(dataDir, 'stoa') as string })
  const domain = wire(kernel)
  const choice = { publisherId: 'contoso', offerId: 'contoso-notify', planId: 'premium', termUnit: 'P1M', quantity: null }
  const { email, objectId, tenantId } = demo.buyer
  const ids: string[] = []
  while (ids.length < subscriptions) {
    ids.push(
      await kernel.run(system, async (ctx) => {
        const { terms } = await domain.checkout.quote(ctx, { ...choice, tenant: tenantId })
        const purchaser = { email, objectId, tenantId }
        const { subscriptionId } = await domain.checkout.purchase(ctx, { ...choice, purchaser, acceptedTermsVersion: terms.version })
        await domain.subscriptions.activate(ctx, subscriptionId, { planId: choice.planId, quantity: null })
        return subscriptionId
      }),
    )
  }
  await kernel.close()
  return ids
}

async function look<Row extends pg.QueryResultRow>(dataDir: string, text: string): Promise<Row[]> {
  pool ??= new pg.Pool({ connectionString: runningDatabaseUrl(dataDir, 'stoa') as string, max: 1 })
  pool.on('error', () => {})
  return (await pool.query<Row>(text)).rows
}

/** Each event once, under the id that was given for it, with the quantity that was sent; and nothing else. */
async function expectStored(dataDir: string, sent: Map<string, UsageEvent>, acknowledged: Map<string, string>): Promise<void> {
  const rows = await look<{ key: string; id: string; quantity: string }>(
    dataDir,
    `select resource || ' ' || dimension || ' ' || to_char(effective_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as key, id, quantity
     from metering.usage_event`,
  )
  expect(rows.length).toBe(sent.size)
  const wrong = rows.filter(({ key, id, quantity }) => acknowledged.get(key) !== id || Number(quantity) !== sent.get(key)?.quantity)
  expect(wrong).toEqual([])
}
