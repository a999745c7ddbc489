import type { Temporal } from 'temporal-polyfill'
import type { Ctx, Membership, UserPrincipal } from '../../kernel/context.ts'
import { conflict, notFound, unauthenticated } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import * as applications from './applications.ts'
import * as consents from './consents.ts'
import * as domains from './domains.ts'
import * as groupSearch from './group-search.ts'
import * as groups from './groups.ts'
import * as guestSignIn from './guest-sign-in.ts'
import * as guests from './guests.ts'
import { eraseUser } from './erasure.ts'
import * as halfSignIn from './half-sign-in.ts'
import { createImpersonation, inPlaceOf } from './impersonation.ts'
import { registerJobs, sendPersonalMail, sendResetMail, sendSweep } from './jobs.ts'
import * as payloads from './oidc-payloads.ts'
import * as outside from './outside.ts'
import * as passkeys from './passkeys.ts'
import * as passwordReset from './password-reset.ts'
import * as personal from './personal.ts'
import * as profiles from './profiles.ts'
import * as provisioning from './provisioning-tokens.ts'
import { resources } from './resources.ts'
import * as secondFactor from './second-factor.ts'
import * as sessions from './sessions.ts'
import * as signIn from './sign-in.ts'
import { createKeyRing, rotateOldKey, rotateSigningKey } from './signing-keys.ts'
import * as tenants from './tenants.ts'
import { inspectToken } from './token-inspection.ts'
import { issueTicket, spendTicket, type TicketUse } from './tickets.ts'
import * as tokens from './tokens.ts'
import * as staff from './staff.ts'
import * as users from './users.ts'

const consentMinutes = 10
const consentTicket = (input: { user: users.User; clientId: string; scopes: readonly string[] }): TicketUse => ({
  purpose: 'consent',
  bound: [input.user.objectId, input.clientId, ...input.scopes],
})

