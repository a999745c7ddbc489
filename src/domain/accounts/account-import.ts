import { and, asc, eq, isNull } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, forbidden, notFound } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Directory } from '../directory/index.ts'
import type { createAgreements } from './agreements.ts'
import type { PayoutProfileInput } from './bank-details.ts'
import { checkedForm, line, mailAddress, neededLine, postalAddress, withoutEmpty } from './form-shape.ts'
import { findProof, issueProof, useProof } from './mail-proof.ts'
import type { createPublishers } from './publishers.ts'
import { isPublisherId, publisherIdRule, type SellerAccount } from './publisher.ts'
import { isAssignableRole } from './roles.ts'
import { awaitedMember, mailProof, mpnId, sellerAccount } from './schema.ts'
import { giveMpnId, register, residenceCode } from './seller-account.ts'
import type { TaxProfileInput } from './tax-form.ts'
import type { createVerification } from './verification.ts'

const programs = ['commercial-marketplace', 'partner-network', 'reseller', 'developer'] as const

/** An account as it was kept elsewhere. Its people are named by their addresses, which are of the directory of the owner's. */
const shape = z.object({
  legalName: neededLine('The legal name', 120, 'Give the legal name.'),
  accountType: z.enum(['company', 'individual']).default('company'),
  country: z.string().refine((name) => residenceCode(name) !== null, 'The country is not in the table of residences.'),
  address: postalAddress.optional(),
  symantecId: line('The ID', 40).optional(),
  contact: z.object({ name: line('The name', 120), email: mailAddress, phone: line('The telephone number', 30) }),
  owner: z.object({ email: mailAddress, displayName: neededLine('The name', 120, 'Name the owner.') }),
  programs: z.array(z.enum(programs)).min(1, 'Name the programs.'),
  mpnIds: z
    .array(
      z.object({
        mpnId: z.string().regex(/^\d{5,10}$/, 'A partner ID has 5 to 10 digits.'),
        location: neededLine('The place', 80, 'Name the place.'),
        isCsp: z.boolean().default(false),
      }),
    )
    .default([]),
  agreements: z
    .array(
      z.object({
        kind: z.enum(['publisher', 'partner-network']),
        version: z.string().min(1).max(30),
        acceptedAt: z.iso.datetime(),
        acceptedAs: neededLine('The name', 254, 'Say who accepted it.'),
      }),
    )
    .default([]),
  publishers: z
    .array(
      z.object({
        publisherId: z.string().refine(isPublisherId, publisherIdRule),
        name: neededLine('A publisher name', 50, 'Give the publisher a name.'),
      }),
    )
    .default([]),
  members: z
    .array(
      z.object({
        email: mailAddress,
        displayName: neededLine('The name', 120, 'Name the person.'),
        roles: z.array(z.string().refine(isAssignableRole, 'A seller account has no such role.')).min(1),
      }),
    )
    .default([]),
})

/** An account that is brought over; its profiles are handed in as a seller does, and checked anew. */
export type AccountImport = z.input<typeof shape> & { tax?: TaxProfileInput; payout?: PayoutProfileInput }

