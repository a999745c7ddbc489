import { Temporal } from 'temporal-polyfill'
import { advance } from '../../kernel/clock.ts'
import { type Ctx, system } from '../../kernel/context.ts'
import { invalid } from '../../kernel/errors.ts'
import { isOfDesk, type SandboxDesk } from '../ui/desk.server.ts'
import { priceText, termText } from '../ui/money-words.ts'
import { field, refuse } from '../ui/portal-access.server.ts'
import { happeningEntry } from '../ui/happening-words.ts'
import { operationText, ruleText } from '../ui/subscription-words.ts'
import { dueText, operationTone } from '../ui/webhook-words.ts'

const pageSize = 50
const shownHappenings = 100

/** An instant of the page's address, or undefined. */
function instantIn(text: string | null): Temporal.Instant | undefined {
  try {
    return text ? Temporal.Instant.from(text) : undefined
  } catch {
    return undefined
  }
}

/** What the clock's answer in the address means. */
export const clockTrouble: Record<string, string> = {
  past: 'Market time only goes forward.',
  unreadable: 'Write a date and time like 2027-01-01T00:00 (UTC).',
  far: 'The clock moves by 30 years at most.',
  busy: 'The clock is being moved already. Wait until that has ended.',
  failed: 'Some of the work that became due failed; it is tried again. The log says why.',
}

async function happenings(desk: SandboxDesk, ctx: Ctx, from: Temporal.Instant, subscription?: string) {
  const found = await desk.domain.subscriptions.happenings(ctx, {
    ...(desk.publisher ? { publisherId: desk.publisher.publisherId } : {}),
    ...(subscription === undefined ? {} : { subscription }),
    from,
    to: ctx.now,
    limit: shownHappenings,
  })
  return found.map((one) => happeningEntry(desk.base, one, subscription === undefined))
}

/** The sandbox's first page: time, subscriptions, what happened lately or in the last move of the clock. */
export async function sandboxHome(desk: SandboxDesk, search: URLSearchParams) {
  const { domain, publisher, read, base } = desk
  const page = Math.max(1, Math.min(10_000, Number.parseInt(search.get('page') ?? '1', 10) || 1))
  const q = (search.get('q') ?? '').trim().slice(0, 200)
  const moved = instantIn(search.get('moved'))
  return read(async (ctx) => {
    const query = { page, pageSize, ...(q === '' ? {} : { search: q }) }
    const listed = publisher
      ? await domain.subscriptions.listForPublisher(ctx, { publisherId: publisher.publisherId, ...query })
      : await domain.subscriptions.listAll(ctx, query)
    const tenants = await domain.directory.getTenants(ctx, [...new Set(listed.items.map((row) => row.beneficiaryTenantId))])
    const names = new Map<string, string>(tenants.map((tenant) => [tenant.tenantId, tenant.name]))
    return {
      base,
      q,
      page,
      pages: Math.max(1, Math.ceil(listed.total / pageSize)),
      total: listed.total,
      now: ctx.now.toString(),
      wall: ctx.wall.toString(),
      moved: moved?.toString() ?? null,
      trouble: clockTrouble[search.get('clock') ?? ''] ?? null,
      subscriptions: listed.items.map((row) => ({
        id: row.id,
        name: row.name,
        customer: names.get(row.beneficiaryTenantId) ?? row.beneficiaryTenantId,
        offer: `${row.publisherId}.${row.offerId}`,
        planId: row.planId,
        quantity: row.quantity,
        status: row.status,
        termEnd: row.status === 'Unsubscribed' ? null : (row.termEnd?.toString() ?? null),
      })),
      entries: await happenings(desk, ctx, moved ?? ctx.now.subtract({ hours: 24 })),
    }
  })
}

