import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import { anonymous, type Ctx } from '../../kernel/context.ts'
import { httpStatus, isDomainError } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { noticeOf } from './authenticator-form.ts'
import { formToken, isOwnForm } from './form-token.ts'
import { html, page, sendPage } from './page.ts'
import { readSessionCookie } from './session-cookie.ts'

const action = { action: 'session.use' } as const
const address = '/signin/invitation'

const acceptForm = z.object({
  form: z.string().optional(),
  token: z.string().max(100).default(''),
  name: z.string().max(20_000).default(''),
  password: z.string().max(1024).default(''),
  again: z.string().max(1024).default(''),
})

interface Shown {
  notice?: string
  status?: number
  name?: string
}

/**
 * Where a mailed invitation to a seller account is accepted (spec/01 §8.1): as the person who is signed in with the invited address, or by
 * somebody new, who chooses a password. A link that is over says why.
 */
export function invitationRoutes(scope: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): void {
  const { directory, accounts } = domain
  const { brand } = kernel.config

  const visitor = (request: FastifyRequest) => kernel.read(anonymous, (ctx) => directory.sessionUser(ctx, readSessionCookie(request)))

  scope.get(address, { config: action }, async (request, reply) => {
    const { token } = request.query as { token?: unknown }
    return show(request, reply, typeof token === 'string' ? token : '')
  })

  scope.post(address, { config: action }, async (request, reply) => {
    const form = acceptForm.safeParse(request.body)
    const token = form.data?.token ?? ''
    if (!form.success || !isOwnForm(kernel, request, form.data.form)) {
      return show(request, reply, token, { status: form.success ? 403 : 400, notice: 'This form has expired. Please try again.' })
    }
    const { name, password, again } = form.data
    const user = await visitor(request)
    const accept = user
      ? (ctx: Ctx) => accounts.acceptInvitation(ctx, token)
      : (ctx: Ctx) => accounts.acceptInvitationAsGuest(ctx, token, { displayName: name, password })
    if (!user && password !== again) {
      return show(request, reply, token, { status: 400, notice: 'The two passwords differ.', name })
    }
    try {
      await kernel.run(user ?? anonymous, accept)
    } catch (error) {
      if (!isDomainError(error)) throw error
      return show(request, reply, token, { status: httpStatus[error.kind], notice: error.message, name: name.slice(0, 200) })
    }
    return sendPage(
      reply,
      page(
        brand,
        'You have accepted',
        user
          ? html`<p>You work for the account from now on.</p>
<p><a class="button" href="/partner">To Partner Center</a></p>`
          : html`<p>Your password is set. Sign in with it to begin.</p>
<p><a class="button" href="/signin?return=%2Fpartner">Sign in</a></p>`,
      ),
    )
  })

  async function show(request: FastifyRequest, reply: FastifyReply, token: string, shown: Shown = {}): Promise<FastifyReply> {
    const user = await visitor(request)
    let invitation: Awaited<ReturnType<typeof accounts.openInvitation>>
    try {
      invitation = await kernel.read(anonymous, (ctx) => accounts.openInvitation(ctx, token))
    } catch (error) {
      if (!isDomainError(error)) throw error
      const body = html`<p class="notice" role="alert">${error.message}</p>
<p><a class="button" href="/signin">Sign in</a></p>`
      return sendPage(reply, page(brand, 'This invitation is over', body), { status: httpStatus[error.kind] })
    }
    const { email, account, invitedBy, rights, isKnown } = invitation
    const intro = html`${noticeOf(shown.notice)}
<p>${invitedBy} invites ${email} to work in the account of <strong>${account}</strong>.</p>
<p class="muted">You would have: ${rights}.</p>`
    const here = `${address}?${new URLSearchParams({ token }).toString()}`
    const hidden = html`<input type="hidden" name="form" value="${formToken(kernel, request, reply)}">
<input type="hidden" name="token" value="${token}">`
    const again = `/signin?${new URLSearchParams({ return: here, login_hint: email, ...(user ? { again: 'yes' } : {}) }).toString()}`
    const out = `/signout?${new URLSearchParams({ return: here }).toString()}`
    const body =
      user?.email.toLowerCase() === email.toLowerCase()
        ? html`${intro}
<form method="post" action="${address}">${hidden}
<button>Accept</button>
</form>`
        : user || isKnown
          ? html`${intro}
${user ? html`<p>You are signed in as ${user.email}. The invitation is for ${email}.</p>` : html`<p>You have a password here already.</p>`}
<p><a class="button" href="${isKnown ? again : out}">${isKnown ? 'Sign in as' : 'Sign out to accept as'} ${email}</a></p>`
          : html`${intro}
<form method="post" action="${address}">${hidden}
<label for="name">Your name</label>
<input id="name" name="name" autocomplete="name" required maxlength="120" value="${shown.name ?? ''}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required minlength="8" maxlength="256" aria-describedby="rule">
<label for="again">The same again</label>
<input id="again" name="again" type="password" autocomplete="new-password" required minlength="8" maxlength="256">
<p class="muted" id="rule">8 to 256 characters. Long and easy to remember is better than short and odd.</p>
<button>Accept</button>
</form>`
    return sendPage(reply, page(brand, 'You are invited', body), { status: shown.status ?? 200 })
  }
}
