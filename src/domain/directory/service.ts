import type { Temporal } from 'temporal-polyfill'
import type { Ctx, UserPrincipal } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import * as applications from './applications.ts'
import { registerJobs, sendSweep } from './jobs.ts'
import * as payloads from './oidc-payloads.ts'
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
    async completeSignIn(ctx: Ctx, input: Parameters<typeof signIn.completeSignIn>[1]): Promise<string | null> {
      const value = await signIn.completeSignIn(ctx, input)
      if (value) await sendSweep(kernel, ctx)
      return value
    },
    startSession: sessions.startSession,
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
