import type { SubscriptionSummary } from '../../../domain/subscriptions/index.ts'
import { fieldText } from '../../form.ts'
import type { Visit } from '../../ui/portal-access.server.ts'
import { timeLine } from '../../ui/subscription-words.ts'

const pageSize = 50
const states = ['PendingFulfillmentStart', 'Subscribed', 'Suspended', 'Unsubscribed'] as const

/** The form above the list, as its address says it. */
export function subscriptionForm(search: URLSearchParams) {
  const page = Number(search.get('page'))
  return {
    q: fieldText(search, 'q'),
    status: fieldText(search, 'status'),
    page: Number.isInteger(page) && page > 0 && page < 100_000 ? page : 1,
  }
}

/** Subscriptions of all publishers, newest first. */
export async function allSubscriptions({ domain, read }: Visit, form: ReturnType<typeof subscriptionForm>) {
  return read(async (ctx) => {
    const { items, total } = await domain.subscriptions.listAll(ctx, {
      search: form.q,
      status: states.find((state) => state === form.status),
      page: form.page,
      pageSize,
    })
    const names = await tenantNames({ domain }, ctx, items)
    return {
      total,
      pages: Math.max(1, Math.ceil(total / pageSize)),
      rows: items.map((row) => ({
        id: row.id,
        name: row.name,
        customer: names.get(row.customerTenantId) ?? row.customerTenantId,
        publisherId: row.publisherId,
        offerId: row.offerId,
        planId: row.planId,
        status: row.status,
        createdAt: row.createdAt.toString(),
      })),
    }
  })
}

async function tenantNames(
  { domain }: Pick<Visit, 'domain'>,
  ctx: Parameters<Visit['domain']['directory']['getTenants']>[0],
  rows: readonly SubscriptionSummary[],
) {
  const tenants = await domain.directory.getTenants(ctx, [
    ...new Set(rows.flatMap((row) => [row.customerTenantId, row.beneficiaryTenantId])),
  ])
  return new Map<string, string>(tenants.map((tenant) => [tenant.tenantId, tenant.name]))
}

/** One subscription with all that happened to it. */
export async function oneSubscription({ domain, read }: Visit, id: string) {
  return read(async (ctx) => {
    const { subscription: row, history, ahead } = await domain.subscriptions.detail(ctx, id)
    const names = await tenantNames({ domain }, ctx, [row])
    return {
      id: row.id,
      name: row.name,
      status: row.status,
      publisherId: row.publisherId,
      offerId: row.offerId,
      offerName: row.agreement.offerName,
      plan: `${row.agreement.planName} (${row.planId})`,
      quantity: row.quantity,
      customer: names.get(row.customerTenantId) ?? row.customerTenantId,
      customerTenantId: row.customerTenantId,
      user: names.get(row.beneficiaryTenantId) ?? row.beneficiaryTenantId,
      purchaser: row.purchaser.email,
      beneficiary: row.beneficiary.email,
      byReseller: row.byReseller,
      autoRenew: row.autoRenew,
      createdAt: row.createdAt.toString(),
      termStart: row.termStart?.toString() ?? null,
      termEnd: row.termEnd?.toString() ?? null,
      endedAt: row.endedAt?.toString() ?? null,
      endReason: row.endReason,
      ahead: ahead.map(({ what, at }) => ({ what, at: at.toString() })),
      timeLine: timeLine(history),
    }
  })
}
