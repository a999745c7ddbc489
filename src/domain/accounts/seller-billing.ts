import { eq } from 'drizzle-orm'
import { z } from 'zod'
import type { Audit } from '../../kernel/audit.ts'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { invalid, notFound } from '../../kernel/errors.ts'
import { billingAccount, type PostalAddress, publisher, sellerAccount, sellerBilling } from './schema.ts'
import { hasVatNumbers, normalTaxId } from './tax-id.ts'

/** Whom a seller is billed as by programs that bill sellers (spec/01 §4.9). */
export interface SellerBilling {
  /** of the legal entity; cannot be changed here */
  legalName: string
  /** cannot be changed here */
  country: string
  address: PostalAddress
  taxId: string | null
  vatId: string | null
  /** whether a VAT number must be given in this country */
  vatIdRequired: boolean
  /** false: prefilled, nobody has saved it yet */
  saved: boolean
}

/** As a form sends it. */
export interface SellerBillingInput {
  line1: string
  line2: string
  postalCode: string
  city: string
  region: string
  taxId: string
  vatId: string
}

/** Offer types whose publishers must have a billing profile (spec/01 §4.9). */
const typesThatBillSellers: readonly string[] = ['dynamics-365-customer-engagement', 'dynamics-365-operations']

/** Whether publishers of this offer type need a billing profile. */
export function needsSellerBilling(offerType: string): boolean {
  return typesThatBillSellers.includes(offerType)
}

const line = (name: string, most: number) =>
  z
    .string()
    .trim()
    .max(most, `${name} has at most ${most} characters.`)
    .regex(/^\P{Cc}*$/u, `${name} has characters that cannot be printed.`)

const shape = z.object({
  line1: line('The street', 100).min(1, 'Give the street and number.'),
  line2: line('The second line', 100),
  postalCode: line('The postal code', 20),
  city: line('The city', 80).min(1, 'Give the city.'),
  region: line('The region', 80),
  taxId: line('The tax number', 40),
  vatId: line('The VAT number', 40),
})

/** Use cases of sellers' billing profiles. */
export function createSellerBilling(audit: Audit) {
  async function find(ctx: Ctx, publisherId: string): Promise<SellerBilling & { accountId: string }> {
    const [row] = await ctx.tx
      .select({ account: sellerAccount, billing: sellerBilling, customer: billingAccount.address })
      .from(publisher)
      .innerJoin(sellerAccount, eq(sellerAccount.accountId, publisher.accountId))
      .leftJoin(sellerBilling, eq(sellerBilling.accountId, publisher.accountId))
      .leftJoin(billingAccount, eq(billingAccount.tenantId, sellerAccount.tenantId))
      .where(eq(publisher.publisherId, publisherId))
    if (!row) throw notFound('UnknownPublisher', `There is no publisher ${publisherId}.`, { target: 'publisherId' })
    const { accountId, tenantId, legalName, country } = row.account
    authorize(ctx.principal, 'payout.manage', { tenantId })
    return {
      accountId,
      legalName,
      country,
      // The address that the same legal entity buys with is the one it is known by.
      address: row.billing?.address ?? row.customer ?? {},
      taxId: row.billing?.taxId ?? null,
      vatId: row.billing?.vatId ?? null,
      vatIdRequired: hasVatNumbers(country),
      saved: row.billing !== null,
    }
  }

  return {
    /** The billing profile of a publisher's account, prefilled where nobody has saved one. @throws forbidden, not-found `UnknownPublisher` */
    async sellerBilling(ctx: Ctx, publisherId: string): Promise<SellerBilling> {
      const { accountId: _accountId, ...profile } = await find(ctx, publisherId)
      return profile
    },

    /** @throws invalid `BillingProfileInvalid` naming each field, forbidden, not-found `UnknownPublisher` */
    async setSellerBilling(ctx: Ctx, publisherId: string, input: SellerBillingInput): Promise<void> {
      const { accountId, country, vatIdRequired, address: before } = await find(ctx, publisherId)
      const parsed = shape.safeParse(input)
      const details = (parsed.error?.issues ?? []).map(({ message, path }) => ({ code: 'InvalidValue', message, target: path.join('.') }))
      const vatId = input.vatId.trim()
      if (vatIdRequired && vatId === '')
        details.push({ code: 'Missing', target: 'vatId', message: 'A VAT number is required in this country.' })
      if (vatId !== '' && normalTaxId(country, vatId) === null) {
        details.push({ code: 'TaxIdInvalid', target: 'vatId', message: `This is not a VAT number of ${country}: check the digits.` })
      }
      if (!parsed.success || details.length > 0) {
        throw invalid('BillingProfileInvalid', 'Some of this cannot be saved. See the fields.', { details })
      }
      const { taxId, vatId: _vatId, ...lines } = parsed.data
      const address = Object.fromEntries(Object.entries(lines).filter(([, value]) => value !== '')) as PostalAddress
      const set = {
        address,
        taxId: taxId === '' ? null : taxId,
        vatId: vatId === '' ? null : normalTaxId(country, vatId),
        changedAt: ctx.now,
      }
      await ctx.tx
        .insert(sellerBilling)
        .values({ accountId, ...set })
        .onConflictDoUpdate({ target: sellerBilling.accountId, set })
      await audit.record(ctx, { action: 'billing-profile.change', target: publisherId, before: { address: before }, after: set })
    },
  }
}
