import * as oidc from 'openid-client'
import type { Kernel } from '../../kernel/kernel.ts'
import type { OutsideIssuerConfig } from '../../kernel/outside-issuer-config.ts'

/** What must come back with a sign-in that we began. */
export interface OutsideChecks {
  state: string
  nonce: string
  verifier: string
}

/** The outside issuer, as far as a sign-in needs it. */
export interface OutsideClient {
  /** Where the browser goes, and what must come back from there. */
  begin(input: { redirectUri: string; loginHint?: string | undefined; again: boolean }): Promise<{ url: URL; checks: OutsideChecks }>
  /**
   * Redeems the code of the address that the browser came back with. Signature, issuer, audience, nonce and time of the ID token are checked.
   * @throws what the library throws when any of it is not right
   */
  finish(input: { url: URL; redirectUri: string; checks: OutsideChecks }): Promise<Readonly<Record<string, unknown>> & { iss: string }>
}

export function createOutsideClient(kernel: Pick<Kernel, 'outbound'>, config: OutsideIssuerConfig): OutsideClient {
  let known: Promise<oidc.Configuration> | undefined

  // Every call out goes through the client that watches where they go.
  const throughOutbound: oidc.CustomFetch = async (url, options) => {
    const { method, headers, body } = options
    const answer = await kernel.outbound.request({
      url,
      method: method as 'GET' | 'POST',
      headers,
      // Forms are all that the library sends.
      ...(body instanceof URLSearchParams ? { body: body.toString() } : typeof body === 'string' ? { body } : {}),
    })
    return new Response(answer.status === 204 ? null : new Uint8Array(answer.body), { status: answer.status, headers: answer.headers })
  }

  function discovered(): Promise<oidc.Configuration> {
    known ??= oidc
      .discovery(new URL(config.issuer), config.clientId, undefined, oidc.ClientSecretPost(config.clientSecret), {
        [oidc.customFetch]: throughOutbound,
        // The ID token comes over TLS from the issuer itself; its signature is checked all the same.
        execute: [oidc.enableNonRepudiationChecks, ...(config.issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [])],
      })
      .catch((error: unknown) => {
        // Asked again next time: the issuer may be back.
        known = undefined
        throw error
      })
    return known
  }

  return {
    async begin({ redirectUri, loginHint, again }) {
      const client = await discovered()
      const checks = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() }
      const url = oidc.buildAuthorizationUrl(client, {
        redirect_uri: redirectUri,
        scope: 'openid profile email',
        state: checks.state,
        nonce: checks.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(checks.verifier),
        code_challenge_method: 'S256',
        ...(loginHint ? { login_hint: loginHint } : {}),
        ...(again ? { prompt: 'login' } : {}),
      })
      return { url, checks }
    },

    async finish({ url, redirectUri, checks }) {
      const answer = await oidc.authorizationCodeGrant(
        await discovered(),
        // The address as it was registered: what a proxy made of host and scheme does not count.
        new URL(url.search, redirectUri),
        { expectedState: checks.state, expectedNonce: checks.nonce, pkceCodeVerifier: checks.verifier, idTokenExpected: true },
      )
      const claims = answer.claims()
      if (!claims) throw new Error('The issuer sent no ID token.')
      return claims
    },
  }
}
