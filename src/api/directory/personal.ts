import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import { anonymous, type Ctx } from '../../kernel/context.ts'
import { httpStatus, isDomainError } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { noticeOf } from './authenticator-form.ts'
import { formToken, isOwnForm } from './form-token.ts'
import { html, page, sendPage } from './page.ts'
import { tryLater } from './retry-after.ts'

const action = { action: 'session.use' } as const
const address = '/signin/join'

const joinForm = z.object({
  form: z.string().optional(),
  email: z.string().max(254).default(''),
  displayName: z.string().max(1000).default(''),
})
const link = z.object({ email: z.string().max(254), name: z.string().max(1000), ticket: z.string().max(200) })
const finishForm = link.extend({
  form: z.string().optional(),
  password: z.string().max(1024).default(''),
  again: z.string().max(1024).default(''),
})

interface Shown {
  email?: string
  displayName?: string
  notice?: string
  status?: number
}

/** An account for somebody who belongs to no organisation. Nobody learns from these pages whether an address is a user's. */
export function personalRoutes(scope: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): void {
  const { directory } = domain
  const { brand } = kernel.config
  const write = <T>(fn: (ctx: Ctx) => Promise<T>) => kernel.run(anonymous, fn)

  scope.get(address, { config: action }, async (request, reply) => showAsk(request, reply))

  scope.post(address, { config: action }, async (request, reply) => {
    const form = joinForm.safeParse(request.body)
    if (!form.success || !isOwnForm(kernel, request, form.data.form)) {
      return showAsk(request, reply, { status: form.success ? 403 : 400, notice: 'This form has expired. Please try again.' })
    }
    const email = form.data.email.trim()
    const shown = { email, displayName: form.data.displayName }
    if (!z.email().safeParse(email).success) return showAsk(request, reply, { ...shown, status: 400, notice: 'Enter your e-mail address.' })
    const named = directory.checkName(form.data.displayName)
    if ('problem' in named) return showAsk(request, reply, { ...shown, status: 400, notice: named.problem })
    const until = await write((ctx) => directory.countPersonalRequest(ctx, { email, address: request.ip }))
    if (until) return showAsk(request, reply, { ...shown, status: 429, notice: `Too many requests. ${tryLater(reply, until)}` })
    await write((ctx) => directory.requestPersonal(ctx, { email, displayName: named.name }))
    const body = html`<p>We have written to ${email} how to go on. The link in the mail works once, within an hour.</p>
<p><a class="button quiet" href="/signin">To the sign-in</a></p>`
    return sendPage(reply, page(brand, 'Look into your mail', body))
  })

  scope.get(`${address}/finish`, { config: action }, async (request, reply) => {
    const asked = link.safeParse(request.query)
    return asked.success ? showPassword(request, reply, asked.data) : expired(reply)
  })

  scope.post(`${address}/finish`, { config: action }, async (request, reply) => {
    const form = finishForm.safeParse(request.body)
    if (!form.success) return expired(reply)
    const { data } = form
    if (!isOwnForm(kernel, request, data.form)) {
      return showPassword(request, reply, data, { status: 403, notice: 'This form has expired. Please try again.' })
    }
    if (data.password !== data.again) return showPassword(request, reply, data, { status: 400, notice: 'The two passwords differ.' })
    try {
      const { email, name: displayName, ticket, password } = data
      await write((ctx) => directory.createPersonal(ctx, { email, displayName, ticket, password }))
    } catch (error) {
      if (!isDomainError(error)) throw error
      if (error.kind === 'gone') return expired(reply)
      return showPassword(request, reply, data, { status: httpStatus[error.kind], notice: error.message })
    }
    const body = html`<p>${data.email} has an account now.</p>
<p><a class="button" href="/signin?${new URLSearchParams({ login_hint: data.email }).toString()}">Sign in</a></p>`
    return sendPage(reply, page(brand, 'Welcome', body))
  })

  function expired(reply: FastifyReply) {
    const body = html`<p class="notice" role="alert">This link has been used or is older than an hour.</p>
<p><a class="button" href="${address}">Ask for a new one</a></p>`
    return sendPage(reply, page(brand, 'This link is over', body), { status: 410 })
  }

  function showAsk(request: FastifyRequest, reply: FastifyReply, shown: Shown = {}) {
    const body = html`${noticeOf(shown.notice)}
<p>For people who belong to no organisation. To buy or sell for a company, <a href="/signin/register">get a work account</a>.</p>
<form method="post" action="${address}">
<input type="hidden" name="form" value="${formToken(kernel, request, reply)}">
<label for="name">Your name</label>
<input id="name" name="displayName" autocomplete="name" required maxlength="120" value="${shown.displayName ?? ''}"${shown.notice ? html` aria-describedby="notice"` : null}>
<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="username" required maxlength="254" value="${shown.email ?? ''}"${shown.notice ? html` aria-describedby="notice"` : null}>
<button>Go on</button>
</form>
<p class="after"><a href="/signin">Back to the sign-in</a></p>`
    return sendPage(reply, page(brand, 'A personal account', body), { status: shown.status ?? 200 })
  }

  function showPassword(request: FastifyRequest, reply: FastifyReply, asked: z.infer<typeof link>, shown: Shown = {}) {
    const body = html`${noticeOf(shown.notice)}
<p>The account of ${asked.name}, ${asked.email}.</p>
<form method="post" action="${address}/finish">
<input type="hidden" name="form" value="${formToken(kernel, request, reply)}">
<input type="hidden" name="email" value="${asked.email}">
<input type="hidden" name="name" value="${asked.name}">
<input type="hidden" name="ticket" value="${asked.ticket}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required minlength="8" maxlength="256" aria-describedby="${shown.notice ? 'notice' : 'rule'}">
<label for="again">The same again</label>
<input id="again" name="again" type="password" autocomplete="new-password" required minlength="8" maxlength="256">
<p class="muted" id="rule">8 to 256 characters. Long and easy to remember is better than short and odd.</p>
<button>Make the account</button>
</form>`
    return sendPage(reply, page(brand, 'Choose a password', body), { status: shown.status ?? 200 })
  }
}
