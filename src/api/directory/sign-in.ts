import cookies from '@fastify/cookie'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import { anonymous } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { type DemoPerson, demoPeople } from './demo-people.ts'
import { formTargets } from './form-targets.ts'
import { formToken, isOwnForm } from './form-token.ts'
import { acceptForms } from './forms.ts'
import { setHalfCookie } from './half-cookie.ts'
import { consentRoutes } from './consent.ts'
import { createHomeRealm, type Realm, realms } from './home-realm.ts'
import { outsideRoutes } from './outside.ts'
import { invitationRoutes } from './invitation.ts'
import { passwordResetRoutes } from './password-reset.ts'
import { registrationRoutes } from './registration.ts'
import { safeReturn } from './safe-return.ts'
import { type Html, html, page, script, sendPage, styleSheet } from './page.ts'
import { passkeyForm } from './passkey-form.ts'
import { personalRoutes } from './personal.ts'
import { tryLater } from './retry-after.ts'
import { originOfVisit, secondFactorRoutes } from './second-factor.ts'
import { securityRoutes } from './security.ts'
import { tenantRequestRoutes } from './tenant-request.ts'
import { clearSessionCookie, readSessionCookie, setSessionCookie } from './session-cookie.ts'

const action = { action: 'session.use' } as const

const query = z.object({
  return: z.string().optional().catch(undefined),
  login_hint: z.string().max(254).optional().catch(undefined),
  directory: z.string().max(253).optional().catch(undefined),
  again: z.enum(['yes', 'choose']).optional().catch(undefined),
  /** whose sign-in is asked for, where no directory is named */
  realm: z.enum(realms).optional().catch(undefined),
  /** the directory of the address that was entered */
  home: z.string().max(253).optional().catch(undefined),
})

const signInForm = z.object({
  form: z.string().optional(),
  return: z.string().optional(),
  directory: z.string().max(253).optional(),
  email: z.string().max(254).default(''),
  password: z.string().max(1024).default(''),
  demo: z.string().max(254).optional(),
})

const passkeyAnswer = z.object({
  form: z.string().optional(),
  return: z.string().optional(),
  directory: z.string().max(253).optional(),
  response: z.string().max(16_000).default(''),
})

