import { and, asc, eq, ilike, inArray, or } from 'drizzle-orm'
import { z } from 'zod'
import type { Temporal } from 'temporal-polyfill'
import type { Audit } from '../../kernel/audit.ts'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { invalid, notFound } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import { findMarket } from '../../kernel/reference-data.ts'
import type { Directory } from '../directory/index.ts'
import * as tables from './schema.ts'
import { hasVatNumbers, normalTaxId } from './tax-id.ts'

/** Who pays: a customer's tenant with the market and the currency of its purchases. */
export interface BillingAccount {
  tenantId: string
  legalName: string
  /** ISO 3166-1 alpha-2 */
  country: string
  /** the market whose prices it pays: its country */
  market: string
  /** ISO 4217; of new purchases: what was bought before keeps its own */
  currency: string
  /** buys for customers of its own */
  isReseller: boolean
  address: tables.PostalAddress
  /** a VAT number with its prefix, elsewhere the tax office's number */
  taxId: string | null
  /** the customer's own reference on every invoice */
  purchaseOrder: string | null
  /** null: the marketplace's usual one */
  paymentMethod: string | null
  paymentMethodSince: Temporal.Instant | null
  agreementKind: tables.AgreementKind
}

/** Whether the customer accounts for the tax itself where the law lets it (reverse charge): it has a VAT number of its country. */
export function hasVatNumber(account: Pick<BillingAccount, 'country' | 'taxId'>): boolean {
  return account.taxId !== null && hasVatNumbers(account.country)
}

