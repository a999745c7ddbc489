import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import Provider from 'oidc-provider'

/** What the issuer says of the person who signs in; and, to see that it is noticed, what it says wrongly. */
interface Said {
  claims: Record<string, unknown>
  issuer?: string
  audience?: string
  nonce?: string
  expiresIn?: number
  /** signed with a key that the issuer never published */
  foreignKey?: boolean
}

const bodyOf = async (request: IncomingMessage) => {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return new URLSearchParams(text)
}

/** An OpenID Connect issuer of another organisation, as far as a code needs one, which can be made to lie. */
export async function startLyingIssuer() {
  const [own, foreign] = [await generateKeyPair('RS256'), await generateKeyPair('RS256')]
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'own', alg: 'RS256', use: 'sig' }
  const codes = new Map<string, { said: Said; challenge: string; nonce: string; redirectUri: string }>()
  const asked: URLSearchParams[] = []
  let down = false
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const path = new URL(request.url ?? '/', issuer).pathname
    if (down) return json(503, {})
    if (path === '/.well-known/openid-configuration') {
      return json(200, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      })
    }
    if (path === '/keys') return json(200, { keys: [jwk] })
    const form = await bodyOf(request)
    asked.push(form)
    const code = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const proves =
      createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url') === code?.challenge
    const client = form.get('client_id') === 'stoa' && form.get('client_secret') === 'a secret between the two'
    if (!code || !proves || !client || form.get('redirect_uri') !== code.redirectUri) return json(400, { error: 'invalid_grant' })
    const { said } = code
    const token = new SignJWT({ nonce: said.nonce ?? code.nonce, ...said.claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'own' })
      .setIssuer(said.issuer ?? issuer)
      .setAudience(said.audience ?? 'stoa')
      .setSubject('subject')
      .setIssuedAt()
      .setExpirationTime(`${said.expiresIn ?? 300}s`)
    const id_token = await token.sign(said.foreignKey ? foreign.privateKey : own.privateKey)
    return json(200, { access_token: 'x', token_type: 'Bearer', id_token })
  }

  return {
    issuer,
    /** token requests that it was sent */
    asked,
    setDown: (value: boolean) => {
      down = value
    },
    /** The person has signed in there: the query with which the browser comes back from this request. */
    signIn(request: URL, said: Said): string {
      const ask = request.searchParams
      const code = `code-${codes.size}-${String(ask.get('state'))}`
      const [challenge, nonce] = [ask.get('code_challenge') ?? '', ask.get('nonce') ?? '']
      codes.set(code, { said, challenge, nonce, redirectUri: ask.get('redirect_uri') ?? '' })
      return new URLSearchParams({ code, state: ask.get('state') ?? '', iss: issuer }).toString()
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

/** A certified implementation, which knows one person and signs him in without asking. */
export async function startCertifiedIssuer(redirectUri: string, person: Record<string, unknown>) {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'certified', alg: 'RS256', use: 'sig' }] },
    clients: [
      {
        client_id: 'stoa',
        client_secret: 'a secret between the two',
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    conformIdTokenClaims: false,
    claims: { openid: ['sub', ...Object.keys(person)] },
    cookies: { keys: ['a key of the tests'] },
    ttl: { Interaction: 60, Grant: 60, Session: 60, AccessToken: 60, IdToken: 60 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, interaction) => `/login/${interaction.uid}` },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...person }) }),
    async loadExistingGrant(ctx) {
      const grant = new provider.Grant({ clientId: 'stoa', accountId: ctx.oidc.session?.accountId ?? '' })
      grant.addOIDCScope('openid profile email')
      await grant.save()
      return grant
    },
  })
  const callback = provider.callback()
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!request.url?.startsWith('/login/')) return void callback(request, response)
    void provider.interactionFinished(request, response, { login: { accountId: 'subject' } })
  })

  return {
    issuer,
    /** Follows the browser through the issuer until it leaves for another place. */
    async visit(start: URL): Promise<URL> {
      const cookies = new Map<string, string>()
      let url = start
      for (let hops = 0; hops < 10 && url.origin === issuer; hops++) {
        const answer = await fetch(url, { redirect: 'manual', headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') } })
        for (const cookie of answer.headers.getSetCookie()) {
          const [name = '', value = ''] = (cookie.split(';')[0] ?? '').split(/=(.*)/s)
          cookies.set(name, value)
        }
        url = new URL(answer.headers.get('location') ?? '', url)
      }
      return url
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
