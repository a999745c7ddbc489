import { allows } from '../../kernel/authorization.ts'
import type { Allowed, Reason, Request } from '../../domain/procurement/index.ts'
import { formatMoney } from '../../kernel/money.ts'
import { markets } from '../../kernel/reference-data.ts'
import type { Visit } from '../ui/portal-access.server.ts'

const reasonTexts: Record<Reason, string> = {
  role: 'The role of who asks does not include buying.',
  'not-listed': 'The plan is not on the list of what may be bought.',
  amount: 'It costs more than may be bought without an approval.',
}

const kindTexts: Record<Request['kind'], string> = { purchase: 'Purchase', plan: 'Change of plan', seats: 'Change of seats' }

function requestRow(row: Request) {
  const each = row.termUnit === 'P1Y' ? 'year' : 'month'
  return {
    id: row.id,
    what: `${row.offerName}, ${row.planName}`,
    kind: kindTexts[row.kind],
    state: row.state,
    requester: row.requesterName,
    seats: row.quantity,
    price: `${formatMoney(row.total, row.currency)}/${each}`,
    askedAt: row.askedAt.toString(),
  }
}

/** Requests that the visitor may see: administrators those of the organisation, others their own. */
export async function requestRows({ user, domain, read }: Visit) {
  const rows = await read((ctx) => domain.procurement.requests(ctx, user.tenantId))
  return { requests: rows.map(requestRow), decides: allows(user, 'procurement.manage', { tenantId: user.tenantId }) }
}

export async function requestDetail({ user, domain, read }: Visit, id: string) {
  const row = await read((ctx) => domain.procurement.getRequest(ctx, id))
  const own = row.requester === user.objectId
  const choice = new URLSearchParams({
    from: 'account',
    review: '1',
    choice: `${row.planId}:${row.termUnit}`,
    ...(row.quantity === null ? {} : { quantity: String(row.quantity) }),
  })
  return {
    ...requestRow(row),
    requesterEmail: row.requesterEmail,
    product: `/product/${row.publisherId}.${row.offerId}?from=account`,
    offer: row.offerName,
    plan: row.planName,
    isPurchase: row.kind === 'purchase',
    reasons: row.reasons.map((reason) => reasonTexts[reason]),
    offersListing: row.reasons.includes('not-listed'),
    note: row.note,
    answer: row.answer,
    decidedAt: row.decidedAt?.toString() ?? null,
    decidedBy: row.decidedName,
    expiresOn: row.expiresAt.toString().slice(0, 10),
    subscription: row.subscription,
    decides: row.state === 'waiting' && !own && allows(user, 'procurement.manage', { tenantId: row.tenantId }),
    withdraws: own && (row.state === 'waiting' || row.state === 'approved'),
    completes: own && row.state === 'approved' ? `/purchase/${row.publisherId}.${row.offerId}?${choice}` : null,
  }
}

/** Approves, and where wished puts the plan on the list, in one transaction. */
export async function approveRequest({ domain, run }: Visit, id: string, answer: string, alsoList: boolean): Promise<void> {
  await run(async (ctx) => {
    const row = await domain.procurement.approve(ctx, id, answer)
    if (!alsoList) return
    const { tenantId, offer, planId, publisherId, offerId, offerName, planName } = row
    await domain.procurement.allow(ctx, { tenantId, offer, planId, publisherId, offerId, offerName, planName })
  })
}

function allowedRow({ offer, planId, publisherId, offerId, offerName, planName, addedAt, addedBy }: Allowed) {
  return {
    key: `${offer} ${planId}`,
    offer,
    planId,
    offerName,
    product: `/product/${publisherId}.${offerId}?from=account`,
    plans: planId === '' ? 'All plans' : planName,
    addedAt: addedAt.toString(),
    addedBy,
  }
}

/** Offers found at most, of each store. */
const mostFound = 8

/** The rules, the list, and what a search for more has found. */
export async function buyingRules({ user, domain, read }: Visit, search: { q: string; offer: string }) {
  const { tenantId } = user
  return read(async (ctx) => {
    const rules = await domain.procurement.rules(ctx, tenantId)
    const list = await domain.procurement.allowedList(ctx, tenantId)
    const account = await domain.accounts.billingAccount(ctx, tenantId)
    const market = account?.market ?? 'US'
    const [, publisherId, offerId] = /^([a-z0-9_-]{1,50})\.([a-z0-9_-]{1,50})$/.exec(search.offer) ?? []
    const page = publisherId && offerId ? await domain.catalog.product(ctx, { publisherId, offerId, market, tenantId }) : null
    const found = new Map<string, { key: string; name: string; publisher: string }>()
    if (search.q !== '' && !page) {
      for (const store of ['business', 'cloud'] as const) {
        const { items } = await domain.catalog.list(ctx, { store, q: search.q, market, pageSize: mostFound })
        for (const item of items) {
          if (item.listingOption !== 'transact') continue
          const key = `${item.publisherId}.${item.offerId}`
          found.set(key, { key, name: item.title, publisher: item.publisherName })
        }
      }
    }
    const listed = new Set(list.map(({ offer, planId }) => `${offer} ${planId}`))
    return {
      rules: {
        approvalAbove: rules.approvalAbove?.toFixed() ?? '',
        currency: rules.currency,
        administratorsToo: rules.administratorsToo,
        privateMarketplace: rules.privateMarketplace,
      },
      currencies: [...new Set([rules.currency, account?.currency ?? 'USD', 'USD', ...markets.map((one) => one.currency)])].map((code) => ({
        value: code,
        label: code,
      })),
      list: list.map(allowedRow),
      found: [...found.values()],
      chosen: page && {
        key: search.offer,
        name: page.name,
        publisher: page.publisherName,
        allListed: listed.has(`${page.offer} `),
        plans: page.plans.map(({ planId, name, visibility }) => ({
          planId,
          name,
          isPrivate: visibility === 'private',
          isListed: listed.has(`${page.offer} ${planId}`),
        })),
      },
    }
  })
}

/** Puts an offer of the catalogue (empty `planId`: all of it) on the list. Errors: invalid `PlanNotFound`; as `procurement.allow`. */
export async function allowPlan({ user, domain, run }: Visit, key: string, planId: string): Promise<boolean> {
  const { tenantId } = user
  const [, publisherId, offerId] = /^([a-z0-9_-]{1,50})\.([a-z0-9_-]{1,50})$/.exec(key) ?? []
  return run(async (ctx) => {
    const market = (await domain.accounts.billingAccount(ctx, tenantId))?.market ?? 'US'
    const page = publisherId && offerId ? await domain.catalog.product(ctx, { publisherId, offerId, market, tenantId }) : null
    const plan = page?.plans.find((one) => one.planId === planId)
    if (!page || page.listingOption !== 'transact' || (planId !== '' && !plan)) return false
    const { offer, name: offerName } = page
    await domain.procurement.allow(ctx, {
      tenantId,
      offer,
      planId,
      publisherId: page.publisherId,
      offerId: page.offerId,
      offerName,
      planName: plan?.name ?? '',
    })
    return true
  })
}
