import type { Temporal } from 'temporal-polyfill'
import type { Ctx, UserPrincipal } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import * as applications from './applications.ts'
import * as halfSignIn from './half-sign-in.ts'
import { registerJobs, sendResetMail, sendSweep } from './jobs.ts'
import * as payloads from './oidc-payloads.ts'
import * as passwordReset from './password-reset.ts'
import * as secondFactor from './second-factor.ts'
import * as sessions from './sessions.ts'
import * as signIn from './sign-in.ts'
import { createKeyRing, rotateSigningKey } from './signing-keys.ts'
import * as tenants from './tenants.ts'
import { inspectToken } from './token-inspection.ts'
import * as tokens from './tokens.ts'
import * as users from './users.ts'

/** Tenants, users, applications, and what proves who they are. */
export function createDirectory(kernel: Kernel) {
  registerJobs(kernel)
  const keys = createKeyRing(kernel)
  const sources: tokens.RoleSource[] = []
  const sellerRoles: tokens.RoleSource = async (ctx, who) => {
    const roles: string[] = []
    for (const source of sources) roles.push(...(await source(ctx, who)))
    return roles
  }

  async function mustHaveSecond(ctx: Ctx, user: users.User): Promise<boolean> {
    const { secondFactor: policy } = kernel.config
    if (policy === 'optional') return false
    if (user.roles.includes('operator')) return true
    return policy === 'operators-and-owners' && (await sellerRoles(ctx, { kind: 'user', id: user.objectId })).includes('owner')
  }

  return {
    createTenant: tenants.createTenant,
    findTenant: tenants.findTenant,
    getTenants: tenants.getTenants,
    listTenants: tenants.listTenants,

    async createUser(ctx: Ctx, input: users.NewUser): Promise<users.User> {
      const user = await users.createUser(ctx, input)
      const { tenantId, email, roles } = user
      await kernel.audit.record(ctx, { action: 'user.create', target: `user:${user.objectId}`, after: { tenantId, email, roles } })
      return user
    },
    async setPassword(ctx: Ctx, objectId: string, password: string): Promise<void> {
      await users.setPassword(ctx, objectId, password)
      await kernel.audit.record(ctx, { action: 'user.password', target: `user:${objectId}` })
    },
    getUsers: users.getUsers,
    findUserByEmail: users.findUserByEmail,
    listUsers: users.listUsers,
    listPeople: users.listPeople,

    async createApplication(ctx: Ctx, input: applications.NewApplication): Promise<applications.Application> {
      const app = await applications.createApplication(ctx, input)
      const { clientId, ...after } = app
      await kernel.audit.record(ctx, { action: 'application.create', target: `application:${clientId}`, after })
      return app
    },
    async addRedirectUri(ctx: Ctx, clientId: string, address: string): Promise<applications.Application> {
      const app = await applications.addRedirectUri(ctx, clientId, address)
      await kernel.audit.record(ctx, { action: 'application.redirect-add', target: `application:${app.clientId}`, after: { address } })
      return app
    },
    findApplication: applications.findApplication,
    getApplications: applications.getApplications,
    listApplications: applications.listApplications,
    async addKey(ctx: Ctx, clientId: string, options: { secret?: string; expiresAt?: Temporal.Instant } = {}) {
      const key = await applications.addKey(ctx, clientId, options)
      const after = { keyId: key.keyId, hint: key.hint, expiresAt: key.expiresAt?.toString() ?? null }
      await kernel.audit.record(ctx, { action: 'application.key-add', target: `application:${clientId}`, after })
      return key
    },
    listKeys: applications.listKeys,
    async removeKey(ctx: Ctx, clientId: string, keyId: string): Promise<void> {
      await applications.removeKey(ctx, clientId, keyId)
      await kernel.audit.record(ctx, { action: 'application.key-remove', target: `application:${clientId}`, before: { keyId } })
    },
    servicePrincipal: applications.servicePrincipal,

    beginSignIn: signIn.beginSignIn,
    passwordFits: signIn.passwordFits,
    async completeSignIn(
      ctx: Ctx,
      input: Omit<Parameters<typeof signIn.completeSignIn>[1], 'mustHaveSecond'>,
    ): Promise<signIn.SignInEnd | null> {
      const end = await signIn.completeSignIn(ctx, { ...input, mustHaveSecond: (user) => mustHaveSecond(ctx, user) })
      if (end) await sendSweep(kernel, ctx)
      return end
    },
    findHalfSignIn: halfSignIn.findHalfSignIn,
    countCode: signIn.countCode,
    finishHalfSignIn: signIn.finishHalfSignIn,

    findSecondFactor: secondFactor.findSecondFactor,
    /** Whether the installation's policy wants a second proof of this user (STOA_SECOND_FACTOR). */
    mustHaveSecond: (ctx: Ctx, user: users.User) => mustHaveSecond(ctx, user),
    offerSecondFactor: (ctx: Ctx, user: users.User) =>
      secondFactor.offerSecondFactor(ctx, kernel.secrets, { ...user, issuer: kernel.config.brand.name }),
    async confirmSecondFactor(ctx: Ctx, objectId: string, code: string): Promise<string[]> {
      const codes = await secondFactor.confirmSecondFactor(ctx, kernel.secrets, { objectId, code })
      await signIn.forgetCodes(ctx, objectId)
      await kernel.audit.record(ctx, { action: 'user.second-factor', target: `user:${objectId}`, after: { kind: 'authenticator' } })
      return codes
    },
    async takeCode(ctx: Ctx, objectId: string, code: string): Promise<'app' | 'recovery' | null> {
      const taken = await secondFactor.takeCode(ctx, kernel.secrets, { objectId, code })
      if (taken) await signIn.forgetCodes(ctx, objectId)
      return taken
    },
    async renewRecoveryCodes(ctx: Ctx, objectId: string): Promise<string[]> {
      const codes = await secondFactor.renewRecoveryCodes(ctx, objectId)
      await kernel.audit.record(ctx, { action: 'user.recovery-codes', target: `user:${objectId}` })
      return codes
    },
    /** Ends a user's second factor: by himself after a code, or by the staff for who has lost phone and paper. */
    async removeSecondFactor(ctx: Ctx, objectId: string, reason?: string): Promise<boolean> {
      const removed = await secondFactor.removeSecondFactor(ctx, objectId)
      if (removed) {
        await kernel.audit.record(ctx, { action: 'user.second-factor-remove', target: `user:${objectId}`, ...(reason ? { reason } : {}) })
      }
      return removed
    },

    countResetRequest: passwordReset.countResetRequest,
    /** Has a link to a new password mailed, if anybody has the address; whoever asked learns nothing. */
    requestReset: (ctx: Ctx, email: string) => sendResetMail(kernel, ctx, email),
    isResetOpen: passwordReset.isResetOpen,
    async resetPassword(ctx: Ctx, input: { token: string; password: string }): Promise<void> {
      const objectId = await passwordReset.resetPassword(ctx, input)
      await kernel.audit.record(ctx, { action: 'user.password', target: `user:${objectId}`, reason: 'reset by mail' })
    },

    startSession: sessions.startSession,
    listSessions: sessions.listSessions,
    endSessions: sessions.endSessions,
    endSession: sessions.endSession,
    findSession: sessions.findSession,
    sweepExpired: sessions.sweepExpired,

    /** The signed-in user of a `stoa_session` cookie's value, with all roles, or null. */
    async sessionUser(ctx: Ctx, cookieValue: string | undefined): Promise<UserPrincipal | null> {
      const session = await sessions.findSession(ctx, cookieValue)
      return session && users.principalOf(session.user, await sellerRoles(ctx, { kind: 'user', id: session.user.objectId }))
    },
    /** A user as principal, with all roles; null when unknown or disabled. */
    async principal(ctx: Ctx, objectId: string): Promise<UserPrincipal | null> {
      const [user] = await users.getUsers(ctx, [objectId])
      if (user?.status !== 'active') return null
      return users.principalOf(user, await sellerRoles(ctx, { kind: 'user', id: user.objectId }))
    },
    /** Rooms to the right that keep roles of users and applications add them to principals and tokens here, once, when they are made. */
    addRoleSource(source: tokens.RoleSource): void {
      sources.push(source)
    },

    keys,
    async rotateSigningKey(ctx: Ctx): Promise<void> {
      await rotateSigningKey(kernel, ctx)
      await kernel.audit.record(ctx, { action: 'signing-key.rotate', target: 'signing-keys' })
    },
    clientOf: tokens.clientOf,
    authenticateClient: tokens.authenticateClient,
    clientLockedUntil: tokens.clientLockedUntil,
    countClientFailure: tokens.countClientFailure,
    checkResource: tokens.checkResource,
    ...tokens.createTokenService(kernel.config.issuerUrl, keys, sellerRoles),
    /** What a pasted token says against what it should say; it is not kept. Any text may be given. */
    inspectToken: (ctx: Pick<Ctx, 'wall'>, pasted: string) => inspectToken(ctx, keys, kernel.config.issuerUrl, pasted),

    /** What the OpenID Connect library keeps. */
    oidc: {
      savePayload: payloads.savePayload,
      findPayload: payloads.findPayload,
      tenantOfPayload: payloads.tenantOfPayload,
      consumePayload: payloads.consumePayload,
      deletePayload: payloads.deletePayload,
      deleteGrant: payloads.deleteGrant,
    },
  }
}

export type Directory = ReturnType<typeof createDirectory>