/** Tenants, users, applications, and what proves who they are. */
export function createDirectory(kernel: Kernel, { resolveTxt = domains.resolveTxtRecords }: { resolveTxt?: domains.ResolveTxt } = {}) {
  registerJobs(kernel)
  const keys = createKeyRing(kernel)
  const impersonation = createImpersonation(kernel)
  const sources: tokens.MembershipSource[] = []
  const memberships: tokens.MembershipSource = async (ctx, who) => {
    const found: Membership[] = []
    for (const source of sources) found.push(...(await source(ctx, who)))
    return found
  }

  const actor = async (ctx: Ctx, user: users.User, groups: readonly string[]) =>
    users.principalOf(user, await memberships(ctx, { kind: 'user', id: user.objectId, groups }))

  async function mustHaveSecond(ctx: Ctx, user: users.User): Promise<boolean> {
    const { secondFactor: policy } = kernel.config
    if (policy === 'optional') return false
    if (user.roles.includes('operator')) return true
    if (policy !== 'operators-and-owners') return false
    const held = await memberships(ctx, { kind: 'user', id: user.objectId, groups: [] })
    return held.some((membership) => membership.roles.includes('owner'))
  }

  /** The policy holds when the transaction ends, not only before it. */
  async function keepRequiredFactor(ctx: Ctx, user: users.User): Promise<void> {
    if ((await secondFactor.findSecondFactor(ctx, user.objectId)) === null && (await mustHaveSecond(ctx, user))) {
      throw conflict('SecondFactorRequired', 'Your account must have a second proof; the last one cannot be removed.')
    }
  }

  const tokenService = tokens.createTokenService(kernel.config.issuerUrl, keys, memberships)

  return {
    createTenant: tenants.createTenant,
    findTenant: tenants.findTenant,
    getTenants: tenants.getTenants,
    domainsOf: tenants.domainsOf,
    listDomains: domains.listDomains,
    listClaims: domains.listClaims,
    async claimDomain(ctx: Ctx, tenantId: string, name: string): Promise<domains.DomainClaim> {
      const claim = await domains.claimDomain(ctx, tenantId, name)
      await kernel.audit.record(ctx, { action: 'domain.claim', target: `tenant:${tenantId}`, after: { domain: claim.name } })
      return claim
    },
    findClaim: domains.findClaim,
    /** Whether a claim is proved: in the sandbox at once, else as DNS says. Asks the outside world: never within a transaction. */
    isProved: async (claim: domains.DomainClaim) => kernel.config.mode === 'sandbox' || domains.isProved(claim, resolveTxt),
    async confirmDomain(ctx: Ctx, tenantId: string, name: string, proved: boolean): Promise<void> {
      await domains.confirmDomain(ctx, tenantId, name, proved)
      await kernel.audit.record(ctx, { action: 'domain.add', target: `tenant:${tenantId}`, after: { domain: name } })
    },
    dropClaim: domains.dropClaim,
    async makePrimary(ctx: Ctx, tenantId: string, name: string): Promise<void> {
      await domains.makePrimary(ctx, tenantId, name)
      await kernel.audit.record(ctx, { action: 'domain.primary', target: `tenant:${tenantId}`, after: { domain: name } })
    },
    async removeDomain(ctx: Ctx, tenantId: string, name: string): Promise<void> {
      await domains.removeDomain(ctx, tenantId, name)
      await kernel.audit.record(ctx, { action: 'domain.remove', target: `tenant:${tenantId}`, before: { domain: name } })
    },
    domainOwner: tenants.domainOwner,
    isSynchronised: tenants.isSynchronised,
    async setSynchronised(ctx: Ctx, tenantId: string, synchronised: boolean): Promise<void> {
      await tenants.setSynchronised(ctx, tenantId, synchronised)
      await kernel.audit.record(ctx, { action: 'directory.synchronise', target: `tenant:${tenantId}`, after: { synchronised } })
    },
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
    async updateUser(ctx: Ctx, objectId: string, change: users.UserChange): Promise<users.User> {
      const { before, after } = await users.updateUser(ctx, objectId, change)
      await kernel.audit.record(ctx, { action: 'user.change', target: `user:${objectId}`, before, after })
      return after
    },
    /** A password that the administrator sees once and the user changes at once. */
    async resetToTemporary(ctx: Ctx, objectId: string): Promise<string> {
      const password = await users.resetToTemporary(ctx, objectId)
      await kernel.audit.record(ctx, { action: 'user.password', target: `user:${objectId}`, reason: 'temporary, made by an administrator' })
      return password
    },
    getProfiles: profiles.getProfiles,
    findPeople: profiles.findPeople,
    async setProfile(ctx: Ctx, objectId: string, fields: Partial<profiles.ProfileFields>): Promise<void> {
      await profiles.setProfile(ctx, objectId, fields)
      await kernel.audit.record(ctx, { action: 'user.profile', target: `user:${objectId}`, after: fields })
    },
    async removeUser(ctx: Ctx, objectId: string): Promise<void> {
      await profiles.removeUser(ctx, objectId)
      await kernel.audit.record(ctx, { action: 'user.remove', target: `user:${objectId}` })
    },

    /** Lets another directory keep this one's people and groups; the portal then no longer makes any. The value is shown this once. */
    async issueProvisioningToken(ctx: Ctx, input: Parameters<typeof provisioning.issueProvisioningToken>[1]) {
      const token = await provisioning.issueProvisioningToken(ctx, input)
      const { value: _value, ...after } = token
      await kernel.audit.record(ctx, {
        action: 'provisioning-token.create',
        target: `tenant:${input.tenantId}`,
        after: { ...after, createdAt: undefined, lastUsedAt: undefined, expiresAt: token.expiresAt.toString() },
      })
      await tenants.setSynchronised(ctx, input.tenantId, true)
      return token
    },
    listProvisioningTokens: provisioning.listProvisioningTokens,
    async revokeProvisioningToken(ctx: Ctx, tenantId: string, tokenId: string): Promise<void> {
      await provisioning.revokeProvisioningToken(ctx, tenantId, tokenId)
      await kernel.audit.record(ctx, { action: 'provisioning-token.revoke', target: `tenant:${tenantId}`, before: { tokenId } })
      if ((await provisioning.listProvisioningTokens(ctx, tenantId)).length === 0) await tenants.setSynchronised(ctx, tenantId, false)
    },
    findProvisioningToken: provisioning.findProvisioningToken,

    isAddress: users.isAddress,
    getUsers: users.getUsers,
    eraseUser,
    findUserByEmail: users.findUserByEmail,
    listUsers: users.listUsers,
    operators: staff.operators,
    listPeople: users.listPeople,

    async createGroup(ctx: Ctx, input: groups.NewGroup): Promise<groups.Group> {
      const group = await groups.createGroup(ctx, input)
      const { groupId, ...after } = group
      await kernel.audit.record(ctx, { action: 'group.create', target: `group:${groupId}`, after })
      return group
    },
    async renameGroup(ctx: Ctx, groupId: string, displayName: string): Promise<void> {
      await groups.renameGroup(ctx, groupId, displayName)
      await kernel.audit.record(ctx, { action: 'group.rename', target: `group:${groupId}`, after: { displayName } })
    },
    async setGroupMembers(ctx: Ctx, groupId: string, change: groups.MembersChange): Promise<void> {
      await groups.setGroupMembers(ctx, groupId, change)
      await kernel.audit.record(ctx, { action: 'group.members', target: `group:${groupId}`, after: change })
    },
    async removeGroup(ctx: Ctx, groupId: string): Promise<void> {
      await groups.removeGroup(ctx, groupId)
      await kernel.audit.record(ctx, { action: 'group.remove', target: `group:${groupId}` })
    },
    getGroups: groups.getGroups,
    inviteGuest: guests.inviteGuest,
    acceptGuest: guests.acceptGuest,
    removeGuest: guests.removeGuest,
    guestsOf: guests.guestsOf,
    listGroups: groups.listGroups,
    findGroups: groupSearch.findGroups,
    findGroup: groupSearch.findGroup,
    noteGroupChange: groupSearch.noteGroupChange,
    groupMembers: groups.groupMembers,
    groupsOf: groups.groupsOf,

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
    /** @throws what userOfOutside throws, forbidden `UserDisabled` */
    async signInFromOutside(
      ctx: Ctx,
      input: { person: outside.OutsidePerson; origin: sessions.Origin; previousSession?: string | undefined },
    ): ReturnType<typeof signIn.signInFromOutside> {
      const { outsideIssuer } = kernel.config
      if (!outsideIssuer) throw notFound('NoOutsideIssuer', 'No outside issuer is configured.')
      const { person, ...visit } = input
      const user = await outside.userOfOutside(ctx, outsideIssuer, person)
      const { amr } = person.claims
      const proved = Array.isArray(amr) && amr.includes('mfa') ? 'twice' : 'once'
      const end = await signIn.signInFromOutside(ctx, { user, proved, mustHave: await mustHaveSecond(ctx, user), ...visit })
      await sendSweep(kernel, ctx)
      return end
    },
    /** Whether people of a directory sign in at the outside issuer. */
    signsInOutside: async (ctx: Ctx, tenantId: string) =>
      kernel.config.outsideIssuer ? outside.signsInOutside(ctx, kernel.config.outsideIssuer, tenantId) : false,
    /** What is asked of a person who has not allowed it yet, as a ticket for the answer, good once within ten minutes. */
    askConsent: async (ctx: Ctx, input: { user: users.User; clientId: string; scopes: readonly string[] }) =>
      issueTicket(ctx, kernel.secrets, consentTicket(input), consentMinutes).toString('base64url'),
    missingConsent: consents.missingConsent,
    /** Writes down what a person allows. False when the ticket is not of this very question, or used, or over. */
    async grantConsent(
      ctx: Ctx,
      input: { user: users.User; clientId: string; scopes: readonly string[]; ticket: string },
    ): Promise<boolean> {
      const { user, clientId, scopes, ticket } = input
      if (!(await spendTicket(ctx, kernel.secrets, consentTicket(input), ticket))) return false
      const { objectId } = user
      await consents.grantConsent(ctx, { objectId, clientId, scopes })
      await kernel.audit.record(ctx, { action: 'consent.grant', target: `user:${objectId}`, after: { clientId, scopes } })
      return true
    },
    listConsents: consents.listConsents,
    async withdrawConsent(ctx: Ctx, objectId: string, clientId: string): Promise<void> {
      await consents.withdrawConsent(ctx, objectId, clientId)
      await kernel.audit.record(ctx, { action: 'consent.withdraw', target: `user:${objectId}`, before: { clientId } })
    },
    countPersonalRequest: personal.countPersonalRequest,
    /** Has mailed how to go on to who asks for a personal account; whoever asked learns nothing. */
    requestPersonal: (ctx: Ctx, input: personal.NewPersonal) => sendPersonalMail(kernel, ctx, input),
    async createPersonal(ctx: Ctx, input: personal.NewPersonal & { ticket: string; password: string }): Promise<users.User> {
      const user = await personal.createPersonal(ctx, kernel.secrets, input)
      const { tenantId, email } = user
      await kernel.audit.record(ctx, { action: 'user.create', target: `user:${user.objectId}`, after: { tenantId, email } })
      return user
    },
    /** A person's name as it would be kept, or what is wrong with it. */
    checkName: users.checkName,
    isGuestOf: guestSignIn.isGuestOf,
    guestObjectId: guestSignIn.guestObjectId,
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
    /** Ends a user's authenticator app, after a code of it. @throws conflict `SecondFactorRequired` when the policy wants one and this is the last */
    async removeAuthenticator(ctx: Ctx, user: users.User): Promise<void> {
      await secondFactor.removeAuthenticator(ctx, user.objectId)
      await keepRequiredFactor(ctx, user)
      await kernel.audit.record(ctx, {
        action: 'user.second-factor-remove',
        target: `user:${user.objectId}`,
        before: { kind: 'authenticator' },
      })
    },

    offerPasskey: (ctx: Ctx, user: users.User, browser: string) => passkeys.offerPasskey(ctx, kernel, { user, browser }),
    /** Keeps a passkey; with the first second proof of a user come recovery codes, else null. */
    async addPasskey(ctx: Ctx, input: { user: users.User; browser: string; name: string; response: string }): Promise<string[] | null> {
      const { objectId } = input.user
      const first = (await secondFactor.findSecondFactor(ctx, objectId)) === null
      const passkey = await passkeys.addPasskey(ctx, kernel, input)
      const after = { kind: 'passkey', name: passkey.name }
      await kernel.audit.record(ctx, { action: 'user.second-factor', target: `user:${objectId}`, after })
      return first ? secondFactor.renewRecoveryCodes(ctx, objectId) : null
    },
    renamePasskey: passkeys.renamePasskey,
    /** @throws not-found `UnknownPasskey`, conflict `SecondFactorRequired` when the policy wants one and this is the last */
    async removePasskey(ctx: Ctx, user: users.User, credentialId: string): Promise<void> {
      await passkeys.removePasskey(ctx, user.objectId, credentialId)
      await secondFactor.dropCodesWithoutFactor(ctx, user.objectId)
      await keepRequiredFactor(ctx, user)
      await kernel.audit.record(ctx, { action: 'user.second-factor-remove', target: `user:${user.objectId}`, before: { kind: 'passkey' } })
    },
    askPasskey: (ctx: Ctx, input: { objectId: string | null; browser: string }) => passkeys.askPasskey(ctx, kernel, input),
    takePasskey: (ctx: Ctx, input: { objectId: string | null; browser: string; response: string }) =>
      passkeys.takePasskey(ctx, kernel, input),
    countPasskey: signIn.countPasskey,
    signInByPasskey: signIn.signInByPasskey,

    /** Ends every second proof of a user: by the staff, for who has lost phone and paper. */
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

    ...impersonation,

    /** The signed-in user of a `stoa_session` cookie's value, with all roles, or null; where an operator has taken somebody's place, that person. */
    async sessionUser(ctx: Ctx, cookieValue: string | undefined): Promise<UserPrincipal | null> {
      const session = await sessions.findSession(ctx, cookieValue)
      if (!session) return null
      const taken = session.user.roles.includes('operator') && cookieValue ? await impersonation.impersonationOf(ctx, cookieValue) : null
      const person = taken && (await users.findActor(ctx, taken.objectId))
      if (taken && person) return inPlaceOf(await actor(ctx, person.user, person.groups), session.user, taken.endsAt)
      return actor(ctx, session.user, session.groups)
    },
    /** A user as principal, with all roles; null when unknown or disabled. */
    async principal(ctx: Ctx, objectId: string): Promise<UserPrincipal | null> {
      const found = await users.findActor(ctx, objectId)
      return found && actor(ctx, found.user, found.groups)
    },
    /** What seller accounts give to a user now, himself and through groups; also to one who is disabled. */
    async membershipsOf(ctx: Ctx, objectId: string): Promise<Membership[]> {
      const groupIds = (await groups.groupsOf(ctx, [objectId])).map((one) => one.groupId)
      return memberships(ctx, { kind: 'user', id: objectId, groups: groupIds })
    },
    /** Rooms to the right that keep rights of users, groups and applications add them to principals and tokens here, once, when they are made. */
    addMembershipSource(source: tokens.MembershipSource): void {
      sources.push(source)
    },

    keys,
    async rotateSigningKey(ctx: Ctx): Promise<void> {
      await rotateSigningKey(kernel, ctx)
      await kernel.audit.record(ctx, { action: 'signing-key.rotate', target: 'signing-keys' })
    },
    /** Once an hour: a new key where the present one is a quarter of a year old. */
    async rotateOldKey(ctx: Ctx): Promise<boolean> {
      const rotated = await rotateOldKey(kernel, ctx)
      if (rotated) await kernel.audit.record(ctx, { action: 'signing-key.rotate', target: 'signing-keys', reason: 'by the calendar' })
      return rotated
    },
    clientOf: tokens.clientOf,
    authenticateClient: tokens.authenticateClient,
    clientLockedUntil: tokens.clientLockedUntil,
    countClientFailure: tokens.countClientFailure,
    checkResource: tokens.checkResource,
    ...tokenService,
    /**
     * The profile of who holds a token for the profile endpoint; null when the token has no permission to read it.
     * @throws unauthenticated `InvalidAuthenticationToken`
     */
    async readProfileToken(ctx: Ctx, token: string): Promise<{ profile: profiles.Profile; tenant: tenants.Tenant } | null> {
      const holder = await tokenService.verifyBearer(ctx, token, { audience: resources.profile })
      const permissions = (await tokenService.permissionsOf(token)).map((one) => one.toLowerCase())
      if (holder.kind !== 'user' || !permissions.some((one) => one === 'user.read' || one === '.default')) return null
      const [profile] = await profiles.getProfiles(ctx, [holder.objectId])
      const tenant = profile?.status === 'active' ? await tenants.findTenant(ctx, profile.tenantId) : null
      if (!profile || !tenant) throw unauthenticated('InvalidAuthenticationToken', 'The user of the token is no longer here.')
      return { profile, tenant }
    },
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
