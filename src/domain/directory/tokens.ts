import { decodeProtectedHeader, jwtVerify, SignJWT } from 'jose'
import { sellerRoles } from '../../kernel/authorization.ts'
import type { ApplicationPrincipal, Ctx, Membership, UserPrincipal } from '../../kernel/context.ts'
import { invalid, unauthenticated } from '../../kernel/errors.ts'
import { newId } from '../../kernel/ids.ts'
import { type Application, checkSecret, findApplication, servicePrincipal } from './applications.ts'
import { lockedUntil, reserveAttempt } from './attempts.ts'
import { isFirstParty, resourceName, resources } from './resources.ts'
import { fingerprint } from './secrets.ts'
import type { KeyRing, SigningKey } from './signing-keys.ts'
import type { Tenant } from './tenants.ts'
import { findActor, tenantRoles, type User } from './users.ts'

/** seed 001 L25121: one hour, counted from iat */
const tokenSeconds = 3600
/** spec/08 §1.2: what verifiers allow clocks to differ */
const toleranceSeconds = 5

interface IssuedToken {
  accessToken: string
  /** as asked for, without blanks */
  resource: string
  /** Unix seconds */
  notBefore: number
  expiresOn: number
  expiresIn: number
}

interface Claims {
  aud: string
  iss: string
  tid: string
  oid?: string
  appid?: string
  azp?: string
  idtyp?: string
  roles?: string[]
  accounts?: Membership[]
  guest?: boolean
  upn?: string
  scp?: string
  name?: string
  exp: number
}

async function sign(key: SigningKey, claims: Record<string, unknown>): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid: key.kid, x5t: key.kid }).sign(key.privateKey)
}

const seconds = (ctx: Pick<Ctx, 'wall'>) => Math.floor(ctx.wall.epochMilliseconds / 1000)

/** `https://host/{tid}/` (v1) or `https://host/{tid}/v2.0` */
export function issuerOf(issuerUrl: string, tenantId: string, version: 1 | 2): string {
  return version === 1 ? `${issuerUrl}/${tenantId}/` : `${issuerUrl}/${tenantId}/v2.0`
}

const clientFailures = 200
const clientWindowMinutes = 5

/**
 * Until when a client must wait after too many wrong secrets from one place, or null. Asked before a secret is checked; only failures are
 * counted ({@link countClientFailure}), so that a token costs no write. Secrets are long: the limit spares the processor, it need not be exact.
 */
export function clientLockedUntil(ctx: Ctx, clientId: string, address: string) {
  return lockedUntil(ctx, { key: clientKey(clientId, address), limit: clientFailures })
}

/** A client has shown a wrong secret. */
export async function countClientFailure(ctx: Ctx, clientId: string, address: string): Promise<void> {
  await reserveAttempt(ctx, { key: clientKey(clientId, address), limit: clientFailures, windowMinutes: clientWindowMinutes })
}

const clientKey = (clientId: string, address: string) => `client:${fingerprint(clientId.toLowerCase())}:${address}`

/**
 * The application that a client id names, usable in a tenant.
 * @throws unauthenticated `UnknownClient` when there is none, it is disabled, or it is another tenant's own
 */
export async function clientOf(ctx: Ctx, tenant: Tenant, clientId: string): Promise<Application> {
  const app = await findApplication(ctx, clientId)
  if (app?.status !== 'active' || (app.tenantId !== tenant.tenantId && !app.multiTenant)) {
    throw unauthenticated('UnknownClient', `Application with identifier '${clientId}' was not found in the directory '${tenant.name}'.`, {
      target: 'client_id',
    })
  }
  return app
}

/**
 * Checks a client's secret.
 * @throws unauthenticated `UnknownClient`, `InvalidClientSecret` or `ClientSecretExpired`
 */
export async function authenticateClient(ctx: Ctx, tenant: Tenant, clientId: string, secret: string): Promise<Application> {
  const app = await clientOf(ctx, tenant, clientId)
  const check = await checkSecret(ctx, app.clientId, secret)
  if (check === 'valid') return app
  if (check === 'expired') {
    throw unauthenticated('ClientSecretExpired', `The provided client secret keys for app '${app.clientId}' are expired.`, {
      target: 'client_secret',
    })
  }
  throw unauthenticated(
    'InvalidClientSecret',
    `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${app.clientId}'.`,
    { target: 'client_secret' },
  )
}

