import { Temporal } from 'temporal-polyfill'
import { utcDate } from '../../kernel/clock.ts'
import { findMarket, markets } from '../../kernel/reference-data.ts'
import type { Visit } from '../ui/portal-access.server.ts'

/** The billing account of the visitor's organisation, as form values, and what can be chosen. Before the first purchase it is the directory's entry. */
export async function billingAccount({ user, domain, read }: Visit, session: string | null) {
  const { known, tenant, cards, state, today } = await read(async (ctx) => ({
    cards: domain.billing.cards.configured ? await domain.billing.cards.list(ctx, user.tenantId) : null,
    state: session && domain.billing.cards.configured ? await domain.billing.cards.setupState(ctx, user.tenantId, session) : null,
    today: utcDate(ctx.now),
    known: await domain.accounts.billingAccount(ctx, user.tenantId),
    tenant: await domain.directory.findTenant(ctx, user.tenantId),
  }))
  const country = known?.country ?? tenant?.country ?? ''
  const methods = domain.billing.paymentMethods().filter((one) => one.id !== 'card' || (cards ?? []).length > 0)
  const method = methods.some((one) => one.id === known?.paymentMethod) ? known?.paymentMethod : null
  return {
    account: {
      legalName: known?.legalName ?? tenant?.name ?? '',
      country,
      line1: known?.address.line1 ?? '',
      line2: known?.address.line2 ?? '',
      postalCode: known?.address.postalCode ?? '',
      city: known?.address.city ?? '',
      region: known?.address.region ?? '',
      taxId: known?.taxId ?? '',
      purchaseOrder: known?.purchaseOrder ?? '',
      method: method ?? domain.billing.usualPaymentMethod(),
    },
    countries: [
      ...(findMarket(country) ? [] : [{ value: country, label: 'Choose a country' }]),
      ...markets.map(({ iso2, name, currency }) => ({ value: iso2, label: `${name} (${currency})` })),
    ],
    visit: session && state ? { session, state } : null,
    cards:
      cards?.map((row, n) => {
        const inUse = n === 0 && method === 'card'
        const expired = Temporal.PlainDate.compare(row.expiresOn, today) < 0
        return {
          id: row.id,
          name: `${row.brand.charAt(0).toUpperCase()}${row.brand.slice(1)} ending in ${row.last4}`,
          expires: row.expiresOn.toString().slice(0, 7),
          inUse,
          state: expired ? 'Expired' : inUse ? 'In use' : 'Saved',
          tone: expired ? ('bad' as const) : inUse ? ('good' as const) : ('neutral' as const),
        }
      }) ?? null,
    methods: methods.map(({ id, label, meaning }) => ({ id, label, meaning })),
  }
}
