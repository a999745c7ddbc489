import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import { resourceName, resources } from './resources.ts'
import type { KeyRing } from './signing-keys.ts'
import { issuerOf } from './tokens.ts'

/** One thing that a verifier looks at: what the token says, what it should say, and what to do about it. */
export interface TokenCheck {
  claim: 'format' | 'signature' | 'ver' | 'iss' | 'aud' | 'tid' | 'appid' | 'idtyp' | 'nbf' | 'exp'
  found: string
  expected: string
  ok: boolean
  /** Where it is wrong: the likely cause and the cure. */
  advice?: string
}

/** What is known of a token. It holds no part of the token that could be used again: no signature. */
export interface TokenInspection {
  /** What the token is meant for. */
  use: 'marketplace-api' | 'webhook' | 'other-resource' | 'unreadable'
  header: Record<string, unknown>
  claims: Record<string, unknown>
  checks: TokenCheck[]
  /** Whose token it says it is. */
  tenantId: string | null
  clientId: string | null
  /** Wall time, where the token says so. */
  issuedAt: Temporal.Instant | null
  expiresAt: Temporal.Instant | null
}

/** Seconds that clocks may differ (spec/08 §1.2). */
const tolerance = 5

/** Names of the other first-party resources, for people. */
const resourceUses: Record<string, string> = {
  [resources.partnerCenter]: 'the ingestion API',
  [resources.cloudPartner]: 'the Cloud Partner Portal API',
  [resources.graph]: 'the analytics API',
  [resources.operator]: 'operator automation',
}

