import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import { anonymous } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { personalTenantId } from '../../kernel/personal-accounts.ts'
import { noticeOf } from './authenticator-form.ts'
import { formToken, isOwnForm } from './form-token.ts'
import type { BeginOutside } from './outside.ts'
import { type Html, html, page, sendPage } from './page.ts'
import { safeReturn } from './safe-return.ts'

const action = { action: 'session.use' } as const

/** Whose sign-in an application asks for at a collective address: anybody's, an organisation's people, or personal accounts. */
export const realms = ['common', 'organizations', 'consumers'] as const
export type Realm = (typeof realms)[number]

const realmForm = z.object({
  form: z.string().optional(),
  return: z.string().optional(),
  realm: z.enum(realms).catch('common'),
  email: z.string().max(254).default(''),
})

/** The page that asks for the address first, and leads where its people sign in. It tells what a domain is, never who has an account. */
export function createHomeRealm(
  { kernel, domain }: { kernel: Kernel; domain: Domain },
  options: {
    beginOutside: BeginOutside | null
    formTargets: (back: string) => string[]
    /** what stands below the form, with the hidden fields of a sign-in */
    beneath: (hidden: Html) => Html | null
  },
) {
  const { directory } = domain
  const { brand } = kernel.config
  const { beginOutside, formTargets, beneath } = options

  interface Shown {
    back: string
    realm: Realm
    email?: string
    notice?: string
    status?: number
  }

  function show(request: FastifyRequest, reply: FastifyReply, shown: Shown): FastifyReply {
    const hidden = html`<input type="hidden" name="form" value="${formToken(kernel, request, reply)}">
<input type="hidden" name="return" value="${shown.back}">`
    const body = html`${noticeOf(shown.notice)}
<form method="post" action="/signin/realm">
${hidden}
<input type="hidden" name="realm" value="${shown.realm}">
<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="username" required maxlength="254" autofocus value="${shown.email ?? ''}" aria-describedby="${shown.notice ? 'notice' : 'about'}">
<p class="muted" id="about">${about[shown.realm]}</p>
<button>Next</button>
</form>
${beneath(hidden)}`
    return sendPage(reply, page(brand, 'Sign in', body), { status: shown.status ?? 200, formTargets: formTargets(shown.back) })
  }

  function routes(scope: FastifyInstance): void {
    scope.post('/signin/realm', { config: action }, async (request, reply) => {
      const form = realmForm.safeParse(request.body)
      const back = safeReturn(form.data?.return)
      const realm = form.data?.realm ?? 'common'
      if (!form.success || !isOwnForm(kernel, request, form.data.form)) {
        return show(request, reply, { back, realm, status: form.success ? 403 : 400, notice: 'This form has expired. Please try again.' })
      }
      const email = form.data.email.trim()
      if (!z.email().safeParse(email).success) {
        return show(request, reply, { back, realm, email, status: 400, notice: 'Enter your e-mail address.' })
      }
      const found = await kernel.read(anonymous, async (ctx) => {
        const tenant = await directory.findTenant(ctx, email.split('@').at(-1) ?? '')
        return tenant && { tenant, outside: await directory.signsInOutside(ctx, tenant.tenantId) }
      })
      if (realm === 'consumers' && found) {
        const notice = `This application is for personal accounts; ${email} is an address of ${found.tenant.name}.`
        return show(request, reply, { back, realm, email, status: 400, notice })
      }
      if (found?.outside && beginOutside) return beginOutside(request, reply, { back, email })
      const target = new URLSearchParams({ return: back, login_hint: email, realm })
      if (found) target.set('home', found.tenant.domain)
      return reply.redirect(`/signin?${target.toString()}`, 303)
    })
  }

  return { show, routes }
}

const about: Record<Realm, string> = {
  common: 'With your account at work, or a personal one.',
  organizations: 'With your account at work.',
  consumers: 'With your personal account.',
}

/** Whether people of a directory sign in at a collective address. */
export function isOfRealm(name: string, tenantId: string): boolean {
  const personal = tenantId === personalTenantId
  const realm = name.toLowerCase()
  return realm === 'organizations' ? !personal : realm === 'consumers' ? personal : true
}
