import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import { resources } from '../../domain/directory/index.ts'
import { anonymous, type Ctx } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { formTargets } from './form-targets.ts'
import { formToken, isOwnForm } from './form-token.ts'
import { type Html, html, page, sendPage } from './page.ts'
import { noticeOf } from './authenticator-form.ts'
import { safeReturn } from './safe-return.ts'
import { consentOf } from './scopes.ts'
import { readSessionCookie } from './session-cookie.ts'

const action = { action: 'session.use' } as const
const address = '/signin/consent'
/** Tells the authorize endpoint that the person said no. */
export const deniedParameter = 'stoa_consent'

const consentForm = z.object({
  form: z.string().optional(),
  return: z.string().optional(),
  ticket: z.string().max(200).default(''),
  deed: z.enum(['allow', 'deny']),
})

/** What is allowed, in words. */
export function consentWords(scope: string, brandName: string): string {
  const words: Record<string, string> = {
    openid: 'know that it is you, each time you sign in',
    profile: 'see your name',
    email: 'see your e-mail address',
    offline_access: 'keep this while you are away, until you withdraw it',
    'User.Read': 'read your profile: name, job title, phone and language',
    [resources.marketplace]: `act for you at ${brandName}: subscriptions and usage`,
    [resources.partnerCenter]: `act for you at ${brandName}: offers and publishing`,
    [resources.cloudPartner]: `act for you at ${brandName}: offers, older interface`,
    [resources.graph]: `act for you at ${brandName}: analytics`,
    [resources.operator]: `act for you at ${brandName}: everything that the marketplace’s staff may do`,
  }
  return Object.hasOwn(words, scope) ? (words[scope] ?? '') : `act for you at ${scope}`
}

/** Where a person allows an application of somebody else to know or do something. Plain forms; nothing needs a script. */
export function consentRoutes(scope: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): void {
  const { directory } = domain
  const { brand } = kernel.config
  const read = <T>(fn: (ctx: Ctx) => Promise<T>) => kernel.read(anonymous, fn)

  /** Who is asked what, for the request to which one goes back; null when there is nobody or nothing to ask. */
  async function question(request: FastifyRequest, back: string) {
    const asked = authorizeRequest(back)
    if (!asked) return null
    return read(async (ctx) => {
      const session = await directory.findSession(ctx, readSessionCookie(request))
      const app = await directory.findApplication(ctx, asked.clientId)
      if (!session || app?.status !== 'active' || !app.redirectUris.includes(asked.redirectUri)) return null
      const owner = await directory.findTenant(ctx, app.tenantId)
      return owner && { user: session.user, app, owner, scopes: asked.scopes, redirectUri: asked.redirectUri }
    })
  }
  type Question = NonNullable<Awaited<ReturnType<typeof question>>>

  scope.get(address, { config: action }, async (request, reply) => {
    const back = safeReturn((request.query as { return?: unknown }).return)
    const asked = await question(request, back)
    return asked ? show(request, reply, back, asked) : reply.redirect(back, 303)
  })

  scope.post(address, { config: action }, async (request, reply) => {
    const form = consentForm.safeParse(request.body)
    const back = safeReturn((request.body as { return?: unknown } | undefined)?.return)
    const asked = await question(request, back)
    if (!asked) return reply.redirect(back, 303)
    if (!form.success || !isOwnForm(kernel, request, form.data.form)) {
      return show(request, reply, back, asked, { status: form.success ? 403 : 400, notice: 'This form has expired. Please try again.' })
    }
    if (form.data.deed === 'deny') return reply.redirect(`${back}&${deniedParameter}=denied`, 303)
    const { user, app, scopes } = asked
    const granted = await kernel.run(anonymous, (ctx) =>
      directory.grantConsent(ctx, { user, clientId: app.clientId, scopes, ticket: form.data.ticket }),
    )
    if (!granted) {
      return show(request, reply, back, asked, {
        status: 410,
        notice: 'This question is older than ten minutes or has been answered. Answer it again.',
      })
    }
    return reply.header('cache-control', 'no-store').redirect(back, 303)
  })

  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    back: string,
    { user, app, owner, scopes, redirectUri }: Question,
    shown: { notice?: string; status?: number } = {},
  ) {
    const ticket = await read((ctx) => directory.askConsent(ctx, { user, clientId: app.clientId, scopes }))
    const body = html`${noticeOf(shown.notice)}
<p><strong>${app.name}</strong> of ${owner.name} (${owner.domain}) wants to</p>
<ul class="wishes">${scopes.map((one): Html => html`<li>${consentWords(one, brand.name)}</li>`)}</ul>
<p class="muted">You are signed in as ${user.email}. Afterwards you are sent to ${new URL(redirectUri).host}. What you allow is listed, and can be withdrawn, at <a href="/signin/security">Sign-in and security</a>.</p>
<form method="post" action="${address}">
<input type="hidden" name="form" value="${formToken(kernel, request, reply)}">
<input type="hidden" name="return" value="${back}">
<input type="hidden" name="ticket" value="${ticket}">
<div class="row"><button name="deed" value="allow">Allow</button><button class="quiet" name="deed" value="deny">Do not allow</button></div>
</form>`
    return sendPage(reply, page(brand, `Allow ${app.name}?`, body), { status: shown.status ?? 200, formTargets: formTargets(back) })
  }
}

/** What an authorize address of ours asks for, or null when it is none. */
function authorizeRequest(back: string): { clientId: string; redirectUri: string; scopes: string[] } | null {
  const url = new URL(back, 'http://stoa.invalid')
  if (!/^\/[^/]+\/oauth2(?:\/v2\.0)?\/authorize$/i.test(url.pathname)) return null
  const { searchParams } = url
  return {
    clientId: searchParams.get('client_id') ?? '',
    redirectUri: searchParams.get('redirect_uri') ?? '',
    scopes: consentOf(searchParams.get('scope') ?? undefined, searchParams.get('resource') ?? undefined),
  }
}