/** The token without what people paste around it. */
function bare(pasted: string): string {
  return pasted
    .trim()
    .replace(/^authorization:\s*/i, '')
    .replace(/^bearer\s+/i, '')
    .replaceAll(/^["']+|["',;]+$|\s+/g, '')
}

const text = (value: unknown) => (typeof value === 'string' ? value : value === undefined ? '' : (JSON.stringify(value) ?? ''))

function instantOf(seconds: unknown): Temporal.Instant | null {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || Math.abs(seconds) > 1e11) return null
  return Temporal.Instant.fromEpochMilliseconds(Math.round(seconds * 1000))
}

/**
 * Reads a bearer token as a verifier of the fulfillment and metering APIs, or a publisher that receives a webhook, should: claim by claim,
 * found against expected. Pure but for the keys; nothing of it is kept or logged. Any text may be given.
 */
export async function inspectToken(ctx: Pick<Ctx, 'wall'>, keys: KeyRing, issuerUrl: string, pasted: string): Promise<TokenInspection> {
  const token = bare(pasted)
  let header: Record<string, unknown>
  let claims: Record<string, unknown>
  try {
    header = { ...decodeProtectedHeader(token) }
    claims = { ...decodeJwt(token) }
  } catch {
    return unreadable(token)
  }
  const audience = resourceName(text(claims.aud))
  const appId = text(claims.appid) || text(claims.azp)
  const isWebhook = appId === resources.marketplace && audience !== resources.marketplace
  const isOther = !isWebhook && audience !== resources.marketplace
  const checks = [
    await signatureCheck(keys, token, header),
    versionCheck(claims, isWebhook),
    issuerCheck(claims, issuerUrl, isWebhook),
    isWebhook ? webhookAudience(claims) : audienceCheck(claims, audience),
    tenantCheck(claims, isWebhook),
    applicationCheck(claims, isWebhook),
    ...(isWebhook ? [] : [kindCheck(claims)]),
    ...timeChecks(ctx, claims),
  ]
  return {
    use: isWebhook ? 'webhook' : isOther ? 'other-resource' : 'marketplace-api',
    header,
    claims,
    checks,
    tenantId: text(claims.tid) || null,
    // Of a webhook the publisher's application is the audience.
    clientId: (isWebhook ? text(claims.aud) : appId) || null,
    issuedAt: instantOf(claims.iat),
    expiresAt: instantOf(claims.exp),
  }
}

function unreadable(token: string): TokenInspection {
  const parts = token === '' ? 0 : token.split('.').length
  const check: TokenCheck = {
    claim: 'format',
    found: token === '' ? 'nothing' : `${token.length} characters in ${parts} part${parts === 1 ? '' : 's'}`,
    expected: 'a JWT: three parts of base64url with points between them',
    ok: false,
    advice:
      parts === 1 && token.length > 100
        ? 'This looks like a landing-page token. It goes into the header x-ms-marketplace-token of the resolve call, not into Authorization.'
        : 'Paste the value of the Authorization header, with or without the word Bearer. A client secret is no token: exchange it at /{tenant}/oauth2/token first.',
  }
  return { use: 'unreadable', header: {}, claims: {}, checks: [check], tenantId: null, clientId: null, issuedAt: null, expiresAt: null }
}

async function signatureCheck(keys: KeyRing, token: string, header: Record<string, unknown>): Promise<TokenCheck> {
  const kid = text(header.kid)
  const key = kid === '' ? undefined : await keys.find(kid)
  const result = (ok: boolean, found: string, advice?: string): TokenCheck => ({
    claim: 'signature',
    found,
    expected: 'RS256 by a key that this marketplace publishes',
    ok,
    ...(advice === undefined ? {} : { advice }),
  })
  if (text(header.alg) !== 'RS256') return result(false, `algorithm ${text(header.alg) || 'none'}`, 'Only RS256 is accepted, never none.')
  if (!key) {
    return result(
      false,
      `key ${kid || 'not named'}, which is not published here`,
      'The token comes from another directory, from before a reset of the sandbox, or from before its data folder was replaced. Get a new one from this marketplace.',
    )
  }
  try {
    // The times are checked one by one below.
    await jwtVerify(token, key.publicKey, { algorithms: ['RS256'], clockTolerance: 1e9 })
    return result(true, `valid, key ${kid}`)
  } catch {
    return result(false, `does not fit the token, key ${kid}`, 'The token was altered or cut off after it was issued.')
  }
}

function versionCheck(claims: Record<string, unknown>, isWebhook: boolean): TokenCheck {
  const ver = text(claims.ver)
  return {
    claim: 'ver',
    found: ver || 'absent',
    expected: isWebhook ? '2.0' : '1.0 or 2.0',
    ok: isWebhook ? ver === '2.0' : ver === '1.0' || ver === '2.0',
    ...(ver === '' ? { advice: 'Tokens of this marketplace name their version. This one was made by something else.' } : {}),
  }
}

function issuerCheck(claims: Record<string, unknown>, issuerUrl: string, isWebhook: boolean): TokenCheck {
  const tenant = text(claims.tid) || '{tid}'
  const wanted = isWebhook ? [issuerOf(issuerUrl, tenant, 2)] : [issuerOf(issuerUrl, tenant, 1), issuerOf(issuerUrl, tenant, 2)]
  const found = text(claims.iss)
  const isMicrosoft = /^https:\/\/(?:sts\.windows\.net|login\.microsoftonline\.com)\//.test(found)
  const ok = wanted.includes(found)
  const cure = isMicrosoft
    ? 'The token was issued by Azure AD itself. Ask this marketplace’s token endpoint instead (the authority of your credential).'
    : 'The issuer is this marketplace’s, with the tenant of the token in it. Behind a proxy, STOA_ISSUER_URL must be the address that clients use.'
  return { claim: 'iss', found: found || 'absent', expected: wanted.join(' or '), ok, ...(ok ? {} : { advice: cure }) }
}

function audienceCheck(claims: Record<string, unknown>, audience: string): TokenCheck {
  const ok = audience === resources.marketplace
  const other = resourceUses[audience]
  const cure = other
    ? `This token is for ${other}. Ask for the resource ${resources.marketplace} (v2: scope ${resources.marketplace}/.default).`
    : `Ask for the resource ${resources.marketplace} (v2: scope ${resources.marketplace}/.default), not for your own application or another API.`
  return {
    claim: 'aud',
    found: text(claims.aud) || 'absent',
    expected: `${resources.marketplace} (fulfillment and metering)`,
    ok,
    ...(ok ? {} : { advice: cure }),
  }
}

function webhookAudience(claims: Record<string, unknown>): TokenCheck {
  const found = text(claims.aud)
  return { claim: 'aud', found: found || 'absent', expected: 'the application id in the offer’s technical configuration', ok: found !== '' }
}

function tenantCheck(claims: Record<string, unknown>, isWebhook: boolean): TokenCheck {
  const found = text(claims.tid)
  return {
    claim: 'tid',
    found: found || 'absent',
    expected: isWebhook ? 'the publisher’s tenant in the technical configuration' : 'the tenant in the technical configuration',
    ok: found !== '',
    ...(found === '' ? { advice: 'The token names no tenant.' } : {}),
  }
}

function applicationCheck(claims: Record<string, unknown>, isWebhook: boolean): TokenCheck {
  const found = text(claims.appid) || text(claims.azp)
  return {
    claim: 'appid',
    found: found || 'absent',
    expected: isWebhook ? `${resources.marketplace} (the marketplace)` : 'the application id in the technical configuration (v2: azp)',
    ok: isWebhook ? found === resources.marketplace : found !== '',
    ...(found === '' ? { advice: 'The token names no application.' } : {}),
  }
}

function kindCheck(claims: Record<string, unknown>): TokenCheck {
  const found = text(claims.idtyp)
  const ok = found === 'app'
  return {
    claim: 'idtyp',
    found: found || 'absent',
    expected: 'app: the application calls for itself (grant_type=client_credentials)',
    ok,
    ...(ok ? {} : { advice: 'A person’s token does not open these APIs, whatever the person may do. Use client credentials.' }),
  }
}

function timeChecks(ctx: Pick<Ctx, 'wall'>, claims: Record<string, unknown>): TokenCheck[] {
  const [from, to] = [instantOf(claims.nbf), instantOf(claims.exp)]
  const now = ctx.wall.epochMilliseconds
  const written = (at: Temporal.Instant | null) => at?.toString({ smallestUnit: 'second' }) ?? 'absent'
  const started = from !== null && from.epochMilliseconds <= now + tolerance * 1000
  const running = to !== null && to.epochMilliseconds > now - tolerance * 1000
  const wall = ctx.wall.toString({ smallestUnit: 'second' })
  return [
    {
      claim: 'nbf',
      found: written(from),
      expected: `at or before ${wall}`,
      ok: started,
      ...(started ? {} : { advice: 'The token is not valid yet: the clock of the machine that issued it is ahead.' }),
    },
    {
      claim: 'exp',
      found: written(to),
      expected: `after ${wall}`,
      ok: running,
      ...(running
        ? {}
        : {
            advice:
              'The token has expired: they last an hour. Get a new one before each batch of calls. Tokens follow this machine’s time; moving the market clock changes nothing.',
          }),
    },
  ]
}
