import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx, Principal } from '../../kernel/context.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { taxTreatyCountries } from '../../kernel/reference-data.ts'
import type { Directory } from '../directory/index.ts'
import {
  type BankDetails,
  type BankScheme,
  bankSchemeOf,
  checkedPayoutProfile,
  payoutCurrencies,
  type PayoutProfileInput,
} from './bank-details.ts'
import { createProfileMail } from './profile-mail.ts'
import { nextProfileState, type ProfileState, type ProfileTrigger } from './profile-life-cycle.ts'
import type { SellerAccount } from './publisher.ts'
import { type AccountCheck, payoutProfile, publisher, sellerAccount, taxProfile } from './schema.ts'
import { checkedTaxProfile, entityTypes, taxFormOf, type TaxProfileInput, treatyPartOf, type Withholding } from './tax-form.ts'

type TaxRow = typeof taxProfile.$inferSelect
type PayoutRow = typeof payoutProfile.$inferSelect

/** A tax profile as it may be shown: of its tax number only the end. */
export type TaxProfile = Omit<TaxRow, 'taxNumber'>
/** A payout profile as it may be shown: of its account only the end. */
export type PayoutProfile = Omit<PayoutRow, 'details'>

/** What a seller has handed in, newest version first. */
export interface PaymentProfiles {
  account: SellerAccount
  tax: TaxProfile | null
  payout: PayoutProfile | null
  taxVersions: TaxProfile[]
  payoutVersions: PayoutProfile[]
}

/** Why a seller cannot be paid. */
export type NotPayable =
  | 'tax-profile-missing'
  | 'tax-profile-pending'
  | 'tax-profile-failed'
  | 'payout-profile-missing'
  | 'payout-profile-pending'
  | 'payout-profile-failed'

/** Whether and how a publisher can be paid. */
export interface PaymentReadiness {
  publisherId: string
  /** null: it can be paid */
  problem: NotPayable | null
  /** the newest payout profile, validated or not */
  payout: { profileId: string; currency: string; country: string; scheme: BankScheme } | null
  /** the newest tax profile's, null without one */
  withholding: Withholding | null
}

/** A profile that waits for the operator, with whose it is. */
export interface QueuedProfile {
  kind: 'tax' | 'payout'
  profileId: string
  accountId: string
  sellerName: string
  sellerCountry: string
  publisherIds: string[]
  status: ProfileState
  submittedAt: Temporal.Instant
}

export interface ProfileDecision {
  verdict: 'validate' | 'reject'
  /** required when it is rejected: the seller reads it */
  reason: string
  /** of payout profiles that are validated: how the account was checked */
  checkedWith?: string
  /** of that check, for instance the transfer's reference */
  reference?: string
}

const checkKinds = ['zero-amount', 'test-transfer', 'document'] as const
/** How long the sandbox takes to check a profile: as long as checks of tax profiles may take (spec/01 §4.6). */
const sandboxCheck = { hours: 48 }
/** Accounts and tax numbers that the sandbox's check refuses. */
const refusedEnd = '0002'
const autoCheck = 'accounts.profile-check'

