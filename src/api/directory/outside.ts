import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import { anonymous } from '../../kernel/context.ts'
import { isDomainError } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { wallNow } from '../../kernel/clock.ts'
import { isOwnForm } from './form-token.ts'
import { setHalfCookie } from './half-cookie.ts'
import { createOutsideClient, type OutsideChecks } from './outside-client.ts'
import { html, page, sendPage } from './page.ts'
import { originOfVisit } from './second-factor.ts'
import { safeReturn } from './safe-return.ts'
import { readSessionCookie, setSessionCookie } from './session-cookie.ts'

const action = { action: 'session.use' } as const
const root = '/signin/outside'
const cookieName = 'stoa_outside'
const purpose = 'outside sign-in'
const minutes = 15

const startForm = z.object({
  form: z.string().optional(),
  return: z.string().optional(),
  email: z.string().max(254).optional(),
  again: z.string().optional(),
})
const kept = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), back: z.string(), until: z.number() })

/** Sends the browser to the outside issuer. */
export type BeginOutside = (
  request: FastifyRequest,
  reply: FastifyReply,
  input: { back: string; email?: string | undefined; again?: boolean },
) => Promise<FastifyReply>

/** Signing in at the outside issuer that the configuration trusts (STOA_OIDC_ISSUER); without one there is nothing here, and null is returned. */
export function outsideRoutes(scope: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): BeginOutside | null {
  const { directory } = domain
  const { brand, outsideIssuer, publicUrl } = kernel.config
  if (!outsideIssuer) return null
  const { issuer, name } = outsideIssuer
  const client = createOutsideClient(kernel, outsideIssuer)
  const redirectUri = `${publicUrl}${root}/callback`
  const cookieOptions = { path: root, httpOnly: true, sameSite: 'lax', secure: publicUrl.startsWith('https:') } as const

  scope.post(root, { config: action }, async (request, reply) => {
    const form = startForm.safeParse(request.body)
    const back = safeReturn(form.data?.return)
    if (!form.success || !isOwnForm(kernel, request, form.data.form)) {
      return reply.redirect(`/signin?${new URLSearchParams({ return: back }).toString()}`, 303)
    }
    return begin(request, reply, { back, email: form.data.email?.trim() || undefined, again: form.data.again === 'yes' })
  })

  scope.get(`${root}/callback`, { config: action }, async (request, reply) => {
    const begun = unseal(request)
    reply.clearCookie(cookieName, cookieOptions)
    if (!begun) return failed(reply, 400, 'This sign-in was begun in another browser, or too long ago.', '/')
    const { back, ...checks } = begun
    let claims: Awaited<ReturnType<typeof client.finish>>
    try {
      claims = await client.finish({ url: new URL(request.url, publicUrl), redirectUri, checks })
    } catch (error) {
      kernel.log.warn({ err: error, issuer: outsideIssuer.issuer }, 'a sign-in from outside was refused')
      return failed(reply, 401, `The answer of ${outsideIssuer.name} is not valid here.`, back)
    }
    try {
      const end = await kernel.run(anonymous, (ctx) =>
        directory.signInFromOutside(ctx, {
          person: { issuer: claims.iss, claims },
          origin: originOfVisit(request),
          previousSession: readSessionCookie(request),
        }),
      )
      if (end.kind === 'half') {
        setHalfCookie(reply, kernel.config, end.value)
        return await reply
          .header('cache-control', 'no-store')
          .redirect(`/signin/second?${new URLSearchParams({ return: back }).toString()}`, 303)
      }
      setSessionCookie(reply, kernel.config, end.value)
      return await reply.header('cache-control', 'no-store').redirect(back, 303)
    } catch (error) {
      if (!isDomainError(error)) throw error
      return failed(reply, 403, error.message, back)
    }
  })

  return begin

  async function begin(
    _request: FastifyRequest,
    reply: FastifyReply,
    { back, email, again = false }: Parameters<BeginOutside>[2],
  ): Promise<FastifyReply> {
    try {
      const { url, checks } = await client.begin({ redirectUri, loginHint: email, again })
      reply.setCookie(cookieName, seal(checks, back), cookieOptions)
      return await reply.header('cache-control', 'no-store').redirect(url.href, 303)
    } catch (error) {
      kernel.log.warn({ err: error, issuer }, 'the outside issuer cannot be reached')
      return failed(reply, 502, `${name} does not answer. Try again in a moment.`, back)
    }
  }

  function seal(checks: OutsideChecks, back: string): string {
    const until = wallNow().add({ minutes }).epochMilliseconds
    return kernel.secrets.encrypt(JSON.stringify({ ...checks, back, until }), purpose)
  }

  function unseal(request: FastifyRequest): (OutsideChecks & { back: string }) | null {
    try {
      const { until, ...begun } = kept.parse(JSON.parse(kernel.secrets.decrypt(request.cookies[cookieName] ?? '', purpose)))
      return until > wallNow().epochMilliseconds ? { ...begun, back: safeReturn(begun.back) } : null
    } catch {
      return null
    }
  }

  function failed(reply: FastifyReply, status: number, sentence: string, back: string): FastifyReply {
    const body = html`<p class="notice" role="alert">${sentence}</p>
<p><a class="button" href="/signin?${new URLSearchParams({ return: back }).toString()}">Back to the sign-in</a></p>`
    return sendPage(reply, page(brand, 'You are not signed in', body), { status })
  }
}
