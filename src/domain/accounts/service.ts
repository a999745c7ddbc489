import { and, desc, eq, getTableColumns, inArray, lt, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx, Principal } from '../../kernel/context.ts'
import { violatedConstraint } from '../../kernel/database.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import { newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { Decimal } from '../../kernel/money.ts'
import type { Directory } from '../directory/index.ts'
import { createBillingAccounts } from './billing-accounts.ts'
import { registerChecks } from './doctor.ts'
import { accountIdsOf, createMembers, membershipsOf } from './members.ts'
import { createPaymentProfiles } from './payment-profiles.ts'
import { type AccountId, isPublisherId, type Publisher, type SellerAccount } from './publisher.ts'
import * as tables from './schema.ts'
import { createSellerBilling } from './seller-billing.ts'
import { createStoreFees, feeInForce } from './store-fees.ts'
import { associateTenant } from './tenants.ts'

export interface NewPublisher {
  publisherId: string
  /** the owner; becomes a seller account if it is none yet */
  tenantId: string
  name: string
  /** percent, e.g. "2.5"; absent: the marketplace's own fee */
  storeFeePercent?: string
}

const newPublisher = z.object({
  name: z.string().trim().min(1, 'Give the publisher a name.').max(50, 'A publisher name has at most 50 characters.'),
  storeFeePercent: z
    .string()
    .regex(/^\d{1,2}(\.\d{1,4})?$/, 'The store fee is a percentage from 0 to 99.9999.')
    .optional(),
})