/** Use cases of what must be right before a seller is paid: tax profile and payout profile (spec/01 §4.6, §4.7). */
export function createPaymentProfiles(kernel: Kernel, directory: Directory) {
  const { secrets, audit, events, due, config } = kernel
  const mail = createProfileMail(kernel, directory)
  const purpose = (profileId: string) => `payment-profile:${profileId}`

  async function accountOf(ctx: Ctx, publisherId: string): Promise<SellerAccount & { publisherId: string }> {
    const [row] = await ctx.tx
      .select({ account: sellerAccount })
      .from(publisher)
      .innerJoin(sellerAccount, eq(sellerAccount.accountId, publisher.accountId))
      .where(eq(publisher.publisherId, publisherId))
    if (!row) throw notFound('UnknownPublisher', `There is no publisher ${publisherId}.`, { target: 'publisherId' })
    const { accountId, tenantId, legalName, country } = row.account
    return { accountId: accountId as SellerAccount['accountId'], tenantId, legalName, country, publisherId }
  }

  async function taxVersions(ctx: Ctx, accountIds: readonly string[]): Promise<TaxRow[]> {
    if (accountIds.length === 0) return []
    return ctx.tx
      .select()
      .from(taxProfile)
      .where(inArray(taxProfile.accountId, [...accountIds]))
      .orderBy(asc(taxProfile.accountId), desc(taxProfile.submittedAt), desc(taxProfile.profileId))
  }

  async function payoutVersions(ctx: Ctx, accountIds: readonly string[]): Promise<PayoutRow[]> {
    if (accountIds.length === 0) return []
    return ctx.tx
      .select()
      .from(payoutProfile)
      .where(inArray(payoutProfile.accountId, [...accountIds]))
      .orderBy(asc(payoutProfile.accountId), desc(payoutProfile.submittedAt), desc(payoutProfile.profileId))
  }

  /** Of two changes at once the second waits for the first. */
  const lock = (ctx: Ctx, accountId: string) =>
    ctx.tx.execute(sql`select from accounts.seller_account where account_id = ${accountId}::uuid for update`)

  async function changed(
    ctx: Ctx,
    kind: 'tax' | 'payout',
    profileId: string,
    accountId: string,
    status: ProfileState,
    reason: string | null,
  ) {
    const payload = { profileId, accountId, status, reason }
    await events.publish(ctx, { type: `${kind}-profile.${status}`, payload })
  }

  async function decide(
    ctx: Ctx,
    kind: 'tax' | 'payout',
    profileId: string,
    trigger: ProfileTrigger,
    set: { reason: string | null; checkedWith?: AccountCheck; checkReference?: string | null },
  ): Promise<void> {
    const table = kind === 'tax' ? taxProfile : payoutProfile
    const [row] = isUuid(profileId) ? await ctx.tx.select().from(table).where(eq(table.profileId, profileId)).for('update') : []
    if (!row) throw notFound('UnknownProfile', 'There is no such profile.', { target: 'profile' })
    const status = nextProfileState(row.status, trigger)
    const decidedBy = nameOf(ctx.principal)
    await ctx.tx
      .update(table)
      .set({ status, decidedAt: ctx.now, decidedBy, ...set })
      .where(eq(table.profileId, profileId))
    await due.cancel(ctx, autoCheck, `${kind}:${profileId}`)
    await audit.record(ctx, {
      action: `${kind}-profile.${trigger}`,
      target: profileId,
      before: { status: row.status },
      after: { accountId: row.accountId, status, ...set },
    })
    await changed(ctx, kind, profileId, row.accountId, status, set.reason)
    await mail.decided(ctx, kind, row.accountId, status, set.reason)
  }

  due.register(autoCheck, {
    async run(ctx, { key }) {
      const [kind, profileId] = key.split(':') as ['tax' | 'payout', string]
      const [row] =
        kind === 'tax'
          ? await ctx.tx
              .select({ status: taxProfile.status, end: taxProfile.taxNumberEnd })
              .from(taxProfile)
              .where(eq(taxProfile.profileId, profileId))
          : await ctx.tx
              .select({ status: payoutProfile.status, end: payoutProfile.accountEnd })
              .from(payoutProfile)
              .where(eq(payoutProfile.profileId, profileId))
      if (row?.status !== 'pending') return
      if (row.end === refusedEnd) {
        const reason = kind === 'tax' ? 'Name and tax number do not belong together.' : 'The bank does not know this account.'
        await decide(ctx, kind, profileId, 'reject', { reason })
      } else {
        await decide(ctx, kind, profileId, 'validate', {
          reason: null,
          ...(kind === 'payout' ? { checkedWith: 'automatic' as const } : {}),
        })
      }
    },
  })

  /** In the sandbox nobody sits at a desk: profiles are checked by themselves. */
  async function scheduleCheck(ctx: Ctx, kind: 'tax' | 'payout', profileId: string): Promise<void> {
    if (config.mode === 'sandbox') await due.schedule(ctx, { kind: autoCheck, key: `${kind}:${profileId}`, at: ctx.now.add(sandboxCheck) })
  }

  async function replaceEarlier(ctx: Ctx, kind: 'tax' | 'payout', rows: { profileId: string; status: ProfileState }[]): Promise<void> {
    const table = kind === 'tax' ? taxProfile : payoutProfile
    for (const row of rows) {
      if (row.status === 'replaced') continue
      await ctx.tx
        .update(table)
        .set({ status: nextProfileState(row.status, 'replace') })
        .where(eq(table.profileId, row.profileId))
      await due.cancel(ctx, autoCheck, `${kind}:${row.profileId}`)
    }
  }

  return {
    /** What the forms of a seller offer: its kinds of entity, its currencies, and how accounts of its country are written. */
    profileChoices(country: string) {
      return { entityTypes, currencies: payoutCurrencies, scheme: bankSchemeOf(country) }
    },

    /** The form that a seller hands in, and the part of it in which a treaty is claimed. */
    taxFormFor(residence: string, entityType: string) {
      const form = taxFormOf(residence, entityTypes.find((one) => one === entityType) ?? 'corporation')
      return { form, treatyPart: taxTreatyCountries.has(residence) ? treatyPartOf(form) : null }
    },

    /** What the seller of this publisher has handed in. @throws forbidden, not-found `UnknownPublisher` */
    async paymentProfiles(ctx: Ctx, publisherId: string): Promise<PaymentProfiles> {
      const account = await accountOf(ctx, publisherId)
      authorize(ctx.principal, 'payout.manage', { tenantId: account.tenantId })
      const tax = (await taxVersions(ctx, [account.accountId])).map(shownTax)
      const payout = (await payoutVersions(ctx, [account.accountId])).map(shownPayout)
      return { account, tax: tax[0] ?? null, payout: payout[0] ?? null, taxVersions: tax, payoutVersions: payout }
    },

    /**
     * Hands in the tax form of the seller's account. It is checked anew whatever changed; until it is validated nothing is paid.
     * @throws invalid `TaxProfileInvalid`, forbidden, not-found `UnknownPublisher`
     */
    async submitTaxProfile(ctx: Ctx, publisherId: string, input: TaxProfileInput): Promise<TaxProfile> {
      const account = await accountOf(ctx, publisherId)
      authorize(ctx.principal, 'payout.manage', { tenantId: account.tenantId })
      const { taxNumber, ...given } = checkedTaxProfile(input)
      await lock(ctx, account.accountId)
      await replaceEarlier(ctx, 'tax', await taxVersions(ctx, [account.accountId]))
      const profileId = newId<'tax-profile'>()
      const row: TaxRow = {
        profileId,
        accountId: account.accountId,
        ...given,
        taxNumber: taxNumber === null ? null : secrets.encrypt(taxNumber, purpose(profileId)),
        taxNumberEnd: taxNumber === null ? null : endOf(taxNumber),
        status: 'pending',
        reason: null,
        submittedAt: ctx.now,
        submittedBy: nameOf(ctx.principal),
        decidedAt: null,
        decidedBy: null,
      }
      await ctx.tx.insert(taxProfile).values(row)
      const shown = shownTax(row)
      await audit.record(ctx, { action: 'tax-profile.submit', target: publisherId, after: shown })
      await changed(ctx, 'tax', profileId, account.accountId, 'pending', null)
      await scheduleCheck(ctx, 'tax', profileId)
      return shown
    },

    /**
     * Hands in the bank account of the seller. A changed account is verified anew: what is due waits for it and is paid with the next cycle.
     * @throws conflict `TaxProfileMissing` before a tax form was handed in, invalid `PayoutProfileInvalid`, forbidden, not-found `UnknownPublisher`
     */
    async submitPayoutProfile(ctx: Ctx, publisherId: string, input: PayoutProfileInput): Promise<PayoutProfile> {
      const account = await accountOf(ctx, publisherId)
      authorize(ctx.principal, 'payout.manage', { tenantId: account.tenantId })
      await lock(ctx, account.accountId)
      if ((await taxVersions(ctx, [account.accountId])).length === 0) {
        throw conflict('TaxProfileMissing', 'Submit the tax profile first: without one there is no payout profile.')
      }
      const { details, ...given } = checkedPayoutProfile(input, account.country)
      await replaceEarlier(ctx, 'payout', await payoutVersions(ctx, [account.accountId]))
      const profileId = newId<'payout-profile'>()
      const row: PayoutRow = {
        profileId,
        accountId: account.accountId,
        ...given,
        details: secrets.encrypt(JSON.stringify(details), purpose(profileId)),
        accountEnd: endOf(details.account),
        status: 'pending',
        reason: null,
        checkedWith: null,
        checkReference: null,
        submittedAt: ctx.now,
        submittedBy: nameOf(ctx.principal),
        decidedAt: null,
        decidedBy: null,
      }
      await ctx.tx.insert(payoutProfile).values(row)
      const shown = shownPayout(row)
      await audit.record(ctx, { action: 'payout-profile.submit', target: publisherId, after: shown })
      await changed(ctx, 'payout', profileId, account.accountId, 'pending', null)
      await scheduleCheck(ctx, 'payout', profileId)
      await mail.accountChanged(ctx, account.accountId, shown.accountEnd)
      return shown
    },

    /**
     * The operator has checked a profile.
     * @throws invalid `ReasonMissing` or `CheckMissing`, conflict `IllegalTransition`, not-found `UnknownProfile`, forbidden
     */
    async decideProfile(ctx: Ctx, kind: 'tax' | 'payout', profileId: string, decision: ProfileDecision): Promise<void> {
      authorize(ctx.principal, 'operator.console')
      const reason = decision.reason.trim()
      if (!/^\P{Cc}{0,300}$/u.test(reason)) throw invalid('ReasonInvalid', 'A reason has at most 300 characters.', { target: 'reason' })
      if (decision.verdict === 'reject') {
        if (reason === '') throw invalid('ReasonMissing', 'Say what is wrong: the seller reads it.', { target: 'reason' })
        return decide(ctx, kind, profileId, 'reject', { reason })
      }
      if (kind === 'tax') return decide(ctx, kind, profileId, 'validate', { reason: null })
      const checkedWith = checkKinds.find((one) => one === decision.checkedWith)
      if (!checkedWith) throw invalid('CheckMissing', 'Say how the account was checked.', { target: 'checkedWith' })
      const reference = decision.reference?.trim() ?? ''
      if (!/^\P{Cc}{1,100}$/u.test(reference)) {
        throw invalid('CheckMissing', 'Give the reference of the check, at most 100 characters.', { target: 'reference' })
      }
      return decide(ctx, kind, profileId, 'validate', { reason: null, checkedWith, checkReference: reference })
    },

    /** A bank sent a payment back: unless there is a newer version, the account is not paid to again. */
    async revokePayoutProfile(ctx: Ctx, profileId: string, reason: string): Promise<void> {
      const [row] = await ctx.tx.select({ status: payoutProfile.status }).from(payoutProfile).where(eq(payoutProfile.profileId, profileId))
      if (row?.status === 'validated') await decide(ctx, 'payout', profileId, 'revoke', { reason })
    },

    /** Profiles in a state, the longest waiting first (operator). @throws forbidden */
    async queuedProfiles(ctx: Ctx, status: ProfileState = 'pending', limit = 200): Promise<QueuedProfile[]> {
      authorize(ctx.principal, 'operator.console')
      const from = async (kind: 'tax' | 'payout') => {
        const table = kind === 'tax' ? taxProfile : payoutProfile
        const rows = await ctx.tx
          .select({ profileId: table.profileId, status: table.status, submittedAt: table.submittedAt, account: sellerAccount })
          .from(table)
          .innerJoin(sellerAccount, eq(sellerAccount.accountId, table.accountId))
          .where(eq(table.status, status))
          .orderBy(asc(table.submittedAt))
          .limit(limit)
        return rows.map((row) => ({ kind, ...row }))
      }
      const rows = [...(await from('tax')), ...(await from('payout'))].toSorted((a, b) =>
        a.submittedAt.epochMilliseconds === b.submittedAt.epochMilliseconds
          ? 0
          : a.submittedAt.epochMilliseconds - b.submittedAt.epochMilliseconds,
      )
      if (rows.length === 0) return []
      const publishers = await ctx.tx
        .select({ publisherId: publisher.publisherId, accountId: publisher.accountId })
        .from(publisher)
        .where(
          inArray(
            publisher.accountId,
            rows.map((row) => row.account.accountId),
          ),
        )
        .orderBy(asc(publisher.publisherId))
      return rows.map(({ account, ...row }) => ({
        ...row,
        accountId: account.accountId,
        sellerName: account.legalName,
        sellerCountry: account.country,
        publisherIds: publishers.filter((one) => one.accountId === account.accountId).map((one) => one.publisherId),
      }))
    },

    /** One profile with its seller (operator). @throws not-found `UnknownProfile`, forbidden */
    async findProfile(
      ctx: Ctx,
      kind: 'tax' | 'payout',
      profileId: string,
    ): Promise<{ seller: SellerAccount; tax: TaxProfile | null; payout: PayoutProfile | null }> {
      authorize(ctx.principal, 'operator.console')
      const table = kind === 'tax' ? taxProfile : payoutProfile
      const [row] = isUuid(profileId)
        ? await ctx.tx
            .select({ profile: table, seller: sellerAccount })
            .from(table)
            .innerJoin(sellerAccount, eq(sellerAccount.accountId, table.accountId))
            .where(eq(table.profileId, profileId))
        : []
      if (!row) throw notFound('UnknownProfile', 'There is no such profile.', { target: 'profile' })
      const { accountId, tenantId, legalName, country } = row.seller
      return {
        seller: { accountId: accountId as SellerAccount['accountId'], tenantId, legalName, country },
        tax: kind === 'tax' ? shownTax(row.profile as TaxRow) : null,
        payout: kind === 'payout' ? shownPayout(row.profile as PayoutRow) : null,
      }
    },

    /** The numbers in full, for the operator's check. Who looked is written down. @throws not-found `UnknownProfile`, forbidden */
    async revealProfile(ctx: Ctx, kind: 'tax' | 'payout', profileId: string): Promise<BankDetails | { taxNumber: string | null }> {
      authorize(ctx.principal, 'operator.console')
      const table = kind === 'tax' ? taxProfile : payoutProfile
      const [row] = isUuid(profileId) ? await ctx.tx.select().from(table).where(eq(table.profileId, profileId)) : []
      if (!row) throw notFound('UnknownProfile', 'There is no such profile.', { target: 'profile' })
      await audit.record(ctx, { action: `${kind}-profile.reveal`, target: profileId, after: { accountId: row.accountId } })
      if ('details' in row) return JSON.parse(secrets.decrypt(row.details, purpose(profileId))) as BankDetails
      return { taxNumber: row.taxNumber === null ? null : secrets.decrypt(row.taxNumber, purpose(profileId)) }
    },

    /** Where transfers of these payout profiles go; for bank files. @throws forbidden */
    async transferDetails(
      ctx: Ctx,
      profileIds: readonly string[],
    ): Promise<Map<string, Pick<PayoutProfile, 'holder' | 'country' | 'scheme' | 'bank'> & BankDetails>> {
      authorize(ctx.principal, 'operator.console')
      if (profileIds.length === 0) return new Map()
      const rows = await ctx.tx
        .select()
        .from(payoutProfile)
        .where(inArray(payoutProfile.profileId, [...new Set(profileIds)]))
      return new Map(
        rows.map(({ profileId, details, holder, country, scheme, bank }) => [
          profileId,
          { holder, country, scheme, bank, ...(JSON.parse(secrets.decrypt(details, purpose(profileId))) as BankDetails) },
        ]),
      )
    },

    /** Whether each of these publishers can be paid, where to and with which withholding. Publishers that do not exist are left out. */
    async paymentReadiness(ctx: Ctx, publisherIds: readonly string[]): Promise<Map<string, PaymentReadiness>> {
      if (publisherIds.length === 0) return new Map()
      const rows = await ctx.tx
        .select({ publisherId: publisher.publisherId, accountId: publisher.accountId })
        .from(publisher)
        .where(inArray(publisher.publisherId, [...new Set(publisherIds)]))
      const accountIds = [...new Set(rows.map((row) => row.accountId))]
      const newest = <Row extends { accountId: string; status: ProfileState }>(versions: Row[]) => {
        const of = new Map<string, Row>()
        for (const version of versions) if (version.status !== 'replaced' && !of.has(version.accountId)) of.set(version.accountId, version)
        return of
      }
      const current = (table: typeof taxProfile | typeof payoutProfile) =>
        and(inArray(table.accountId, accountIds), sql`${table.status} <> 'replaced'`)
      const tax = newest(await ctx.tx.select().from(taxProfile).where(current(taxProfile)))
      const payout = newest(await ctx.tx.select().from(payoutProfile).where(current(payoutProfile)))
      return new Map(
        rows.map(({ publisherId, accountId }) => {
          const taxOf = tax.get(accountId)
          const payoutOf = payout.get(accountId)
          return [
            publisherId,
            {
              publisherId,
              problem: problemOf(taxOf?.status, payoutOf?.status),
              payout: payoutOf
                ? { profileId: payoutOf.profileId, currency: payoutOf.currency, country: payoutOf.country, scheme: payoutOf.scheme }
                : null,
              withholding: taxOf ? { form: taxOf.form, treatyRate: taxOf.treatyRate } : null,
            },
          ]
        }),
      )
    },

    /** E-mail addresses of the owners of a publisher's account: who is told about money. */
    async ownersOf(ctx: Ctx, publisherId: string): Promise<string[]> {
      return mail.owners(ctx, (await accountOf(ctx, publisherId)).accountId)
    },
  }
}

function problemOf(tax: ProfileState | undefined, payout: ProfileState | undefined): NotPayable | null {
  if (tax === undefined) return 'tax-profile-missing'
  if (tax !== 'validated') return tax === 'pending' ? 'tax-profile-pending' : 'tax-profile-failed'
  if (payout === undefined) return 'payout-profile-missing'
  if (payout !== 'validated') return payout === 'pending' ? 'payout-profile-pending' : 'payout-profile-failed'
  return null
}

function shownTax({ taxNumber: _taxNumber, ...shown }: TaxRow): TaxProfile {
  return shown
}

function shownPayout({ details: _details, ...shown }: PayoutRow): PayoutProfile {
  return shown
}

/** The last four characters; fewer of what is short, so that most stays hidden. */
function endOf(number: string): string {
  const compact = number.replaceAll(/[^A-Za-z0-9]/g, '')
  return compact.slice(-Math.min(4, Math.floor(compact.length / 2)))
}

function nameOf(principal: Principal): string {
  if (principal.kind === 'user') return principal.email
  return principal.kind === 'application' ? `application ${principal.clientId}` : 'the marketplace'
}