/** The sign-in and sign-out pages. They are plain forms: everything but passkeys works without a script. */
export async function signInRoutes(app: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): Promise<void> {
  const { directory } = domain
  const { brand, outsideIssuer } = kernel.config
  const demo = demoPeople(kernel.config)

  await app.register(async (scope) => {
    if (!scope.hasRequestDecorator('cookies')) await scope.register(cookies)
    acceptForms(scope)
    secondFactorRoutes(scope, { kernel, domain })
    passwordResetRoutes(scope, { kernel, domain })
    registrationRoutes(scope, { kernel, domain })
    invitationRoutes(scope, { kernel, domain })
    tenantRequestRoutes(scope, { kernel, domain })
    securityRoutes(scope, { kernel, domain })
    const homeRealm = createHomeRealm(
      { kernel, domain },
      {
        beginOutside: outsideRoutes(scope, { kernel, domain }),
        formTargets: targetsOf,
        beneath: (hidden) => (demo ? demoList(demo.people, hidden) : null),
      },
    )
    homeRealm.routes(scope)
    personalRoutes(scope, { kernel, domain })
    consentRoutes(scope, { kernel, domain })

    scope.get('/signin/style.css', { config: action }, async (_request, reply) =>
      reply
        .headers({
          'content-type': 'text/css; charset=utf-8',
          'cache-control': 'public, max-age=31536000, immutable',
          'x-content-type-options': 'nosniff',
        })
        .send(styleSheet(brand)),
    )

    scope.get('/signin/passkey.js', { config: action }, async (_request, reply) =>
      reply
        .headers({
          'content-type': 'text/javascript; charset=utf-8',
          'cache-control': 'public, max-age=31536000, immutable',
          'x-content-type-options': 'nosniff',
        })
        .send(script),
    )

    scope.get('/signin', { config: action }, async (request, reply) => {
      const asked = query.parse(request.query)
      const back = safeReturn(asked.return)
      const user = await kernel.read(anonymous, (ctx) => directory.sessionUser(ctx, readSessionCookie(request)))
      // Who comes without having been sent back by an application, and is signed in, needs nothing here.
      if (user && !asked.again) return reply.redirect(back, 303)
      if (asked.realm && !asked.login_hint && !user) return homeRealm.show(request, reply, { back, realm: asked.realm })
      return showForm(request, reply, {
        back,
        email: asked.login_hint ?? '',
        directory: asked.directory,
        home: asked.home,
        realm: asked.realm,
        continueAs: asked.again === 'choose' ? (user?.email ?? null) : null,
        again: asked.again !== undefined,
      })
    })

    scope.post('/signin', { config: action }, async (request, reply) => {
      const form = signInForm.safeParse(request.body)
      const back = safeReturn(form.data?.return)
      if (!form.success || !isOwnForm(kernel, request, form.data.form)) {
        return showForm(request, reply, { back, status: form.success ? 403 : 400, notice: 'This form has expired. Please try again.' })
      }
      const { data } = form
      const byDemo = demo?.people.some((person) => person.email === data.demo) ? demo : null
      const email = (byDemo ? data.demo : data.email.trim()) ?? ''
      const password = byDemo ? byDemo.password : data.password
      const origin = originOfVisit(request)
      const shown = { back, email, directory: data.directory }
      if (!email || !password)
        return showForm(request, reply, { ...shown, status: 400, notice: 'Enter your e-mail address and your password.' })

      const start = await kernel.run(anonymous, (ctx) => directory.beginSignIn(ctx, { email, origin }))
      if (start.kind === 'locked') {
        return showForm(request, reply, { ...shown, status: 429, notice: `Too many attempts. ${tryLater(reply, start.until)}` })
      }
      const end = (await directory.passwordFits(start, password))
        ? await kernel.run(anonymous, (ctx) =>
            directory.completeSignIn(ctx, { start, origin, previousSession: readSessionCookie(request) }),
          )
        : null
      if (!end) {
        return showForm(request, reply, { ...shown, status: 401, notice: 'The e-mail address or the password is not right.' })
      }
      if (end.kind === 'new-password') {
        return reply
          .header('cache-control', 'no-store')
          .redirect(`/signin/reset?${new URLSearchParams({ token: end.token }).toString()}`, 303)
      }
      if (end.kind === 'half') {
        setHalfCookie(reply, kernel.config, end.value)
        return reply.header('cache-control', 'no-store').redirect(`/signin/second?${new URLSearchParams({ return: back }).toString()}`, 303)
      }
      setSessionCookie(reply, kernel.config, end.value)
      return reply.header('cache-control', 'no-store').redirect(back, 303)
    })

    scope.post('/signin/passkey', { config: action }, async (request, reply) => {
      const form = passkeyAnswer.safeParse(request.body)
      const back = safeReturn(form.data?.return)
      if (!form.success || !isOwnForm(kernel, request, form.data.form)) {
        return showForm(request, reply, { back, status: form.success ? 403 : 400, notice: 'This form has expired. Please try again.' })
      }
      const { data } = form
      const shown = { back, directory: data.directory }
      const origin = originOfVisit(request)
      const until = await kernel.run(anonymous, (ctx) => directory.countPasskey(ctx, origin))
      if (until) return showForm(request, reply, { ...shown, status: 429, notice: `Too many attempts. ${tryLater(reply, until)}` })
      const value = await kernel.run(anonymous, async (ctx) => {
        const objectId = await directory.takePasskey(ctx, { objectId: null, browser: data.form ?? '', response: data.response })
        return objectId && directory.signInByPasskey(ctx, { objectId, origin, previousSession: readSessionCookie(request) })
      })
      if (!value) {
        const notice = 'This passkey does not open an account here. Sign in with your password.'
        return showForm(request, reply, { ...shown, status: 401, notice })
      }
      setSessionCookie(reply, kernel.config, value)
      return reply.header('cache-control', 'no-store').redirect(back, 303)
    })

    scope.get('/signout', { config: action }, async (request, reply) => {
      const back = safeReturn((request.query as { return?: unknown }).return)
      const user = await kernel.read(anonymous, (ctx) => directory.sessionUser(ctx, readSessionCookie(request)))
      if (!user) return sendPage(reply, signedOut(back))
      const body = html`<p>You are signed in as ${user.email}.</p>
<form method="post" action="/signout">
<input type="hidden" name="form" value="${formToken(kernel, request, reply)}">
<input type="hidden" name="return" value="${back}">
<button>Sign out</button>
</form>`
      return sendPage(reply, page(brand, 'Sign out', body))
    })

    scope.post('/signout', { config: action }, async (request, reply) => {
      const form = z.object({ form: z.string(), return: z.string().optional() }).safeParse(request.body)
      const back = safeReturn(form.data?.return)
      if (!form.success || !isOwnForm(kernel, request, form.data.form)) {
        return reply.redirect(`/signout?${new URLSearchParams({ return: back }).toString()}`, 303)
      }
      const value = readSessionCookie(request)
      if (value) await kernel.run(anonymous, (ctx) => directory.endSession(ctx, value))
      clearSessionCookie(reply, kernel.config)
      return back === '/' ? sendPage(reply, signedOut(back)) : reply.redirect(back, 303)
    })
  })

  function signedOut(back: string) {
    return page(
      brand,
      'You are signed out',
      html`<p>Close the browser if others use this computer.</p>
<p><a class="button" href="/signin?${new URLSearchParams({ return: back }).toString()}">Sign in again</a></p>`,
    )
  }

  interface Shown {
    back: string
    email?: string
    directory?: string | undefined
    home?: string | undefined
    realm?: Realm | undefined
    continueAs?: string | null
    /** somebody is signed in and shall prove it once more */
    again?: boolean
    notice?: string
    status?: number
  }

  async function showForm(request: FastifyRequest, reply: FastifyReply, shown: Shown): Promise<FastifyReply> {
    const asked = shown.directory
    const tenant = asked ? await kernel.read(anonymous, (ctx) => directory.findTenant(ctx, asked)) : null
    const { home, realm } = shown
    const homeTenant = home ? await kernel.read(anonymous, (ctx) => directory.findTenant(ctx, home)) : null
    const token = formToken(kernel, request, reply)
    const passkey = await kernel.read(anonymous, (ctx) => directory.askPasskey(ctx, { objectId: null, browser: token }))
    const hidden = html`<input type="hidden" name="form" value="${token}">
<input type="hidden" name="return" value="${shown.back}">
${tenant ? html`<input type="hidden" name="directory" value="${tenant.domain}">` : null}`
    const body = html`${shown.notice ? html`<p class="notice" role="alert" id="notice">${shown.notice}</p>` : null}
${tenant ? html`<p class="hint">This application is for people of ${tenant.name} (${tenant.domain}).</p>` : null}
${homeTenant ? html`<p class="hint">Sign in with your account of ${homeTenant.name}.</p>` : null}
${realm ? html`<p class="muted"><a href="/signin?${new URLSearchParams({ return: shown.back, realm }).toString()}">Another address</a></p>` : null}
${shown.continueAs ? html`<p><a class="button quiet" href="${shown.back}">Continue as ${shown.continueAs}</a></p>` : null}
<form method="post" action="/signin">
${hidden}
<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="username webauthn" required maxlength="254" value="${shown.email ?? ''}"${described(shown)}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="256"${described(shown)}>
<button>Sign in</button>
</form>
${passkeyForm({
  action: '/signin/passkey',
  kind: 'get',
  options: passkey,
  hidden,
  offer: true,
  button: html`<button class="quiet">Sign in with a passkey</button>`,
})}
${outsideIssuer ? outsideButton(hidden, outsideIssuer.name, shown) : null}
<p class="after"><a href="/signin/forgot">Forgot your password?</a></p>
<p class="after">New here? <a href="/signin/register">Get a work account for your company</a>, or <a href="/signin/join">a personal account</a></p>
${demo ? demoList(demo.people, hidden) : null}`
    return sendPage(reply, page(brand, 'Sign in', body, { script: true }), {
      status: shown.status ?? 200,
      formTargets: targetsOf(shown.back),
    })
  }

  /** Browsers follow a form's redirects only to sites that the page names. */
  function targetsOf(back: string): string[] {
    return [...formTargets(back), ...(outsideIssuer ? [new URL(outsideIssuer.issuer).origin] : [])]
  }
}

function outsideButton(hidden: Html, name: string, shown: { email?: string; again?: boolean }): Html {
  return html`<form method="post" action="/signin/outside">
${hidden}
<input type="hidden" name="email" value="${shown.email ?? ''}">
${shown.again ? html`<input type="hidden" name="again" value="yes">` : null}
<button class="quiet">Sign in with ${name}</button>
</form>`
}

const described = (shown: { notice?: string }): Html => (shown.notice ? html` aria-describedby="notice"` : html``)

function demoList(people: readonly DemoPerson[], hidden: Html): Html {
  return html`<h2>Sandbox sign-ins</h2>
<p class="muted">One click signs in. These people exist in sandbox mode only.</p>
<form method="post" action="/signin">
${hidden}
<ul class="people">
${people.map((person) => html`<li><button name="demo" value="${person.email}">${person.email} <span>${person.role || 'user'}</span></button></li>`)}
</ul>
</form>`
}
