import { Temporal } from 'temporal-polyfill'
import { utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { measureHealth } from '../../kernel/health.ts'
import type { Visit } from '../ui/portal-access.server.ts'

/** Something that somebody is awaited for. */
interface Waiting {
  what: string
  to: string
  count: number
  /** market time since when the longest waits; null where that is not known */
  since: string | null
  /** wants somebody today */
  urgent?: boolean
}

const oldest = (times: readonly Temporal.Instant[]): string | null =>
  times.length === 0 ? null : times.reduce((a, b) => (Temporal.Instant.compare(a, b) <= 0 ? a : b)).toString()

const queues = {
  security: { what: 'Security reports', urgent: true },
  publisher: { what: 'Support requests of publishers', urgent: false },
  customer: { what: 'Support requests of customers', urgent: false },
} as const

/** What waits for the marketplace's staff. */
async function forStaff({ domain, kernel }: Visit, ctx: Ctx): Promise<Waiting[]> {
  const certification = (await domain.publishing.certification.queue(ctx)).waiting
  const verification = await domain.accounts.verificationQueue(ctx)
  const profiles = await domain.accounts.queuedProfiles(ctx)
  const adjustments = (await domain.billing.adjustments(ctx)).filter((row) => row.state === 'requested')
  const writeOffs = (await domain.billing.writeOffs(ctx)).filter((row) => row.state === 'requested')
  const refunds = (await domain.billing.cards.returns.list(ctx)).filter((row) => row.kind === 'refund' && row.state === 'open')
  const prepared = (await domain.billing.allPayouts(ctx)).filter((row) => row.state === 'prepared')
  const requests = await domain.support.queue(ctx, { state: 'open' })
  const counts = new Map((await domain.support.waiting(ctx)).map((row) => [row.queue, row.count]))
  const { vitals } = await measureHealth(ctx, kernel)
  return [
    ...(['security', 'publisher', 'customer'] as const).map((queue) => ({
      ...queues[queue],
      to: `/operator/support?queue=${queue}&state=open`,
      count: counts.get(queue) ?? 0,
      since: oldest(requests.filter((row) => row.queue === queue).map((row) => row.waitsSince)),
    })),
    {
      what: 'Submissions to certify',
      to: '/operator/certification',
      count: certification.length,
      since: oldest(certification.map((row) => row.openedAt)),
    },
    {
      what: 'Steps of seller accounts to verify',
      to: '/operator/accounts',
      count: verification.length,
      since: oldest(verification.map((row) => row.changedAt)),
    },
    { what: 'Payout and tax profiles to check', to: '/operator/profiles', count: profiles.length, since: null },
    { what: 'Adjustments to approve', to: '/operator/payouts/adjustments', count: adjustments.length, since: null },
    {
      what: 'Write-offs to approve',
      to: '/operator/invoices/write-offs',
      count: writeOffs.length,
      since: oldest(writeOffs.map((row) => row.requestedAt)),
    },
    {
      what: 'Refunds made at Stripe to decide about',
      to: '/operator/invoices/returns',
      count: refunds.length,
      since: oldest(refunds.map((row) => row.openedAt)),
    },
    { what: 'Payouts to hand to the bank', to: '/operator/payouts/files', count: prepared.length, since: null },
    {
      what: 'Parts of the installation to look at',
      to: '/operator/health',
      count: vitals.filter((row) => row.state !== 'good').length,
      since: null,
      urgent: vitals.some((row) => row.state === 'bad'),
    },
  ]
}

/** What waits for publishers. */
async function forPublishers({ domain }: Visit, ctx: Ctx): Promise<Waiting[]> {
  const publishers = await domain.accounts.listPublishers(ctx)
  const offers = await domain.publishing.listOffers(ctx, { publisherIds: publishers.map((one) => one.publisherId) })
  const answered = await domain.support.queue(ctx, { state: 'answered', queue: 'publisher' })
  const held = (await domain.billing.allPayouts(ctx)).filter((row) => row.state === 'held' || row.state === 'returned')
  const of = (status: string) => offers.filter((one) => one.status === status)
  return [
    {
      what: 'Offers that need attention',
      to: '/operator/publishers',
      count: of('Attention needed').length,
      since: oldest(of('Attention needed').map((one) => one.modifiedAt)),
    },
    {
      what: 'Previews to sign off',
      to: '/operator/publishers',
      count: of('Preview').length,
      since: oldest(of('Preview').map((one) => one.modifiedAt)),
    },
    {
      what: 'Answers to their support requests',
      to: '/operator/support?queue=publisher&state=answered',
      count: answered.length,
      since: oldest(answered.map((row) => row.waitsSince)),
    },
    { what: 'Payouts held or returned', to: '/operator/payouts', count: held.length, since: null },
  ]
}

/** What waits for customers. */
async function forCustomers({ domain }: Visit, ctx: Ctx): Promise<Waiting[]> {
  const pending = await domain.subscriptions.listAll(ctx, { status: 'PendingFulfillmentStart', pageSize: 1000 })
  const suspended = await domain.subscriptions.listAll(ctx, { status: 'Suspended', pageSize: 1000 })
  const today = utcDate(ctx.now)
  const late = (await domain.billing.aging(ctx)).filter((row) => row.kind === 'invoice' && Temporal.PlainDate.compare(row.dueOn, today) < 0)
  const answered = await domain.support.queue(ctx, { state: 'answered', queue: 'customer' })
  return [
    {
      what: 'Subscriptions to configure',
      to: '/operator/subscriptions?status=PendingFulfillmentStart',
      count: pending.total,
      since: oldest(pending.items.map((row) => row.createdAt)),
    },
    {
      what: 'Suspended subscriptions to pay for',
      to: '/operator/subscriptions?status=Suspended',
      count: suspended.total,
      since: oldest(suspended.items.flatMap((row) => row.suspendedAt ?? [])),
    },
    {
      what: 'Invoices past their due day',
      to: '/operator/aging',
      count: late.length,
      since: late.length === 0 ? null : `${late.map((row) => row.dueOn.toString()).toSorted()[0]}T00:00:00Z`,
    },
    {
      what: 'Answers to their support requests',
      to: '/operator/support?queue=customer&state=answered',
      count: answered.length,
      since: oldest(answered.map((row) => row.waitsSince)),
    },
  ]
}

/** What waits for whom, without what does not wait. */
export async function waitingFor(visit: Visit) {
  return visit.read(async (ctx) => {
    const parties = [
      { who: 'For you', rows: await forStaff(visit, ctx) },
      { who: 'For publishers', rows: await forPublishers(visit, ctx) },
      { who: 'For customers', rows: await forCustomers(visit, ctx) },
    ]
    return parties.map(({ who, rows }) => ({ who, rows: rows.filter((row) => row.count > 0) }))
  })
}
