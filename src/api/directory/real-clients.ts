/**
 * Runs the client libraries that publishers use, unmodified, against a token service: started as a process of its own by
 * real-clients.test.ts, because NODE_EXTRA_CA_CERTS is read when a process starts. Prints one JSON line.
 */
import { ClientSecretCredential } from '@azure/identity'
import { ConfidentialClientApplication, CryptoProvider, PublicClientApplication } from '@azure/msal-node'
import { decodeJwt } from 'jose'
import * as openid from 'openid-client'
import { Browser } from './browser.ts'
import { automation, buyer, contoso, fabrikam, landing, ownApp, owner, password } from './fixture-people.ts'

const url = process.env.STOA_TEST_URL ?? ''
const caFile = process.env.NODE_EXTRA_CA_CERTS ?? ''
const { host } = new URL(url)
const marketplaceScope = '20e940b3-4c77-4b0b-9a53-9e16a1b010a7/.default'

/** A visit to the authorize address, the sign-in, and where the browser is sent then. */
async function signInAt(address: string, email: string): Promise<URL> {
  const browser = new Browser(url, caFile)
  const form = await browser.open(address)
  const { location, text } = form.location ? form : await browser.signIn(form, email, password)
  await browser.close()
  if (!location) throw new Error(`No way back to the application: ${text}`)
  return location
}

async function azureIdentity() {
  const credential = new ClientSecretCredential(contoso.tenantId, automation.clientId, automation.secret, {
    authorityHost: url,
    disableInstanceDiscovery: true,
  })
  const token = await credential.getToken(marketplaceScope)
  const wrong = new ClientSecretCredential(contoso.tenantId, automation.clientId, 'wrong', {
    authorityHost: url,
    disableInstanceDiscovery: true,
  })
  const refused = await wrong.getToken(marketplaceScope).then(
    () => 'accepted',
    (error: Error) => error.message,
  )
  const claims = decodeJwt(token.token)
  return { claims, lifetimeSeconds: Math.round(token.expiresOnTimestamp / 1000) - (claims.iat ?? 0), refused }
}

async function msalClientCredentials() {
  const app = new ConfidentialClientApplication({
    auth: {
      clientId: automation.clientId,
      clientSecret: automation.secret,
      authority: `${url}/${contoso.tenantId}`,
      knownAuthorities: [host],
    },
  })
  const result = await app.acquireTokenByClientCredential({ scopes: [marketplaceScope] })
  const cached = await app.acquireTokenByClientCredential({ scopes: [marketplaceScope] })
  return { claims: decodeJwt(result?.accessToken ?? ''), fromCache: cached?.fromCache }
}

async function msalCodeFlow(authority: string, email: string, withPkce: boolean) {
  const app = new ConfidentialClientApplication({
    auth: { clientId: landing.clientId, clientSecret: landing.secret, authority: `${url}/${authority}`, knownAuthorities: [host] },
  })
  const pkce = withPkce ? await new CryptoProvider().generatePkceCodes() : undefined
  const scopes = ['openid', 'profile', 'User.Read']
  const address = await app.getAuthCodeUrl({
    scopes,
    redirectUri: landing.redirectUri,
    state: 'state',
    ...(pkce ? { codeChallenge: pkce.challenge, codeChallengeMethod: 'S256' } : {}),
  })
  const location = await signInAt(address, email)
  const result = await app.acquireTokenByCode({
    scopes,
    redirectUri: landing.redirectUri,
    code: location.searchParams.get('code') ?? '',
    ...(pkce ? { codeVerifier: pkce.verifier } : {}),
  })
  if (!result?.account) throw new Error('msal found no account in the answer')
  const silent = await app.acquireTokenSilent({ account: result.account, scopes, forceRefresh: true })
  return {
    homeAccountId: result.account.homeAccountId,
    username: result.account.username,
    tenantId: result.tenantId,
    name: result.account.name,
    silent: silent?.account?.homeAccountId,
    fromCache: silent?.fromCache,
  }
}

async function msalPublicClient() {
  const app = new PublicClientApplication({
    auth: { clientId: ownApp.clientId, authority: `${url}/${contoso.tenantId}`, knownAuthorities: [host] },
  })
  const pkce = await new CryptoProvider().generatePkceCodes()
  const request = { scopes: ['openid'], redirectUri: ownApp.redirectUri }
  const address = await app.getAuthCodeUrl({ ...request, codeChallenge: pkce.challenge, codeChallengeMethod: 'S256' })
  const location = await signInAt(address, owner.email)
  const result = await app.acquireTokenByCode({ ...request, code: location.searchParams.get('code') ?? '', codeVerifier: pkce.verifier })
  return { username: result?.account?.username }
}

async function openidClient() {
  const config = await openid.discovery(new URL(`${url}/${fabrikam.tenantId}/v2.0`), landing.clientId, landing.secret)
  const verifier = openid.randomPKCECodeVerifier()
  const state = openid.randomState()
  const nonce = openid.randomNonce()
  const address = openid.buildAuthorizationUrl(config, {
    redirect_uri: landing.redirectUri,
    scope: 'openid email profile offline_access',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  })
  const location = await signInAt(address.href, buyer.email)
  const tokens = await openid.authorizationCodeGrant(config, location, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
  })
  const claims = tokens.claims()
  const info = await openid.fetchUserInfo(config, tokens.access_token, claims?.sub ?? '')
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
  const machine = await openid.clientCredentialsGrant(
    await openid.discovery(new URL(`${url}/${contoso.tenantId}/v2.0`), automation.clientId, automation.secret),
    { scope: marketplaceScope },
  )
  return { sub: claims?.sub, email: info.email, refreshed: refreshed.claims()?.sub, machine: decodeJwt(machine.access_token) }
}

const results = {
  azureIdentity: await azureIdentity(),
  msalClientCredentials: await msalClientCredentials(),
  msalCommon: await msalCodeFlow('common', buyer.email, true),
  msalOrganizations: await msalCodeFlow('organizations', owner.email, false),
  msalTenant: await msalCodeFlow(contoso.tenantId, owner.email, true),
  msalPublicClient: await msalPublicClient(),
  openidClient: await openidClient(),
}
process.stdout.write(`${JSON.stringify(results)}\n`)