/** What a purchase can be made of: plans on sale, people of all tenants, resellers. */
export async function purchaseChoices({ domain, publisher, read }: SandboxDesk) {
  return read(async (ctx) => {
    const publishers = publisher ? [publisher.publisherId] : (await domain.accounts.listPublishers(ctx)).map((one) => one.publisherId)
    const offers = (await domain.publishing.listOffers(ctx, { publisherIds: publishers })).filter((offer) => offer.isLive)
    // A publisher has a handful of offers; the sandbox has a handful of publishers.
    const snapshots = await Promise.all(offers.map((offer) => domain.publishing.getLive(ctx, offer.offer)))
    const people = await domain.directory.listPeople(ctx, 500)
    const label = (person: (typeof people)[number]) => `${person.displayName} (${person.email})`
    return {
      plans: snapshots.flatMap((live) =>
        (live?.content.plans ?? []).map((plan) => {
          const listing = plan.listing.en ?? Object.values(plan.listing)[0]
          const seats = plan.seats ? `, ${plan.seats.min} to ${plan.seats.max ?? 'any number of'} seats` : ''
          const kinds = `${plan.visibility === 'private' ? ', private' : ''}${plan.freeTrial ? ', free month' : ''}`
          const offerName = (live?.content.listing.en ?? Object.values(live?.content.listing ?? {})[0])?.name ?? live?.offerId
          return {
            value: `${live?.publisherId}/${live?.offerId}/${plan.planId}`,
            label: `${offerName}: ${listing?.name ?? plan.planId}${seats}${kinds} (${plan.terms.map(termText).join(', ').toLowerCase()})`,
          }
        }),
      ),
      customers: people.map((person) => ({ value: person.email, label: label(person) })),
      resellers: people.filter((person) => person.roles.includes('reseller')).map((one) => ({ value: one.email, label: label(one) })),
    }
  })
}

/** Buys as the form says; returns the subscription's id. Errors: those of a purchase, at the fields of the form. */
export async function buyAsCustomer(desk: SandboxDesk, form: FormData): Promise<string> {
  const [publisherId = '', offerId = '', planId = ''] = field(form, 'plan').split('/')
  if (planId === '' || !isOfDesk(desk, publisherId)) throw invalid('PlanMissing', 'Choose a plan of the list.', { target: 'plan' })
  const seats = field(form, 'quantity')
  if (seats !== '' && !/^\d{1,9}$/.test(seats))
    throw invalid('QuantityInvalid', 'The number of seats is a whole number.', { target: 'quantity' })
  const { domain } = desk
  return desk.play(async (ctx) => {
    const personNamed = async (name: string) => {
      const found = await domain.directory.findUserByEmail(ctx, field(form, name))
      if (!found) throw invalid('PersonUnknown', 'Choose a person of the list.', { target: name })
      return { email: found.email, objectId: found.objectId, tenantId: found.tenantId }
    }
    const beneficiary = await personNamed('customer')
    const purchaser = field(form, 'reseller') === '' ? beneficiary : await personNamed('reseller')
    const termUnit = field(form, 'termUnit')
    const choice = {
      publisherId,
      offerId,
      planId,
      quantity: seats === '' ? null : Number(seats),
      ...(termUnit === '' ? {} : { termUnit }),
    }
    const byReseller = purchaser.tenantId !== beneficiary.tenantId
    const { terms } = await domain.checkout.quote(ctx, { ...choice, tenant: beneficiary.tenantId, byReseller })
    const { subscriptionId } = await domain.checkout.purchase(ctx, {
      ...choice,
      purchaser,
      beneficiary,
      autoRenew: field(form, 'autoRenew') !== 'off',
      acceptedTermsVersion: terms.version,
    })
    return subscriptionId
  })
}

/** One subscription to play with. */
export async function playedSubscription(desk: SandboxDesk, id: string, search: URLSearchParams) {
  const { domain, base, read } = desk
  return read(async (ctx) => {
    const detail = await domain.subscriptions.detail(ctx, id)
    const row = detail.subscription
    if (!isOfDesk(desk, row.publisherId)) throw refuse(404, 'There is no such subscription.')
    const isOpen = row.status === 'Subscribed'
    const plans = isOpen ? await domain.subscriptions.availablePlans({ ...ctx, principal: system }, id) : []
    return {
      base,
      now: ctx.now.toString(),
      moved: instantIn(search.get('moved'))?.toString() ?? null,
      trouble: clockTrouble[search.get('clock') ?? ''] ?? null,
      id: row.id,
      name: row.name,
      publisherId: row.publisherId,
      offer: row.agreement.offerName,
      plan: `${row.agreement.planName} (${row.planId})`,
      price: priceText(row.agreement),
      quantity: row.quantity,
      seats: row.agreement.seats,
      status: row.status,
      autoRenew: row.autoRenew,
      purchaser: row.purchaser.email,
      beneficiary: row.beneficiary.email,
      byReseller: row.byReseller,
      term: row.termStart && row.termEnd ? { from: row.termStart.toString(), to: row.termEnd.toString(), isTrial: row.isFreeTrial } : null,
      pending: row.pendingOperation,
      plans: plans
        .filter((plan) => !plan.isCurrent)
        .map((plan) => ({ value: plan.planId, label: `${plan.name} (${plan.planId})${plan.isStopped ? ', not sold any more' : ''}` })),
      operations: detail.operations
        .map((operation) => ({
          id: operation.id,
          text: operationText(operation.action),
          status: operation.status,
          tone: operationTone(operation.status),
          rule: operation.decidedBy ? ruleText(operation.decidedBy) : '–',
          createdAt: operation.createdAt.toString(),
        }))
        .reverse(),
      ahead: detail.ahead.map((one, index) => ({ id: String(index), text: dueText(one.what), at: one.at.toString() })),
      entries: await happenings(desk, ctx, row.createdAt, id),
    }
  })
}

