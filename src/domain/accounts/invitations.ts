import { and, eq, inArray, isNull } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, forbidden, gone, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Directory } from '../directory/index.ts'
import { hashOfLink, newLinkToken } from './link-token.ts'
import { administrator, insertMembers, managed, rightsOf } from './members.ts'
import { checkOwnRights, checkRights, type Rights, rightsText } from './rights.ts'
import * as tables from './schema.ts'
import { accountFor, nameOf } from './seller-account.ts'

/** One mail to one address. */
const lifetimeDays = 14
/** spec/01 §8.1 */
const mostAddresses = 10
const at = { target: 'addresses' }

type InvitationRow = typeof tables.invitation.$inferSelect

export interface Invitation {
  id: string
  email: string
  tenantId: string
  roles: string[]
  permissions: string[]
  invitedBy: string
  sentAt: Temporal.Instant
  expiresAt: Temporal.Instant
  isExpired: boolean
}

/** What the person who opened the link is shown. */
export interface OpenInvitation {
  email: string
  account: string
  invitedBy: string
  rights: string
  /** somebody has this address here and signs in with it; else accepting makes the user */
  isKnown: boolean
}

/** People from elsewhere, invited by mail; guests of the directory, with access once they accept (spec/01 §8.1). */
export function createInvitations(kernel: Kernel, directory: Directory) {
  const { invitation } = tables
  const isPending = and(isNull(invitation.acceptedAt), isNull(invitation.withdrawnAt))

  async function send(
    ctx: Ctx,
    row: Pick<InvitationRow, 'email' | 'roles' | 'permissions'>,
    account: string,
    token: string,
  ): Promise<void> {
    const { brand, publicUrl } = kernel.config
    await kernel.mail.send(ctx, {
      to: row.email,
      subject: `You are invited to ${account} at ${brand.name}`,
      text: [
        `${nameOf(ctx)} invites you to work in the account of ${account} at ${brand.name}.`,
        `You would have: ${rightsText(row)}.`,
        '',
        `Accept within ${lifetimeDays} days; the link works once:`,
        `${publicUrl}/signin/invitation?token=${token}`,
        '',
        'If you do not know who this is, do nothing.',
        '',
      ].join('\n'),
      template: 'account-invitation',
    })
  }

  /** An invitation that waits, of the directory signed in to. @throws not-found `UnknownInvitation`, forbidden `OtherDirectory` */
  async function pending(ctx: Ctx, accountId: string, tenantId: string, ids: readonly string[]): Promise<InvitationRow[]> {
    const asked = [...new Set(ids)].filter(isUuid)
    const rows =
      asked.length === 0
        ? []
        : await ctx.tx
            .select()
            .from(invitation)
            .where(and(eq(invitation.accountId, accountId), inArray(invitation.invitationId, asked), isPending))
    if (rows.length === 0 || rows.length < new Set(ids).size) {
      throw notFound('UnknownInvitation', 'This invitation was accepted or withdrawn meanwhile.')
    }
    if (rows.some((row) => row.tenantId !== tenantId)) {
      throw forbidden('OtherDirectory', 'Invitations of another directory are managed by a manager who is signed in from there.')
    }
    return rows
  }

  /**
   * The invitation that a link opens.
   * @throws gone `InvitationUnknown`, `InvitationUsed`, `InvitationWithdrawn`, `InvitationExpired`
   */
  async function opened(
    ctx: Ctx,
    token: string,
    { lock = false } = {},
  ): Promise<InvitationRow & { account: typeof tables.sellerAccount.$inferSelect }> {
    const tokenHash = hashOfLink(token)
    // Of two who accept at once, the second finds it used.
    if (lock) await ctx.tx.select().from(invitation).where(eq(invitation.tokenHash, tokenHash)).for('update')
    const [found] = await ctx.tx
      .select()
      .from(invitation)
      .innerJoin(tables.sellerAccount, eq(tables.sellerAccount.accountId, invitation.accountId))
      .where(eq(invitation.tokenHash, tokenHash))
    if (!found) throw gone('InvitationUnknown', 'This link is not valid, or a newer mail has replaced it.')
    const { invitation: row, seller_account: account } = found
    if (row.acceptedAt) throw gone('InvitationUsed', 'This invitation has been accepted already. Sign in to go on.')
    if (row.withdrawnAt) throw gone('InvitationWithdrawn', 'This invitation has been withdrawn.')
    if (Temporal.Instant.compare(ctx.wall, row.expiresAt) >= 0) {
      throw gone('InvitationExpired', `This invitation was valid for ${lifetimeDays} days. Ask ${row.invitedBy} to send it again.`)
    }
    return { ...row, account }
  }

  async function accept(ctx: Ctx, row: Awaited<ReturnType<typeof opened>>, objectId: string): Promise<void> {
    const { account, invitationId, email, tenantId } = row
    const held = await rightsOf(ctx, account.accountId, 'user', objectId)
    const rights = {
      roles: [...new Set([...held.roles, ...row.roles])],
      permissions: [...new Set([...held.permissions, ...row.permissions])],
    }
    const { member } = tables
    if (held.roles.length + held.permissions.length === 0) {
      await insertMembers(ctx, account, [{ memberKind: 'user', memberId: objectId, tenantId, ...rights }])
    } else {
      await ctx.tx
        .update(member)
        .set(rights)
        .where(and(eq(member.accountId, account.accountId), eq(member.memberKind, 'user'), eq(member.memberId, objectId)))
    }
    await directory.acceptGuest(ctx, { tenantId, email, objectId })
    await ctx.tx.update(invitation).set({ acceptedAt: ctx.wall, acceptedBy: objectId }).where(eq(invitation.invitationId, invitationId))
    await kernel.audit.record(ctx, {
      action: 'account.member',
      target: `user:${objectId}`,
      after: { accountId: account.accountId, ...rights },
      reason: `accepted the invitation of ${row.invitedBy} to ${email}`,
    })
  }

  return {
    /**
     * Invites people by mail, all with the same rights.
     * @param input.addresses 1 to 10, separated by commas or semicolons
     * @throws invalid `NoAddress`, `TooManyAddresses`, `MalformedAddress`, `DuplicateAddress`, `OwnAddress`, conflict `MemberExists`,
     * `InvitationPending`, `DirectorySynchronised`, forbidden, also `AdministratorNeeded`, `MoreThanYourOwn`
     */
    async invite(ctx: Ctx, accountId: string, input: { addresses: string } & Rights): Promise<Invitation[]> {
      const { account, tenantId } = await managed(ctx, accountId)
      administrator(ctx, tenantId)
      if (await directory.isSynchronised(ctx, tenantId)) {
        throw conflict('DirectorySynchronised', 'Your directory is filled from your organisation’s own. Add guests there.')
      }
      const rights = checkRights(input)
      checkOwnRights(ctx, account, rights)
      const addresses = checkAddresses(input.addresses)
      const domains = await directory.domainsOf(ctx, tenantId)
      for (const email of addresses) {
        if (!directory.isAddress(email)) throw invalid('MalformedAddress', `${shortened(email)} is not an e-mail address.`, at)
        if (domains.includes(email.toLowerCase().split('@')[1] ?? '')) {
          throw invalid('OwnAddress', `${email} is an address of your own directory: create or add the user instead of inviting.`, at)
        }
        const user = await directory.findUserByEmail(ctx, email)
        const held = user && (await rightsOf(ctx, account.accountId, 'user', user.objectId))
        if (held && held.roles.length + held.permissions.length > 0) {
          throw conflict('MemberExists', `${email} belongs to the account already.`, at)
        }
      }
      const [waiting] = await ctx.tx
        .select({ email: invitation.email })
        .from(invitation)
        .where(
          and(
            eq(invitation.accountId, account.accountId),
            inArray(
              invitation.emailKey,
              addresses.map((email) => email.toLowerCase()),
            ),
            isPending,
          ),
        )
      if (waiting) throw conflict('InvitationPending', `${waiting.email} has an invitation. Open it to send it again.`, at)
      const made: Invitation[] = []
      for (const email of addresses) {
        const { token, tokenHash } = newLinkToken()
        const row: InvitationRow = {
          invitationId: newId<'invitation'>(),
          accountId: account.accountId,
          tenantId,
          email,
          emailKey: email.toLowerCase(),
          ...rights,
          tokenHash,
          invitedBy: nameOf(ctx),
          createdAt: ctx.wall,
          sentAt: ctx.wall,
          expiresAt: ctx.wall.add({ hours: 24 * lifetimeDays }),
          acceptedAt: null,
          acceptedBy: null,
          withdrawnAt: null,
        }
        await ctx.tx.insert(invitation).values(row)
        await directory.inviteGuest(ctx, { tenantId, email })
        await send(ctx, row, account.legalName, token)
        await kernel.audit.record(ctx, {
          action: 'account.invite',
          target: `invitation:${row.invitationId}`,
          after: { accountId: account.accountId, email, ...rights },
        })
        made.push(toInvitation(ctx, row))
      }
      return made
    },

    /** Invitations that wait, by address; with `search` those whose address has it. @throws forbidden */
    async invitations(ctx: Ctx, accountId: string, search = ''): Promise<Invitation[]> {
      await accountFor(ctx, accountId, 'member.read')
      const rows = await ctx.tx
        .select()
        .from(invitation)
        .where(and(eq(invitation.accountId, accountId), isPending))
        .orderBy(invitation.emailKey)
      const wanted = search.trim().toLowerCase()
      return rows.filter((row) => row.emailKey.includes(wanted)).map((row) => toInvitation(ctx, row))
    },

    /** One that waits. @throws not-found `UnknownInvitation`, forbidden */
    async invitation(ctx: Ctx, accountId: string, invitationId: string): Promise<Invitation> {
      await accountFor(ctx, accountId, 'member.read')
      const [row] = isUuid(invitationId)
        ? await ctx.tx
            .select()
            .from(invitation)
            .where(and(eq(invitation.accountId, accountId), eq(invitation.invitationId, invitationId), isPending))
        : []
      if (!row) throw notFound('UnknownInvitation', 'This invitation was accepted or withdrawn.')
      return toInvitation(ctx, row)
    },

    /** Mails a new link; the old one opens nothing any more. @throws not-found `UnknownInvitation`, forbidden */
    async resendInvitation(ctx: Ctx, accountId: string, invitationId: string): Promise<void> {
      const { account, tenantId } = await managed(ctx, accountId)
      const [row] = await pending(ctx, account.accountId, tenantId, [invitationId])
      if (!row) return
      checkOwnRights(ctx, account, row)
      const { token, tokenHash } = newLinkToken()
      await ctx.tx
        .update(invitation)
        .set({ tokenHash, sentAt: ctx.wall, expiresAt: ctx.wall.add({ hours: 24 * lifetimeDays }) })
        .where(eq(invitation.invitationId, row.invitationId))
      await send(ctx, row, account.legalName, token)
      await kernel.audit.record(ctx, {
        action: 'account.invite-again',
        target: `invitation:${row.invitationId}`,
        after: { accountId: account.accountId, email: row.email },
      })
    },

    /** Takes invitations back: their links open nothing any more. @throws not-found `UnknownInvitation`, forbidden */
    async withdrawInvitations(ctx: Ctx, accountId: string, ids: readonly string[]): Promise<void> {
      const { account, tenantId } = await managed(ctx, accountId)
      for (const row of await pending(ctx, account.accountId, tenantId, ids)) {
        await ctx.tx.update(invitation).set({ withdrawnAt: ctx.wall }).where(eq(invitation.invitationId, row.invitationId))
        await directory.removeGuest(ctx, { tenantId, email: row.email })
        await kernel.audit.record(ctx, {
          action: 'account.invite-withdraw',
          target: `invitation:${row.invitationId}`,
          before: { accountId: account.accountId, email: row.email },
        })
      }
    },

    /** What a mailed link opens. @throws gone `InvitationUnknown`, `InvitationUsed`, `InvitationWithdrawn`, `InvitationExpired` */
    async openInvitation(ctx: Ctx, token: string): Promise<OpenInvitation> {
      const row = await opened(ctx, token)
      return {
        email: row.email,
        account: row.account.legalName,
        invitedBy: row.invitedBy,
        rights: rightsText(row),
        isKnown: (await directory.findUserByEmail(ctx, row.email)) !== null,
      }
    },

    /**
     * Accepts as the person who is signed in, who must have the address that was invited.
     * @throws gone as {@link openInvitation}, forbidden `OtherPerson`
     */
    async acceptInvitation(ctx: Ctx, token: string): Promise<void> {
      const row = await opened(ctx, token, { lock: true })
      const { principal } = ctx
      if (principal.kind !== 'user' || principal.impersonator || principal.email.toLowerCase() !== row.emailKey) {
        throw forbidden('OtherPerson', `The invitation is for ${row.email}. Sign in with that address to accept it.`)
      }
      await accept(ctx, row, principal.objectId)
    },

    /**
     * Accepts as somebody who is no user anywhere here yet: makes a guest of the directory, whose address the mail has proved.
     * @throws gone as {@link openInvitation}, conflict `EmailTaken`, invalid, also `ForeignDomain`, `PasswordLength`
     */
    async acceptInvitationAsGuest(ctx: Ctx, token: string, input: { displayName: string; password: string }): Promise<void> {
      const row = await opened(ctx, token, { lock: true })
      const { tenantId, email } = row
      const user = await directory.createUser(ctx, { tenantId, email, ...input, kind: 'guest' })
      await accept(ctx, row, user.objectId)
    },
  }
}

function toInvitation(ctx: Ctx, row: InvitationRow): Invitation {
  const { invitationId: id, email, tenantId, roles, permissions, invitedBy, sentAt, expiresAt } = row
  const isExpired = Temporal.Instant.compare(ctx.wall, expiresAt) >= 0
  return { id, email, tenantId, roles, permissions, invitedBy, sentAt, expiresAt, isExpired }
}

/** The addresses of a field, each once. @throws invalid `NoAddress`, `TooManyAddresses`, `DuplicateAddress` */
function checkAddresses(text: string): string[] {
  const addresses = text
    .split(/[,;]/)
    .map((address) => address.trim())
    .filter((address) => address !== '')
  if (addresses.length === 0) throw invalid('NoAddress', 'Give at least one address.', at)
  if (addresses.length > mostAddresses) {
    throw invalid('TooManyAddresses', `You can invite ${mostAddresses} people at once; these are ${addresses.length} addresses.`, at)
  }
  const seen = new Set<string>()
  for (const address of addresses) {
    if (seen.has(address.toLowerCase())) throw invalid('DuplicateAddress', `${shortened(address)} stands there twice.`, at)
    seen.add(address.toLowerCase())
  }
  return addresses
}

/** Whatever was typed, as a sentence can hold it. */
function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
