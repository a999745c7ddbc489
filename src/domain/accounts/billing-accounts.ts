import { and, eq, inArray } from 'drizzle-orm'
import type { Ctx } from '../../kernel/context.ts'
import { invalid, notFound } from '../../kernel/errors.ts'
import { findMarket } from '../../kernel/reference-data.ts'
import type { Directory } from '../directory/index.ts'
import * as tables from './schema.ts'

/** Who pays: a customer's tenant with the market and the currency of its purchases. */
export interface BillingAccount {
  tenantId: string
  legalName: string
  /** ISO 3166-1 alpha-2 */
  country: string
  /** the market whose prices it pays: its country */
  market: string
  /** ISO 4217; never changes */
  currency: string
  /** buys for customers of its own */
  isReseller: boolean
}

const columns = {
  tenantId: tables.billingAccount.tenantId,
  legalName: tables.billingAccount.legalName,
  country: tables.billingAccount.country,
  market: tables.billingAccount.market,
  currency: tables.billingAccount.currency,
  isReseller: tables.billingAccount.isReseller,
}

/** Use cases of customers' billing accounts. */
export function createBillingAccounts(directory: Directory) {
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