/** What a customer may say of itself; all as texts of a form. */
export interface BillingProfile {
  legalName: string
  country: string
  line1: string
  line2: string
  postalCode: string
  city: string
  region: string
  taxId: string
  purchaseOrder: string
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const printable = /^[^\u0000-\u001f\u007f]*$/
const line = (name: string, most: number) =>
  z.string().trim().max(most, `${name} has at most ${most} characters.`).regex(printable, `${name} has characters that cannot be printed.`)

const profile = z.object({
  legalName: line('The legal name', 120).min(1, 'Give the legal name of the company.'),
  country: z.string().refine((iso2) => findMarket(iso2) !== undefined, 'Choose a country from the list.'),
  line1: line('The street', 100).min(1, 'Give the street and number.'),
  line2: line('The second line', 100),
  postalCode: line('The postal code', 20),
  city: line('The city', 80).min(1, 'Give the city.'),
  region: line('The region', 80),
  taxId: line('The tax number', 40),
  purchaseOrder: line('The purchase order number', 40),
})

const columns = {
  tenantId: tables.billingAccount.tenantId,
  legalName: tables.billingAccount.legalName,
  country: tables.billingAccount.country,
  market: tables.billingAccount.market,
  currency: tables.billingAccount.currency,
  isReseller: tables.billingAccount.isReseller,
  address: tables.billingAccount.address,
  taxId: tables.billingAccount.taxId,
  purchaseOrder: tables.billingAccount.purchaseOrder,
  paymentMethod: tables.billingAccount.paymentMethod,
  paymentMethodSince: tables.billingAccount.paymentMethodSince,
  agreementKind: tables.billingAccount.agreementKind,
}

/** Use cases of customers' billing accounts. */
export function createBillingAccounts(directory: Directory, audit: Audit) {
  async function getBillingAccounts(ctx: Ctx, tenantIds: readonly string[]): Promise<BillingAccount[]> {
    if (tenantIds.length === 0) return []
    return ctx.tx
      .select(columns)
      .from(tables.billingAccount)
      .where(inArray(tables.billingAccount.tenantId, [...new Set(tenantIds)]))
  }

  async function billingAccount(ctx: Ctx, tenantId: string): Promise<BillingAccount | null> {
    return (await getBillingAccounts(ctx, [tenantId]))[0] ?? null
  }

  /**
   * The billing account of a tenant, opened from its directory entry when it has none yet.
   * @throws not-found `UnknownTenant`, invalid `CountryWithoutPurchases` where nothing can be bought
   */
  async function ensureBillingAccount(ctx: Ctx, tenantId: string, options: { isReseller?: boolean } = {}): Promise<BillingAccount> {
    const known = await billingAccount(ctx, tenantId)
    if (known) return known
    const tenant = await directory.findTenant(ctx, tenantId)
    if (!tenant) throw notFound('UnknownTenant', 'There is no such tenant.', { target: 'tenantId' })
    const market = findMarket(tenant.country)
    if (!market) {
      throw invalid('CountryWithoutPurchases', `Purchases are not possible for companies in ${tenant.country}.`, { target: 'country' })
    }
    await ctx.tx
      .insert(tables.billingAccount)
      .values({
        tenantId: tenant.tenantId,
        legalName: tenant.name,
        country: tenant.country,
        market: market.iso2,
        currency: market.currency,
        isReseller: options.isReseller ?? false,
        createdAt: ctx.now,
        address: {},
      })
      .onConflictDoNothing()
    const made = await billingAccount(ctx, tenant.tenantId)
    if (!made) throw notFound('UnknownTenant', 'There is no such tenant.', { target: 'tenantId' })
    return made
  }

  return {
    getBillingAccounts,
    billingAccount,
    ensureBillingAccount,

    /**
     * Changes who is billed. The country decides market and currency of what is bought from now on; subscriptions keep theirs, issued invoices
     * stay as they are.
     * @throws invalid `BillingProfileInvalid` naming each field, forbidden
     */
    async updateBillingProfile(ctx: Ctx, tenantId: string, input: BillingProfile): Promise<BillingAccount> {
      authorize(ctx.principal, 'billing.manage', { tenantId })
      const before = await ensureBillingAccount(ctx, tenantId)
      const { legalName, country, taxId, purchaseOrder, ...given } = checkedProfile(input)
      const market = findMarket(country)
      if (!market) throw new Error(`${country} passed as a market.`)
      const address = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== '')) as tables.PostalAddress
      const after = {
        legalName,
        country,
        market: market.iso2,
        currency: market.currency,
        address,
        taxId: taxId === '' ? null : normalTaxId(country, taxId),
        purchaseOrder: purchaseOrder === '' ? null : purchaseOrder,
      }
      await ctx.tx.update(tables.billingAccount).set(after).where(eq(tables.billingAccount.tenantId, tenantId))
      await audit.record(ctx, {
        action: 'billing-account.change',
        target: `tenant:${tenantId}`,
        before: {
          legalName: before.legalName,
          country: before.country,
          address: before.address,
          taxId: before.taxId,
          purchaseOrder: before.purchaseOrder,
        },
        after,
      })
      return { ...before, ...after }
    },

    /** Sets how the customer pays; which methods there are, billing knows. @throws forbidden */
    async setPaymentMethod(ctx: Ctx, tenantId: string, method: string): Promise<void> {
      authorize(ctx.principal, 'billing.manage', { tenantId })
      const before = await ensureBillingAccount(ctx, tenantId)
      await ctx.tx
        .update(tables.billingAccount)
        .set({ paymentMethod: method, paymentMethodSince: ctx.now })
        .where(eq(tables.billingAccount.tenantId, tenantId))
      await audit.record(ctx, {
        action: 'billing-account.payment-method',
        target: `tenant:${tenantId}`,
        before: { paymentMethod: before.paymentMethod },
        after: { paymentMethod: method },
      })
    },