/** One of the marketplace's own resources, or an application of this installation by its client id. @throws invalid `UnknownResource` */
export async function checkResource(ctx: Ctx, tenant: Tenant, text: string): Promise<string> {
  const resource = resourceName(text)
  const clientId = resource.replace(/^api:\/\//i, '')
  if (isFirstParty(resource)) return resource
  const app = await findApplication(ctx, clientId)
  if (app?.status === 'active' && (app.tenantId === tenant.tenantId || app.multiTenant)) return resource
  throw invalid('UnknownResource', `The resource principal named ${resource} was not found in the tenant named ${tenant.name}.`, {
    target: 'resource',
  })
}

/** Where rights that this room does not keep come from (a seller's people and automation: accounts). */
export type MembershipSource = (
  ctx: Ctx,
  who: { kind: 'user'; id: string; groups: readonly string[] } | { kind: 'application'; id: string },
) => Promise<Membership[]>

/**
 * What a token says of the rights of its holder: `roles` for whoever reads tokens, `accounts` for this marketplace, where a role of one account
 * gives nothing in another.
 */
export function rightsClaims({ roles, memberships = [] }: Pick<UserPrincipal, 'roles' | 'memberships'>) {
  const held = sellerRoles.filter((role) => memberships.some((membership) => membership.roles.includes(role)))
  const all = [...new Set([...roles, ...held])]
  return { ...(all.length > 0 ? { roles: all } : {}), ...(memberships.length > 0 ? { accounts: memberships } : {}) }
}

/** The rights that a token carries. Seller roles among its `roles` are repeated from `accounts` and count there only. */
function rightsOf({ roles = [], accounts = [] }: Claims): Pick<UserPrincipal, 'roles' | 'memberships'> {
  return {
    roles: roles.filter((role) => (tenantRoles as readonly string[]).includes(role)),
    ...(accounts.length > 0 ? { memberships: accounts } : {}),
  }
}

export interface TokenService {
  /** A token for an application itself (client credentials). @throws invalid `UnknownResource` */
  issueForApplication(ctx: Ctx, input: { tenant: Tenant; app: Application; resource: string; version: 1 | 2 }): Promise<IssuedToken>
  /** A token with which an application acts for a user. @throws invalid `UnknownResource` */
  issueForUser(
    ctx: Ctx,
    input: { tenant: Tenant; app: Application; user: User; resource: string; scope: string; version: 1 | 2 },
  ): Promise<IssuedToken>
  /** The marketplace's own call to a publisher (spec/08 §2.7): a v2 token, one hour, signed by a published key. */
  signServiceToken(ctx: Pick<Ctx, 'wall'>, input: { aud: string; tid: string; appid?: string }): Promise<string>
  /**
   * Who holds a bearer token for one of these resources. Signature checks are remembered until the token expires.
   * @throws unauthenticated `InvalidAuthenticationToken` (wrong, expired, unsigned, for somebody else)
   */
  verifyBearer(
    ctx: Pick<Ctx, 'wall'>,
    token: string,
    options: { audience: string | readonly string[] },
  ): Promise<ApplicationPrincipal | UserPrincipal>
  /** Permissions of a token that {@link verifyBearer} has accepted. */
  permissionsOf(token: string): Promise<string[]>
}

const rememberedLimit = 20_000

export function createTokenService(issuerUrl: string, keys: KeyRing, membershipsOf: MembershipSource): TokenService {
  /** sha256 of a token → what it says; only signatures are remembered, all else is checked each time */
  const remembered = new Map<string, { kid: string; claims: Claims }>()

  async function issue(ctx: Ctx, resource: string, claims: Record<string, unknown>): Promise<IssuedToken> {
    const now = seconds(ctx)
    const expiresOn = now + tokenSeconds
    const accessToken = await sign(await keys.current(), { aud: resource, ...claims, iat: now, nbf: now, exp: expiresOn, uti: newId() })
    return { accessToken, resource, notBefore: now, expiresOn, expiresIn: tokenSeconds }
  }

  async function claimsOf(token: string): Promise<Claims> {
    const digest = fingerprint(token)
    const hit = remembered.get(digest)
    if (hit && (await keys.find(hit.kid))) return hit.claims
    try {
      const { kid = '' } = decodeProtectedHeader(token)
      const key = await keys.find(kid)
      if (!key) throw new Error('unknown key')
      const { payload } = await jwtVerify(token, key.publicKey, { algorithms: ['RS256'], clockTolerance: toleranceSeconds })
      const claims = payload as unknown as Claims
      if (remembered.size >= rememberedLimit) remembered.clear()
      remembered.set(digest, { kid, claims })
      return claims
    } catch (cause) {
      throw unauthenticated('InvalidAuthenticationToken', 'The access token is not valid.', { cause })
    }
  }

  return {
    async issueForApplication(ctx, { tenant, app, resource, version }) {
      const audience = await checkResource(ctx, tenant, resource)
      const oid = await servicePrincipal(ctx, tenant.tenantId, app.clientId)
      const memberships = await membershipsOf(ctx, { kind: 'application', id: app.clientId })
      return issue(ctx, audience, {
        iss: issuerOf(issuerUrl, tenant.tenantId, version),
        tid: tenant.tenantId,
        appid: app.clientId,
        azp: app.clientId,
        ...(version === 1 ? { appidacr: '1', idp: issuerOf(issuerUrl, tenant.tenantId, 1) } : { azpacr: '1' }),
        oid,
        sub: oid,
        idtyp: 'app',
        ...rightsClaims({ roles: app.roles, memberships }),
        ver: version === 1 ? '1.0' : '2.0',
      })
    },

    async issueForUser(ctx, { tenant, app, user, resource, scope, version }) {
      const audience = await checkResource(ctx, tenant, resource)
      const groups = (await findActor(ctx, user.objectId))?.groups ?? []
      const memberships = await membershipsOf(ctx, { kind: 'user', id: user.objectId, groups })
      return issue(ctx, audience, {
        iss: issuerOf(issuerUrl, tenant.tenantId, version),
        tid: tenant.tenantId,
        appid: app.clientId,
        azp: app.clientId,
        oid: user.objectId,
        sub: user.objectId,
        idtyp: 'user',
        name: user.displayName,
        upn: user.email,
        preferred_username: user.email,
        scp: scope,
        // What somebody may do here is no part of a profile.
        ...(audience === resources.profile ? {} : rightsClaims({ roles: user.roles, memberships })),
        ...(user.kind === 'guest' ? { guest: true } : {}),
        ver: version === 1 ? '1.0' : '2.0',
      })
    },

    async signServiceToken(ctx, { aud, tid, appid = resources.marketplace }) {
      const now = seconds(ctx)
      return sign(await keys.current(), {
        aud,
        iss: issuerOf(issuerUrl, tid, 2),
        tid,
        appid,
        azp: appid,
        azpacr: '2',
        oid: appid,
        sub: appid,
        idtyp: 'app',
        iat: now,
        nbf: now,
        exp: now + tokenSeconds,
        ver: '2.0',
      })
    },

    async permissionsOf(token) {
      return ((await claimsOf(token)).scp ?? '').split(' ').filter((word) => word !== '')
    },

    async verifyBearer(ctx, token, { audience }) {
      const claims = await claimsOf(token)
      const refuse = (why: string) => unauthenticated('InvalidAuthenticationToken', why)
      if (!(claims.exp + toleranceSeconds > seconds(ctx))) throw refuse('The access token has expired.')
      if (claims.iss !== issuerOf(issuerUrl, claims.tid, 1) && claims.iss !== issuerOf(issuerUrl, claims.tid, 2)) {
        throw refuse('The access token was issued by somebody else.')
      }
      const wanted = typeof audience === 'string' ? [audience] : audience
      if (!wanted.some((name) => resourceName(name) === resourceName(claims.aud))) throw refuse('The access token is for another audience.')
      const rights = rightsOf(claims)
      const clientId = claims.appid ?? claims.azp
      if (claims.idtyp === 'app' && clientId) return { kind: 'application', tenantId: claims.tid, clientId, ...rights }
      if (claims.idtyp === 'user' && claims.oid) {
        const { tid: tenantId, oid: objectId, upn: email = '', name: displayName = '' } = claims
        return { kind: 'user', tenantId, objectId, email, displayName, ...rights, ...(claims.guest ? { isGuest: true } : {}) }
      }
      throw refuse('The access token does not say for whom it is.')
    },
  }
}
