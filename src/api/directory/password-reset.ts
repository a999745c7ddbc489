import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import { anonymous, type Ctx } from '../../kernel/context.ts'
import { isDomainError } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { noticeOf } from './authenticator-form.ts'
import { formToken, isOwnForm } from './form-token.ts'
import { html, page, sendPage } from './page.ts'
import { tryLater } from './retry-after.ts'

const action = { action: 'session.use' } as const
const askForm = z.object({ form: z.string().optional(), email: z.string().max(254).default('') })
const newPasswordForm = z.object({
  form: z.string().optional(),
  token: z.string().max(100).default(''),
  password: z.string().max(1024).default(''),
  again: z.string().max(1024).default(''),
})

interface Shown {
  notice?: string
  status?: number
}

/** A new password by mail. Nobody learns from these pages whether an address is a user's. */
export function passwordResetRoutes(scope: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): void {
  const { directory } = domain
  const { brand } = kernel.config
  const write = <T>(fn: (ctx: Ctx) => Promise<T>) => kernel.run(anonymous, fn)

  scope.get('/signin/forgot', { config: action }, async (request, reply) => showAsk(request, reply))

  scope.post('/signin/forgot', { config: action }, async (request, reply) => {
    const form = askForm.safeParse(request.body)
    if (!form.success || !isOwnForm(kernel, request, form.data.form)) {
      return showAsk(request, reply, { status: 403, notice: 'This form has expired. Please try again.' })
    }
    const email = form.data.email.trim()
    if (!z.email().safeParse(email).success) return showAsk(request, reply, { status: 400, notice: 'Enter your e-mail address.' })
    const until = await write((ctx) => directory.countResetRequest(ctx, { email, address: request.ip }))
    if (until) return showAsk(request, reply, { status: 429, notice: `Too many requests. ${tryLater(reply, until)}` })
    await write((ctx) => directory.requestReset(ctx, email))
    return sendPage(
      reply,
      page(
        brand,
        'Look into your mail',
        html`<p>If ${email} has an account here, a link to a new password is on its way. It works once, within an hour.</p>
<p><a class="button quiet" href="/signin">To the sign-in</a></p>`,
      ),
    )
  })

  scope.get('/signin/reset', { config: action }, async (request, reply) => {
    const { token } = request.query as { token?: unknown }
    const open = typeof token === 'string' && token.length <= 100 && (await write((ctx) => directory.isResetOpen(ctx, token)))
    return open ? showNewPassword(request, reply, token) : expired(reply)
  })

  scope.post('/signin/reset', { config: action }, async (request, reply) => {
    const form = newPasswordForm.safeParse(request.body)
    if (!form.success) return expired(reply)
    const { token, password, again } = form.data
    if (!isOwnForm(kernel, request, form.data.form)) {
      return showNewPassword(request, reply, token, { status: 403, notice: 'This form has expired. Please try again.' })
    }
    if (password !== again) return showNewPassword(request, reply, token, { status: 400, notice: 'The two passwords differ.' })
    try {
      await write((ctx) => directory.resetPassword(ctx, { token, password }))
    } catch (error) {
      if (!isDomainError(error)) throw error
      return error.kind === 'gone' ? expired(reply) : showNewPassword(request, reply, token, { status: 400, notice: error.message })
    }
    return sendPage(
      reply,
      page(
        brand,
        'Your password is set',
        html`<p>Everybody who was signed in with the old one is signed out.</p>
<p><a class="button" href="/signin">Sign in</a></p>`,
      ),
    )
  })

  function expired(reply: FastifyReply) {
    const body = html`<p class="notice" role="alert">This link has been used or is older than an hour.</p>
<p><a class="button" href="/signin/forgot">Ask for a new one</a></p>`
    return sendPage(reply, page(brand, 'This link is over', body), { status: 410 })
  }

  function showAsk(request: FastifyRequest, reply: FastifyReply, shown: Shown = {}) {
    const body = html`${noticeOf(shown.notice)}
<p>Enter your e-mail address. A link to set a new password is sent to it.</p>
<form method="post" action="/signin/forgot">
<input type="hidden" name="form" value="${formToken(kernel, request, reply)}">
<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="username" required maxlength="254"${shown.notice ? html` aria-describedby="notice"` : null}>
<button>Send the link</button>
</form>
<p class="after"><a href="/signin">Back to the sign-in</a></p>`
    return sendPage(reply, page(brand, 'A new password', body), { status: shown.status ?? 200 })
  }

  function showNewPassword(request: FastifyRequest, reply: FastifyReply, token: string, shown: Shown = {}) {
    const body = html`${noticeOf(shown.notice)}
<form method="post" action="/signin/reset">
<input type="hidden" name="form" value="${formToken(kernel, request, reply)}">
<input type="hidden" name="token" value="${token}">
<label for="password">New password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required minlength="8" maxlength="256" aria-describedby="${shown.notice ? 'notice' : 'rule'}">
<label for="again">The same again</label>
<input id="again" name="again" type="password" autocomplete="new-password" required minlength="8" maxlength="256">
<p class="muted" id="rule">8 to 256 characters. Long and easy to remember is better than short and odd.</p>
<button>Set the password</button>
</form>`
    return sendPage(reply, page(brand, 'Set a new password', body), { status: shown.status ?? 200 })
  }
}
