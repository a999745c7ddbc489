import { findMarket, markets } from '../../kernel/reference-data.ts'
import type { Visit } from '../ui/portal-access.server.ts'

/** The billing account of the visitor's organisation, as form values, and what can be chosen. Before the first purchase it is the directory's entry. */
export async function billingAccount({ user, domain, read }: Visit) {
  const { known, tenant } = await read(async (ctx) => ({
    known: await domain.accounts.billingAccount(ctx, user.tenantId),
    tenant: await domain.directory.findTenant(ctx, user.tenantId),
  }))
  const country = known?.country ?? tenant?.country ?? ''
  const methods = domain.billing.paymentMethods()
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
    methods: methods.map(({ id, label, meaning }) => ({ id, label, meaning })),
  }
}
