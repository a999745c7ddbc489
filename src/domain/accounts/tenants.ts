import { and, eq, isNull, sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import { allows } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, forbidden, gone, notFound } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Directory } from '../directory/index.ts'
import { checkedForm, mailAddress, neededLine } from './form-shape.ts'
import { hashOfLink, newLinkToken } from './link-token.ts'
import * as tables from './schema.ts'
import { type AccountRow, accountFor, nameOf, resourceOf } from './seller-account.ts'

/** Lets people of a directory be given rights in an account. Twice is once. @param input.by e-mail address; empty when the account was opened with it */
export async function associateTenant(ctx: Ctx, input: { accountId: string; tenantId: string; by: string }): Promise<boolean> {
  const made = await ctx.tx
    .insert(tables.accountTenant)
    .values({ accountId: input.accountId, tenantId: input.tenantId, associatedAt: ctx.now, associatedBy: input.by })
    .onConflictDoNothing()
    .returning({ tenantId: tables.accountTenant.tenantId })
  return made.length > 0
}

/** Whether people of a directory can be given rights in an account. */
export async function isAssociated(ctx: Ctx, accountId: string, tenantId: string): Promise<boolean> {
  const { accountTenant } = tables
  const [row] = await ctx.tx
    .select({ tenantId: accountTenant.tenantId })
    .from(accountTenant)
    .where(and(eq(accountTenant.accountId, accountId), eq(accountTenant.tenantId, tenantId)))
  return row !== undefined
}

/** A directory of an account, as its Tenants page shows it. */
export interface AccountTenant {
  tenantId: string
  name: string
  domain: string
  /** users, groups and applications of it that have rights in the account */
  members: number
  associatedAt: Temporal.Instant
  associatedBy: string
  /** the one who asks is signed in from it */
  isOwn: boolean
}

/** What somebody who opened the link of a manager is asked to confirm. */
export interface TenantRequest {
  account: string
  requester: string
  /** the directory that the one who acts is signed in to */
  organisation: string
  domain: string
  user: string
  mayConfirm: boolean
  isAssociated: boolean
}

export interface NewAccountTenant {
  /** `contoso` becomes `contoso.onmicrosoft.com` */
  domainName: string
  contactEmail: string
  firstName: string
  lastName: string
  username: string
  password: string
}

const requestMinutes = 60

const tenantForm = z.object({
  domainName: z
    .string()
    .trim()
    .toLowerCase()
    .regex(/^[a-z][a-z0-9]{0,26}$/, 'A domain name has 1 to 27 letters and digits and begins with a letter.'),
  contactEmail: mailAddress,
  firstName: neededLine('The first name', 60, 'Give the first name.'),
  lastName: neededLine('The last name', 60, 'Give the last name.'),
  username: z
    .string()
    .trim()
    .regex(
      /^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$/,
      'A user name has letters and digits, with single points, hyphens or underscores between them.',
    )
    .max(64, 'A user name has at most 64 characters.'),
})