/** What a person may do to a subscription in the sandbox. */
export const plays = ['change-plan', 'change-seats', 'payment-failed', 'payment-recovered', 'renew-on', 'renew-off', 'cancel'] as const

/** Plays one of them. Errors: as the use case, with `plan` and `quantity` as fields of the form. */
export async function playOn(desk: SandboxDesk, id: string, form: FormData): Promise<string> {
  const { subscriptions } = desk.domain
  const { publisherId } = await desk.read((ctx) => subscriptions.get(ctx, id))
  if (!isOfDesk(desk, publisherId)) throw refuse(404, 'There is no such subscription.')
  const intent = field(form, 'intent') as (typeof plays)[number]
  const acts: Record<(typeof plays)[number], (ctx: Ctx) => Promise<unknown>> = {
    'change-plan': (ctx) => subscriptions.changeByCustomer(ctx, id, { planId: field(form, 'planId') }),
    'change-seats': (ctx) => {
      const seats = field(form, 'quantity')
      if (!/^\d{1,9}$/.test(seats)) throw invalid('QuantityInvalid', 'The number of seats is a whole number.', { target: 'quantity' })
      return subscriptions.changeByCustomer(ctx, id, { quantity: Number(seats) })
    },
    'payment-failed': (ctx) => subscriptions.paymentFailed(ctx, id),
    'payment-recovered': (ctx) => subscriptions.paymentRecovered(ctx, id),
    'renew-on': (ctx) => subscriptions.setAutoRenew(ctx, id, true),
    'renew-off': (ctx) => subscriptions.setAutoRenew(ctx, id, false),
    cancel: (ctx) => subscriptions.cancelByCustomer(ctx, id),
  }
  if (!plays.includes(intent)) throw invalid('UnknownIntent', 'This page has no such form.')
  await desk.play(acts[intent])
  desk.kernel.log.info({ by: desk.user.email, subscription: id, play: intent }, 'played in the sandbox')
  return intent
}

/** A landing page's address with a fresh token, as Manage account gives. */
export async function landingPage(desk: SandboxDesk, id: string): Promise<string> {
  const { publisherId } = await desk.read((ctx) => desk.domain.subscriptions.get(ctx, id))
  if (!isOfDesk(desk, publisherId)) throw refuse(404, 'There is no such subscription.')
  return (await desk.play((ctx) => desk.domain.subscriptions.createToken(ctx, id))).landingPageUrl
}

/** Steps of the clock. */
const steps = new Set(['PT10S', 'PT1H', 'P1D', 'P7D', 'P1M', 'P1Y'])

/** Moves the clock as the form says; returns what the page's address says of it. */
export async function moveClock(desk: SandboxDesk, form: FormData): Promise<URLSearchParams> {
  const now = await desk.read(async (ctx) => ctx.now)
  const trouble = (code: string) => new URLSearchParams({ clock: code })
  const period = field(form, 'advance')
  const text = field(form, 'to')
  let to: Temporal.Instant | undefined
  if (steps.has(period)) to = advance(now, period)
  else to = instantIn(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text) ? `${text}Z` : text)
  if (!to) return trouble('unreadable')
  if (Temporal.Instant.compare(to, now) < 0) return trouble('past')
  if (Temporal.Instant.compare(to, advance(now, 'P30Y')) > 0) return trouble('far')
  if ((await desk.kernel.clock.movingTo(desk.kernel.database.db)) !== null) return trouble('busy')
  const report = await desk.kernel.due.move(to)
  desk.kernel.log.info({ by: desk.user.email, from: report.from.toString(), to: report.to.toString() }, 'market clock moved')
  const answer = new URLSearchParams({ moved: report.from.toString() })
  if (report.failed.length > 0) answer.set('clock', 'failed')
  return answer
}