/** Use cases that bring accounts over from elsewhere, for their owners to claim (spec/01 §3.3). */
export function createAccountImport(
  kernel: Kernel,
  parts: {
    directory: Directory
    agreements: ReturnType<typeof createAgreements>
    verification: ReturnType<typeof createVerification>
    publishers: ReturnType<typeof createPublishers>
    openAccount: (ctx: Ctx, tenantId: string) => Promise<{ account: SellerAccount }>
    setMember: (
      ctx: Ctx,
      input: { accountTenantId: string; kind: 'user'; id: string; tenantId: string; roles: readonly string[] },
    ) => Promise<void>
    submitTaxProfile: (ctx: Ctx, publisherId: string, input: TaxProfileInput) => Promise<unknown>
    submitPayoutProfile: (ctx: Ctx, publisherId: string, input: PayoutProfileInput) => Promise<unknown>
  },
) {
  const { audit, config, mail } = kernel
  const { directory } = parts

  async function sendClaim(ctx: Ctx, accountId: string, legalName: string, email: string): Promise<void> {
    const token = await issueProof(ctx, { purpose: 'claim', accountId, email })
    await mail.send(ctx, {
      to: email,
      subject: `Your publisher account is ready at ${config.brand.name}`,
      text: [
        `The publisher account of ${legalName} was brought over to ${config.brand.name}: with its agreements, publishers, profiles, people and offers.`,
        '',
        `Take it over with your work account ${email}; this link is yours alone:`,
        `${config.publicUrl}/partner/enroll/claim?token=${token}`,
        '',
        'If you have no password here yet, choose one with “Forgot your password?” on the sign-in page.',
      ].join('\n'),
      template: 'account-claim',
    })
  }

  /** The directory of a domain, made when there is none. */
  async function directoryOf(ctx: Ctx, input: { domain: string; name: string; country: string }): Promise<string> {
    return ((await directory.findTenant(ctx, input.domain)) ?? (await directory.createTenant(ctx, input))).tenantId
  }

  async function ensureUser(ctx: Ctx, tenantId: string, { email, displayName }: { email: string; displayName: string }): Promise<void> {
    if (!(await directory.findUserByEmail(ctx, email))) await directory.createUser(ctx, { tenantId, email, displayName })
  }

  async function claimed(ctx: Ctx, token: string) {
    const proof = await findProof(ctx, 'claim', token)
    const [account] = proof?.accountId ? await ctx.tx.select().from(sellerAccount).where(eq(sellerAccount.accountId, proof.accountId)) : []
    return proof && account ? { proof, account } : null
  }

  return {
    /**
     * Brings an account over (operator). Nobody works in it before its owner has claimed it with the link that is mailed; the offers of its
     * publishers go on meanwhile.
     * @throws invalid `ImportInvalid` naming each field, conflict `AccountExists`, `PublisherIdTaken`, `MpnIdTaken`, forbidden
     */
    async importAccount(ctx: Ctx, input: AccountImport): Promise<{ accountId: string }> {
      authorize(ctx.principal, 'operator.console')
      const given = checkedForm(shape, input, 'ImportInvalid')
      const country = residenceCode(given.country) as string
      const domain = given.owner.email.slice(given.owner.email.indexOf('@') + 1)
      const tenantId = await directoryOf(ctx, { domain, name: given.legalName, country })
      const [known] = await ctx.tx.select().from(sellerAccount).where(eq(sellerAccount.tenantId, tenantId))
      if (known) throw conflict('AccountExists', `${domain} has a publisher account already.`, { target: 'owner.email' })
      const { accountId } = (await parts.openAccount(ctx, tenantId)).account
      const address = given.address ? withoutEmpty(given.address) : {}
      await ctx.tx
        .update(sellerAccount)
        .set({
          legalName: given.legalName,
          country,
          countryName: given.country,
          accountType: given.accountType,
          status: 'unclaimed',
          address,
          sellerContact: { ...withoutEmpty(given.contact), address },
          symantecId: given.symantecId ?? null,
        })
        .where(eq(sellerAccount.accountId, accountId))
      await register(ctx, accountId, given.programs)
      for (const { mpnId: id, location, isCsp } of given.mpnIds) {
        const row = { mpnId: id, accountId, location, country, isCsp, createdAt: ctx.now }
        const made = await ctx.tx.insert(mpnId).values(row).onConflictDoNothing().returning()
        if (made.length === 0) throw conflict('MpnIdTaken', `The partner ID ${id} belongs to another account.`, { target: 'mpnIds' })
      }
      for (const { acceptedAt, ...one } of given.agreements) {
        await parts.agreements.recordAcceptance(ctx, { ...one, accountId, acceptedAt: Temporal.Instant.from(acceptedAt) })
      }
      const linked = given.mpnIds[0]?.mpnId ?? (await giveMpnId(ctx, { accountId, location: given.legalName, country }))
      for (const one of given.publishers) {
        await parts.publishers.makePublisher(ctx, { accountId, tenantId }, { ...one, mpnId: linked })
      }
      const first = given.publishers[0]?.publisherId
      // As the marketplace itself: the operator has no hand in a seller's bank account.
      const itself: Ctx = { ...ctx, principal: { kind: 'system' } }
      if (first !== undefined && input.tax) await parts.submitTaxProfile(itself, first, input.tax)
      if (first !== undefined && input.payout) await parts.submitPayoutProfile(itself, first, input.payout)
      await parts.verification.acceptAll(ctx, accountId)
      for (const person of [given.owner, ...given.members]) await ensureUser(ctx, tenantId, person)
      const awaited = given.members.map(({ email, roles }) => ({ accountId, emailKey: email, roles }))
      if (awaited.length > 0) await ctx.tx.insert(awaitedMember).values(awaited).onConflictDoNothing()
      await audit.record(ctx, { action: 'account.import', target: `account:${accountId}`, after: { legalName: given.legalName, tenantId } })
      await sendClaim(ctx, accountId, given.legalName, given.owner.email)
      return { accountId }
    },

    /** Accounts that wait for their owner, with the address that the latest link went to; the oldest first (operator). @throws forbidden */
    async unclaimedAccounts(ctx: Ctx): Promise<{ accountId: string; legalName: string; email: string; importedAt: Temporal.Instant }[]> {
      authorize(ctx.principal, 'operator.console')
      const rows = await ctx.tx
        .select({
          accountId: sellerAccount.accountId,
          legalName: sellerAccount.legalName,
          email: mailProof.email,
          importedAt: sellerAccount.createdAt,
        })
        .from(sellerAccount)
        .innerJoin(
          mailProof,
          and(eq(mailProof.accountId, sellerAccount.accountId), eq(mailProof.purpose, 'claim'), isNull(mailProof.usedAt)),
        )
        .where(eq(sellerAccount.status, 'unclaimed'))
        .orderBy(asc(sellerAccount.createdAt), asc(sellerAccount.accountId))
      return rows
    },

    /** Sends the owner a new link; the earlier one stops holding (operator). @throws conflict `AlreadyClaimed`, forbidden, not-found */
    async resendClaim(ctx: Ctx, accountId: string, email: string): Promise<void> {
      authorize(ctx.principal, 'operator.console')
      const [account] = isUuid(accountId) ? await ctx.tx.select().from(sellerAccount).where(eq(sellerAccount.accountId, accountId)) : []
      if (!account) throw notFound('UnknownAccount', 'There is no such account.', { target: 'account' })
      if (account.status !== 'unclaimed') throw conflict('AlreadyClaimed', 'The account has been claimed.')
      await sendClaim(ctx, accountId, account.legalName, checkedForm(z.object({ email: mailAddress }), { email }, 'EmailInvalid').email)
    },

    /** The account that a link leads to, and for whom it is; null when the link holds no more. */
    async claimOf(ctx: Ctx, token: string): Promise<{ legalName: string; email: string } | null> {
      const found = await claimed(ctx, token)
      return found && { legalName: found.account.legalName, email: found.proof.email }
    },

    /**
     * The owner takes the account over: he and everybody who worked in it have their roles from now on.
     * @throws gone `LinkExpired`, forbidden `OtherPerson`
     */
    async claimAccount(ctx: Ctx, token: string): Promise<{ accountId: string }> {
      authorize(ctx.principal, 'account.enroll')
      const { principal } = ctx
      const found = await claimed(ctx, token)
      if (found && (principal.kind !== 'user' || principal.email.toLowerCase() !== found.proof.email)) {
        throw forbidden('OtherPerson', `This link is for ${found.proof.email}. Sign in with that account.`)
      }
      await useProof(ctx, 'claim', token)
      if (!found || principal.kind !== 'user') throw notFound('UnknownAccount', 'There is no such account.')
      const { accountId, tenantId } = found.account
      await ctx.tx.update(sellerAccount).set({ status: 'registered' }).where(eq(sellerAccount.accountId, accountId))
      const give = (user: { objectId: string; tenantId: string }, roles: readonly string[]) =>
        parts.setMember(ctx, { accountTenantId: tenantId, kind: 'user', id: user.objectId, tenantId: user.tenantId, roles })
      await give(principal, ['owner'])
      const awaited = await ctx.tx.delete(awaitedMember).where(eq(awaitedMember.accountId, accountId)).returning()
      for (const { emailKey, roles } of awaited) {
        const user = await directory.findUserByEmail(ctx, emailKey)
        if (user && user.objectId !== principal.objectId) await give(user, roles)
      }
      await audit.record(ctx, { action: 'account.claim', target: `account:${accountId}`, after: { owner: principal.email } })
      return { accountId }
    },
  }
}