/** Directories whose people work for an account (spec/01 §7.1). */
export function createTenants(kernel: Kernel, directory: Directory) {
  const { accountTenant, tenantRequest, member } = tables
  const suffix = kernel.config.directoryDomain

  /** Who administers a directory that joins manages its people in the account: nobody else could begin. */
  async function makeManager(ctx: Ctx, account: AccountRow, tenantId: string, objectId: string): Promise<void> {
    await ctx.tx
      .insert(member)
      .values({
        accountId: account.accountId,
        memberKind: 'user',
        memberId: objectId,
        tenantId,
        roles: ['manager'],
        permissions: [],
        createdAt: ctx.now,
      })
      .onConflictDoNothing()
    await kernel.audit.record(ctx, {
      action: 'account.member',
      target: `user:${objectId}`,
      after: { accountId: account.accountId, roles: ['manager'], permissions: [] },
      reason: 'administers a directory that joined the account',
    })
  }

  async function associate(ctx: Ctx, account: AccountRow, tenantId: string, by: string): Promise<void> {
    if (!(await associateTenant(ctx, { accountId: account.accountId, tenantId, by }))) {
      throw conflict('TenantAssociated', 'This directory belongs to the account already.')
    }
    await kernel.audit.record(ctx, {
      action: 'account.tenant-add',
      target: `tenant:${tenantId}`,
      after: { accountId: account.accountId, by },
    })
  }

  /** A link that still holds, and its account. @throws gone `RequestOver` */
  async function openRequest(ctx: Ctx, token: string, { lock = false } = {}) {
    const tokenHash = hashOfLink(token)
    if (lock) await ctx.tx.select().from(tenantRequest).where(eq(tenantRequest.tokenHash, tokenHash)).for('update')
    const [found] = await ctx.tx
      .select()
      .from(tenantRequest)
      .innerJoin(tables.sellerAccount, eq(tables.sellerAccount.accountId, tenantRequest.accountId))
      .where(and(eq(tenantRequest.tokenHash, tokenHash), isNull(tenantRequest.usedBy)))
    if (!found || Temporal.Instant.compare(ctx.wall, found.tenant_request.expiresAt) >= 0) {
      throw gone('RequestOver', 'This link has been used or is older than an hour. Begin again on the Tenants page.')
    }
    const { tenant_request: request, seller_account: account } = found
    // Whoever began may have lost the right meanwhile.
    const requester = await directory.principal(ctx, request.requestedBy)
    if (!requester || !allows(requester, 'tenant.manage', resourceOf(account))) {
      throw gone('RequestOver', `${request.requester} does not manage the account any more.`)
    }
    return { request, account }
  }

  return {
    /** The directories of an account, the oldest first. @throws not-found `UnknownAccount`, forbidden */
    async tenants(ctx: Ctx, accountId: string): Promise<AccountTenant[]> {
      const account = await accountFor(ctx, accountId, 'tenant.manage')
      const rows = await ctx.tx
        .select({
          tenantId: accountTenant.tenantId,
          associatedAt: accountTenant.associatedAt,
          associatedBy: accountTenant.associatedBy,
          members: sql<number>`(select count(*)::int from accounts.member where member.account_id = account_tenant.account_id and member.tenant_id = account_tenant.tenant_id)`,
        })
        .from(accountTenant)
        .where(eq(accountTenant.accountId, account.accountId))
        .orderBy(accountTenant.associatedAt, accountTenant.tenantId)
      const known = await directory.getTenants(
        ctx,
        rows.map((row) => row.tenantId),
      )
      const names = new Map(known.map((tenant) => [tenant.tenantId as string, tenant]))
      const own = 'tenantId' in ctx.principal ? ctx.principal.tenantId : null
      return rows.flatMap((row) => {
        const tenant = names.get(row.tenantId)
        return tenant ? [{ ...row, name: tenant.name, domain: tenant.domain, isOwn: row.tenantId === own }] : []
      })
    },

    /**
     * Begins to associate a directory: the link is opened by somebody who signs in to it as its global administrator.
     * @returns the link's token, valid once, for an hour
     * @throws not-found `UnknownAccount`, forbidden
     */
    async requestTenant(ctx: Ctx, accountId: string): Promise<string> {
      const account = await accountFor(ctx, accountId, 'tenant.manage')
      if (ctx.principal.kind !== 'user') throw forbidden('NotAllowed', 'Only a person can associate a directory.')
      const { token, tokenHash } = newLinkToken()
      await ctx.tx.insert(tenantRequest).values({
        tokenHash,
        accountId: account.accountId,
        requestedBy: ctx.principal.objectId,
        requester: nameOf(ctx),
        expiresAt: ctx.wall.add({ minutes: requestMinutes }),
        usedBy: null,
      })
      return token
    },

    /** What the one who is signed in would confirm. @throws gone `RequestOver`, forbidden */
    async openTenantRequest(ctx: Ctx, token: string): Promise<TenantRequest> {
      const { request, account } = await openRequest(ctx, token)
      const { principal } = ctx
      const tenant = principal.kind === 'user' ? await directory.findTenant(ctx, principal.tenantId) : null
      if (principal.kind !== 'user' || !tenant) throw forbidden('NotAllowed', 'Sign in to the directory first.')
      return {
        account: account.legalName,
        requester: request.requester,
        organisation: tenant.name,
        domain: tenant.domain,
        user: principal.email,
        mayConfirm: principal.roles.includes('global-admin') && !principal.isGuest,
        isAssociated: await isAssociated(ctx, account.accountId, tenant.tenantId),
      }
    },

    /**
     * Associates the directory that the one who acts is signed in to; he manages its people in the account from then on.
     * @throws gone `RequestOver`, conflict `TenantAssociated`, forbidden `AdministratorNeeded`
     */
    async confirmTenant(ctx: Ctx, token: string): Promise<{ accountId: string }> {
      const { request, account } = await openRequest(ctx, token, { lock: true })
      const { principal } = ctx
      if (principal.kind !== 'user' || principal.impersonator || principal.isGuest || !principal.roles.includes('global-admin')) {
        throw forbidden('AdministratorNeeded', 'Only a global administrator of the directory can associate it with an account.')
      }
      await associate(ctx, account, principal.tenantId, request.requester)
      await ctx.tx.update(tenantRequest).set({ usedBy: principal.tenantId }).where(eq(tenantRequest.tokenHash, request.tokenHash))
      await makeManager(ctx, account, principal.tenantId, principal.objectId)
      return { accountId: account.accountId }
    },

    /**
     * Makes a directory with its first global administrator and associates it.
     * @throws invalid `InvalidTenant`, also `PasswordLength`, conflict `DomainTaken`, not-found `UnknownAccount`, forbidden
     */
    async createAccountTenant(
      ctx: Ctx,
      accountId: string,
      input: NewAccountTenant,
    ): Promise<{ tenantId: string; domain: string; email: string }> {
      const account = await accountFor(ctx, accountId, 'tenant.manage', { lock: true })
      const { password, ...lines } = input
      const form = checkedForm(tenantForm, lines, 'InvalidTenant')
      const domain = `${form.domainName}.${suffix}`
      if ((await directory.domainOwner(ctx, domain)) !== null) {
        throw conflict('DomainTaken', `The domain ${domain} belongs to another directory. Choose another name.`, { target: 'domainName' })
      }
      const { tenantId } = await directory.createTenant(ctx, {
        name: form.domainName,
        domain,
        country: account.country,
        contactEmail: form.contactEmail,
      })
      const user = await directory.createUser(ctx, {
        tenantId,
        email: `${form.username}@${domain}`,
        displayName: `${form.firstName} ${form.lastName}`,
        roles: ['global-admin'],
        password,
        recoveryEmail: form.contactEmail,
      })
      await associate(ctx, account, tenantId, nameOf(ctx))
      await makeManager(ctx, account, tenantId, user.objectId)
      return { tenantId, domain, email: user.email }
    },

    /**
     * Takes a directory out of the account: nobody of it has rights there any more, and invitations to it are withdrawn.
     * @throws not-found `UnknownTenant`, conflict `SignedInFromTenant`, `OnlyTenant`, `LastOwner`, forbidden, also `OtherDirectory`
     */
    async removeTenant(ctx: Ctx, accountId: string, tenantId: string): Promise<void> {
      const account = await accountFor(ctx, accountId, 'tenant.manage', { lock: true })
      const { principal } = ctx
      if (principal.kind !== 'user') throw forbidden('NotAllowed', 'Only a person can remove a directory.')
      const linked = await ctx.tx
        .select({ tenantId: accountTenant.tenantId })
        .from(accountTenant)
        .where(eq(accountTenant.accountId, account.accountId))
      if (!isUuid(tenantId) || !linked.some((row) => row.tenantId === tenantId)) {
        throw notFound('UnknownTenant', 'This directory does not belong to the account.', { target: 'tenantId' })
      }
      if (principal.tenantId === tenantId) {
        throw conflict('SignedInFromTenant', 'You are signed in from this directory. Sign in from another one of the account to remove it.')
      }
      const isOpener = principal.objectId === account.openedBy
      if (linked.length === 1 && !isOpener) {
        throw conflict('OnlyTenant', 'This is the only directory of the account. Only the person who opened the account can remove it.')
      }
      if (!isOpener && !linked.some((row) => row.tenantId === principal.tenantId)) {
        throw forbidden('OtherDirectory', 'Sign in from another directory of the account to remove this one.')
      }
      const leaving = await ctx.tx
        .delete(member)
        .where(and(eq(member.accountId, account.accountId), eq(member.tenantId, tenantId)))
        .returning({ kind: member.memberKind, id: member.memberId, roles: member.roles })
      const [owner] = await ctx.tx
        .select({ id: member.memberId })
        .from(member)
        .where(and(eq(member.accountId, account.accountId), eq(member.memberKind, 'user'), sql`'owner' = any(${member.roles})`))
        .limit(1)
      if (!owner && leaving.some((row) => row.kind === 'user' && row.roles.includes('owner'))) {
        throw conflict('LastOwner', 'Every owner of the account is of this directory. Make somebody of another one an owner first.')
      }
      await ctx.tx.delete(accountTenant).where(and(eq(accountTenant.accountId, account.accountId), eq(accountTenant.tenantId, tenantId)))
      const { invitation } = tables
      await ctx.tx
        .update(invitation)
        .set({ withdrawnAt: ctx.wall })
        .where(
          and(
            eq(invitation.accountId, account.accountId),
            eq(invitation.tenantId, tenantId),
            isNull(invitation.acceptedAt),
            isNull(invitation.withdrawnAt),
          ),
        )
      await kernel.audit.record(ctx, {
        action: 'account.tenant-remove',
        target: `tenant:${tenantId}`,
        before: { accountId: account.accountId, members: leaving.map(({ kind, id }) => `${kind}:${id}`) },
      })
    },

    /** What follows the name in the domain of a directory made here. */
    directoryDomain: suffix,
  }
}