/** Seller accounts, their publishers and people, and customers' billing accounts. */
export function createAccounts(kernel: Kernel, { directory }: { directory: Directory }) {
  registerChecks(kernel.doctor, directory)
  const marketplaceFee = new Decimal(kernel.config.brand.storeFeePercent)

  directory.addMembershipSource(membershipsOf)

  const toPublisher = (row: Omit<typeof tables.publisher.$inferSelect, 'createdAt'>): Publisher => ({
    publisherId: row.publisherId,
    accountId: row.accountId as AccountId,
    tenantId: row.tenantId,
    name: row.name,
    storeFeePercent: row.storeFeePercent ?? marketplaceFee,
    status: row.status,
  })

  /** A publisher's columns, with the fee that is in force today. */
  const columns = (ctx: Ctx) => ({ ...getTableColumns(tables.publisher), storeFeePercent: feeInForce(ctx, marketplaceFee) })

  /** The seller account of a tenant, enrolled from its directory entry when it is none yet. @throws not-found `UnknownTenant` */
  async function ensureSellerAccount(ctx: Ctx, tenantId: string): Promise<SellerAccount> {
    const where = eq(tables.sellerAccount.tenantId, tenantId)
    const [known] = await ctx.tx.select().from(tables.sellerAccount).where(where)
    if (known) return toAccount(known)
    const tenant = await directory.findTenant(ctx, tenantId)
    if (!tenant) throw notFound('UnknownTenant', 'There is no such tenant.', { target: 'tenantId' })
    await ctx.tx
      .insert(tables.sellerAccount)
      .values({
        accountId: newId<'account'>(),
        tenantId: tenant.tenantId,
        legalName: tenant.name,
        country: tenant.country,
        createdAt: ctx.now,
      })
      .onConflictDoNothing()
    const [made] = await ctx.tx.select().from(tables.sellerAccount).where(where)
    if (made) await associateTenant(ctx, { accountId: made.accountId, tenantId: made.tenantId, by: '' })
    if (!made) throw notFound('UnknownTenant', 'There is no such tenant.', { target: 'tenantId' })
    return toAccount(made)
  }

  /**
   * Adds a publisher to its tenant's seller account. Ids are never given twice, not even after a publisher was closed (spec/01 §5).
   * @throws invalid `InvalidPublisherId` or `InvalidValue`, conflict `PublisherIdTaken`, not-found `UnknownTenant`
   */
  async function createPublisher(ctx: Ctx, input: NewPublisher): Promise<Publisher> {
    if (!isPublisherId(input.publisherId)) {
      throw invalid(
        'InvalidPublisherId',
        'A publisher ID has 2 to 50 characters: lower-case letters, digits, hyphens and underscores, beginning with a letter or digit.',
        { target: 'publisherId' },
      )
    }
    const values = newPublisher.safeParse(input)
    if (!values.success) {
      const [issue] = values.error.issues
      throw invalid('InvalidValue', issue?.message ?? 'The input is not valid.', { target: issue?.path.join('.') ?? '' })
    }
    const account = await ensureSellerAccount(ctx, input.tenantId)
    const row: typeof tables.publisher.$inferSelect = {
      publisherId: input.publisherId,
      accountId: account.accountId,
      tenantId: account.tenantId,
      name: values.data.name,
      storeFeePercent: values.data.storeFeePercent === undefined ? null : new Decimal(values.data.storeFeePercent),
      status: 'active',
      createdAt: ctx.now,
    }
    try {
      await ctx.tx.insert(tables.publisher).values(row)
    } catch (error) {
      if (violatedConstraint(error) === 'publisher_pkey') {
        throw conflict('PublisherIdTaken', `The publisher ID ${row.publisherId} is or was in use. Choose another one.`, {
          target: 'publisherId',
        })
      }
      throw error
    }
    await kernel.audit.record(ctx, {
      action: 'publisher.create',
      target: row.publisherId,
      after: { tenantId: row.tenantId, name: row.name },
    })
    return toPublisher(row)
  }

  /** The publishers that exist among these ids, in no order. */
  async function getPublishers(ctx: Ctx, publisherIds: readonly string[]): Promise<Publisher[]> {
    if (publisherIds.length === 0) return []
    const ids = [...new Set(publisherIds)]
    return (await ctx.tx.select(columns(ctx)).from(tables.publisher).where(inArray(tables.publisher.publisherId, ids))).map(toPublisher)
  }

  async function findPublisher(ctx: Ctx, publisherId: string): Promise<Publisher | null> {
    return (await getPublishers(ctx, [publisherId]))[0] ?? null
  }

  return {
    ensureSellerAccount,
    createPublisher,
    getPublishers,
    findPublisher,

    /** @throws not-found `UnknownPublisher` */
    async publisher(ctx: Ctx, publisherId: string): Promise<Publisher> {
      const publisher = await findPublisher(ctx, publisherId)
      if (!publisher) throw notFound('UnknownPublisher', `There is no publisher ${publisherId}.`, { target: 'publisherId' })
      return publisher
    },

    /**
     * Holds or releases the payouts of the publisher's account, for all its revenue. It decides the payouts of the months that begin after now
     * (spec/01 §4.8); earnings are recorded all the same.
     * @throws forbidden, not-found `UnknownPublisher`
     */
    async setPayoutHold(ctx: Ctx, publisherId: string, held: boolean): Promise<void> {
      const found = await findPublisher(ctx, publisherId)
      if (!found) throw notFound('UnknownPublisher', `There is no publisher ${publisherId}.`, { target: 'publisherId' })
      authorize(ctx.principal, 'payout.manage', { tenantId: found.tenantId })
      await ctx.tx
        .insert(tables.payoutHold)
        .values({ accountId: found.accountId, at: ctx.now, held })
        .onConflictDoUpdate({ target: [tables.payoutHold.accountId, tables.payoutHold.at], set: { held } })
      await kernel.audit.record(ctx, { action: 'payout.hold', target: publisherId, after: { accountId: found.accountId, held } })
    },

    /** Publishers among these whose account holds its payouts, by what was asked for before `before`. */
    async payoutsHeld(ctx: Ctx, publisherIds: readonly string[], before: Temporal.Instant): Promise<Set<string>> {
      if (publisherIds.length === 0) return new Set()
      const rows = await ctx.tx
        .selectDistinctOn([tables.publisher.publisherId], { publisherId: tables.publisher.publisherId, held: tables.payoutHold.held })
        .from(tables.publisher)
        .innerJoin(tables.payoutHold, eq(tables.payoutHold.accountId, tables.publisher.accountId))
        .where(and(inArray(tables.publisher.publisherId, [...publisherIds]), lt(tables.payoutHold.at, before)))
        .orderBy(tables.publisher.publisherId, desc(tables.payoutHold.at))
      return new Set(rows.filter((row) => row.held).map((row) => row.publisherId))
    },

    /** All publishers, by id (operator's lists). */
    async listPublishers(ctx: Ctx): Promise<Publisher[]> {
      return (await ctx.tx.select(columns(ctx)).from(tables.publisher).orderBy(tables.publisher.publisherId)).map(toPublisher)
    },

    /** Publishers that a principal works for, by id: the publisher switcher of Partner Center. */
    async publishersOf(ctx: Ctx, principal: Principal): Promise<Publisher[]> {
      const accountIds = accountIdsOf(principal)
      if (accountIds.length === 0) return []
      const rows = await ctx.tx
        .select(columns(ctx))
        .from(tables.publisher)
        .where(inArray(tables.publisher.accountId, accountIds))
        .orderBy(tables.publisher.publisherId)
      return rows.map(toPublisher)
    },

    /** Seller accounts that a principal works for, by name: the account switcher. */
    async accountsOf(ctx: Ctx, principal: Principal): Promise<SellerAccount[]> {
      const accountIds = accountIdsOf(principal)
      if (accountIds.length === 0) return []
      const rows = await ctx.tx
        .select()
        .from(tables.sellerAccount)
        .where(inArray(tables.sellerAccount.accountId, accountIds))
        .orderBy(tables.sellerAccount.legalName, tables.sellerAccount.accountId)
      return rows.map(toAccount)
    },

    ...createMembers(kernel, { directory, ensureSellerAccount }),
    ...createBillingAccounts(directory, kernel.audit),
    ...createPaymentProfiles(kernel, directory),
    ...createSellerBilling(kernel.audit),
    ...createStoreFees(kernel.audit),
  }
}

export type Accounts = ReturnType<typeof createAccounts>

function toAccount(row: typeof tables.sellerAccount.$inferSelect): SellerAccount {
  return { accountId: row.accountId as AccountId, tenantId: row.tenantId, legalName: row.legalName, country: row.country }
}
