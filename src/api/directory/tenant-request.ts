import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import { anonymous } from '../../kernel/context.ts'
import { httpStatus, isDomainError } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { noticeOf } from './authenticator-form.ts'
import { formToken, isOwnForm } from './form-token.ts'
import { html, page, sendPage } from './page.ts'
import { readSessionCookie } from './session-cookie.ts'

const action = { action: 'session.use' } as const
const address = '/signin/associate'
const confirmForm = z.object({ form: z.string().optional(), token: z.string().max(100).default('') })

/**
 * Where a directory joins a seller account (spec/01 §7.1): a global administrator of it signs in, sees organisation and domain, and confirms.
 */
export function tenantRequestRoutes(scope: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): void {
  const { directory, accounts } = domain
  const { brand } = kernel.config

  const visitor = (request: FastifyRequest) => kernel.read(anonymous, (ctx) => directory.sessionUser(ctx, readSessionCookie(request)))
  const signIn = (token: string, again: boolean) => {
    const here = `${address}?${new URLSearchParams({ token }).toString()}`
    return `/signin?${new URLSearchParams({ return: here, ...(again ? { again: 'yes' } : {}) }).toString()}`
  }

  scope.get(address, { config: action }, async (request, reply) => {
    const { token } = request.query as { token?: unknown }
    return show(request, reply, typeof token === 'string' ? token.slice(0, 100) : '')
  })

  scope.post(address, { config: action }, async (request, reply) => {
    const form = confirmForm.safeParse(request.body)
    const token = form.data?.token ?? ''
    if (!form.success || !isOwnForm(kernel, request, form.data.form)) {
      return show(request, reply, token, { status: form.success ? 403 : 400, notice: 'This form has expired. Please try again.' })
    }
    const user = await visitor(request)
    if (!user) return reply.redirect(signIn(token, false), 303)
    try {
      const { accountId } = await kernel.run(user, (ctx) => accounts.confirmTenant(ctx, token))
      const body = html`<p>Your directory belongs to the account now. You manage its people there.</p>
<p><a class="button" href="/partner/accounts/${accountId}/users/add">Add its people</a></p>`
      return await sendPage(reply, page(brand, 'Directory associated', body))
    } catch (error) {
      if (!isDomainError(error)) throw error
      return show(request, reply, token, { status: httpStatus[error.kind], notice: error.message })
    }
  })

  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    token: string,
    shown: { notice?: string; status?: number } = {},
  ): Promise<FastifyReply> {
    const user = await visitor(request)
    if (!user) return reply.redirect(signIn(token, false), 303)
    try {
      const found = await kernel.read(user, (ctx) => accounts.openTenantRequest(ctx, token))
      const intro = html`${noticeOf(shown.notice)}
<p>${found.requester} asks that this directory join the seller account of <strong>${found.account}</strong>.</p>
<dl>
<dt>Organisation</dt><dd>${found.organisation}</dd>
<dt>Domain</dt><dd>${found.domain}</dd>
<dt>Signed in as</dt><dd>${found.user}</dd>
</dl>`
      const other = html`<p class="after"><a href="${signIn(token, true)}">Sign in to another directory</a></p>`
      const body = found.isAssociated
        ? html`${intro}
<p class="notice">This directory belongs to the account already. Sign in to the one that should join.</p>${other}`
        : found.mayConfirm
          ? html`${intro}
<p class="muted">People of the directory can then be given rights in the account. You become a manager of it, for your people.</p>
<form method="post" action="${address}">
<input type="hidden" name="form" value="${formToken(kernel, request, reply)}">
<input type="hidden" name="token" value="${token}">
<button>Confirm</button>
</form>${other}`
          : html`${intro}
<p class="notice">Only a global administrator of the directory can confirm this.</p>${other}`
      return await sendPage(reply, page(brand, 'Associate a directory', body), { status: shown.status ?? 200 })
    } catch (error) {
      if (!isDomainError(error)) throw error
      const body = html`<p class="notice" role="alert">${error.message}</p>
<p><a class="button" href="/partner">To Partner Center</a></p>`
      return sendPage(reply, page(brand, 'This link is over', body), { status: httpStatus[error.kind] })
    }
  }
}
