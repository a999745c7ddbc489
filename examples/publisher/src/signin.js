// Single sign-on on the landing page: the authorization code flow with PKCE, by MSAL.
import { ConfidentialClientApplication, CryptoProvider } from '@azure/msal-node'
import { config } from './config.js'

const REDIRECT_URI = `${config.publicUrl}/auth/callback`
// Basic consent only, nothing that needs an administrator. Ask for more later, when the customer uses what needs it.
const SCOPES = ['openid', 'profile', 'email']

const crypto = new CryptoProvider()

const directory = new ConfidentialClientApplication({
  auth: {
    ...config.landingPage,
    // Customers come from any organisation, so the authority is not a tenant of ours.
    authority: `${config.authorityUrl}/common`,
    knownAuthorities: [new URL(config.authorityUrl).host],
  },
})

/**
 * Begins a sign-in.
 * @param {{ otherAccount?: boolean }} [options] `otherAccount` lets people choose instead of signing them in silently
 * @returns {Promise<{ url: string, pending: object }>} where to send the browser, and what to keep in its session until it comes back
 */
export async function beginSignIn({ otherAccount = false } = {}) {
  const { verifier, challenge } = await crypto.generatePkceCodes()
  const state = crypto.createNewGuid()
  const nonce = crypto.createNewGuid()
  let url = await directory.getAuthCodeUrl({
    scopes: SCOPES,
    redirectUri: REDIRECT_URI,
    codeChallenge: challenge,
    codeChallengeMethod: 'S256',
    state,
    nonce,
    ...(otherAccount ? { prompt: 'select_account' } : {}),
  })
  // Development only: the sandbox's certificate is its own, so browsers take its plain address instead. Servers keep using https.
  if (config.browserUrl) url = url.replace(new URL(url).origin, config.browserUrl)
  return { url, pending: { state, nonce, verifier } }
}

/**
 * Completes a sign-in with the query of the callback.
 * @returns {Promise<{ tenantId: string, objectId: string, email: string, name: string }>}
 */
export async function completeSignIn(query, pending) {
  if (!pending || query.state !== pending.state) throw new Error('This sign-in was not started here.')
  if (query.error) throw new Error(`The sign-in did not succeed: ${query.error_description ?? query.error}`)
  // MSAL redeems the code and checks audience, issuer, times and nonce of the ID token.
  const result = await directory.acquireTokenByCode({
    code: query.code,
    scopes: SCOPES,
    redirectUri: REDIRECT_URI,
    codeVerifier: pending.verifier,
    nonce: pending.nonce,
  })
  const claims = result.idTokenClaims
  // tid and oid name a person for good. preferred_username and email are for reading, they can change hands.
  return { tenantId: claims.tid, objectId: claims.oid, email: claims.email ?? claims.preferred_username, name: claims.name }
}
