import { and, desc, eq, getTableColumns, inArray, lt } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx, Principal } from '../../kernel/context.ts'
import { notFound } from '../../kernel/errors.ts'
import { newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { Decimal } from '../../kernel/money.ts'
import type { Directory } from '../directory/index.ts'
import { listAccounts } from './account-list.ts'
import { createAccountImport } from './account-import.ts'
import { createAccountSettings } from './account-settings.ts'
import { createAgreements } from './agreements.ts'
import { createAttribution } from './attribution.ts'
import { createBillingAddresses } from './billing-addresses.ts'
import { createBillingAccounts } from './billing-accounts.ts'
import { registerChecks } from './doctor.ts'
import { createEnrollment } from './enrollment.ts'
import { createInvitations } from './invitations.ts'
import { accountIdsOf, createMembers, membershipsOf } from './members.ts'
import { createOwnersMail } from './owners-mail.ts'
import { createPeople } from './people.ts'
import { createPaymentProfiles } from './payment-profiles.ts'
import type { AccountId, Publisher, SellerAccount } from './publisher.ts'
import { createPublishers } from './publishers.ts'
import * as tables from './schema.ts'
import { createRegistration } from './registration.ts'
import { giveMpnId, mpnIdsOf, newSellerId, register } from './seller-account.ts'
import { createSellerBilling } from './seller-billing.ts'
import { createOrganisationPeople } from './organisation-people.ts'
import { soleOwnerOf } from './sole-owner.ts'
import { createStoreFees, feeInForce } from './store-fees.ts'
import { associateTenant, createTenants } from './tenants.ts'
import { createVerification } from './verification.ts'

export interface NewPublisher {
  publisherId: string
  /** the owner; becomes a seller account if it is none yet */
  tenantId: string
  name: string
  /** percent, e.g. "2.5"; absent: the marketplace's own fee */
  storeFeePercent?: string
}

/** Why a publisher may not publish: what the marketplace has decided, or its account is not verified yet. */
export type NotPublishing = 'suspended' | 'closed' | 'not-verified'

/** Seller accounts, their publishers and people, and customers' billing accounts. */
export function createAccounts(kernel: Kernel, { directory }: { directory: Directory }) {
  registerChecks(kernel.doctor, directory)
  const marketplaceFee = new Decimal(kernel.config.brand.storeFeePercent)

  directory.addMembershipSource(membershipsOf)

  const toPublisher = (row: typeof tables.publisher.$inferSelect): Publisher => ({
    publisherId: row.publisherId,
    accountId: row.accountId as AccountId,
    tenantId: row.tenantId,
    name: row.name,
    storeFeePercent: row.storeFeePercent ?? marketplaceFee,
    status: row.status,
  })

  /** A publisher's columns, with the fee that is in force today. */
  const columns = (ctx: Ctx) => ({ ...getTableColumns(tables.publisher), storeFeePercent: feeInForce(ctx, marketplaceFee) })

  const tellOwners = createOwnersMail(kernel, directory)
  const agreements = createAgreements(kernel, tellOwners)
  const verification = createVerification(kernel, directory, tellOwners)
  const publishers = createPublishers(kernel, tellOwners)

  /** The seller account of a tenant, with the directory's entry as its details when it is none yet. @throws not-found `UnknownTenant` */
  async function openAccount(ctx: Ctx, tenantId: string): Promise<{ account: SellerAccount; isNew: boolean }> {
    const where = eq(tables.sellerAccount.tenantId, tenantId)
    const [known] = await ctx.tx.select().from(tables.sellerAccount).where(where)
    if (known) return { account: toAccount(known), isNew: false }
    const tenant = await directory.findTenant(ctx, tenantId)
    if (!tenant) throw notFound('UnknownTenant', 'There is no such tenant.', { target: 'tenantId' })
    const made = await ctx.tx
      .insert(tables.sellerAccount)
      .values({
        accountId: newId<'account'>(),
        tenantId: tenant.tenantId,
        legalName: tenant.name,
        country: tenant.country,
        sellerId: await newSellerId(ctx),
        createdAt: ctx.now,
      })
      .onConflictDoNothing()
      .returning({ accountId: tables.sellerAccount.accountId })
    const [row] = await ctx.tx.select().from(tables.sellerAccount).where(where)
    if (!row) throw notFound('UnknownTenant', 'There is no such tenant.', { target: 'tenantId' })
    if (made.length > 0) await associateTenant(ctx, { accountId: row.accountId, tenantId: row.tenantId, by: '' })
    return { account: toAccount(row), isNew: made.length > 0 }
  }

  /**
   * The same for an account that the marketplace itself opens: registered to sell, and verified by that.
   * @throws not-found `UnknownTenant`
   */
  async function ensureSellerAccount(ctx: Ctx, tenantId: string): Promise<SellerAccount> {
    const { account, isNew } = await openAccount(ctx, tenantId)
    if (!isNew) return account
    const { accountId, legalName: location, country } = account
    await register(ctx, accountId, ['partner-network', 'commercial-marketplace'])
    await giveMpnId(ctx, { accountId, location, country })
    await verification.acceptAll(ctx, accountId)
    return account
  }

  /**
   * Adds a publisher to its tenant's seller account, by the marketplace itself. Ids are never given twice, not even after a publisher was
   * closed (spec/01 §5).
   * @throws invalid `InvalidPublisherId` or `InvalidValue`, conflict `PublisherIdTaken`, not-found `UnknownTenant`
   */
  async function createPublisher(ctx: Ctx, input: NewPublisher): Promise<Publisher> {
    const { accountId, tenantId } = await ensureSellerAccount(ctx, input.tenantId)
    const [mpn] = await mpnIdsOf(ctx, accountId)
    return toPublisher(await publishers.makePublisher(ctx, { accountId, tenantId }, { ...input, mpnId: mpn?.mpnId ?? null }))
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

  const members = createMembers(kernel, { directory, ensureSellerAccount })
  const profiles = createPaymentProfiles(kernel, directory)
  const { setMember } = members
  const shared = { directory, agreements, verification, publishers, setMember }

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

    listAccounts,

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

    ...members,
    ...createOrganisationPeople(directory),
    soleOwnerOf,
    ...createBillingAddresses(kernel.audit),
    ...createBillingAccounts(directory, kernel.audit),
    ...profiles,
    ...createPeople(kernel, directory),
    ...createInvitations(kernel, directory),
    ...createTenants(kernel, directory),
    ...createSellerBilling(kernel.audit),
    ...createStoreFees(kernel.audit),
    ...createEnrollment(kernel, shared),
    ...createRegistration(kernel, directory),
    ...createAttribution(kernel.audit),
    ...createAccountImport(kernel, { ...shared, openAccount, ...profiles }),
    ...createAccountSettings(kernel, verification.contactChanged),
    ...agreements.useCases,
    ...verification.useCases,
    ...publishers.useCases,

    /** Under which partner id a publisher sells, and its account's name. @throws not-found `UnknownPublisher` */
    async partnerOf(ctx: Ctx, publisherId: string): Promise<{ partnerId: string | null; name: string; isActive: boolean }> {
      const [row] = await ctx.tx
        .select({ partnerId: tables.publisher.mpnId, status: tables.publisher.status, name: tables.sellerAccount.legalName })
        .from(tables.publisher)
        .innerJoin(tables.sellerAccount, eq(tables.sellerAccount.accountId, tables.publisher.accountId))
        .where(eq(tables.publisher.publisherId, publisherId))
      if (!row) throw notFound('UnknownPublisher', `There is no publisher ${publisherId}.`, { target: 'publisherId' })
      return { partnerId: row.partnerId, name: row.name, isActive: row.status === 'active' }
    },

    /** Why a publisher may not put offers into the stores; null: it may. */
    async notPublishing(ctx: Ctx, publisherId: string): Promise<NotPublishing | null> {
      const found = await findPublisher(ctx, publisherId)
      if (!found) return 'closed'
      if (found.status !== 'active') return found.status
      const steps = await verification.verificationSteps(ctx, found.accountId)
      return steps.every((one) => one.state === 'accepted') ? null : 'not-verified'
    },
  }
}

export type Accounts = ReturnType<typeof createAccounts>

function toAccount(row: typeof tables.sellerAccount.$inferSelect): SellerAccount {
  return { accountId: row.accountId as AccountId, tenantId: row.tenantId, legalName: row.legalName, country: row.country }
}
