import { beforeAll, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { system, type UserPrincipal } from '../../kernel/context.ts'
import { downloadHeaders, fileStream } from '../ui/file-stream.ts'
import type { Visit } from '../ui/portal-access.server.ts'
import { auditErrors, auditForm, auditPage, auditRecord, auditRecords } from './audit/audit-data.server.ts'
import { documentOf } from './billing-data.server.ts'
import { aging, returnList, writeOffList } from './books/books-data.server.ts'
import { failedWork, healthPage } from './background/background-data.server.ts'
import { allSubscriptions, oneSubscription, subscriptionForm } from './subscriptions/subscriptions-data.server.ts'
import { waitingFor } from './waiting-data.server.ts'

let market: Marketplace
let visit: Visit
let running: string

beforeAll(async () => {
  market = await openMarketplace()
  const { kernel, domain } = market
  const operator = await kernel.run(system, (ctx) => domain.directory.principal(ctx, '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b7a001'))
  const run: Visit['run'] = (use) => kernel.run(operator as UserPrincipal, use)
  visit = { kernel, domain, user: operator as UserPrincipal, origin: '', read: run, run }
  running = await market.active()
})

const waits = async (who: string) => (await waitingFor(visit)).find((party) => party.who === who)?.rows ?? []

test('the overview says what waits for whom, and since when', async () => {
  expect((await waits('For customers')).map(({ what }) => what)).toEqual([])
  await market.buy()
  const contact = { name: 'Bea', email: 'bea@adatum.example', phone: '', prefers: 'email' }
  const ask = (topic: string) =>
    market.as(demo.buyer, (ctx) =>
      market.domain.support.open(ctx, null, { topic, summary: 'Help', details: 'Please.', offerType: '', startOn: '', contact, facts: {} }),
    )
  const { id } = await ask('question-offer')
  await ask('security-event')
  expect(await waits('For customers')).toMatchObject([
    { what: 'Subscriptions to configure', count: 1, since: expect.any(String) as string },
  ])
  expect((await waits('For you')).slice(0, 2)).toMatchObject([
    { what: 'Security reports', count: 1, urgent: true, since: expect.any(String) as string },
    { what: 'Support requests of customers', count: 1, to: '/operator/support?queue=customer&state=open' },
  ])
  await visit.run((ctx) => market.domain.support.answer(ctx, id, { text: 'Which one?' }))
  expect((await waits('For you')).map(({ what }) => what)).not.toContain('Support requests of customers')
  expect((await waits('For customers')).map(({ what }) => what)).toContain('Answers to their support requests')
})

test('the audit log is shown in pages and exported whole, as it was filtered', async () => {
  const form = auditForm(new URLSearchParams({ target: running }))
  const { records, next } = await auditPage(visit, form, '')
  expect(records.length).toBeGreaterThan(0)
  expect(records.every(({ target }) => target.includes(running))).toBe(true)
  expect(next).toBeNull()
  const everything = auditForm(new URLSearchParams())
  const first = await auditPage(visit, everything, '')
  expect(first.records).toHaveLength(50)
  const second = await auditPage(visit, everything, first.next ?? '')
  expect(second.records[0]?.id).not.toBe(first.records.at(-1)?.id)
  expect(await auditRecord(visit, records[0]?.id ?? '')).toMatchObject({ target: `subscription:${running}` })
  expect(auditErrors(auditForm(new URLSearchParams({ from: '2026-02-30', to: 'tomorrow' })))).toMatchObject({
    from: expect.any(String),
    to: expect.any(String),
  })

  const file = fileStream(downloadHeaders('audit-log.ndjson', 'application/x-ndjson'), '', auditRecords(visit, form), (page) =>
    page.map((record) => `${JSON.stringify(record)}\n`).join(''),
  )
  const lines = (await file.text()).trim().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(records.map(({ id }) => id))
  expect(file.headers.get('content-disposition')).toBe('attachment; filename="audit-log.ndjson"')
})

test('operators find any subscription, and see all that happened to it', async () => {
  const find = async (search: Record<string, string>) => (await allSubscriptions(visit, subscriptionForm(new URLSearchParams(search)))).rows
  expect((await find({ q: running })).map(({ id }) => id)).toEqual([running])
  expect((await find({ status: 'Subscribed' })).map(({ id }) => id)).toEqual([running])
  expect(await find({ q: 'nothing is called that' })).toEqual([])
  expect(await oneSubscription(visit, running)).toMatchObject({ status: 'Subscribed', publisherId: 'contoso', purchaser: demo.buyer.email })
  expect((await oneSubscription(visit, running)).timeLine.length).toBeGreaterThan(1)
})

test('what nobody pays is owed by age on any day; a write-off waits for the second operator on its page, the overview and the invoice', async () => {
  const { domain, kernel } = market
  await market.as(demo.buyer, (ctx) => domain.billing.setPaymentMethod(ctx, demo.buyer.tenantId, 'test-card-declines'))
  await market.active({ offerId: 'contoso-notify', planId: 'premium' })
  const first = (await kernel.clock.marketNow(kernel.database.db))
    .toZonedDateTimeISO('UTC')
    .startOfDay()
    .with({ day: 1 })
    .add({ months: 1 })
  await kernel.due.move(first.add({ days: 2 }).toInstant())
  const [bill] = await visit.read((ctx) => domain.billing.newestInvoices(ctx))
  const on = (days: number) => aging(visit, new URLSearchParams({ on: first.toPlainDate().add({ days }).toString() }))
  expect((await on(-1)).currencies).toEqual([])
  const [usd] = (await on(1)).currencies
  expect(usd?.rows.map((row) => [row.customer, row.documents, row.total])).toEqual([
    [bill?.billTo.legalName, 1, expect.stringMatching(/^\$\d/)],
    ['All customers', 1, usd?.rows[0]?.total],
  ])
  // On days to come it is late, should nothing happen.
  expect((await on(31)).currencies[0]?.rows[0]?.buckets).toEqual(['–', usd?.rows[0]?.total, '–', '–', '–'])

  expect((await documentOf(visit, bill?.id ?? '')).document).toMatchObject({ writable: true, asked: null, writeOffs: [] })
  const { number } = await visit.run((ctx) => domain.billing.requestWriteOff(ctx, bill?.id ?? '', 'Dissolved'))
  expect((await documentOf(visit, bill?.id ?? '')).document).toMatchObject({ asked: number, left: usd?.rows[0]?.total })
  expect((await writeOffList(visit)).rows).toMatchObject([{ number, mine: true, state: 'requested', amount: usd?.rows[0]?.total }])
  expect((await waits('For you')).find((row) => row.what === 'Write-offs to approve')).toMatchObject({
    count: 1,
    since: expect.any(String) as string,
  })
  expect(await returnList(visit)).toEqual({ configured: false, rows: [] })
})

test('background work and health of an installation where all is well', async () => {
  expect(await failedWork(visit)).toEqual({ due: [], jobs: [] })
  const { vitals, facts } = await healthPage(visit)
  expect(vitals.filter(({ name }) => name !== 'Worker').every(({ state }) => state === 'good')).toBe(true)
  expect(facts.find(({ label }) => label === 'Schema version')?.value).toMatch(/^\d{4}_/)
})
