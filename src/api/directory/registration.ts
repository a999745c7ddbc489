import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import { anonymous, type Ctx } from '../../kernel/context.ts'
import { isDomainError } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { publisherResidences } from '../../kernel/reference-data.ts'
import { noticeOf } from './authenticator-form.ts'
import { formToken, isOwnForm } from './form-token.ts'
import { type Html, html, page, sendPage } from './page.ts'

const action = { action: 'session.use' } as const
const text = (most: number) => z.string().max(most).default('')
const askForm = z.object({ form: z.string().optional(), email: text(300) })
const finishForm = z.object({
  form: z.string().optional(),
  token: text(100),
  companyName: text(11_000),
  country: text(200),
  displayName: text(11_000),
  password: text(1024),
  again: text(1024),
})
const confirmForm = z.object({ form: z.string().optional(), token: text(100) })

interface Shown {
  notice?: string
  status?: number
}

const expiredForm = { status: 403, notice: 'This form has expired. Please try again.' }

/** A work account for a company that has no directory here, and the confirmation of contact addresses. Nobody learns which companies have one. */
export function registrationRoutes(scope: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): void {
  const { accounts, directory } = domain
  const { brand } = kernel.config
  const write = <T>(fn: (ctx: Ctx) => Promise<T>) => kernel.run(anonymous, fn)
  const tokenOf = (request: FastifyRequest): string => {
    const { token } = request.query as { token?: unknown }
    return typeof token === 'string' && token.length <= 100 ? token : ''
  }

  scope.get('/signin/register', { config: action }, async (request, reply) => showAsk(request, reply))

  scope.post('/signin/register', { config: action }, async (request, reply) => {
    const form = askForm.safeParse(request.body)
    if (!form.success || !isOwnForm(kernel, request, form.data.form)) return showAsk(request, reply, expiredForm)
    const email = form.data.email.trim()
    const until = await write((ctx) => directory.countResetRequest(ctx, { email, address: request.ip }))
    if (until) {
      const seconds = await kernel.read(anonymous, async (ctx) => Math.max(1, Math.ceil(until.since(ctx.wall).total('seconds'))))
      reply.header('retry-after', String(seconds))
      return showAsk(request, reply, { status: 429, notice: 'Too many requests. Wait an hour and try again.' })
    }
    try {
      await write((ctx) => accounts.startRegistration(ctx, email))
    } catch (error) {
      return showAsk(request, reply, refusal(error))
    }
    const body = html`<p>A mail to ${email} is on its way, with what to do next.</p>
<p><a class="button quiet" href="/signin">To the sign-in</a></p>`
    return sendPage(reply, page(brand, 'Look into your mail', body))
  })

  scope.get('/signin/register/finish', { config: action }, async (request, reply) =>
    showFinish(request, reply, { token: tokenOf(request) }),
  )

  scope.post('/signin/register/finish', { config: action }, async (request, reply) => {
    const form = finishForm.safeParse(request.body)
    if (!form.success) return over(reply, '/signin/register')
    if (!isOwnForm(kernel, request, form.data.form)) return showFinish(request, reply, form.data, expiredForm)
    if (form.data.password !== form.data.again)
      return showFinish(request, reply, form.data, { status: 400, notice: 'The two passwords differ.' })
    try {
      const { email } = await write((ctx) => accounts.finishRegistration(ctx, form.data))
      const body = html`<p>You sign in with ${email} and your password. Colleagues with addresses of the same domain are added by you.</p>
<p><a class="button" href="/signin?return=${encodeURIComponent('/partner/enroll')}">Sign in</a></p>`
      return await sendPage(reply, page(brand, 'Your work account is ready', body))
    } catch (error) {
      return showFinish(request, reply, form.data, refusal(error))
    }
  })

  scope.get('/signin/confirm', { config: action }, async (request, reply) => showConfirm(request, reply, tokenOf(request)))

  // A click, not the visit, confirms: scanners of mail follow links too.
  scope.post('/signin/confirm', { config: action }, async (request, reply) => {
    const form = confirmForm.safeParse(request.body)
    if (!form.success || !isOwnForm(kernel, request, form.data.form)) {
      return showConfirm(request, reply, form.data?.token ?? '', expiredForm)
    }
    try {
      const { legalName } = await write((ctx) => accounts.confirmContact(ctx, form.data.token))
      const body = html`<p>The contact address of ${legalName} is confirmed.</p>
<p><a class="button" href="/partner">To Partner Center</a></p>`
      return await sendPage(reply, page(brand, 'Thank you', body))
    } catch (error) {
      if (!isDomainError(error)) throw error
      return over(reply, '/partner')
    }
  })

  function refusal(error: unknown): Shown {
    if (!isDomainError(error)) throw error
    return {
      status: error.kind === 'gone' ? 410 : error.kind === 'conflict' ? 409 : 400,
      notice: error.details[0]?.message ?? error.message,
    }
  }

  function over(reply: FastifyReply, next: string) {
    const body = html`<p class="notice" role="alert">This link has been used, has been replaced by a newer one, or is too old.</p>
<p><a class="button" href="${next}">Ask for a new one</a></p>`
    return sendPage(reply, page(brand, 'This link is over', body), { status: 410 })
  }

  const hidden = (request: FastifyRequest, reply: FastifyReply, token?: string): Html =>
    html`<input type="hidden" name="form" value="${formToken(kernel, request, reply)}">
${token === undefined ? null : html`<input type="hidden" name="token" value="${token}">`}`

  function showAsk(request: FastifyRequest, reply: FastifyReply, shown: Shown = {}) {
    const body = html`${noticeOf(shown.notice)}
<p>For companies that are new to ${brand.name}: enter your e-mail address at work, and a link is sent to it.</p>
<form method="post" action="/signin/register">
${hidden(request, reply)}
<label for="email">Work e-mail address</label>
<input id="email" name="email" type="email" autocomplete="email" required maxlength="254"${shown.notice ? html` aria-describedby="notice"` : null}>
<button>Send the link</button>
</form>
<p class="after"><a href="/signin">Back to the sign-in</a></p>`
    return sendPage(reply, page(brand, 'A work account', body), { status: shown.status ?? 200 })
  }

  async function showFinish(
    request: FastifyRequest,
    reply: FastifyReply,
    given: { token: string; companyName?: string; country?: string; displayName?: string },
    shown: Shown = {},
  ) {
    const email = await write((ctx) => accounts.registrationOf(ctx, given.token))
    if (email === null) return over(reply, '/signin/register')
    const options = publisherResidences.map(({ name }) => html`<option${name === given.country ? html` selected` : null}>${name}</option>`)
    const body = html`${noticeOf(shown.notice)}
<p>A directory is made for the domain of ${email}; you administer it.</p>
<form method="post" action="/signin/register/finish">
${hidden(request, reply, given.token)}
<label for="companyName">Company name</label>
<input id="companyName" name="companyName" autocomplete="organization" required maxlength="120" value="${given.companyName ?? ''}">
<label for="country">Country or region</label>
<select id="country" name="country" required><option value="">Choose</option>${options}</select>
<label for="displayName">Your name</label>
<input id="displayName" name="displayName" autocomplete="name" required maxlength="120" value="${given.displayName ?? ''}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required minlength="8" maxlength="256" aria-describedby="${shown.notice ? 'notice' : 'rule'}">
<label for="again">The same again</label>
<input id="again" name="again" type="password" autocomplete="new-password" required minlength="8" maxlength="256">
<p class="muted" id="rule">8 to 256 characters. Long and easy to remember is better than short and odd.</p>
<button>Make the work account</button>
</form>`
    return sendPage(reply, page(brand, 'Your work account', body), { status: shown.status ?? 200 })
  }

  function showConfirm(request: FastifyRequest, reply: FastifyReply, token: string, shown: Shown = {}) {
    const body = html`${noticeOf(shown.notice)}
<p>Confirm that you read mail at the contact address of the publisher account.</p>
<form method="post" action="/signin/confirm">
${hidden(request, reply, token)}
<button>Confirm the address</button>
</form>`
    return sendPage(reply, page(brand, 'Confirm your e-mail address', body), { status: shown.status ?? 200 })
  }
}