    /** Customers by name, at most `limit`; `search` narrows to names and tenant ids that hold it (operator). @throws forbidden */
    async listBillingAccounts(ctx: Ctx, { search = '', limit = 100 }: { search?: string; limit?: number } = {}): Promise<BillingAccount[]> {
      authorize(ctx.principal, 'operator.console')
      const text = search.trim()
      const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`
      const found =
        text === ''
          ? undefined
          : or(ilike(tables.billingAccount.legalName, pattern), isUuid(text) ? eq(tables.billingAccount.tenantId, text) : undefined)
      return ctx.tx
        .select(columns)
        .from(tables.billingAccount)
        .where(found)
        .orderBy(asc(tables.billingAccount.legalName), asc(tables.billingAccount.tenantId))
        .limit(limit)
    },

    /**
     * Sets on which agreement the customer buys, of documents issued from now on (operator).
     * @throws invalid `UnknownAgreementKind`, not-found `UnknownCustomer`, forbidden
     */
    async setAgreementKind(ctx: Ctx, tenantId: string, kind: string): Promise<BillingAccount> {
      authorize(ctx.principal, 'operator.console')
      if (kind !== 'pay-as-you-go' && kind !== 'enterprise') {
        throw invalid('UnknownAgreementKind', 'Choose pay-as-you-go or an enterprise agreement.', { target: 'agreementKind' })
      }
      const before = isUuid(tenantId) ? await billingAccount(ctx, tenantId) : null
      if (!before) throw notFound('UnknownCustomer', 'There is no such customer.', { target: 'customer' })
      await ctx.tx.update(tables.billingAccount).set({ agreementKind: kind }).where(eq(tables.billingAccount.tenantId, tenantId))
      await audit.record(ctx, {
        action: 'billing-account.agreement',
        target: `tenant:${tenantId}`,
        before: { agreementKind: before.agreementKind },
        after: { agreementKind: kind },
      })
      return { ...before, agreementKind: kind }
    },

    /** From now on the reseller may buy for this customer. Both must have billing accounts. @throws invalid `NotAReseller` */
    async addResellerCustomer(ctx: Ctx, input: { resellerTenantId: string; customerTenantId: string }): Promise<void> {
      const reseller = await ensureBillingAccount(ctx, input.resellerTenantId)
      if (!reseller.isReseller) throw invalid('NotAReseller', `${reseller.legalName} is no reseller.`, { target: 'resellerTenantId' })
      await ensureBillingAccount(ctx, input.customerTenantId)
      await ctx.tx
        .insert(tables.resellerCustomer)
        .values({ ...input, createdAt: ctx.now })
        .onConflictDoNothing()
    },

    /** The customers a reseller buys for. */
    async customersOf(ctx: Ctx, resellerTenantId: string): Promise<BillingAccount[]> {
      return ctx.tx
        .select(columns)
        .from(tables.billingAccount)
        .innerJoin(tables.resellerCustomer, eq(tables.resellerCustomer.customerTenantId, tables.billingAccount.tenantId))
        .where(eq(tables.resellerCustomer.resellerTenantId, resellerTenantId))
        .orderBy(tables.billingAccount.legalName)
    },

    /** Whether a reseller buys for this customer. */
    async resells(ctx: Ctx, resellerTenantId: string, customerTenantId: string): Promise<boolean> {
      const [row] = await ctx.tx
        .select({ customer: tables.resellerCustomer.customerTenantId })
        .from(tables.resellerCustomer)
        .where(
          and(
            eq(tables.resellerCustomer.resellerTenantId, resellerTenantId),
            eq(tables.resellerCustomer.customerTenantId, customerTenantId),
          ),
        )
      return row !== undefined
    },
  }
}

function checkedProfile(input: BillingProfile): BillingProfile {
  const parsed = profile.safeParse(input)
  const details = parsed.success
    ? []
    : parsed.error.issues.map((issue) => ({ code: 'InvalidValue', message: issue.message, target: issue.path.join('.') }))
  const { country, taxId } = input
  if (taxId.trim() !== '' && findMarket(country) && normalTaxId(country, taxId) === null) {
    const message = hasVatNumbers(country)
      ? `This is not a VAT number of ${country}: check the digits.`
      : 'A tax number has 4 to 30 letters and digits.'
    details.push({ code: 'TaxIdInvalid', message, target: 'taxId' })
  }
  if (!parsed.success || details.length > 0) {
    throw invalid('BillingProfileInvalid', 'Some of this cannot be saved. See the fields.', { details })
  }
  return parsed.data
}
