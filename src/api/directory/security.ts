import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import { anonymous, type Ctx } from '../../kernel/context.ts'
import type { Consent, Passkey } from '../../domain/directory/index.ts'
import { httpStatus, isDomainError } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { authenticatorSecret, codeField, noticeOf, recoveryCodes } from './authenticator-form.ts'
import { consentWords } from './consent.ts'
import { formToken, isOwnForm } from './form-token.ts'
import { type Html, html, page, sendPage } from './page.ts'
import { passkeyForm, passkeyNameField } from './passkey-form.ts'
import { tryLater } from './retry-after.ts'
import { clearSessionCookie, readSessionCookie } from './session-cookie.ts'

const action = { action: 'session.use' } as const
const address = '/signin/security'
/** What changes how one signs in wants somebody who has just signed in. */
const freshMinutes = 15

const deed = z.object({
  form: z.string().optional(),
  deed: z.enum([
    'end',
    'end-others',
    'end-all',
    'set-up',
    'confirm',
    'remove',
    'new-codes',
    'new-passkey',
    'add-passkey',
    'rename-passkey',
    'remove-passkey',
    'withdraw',
  ]),
  session: z.string().max(100).default(''),
  code: z.string().max(200).default(''),
  passkey: z.string().max(1400).default(''),
  name: z.string().max(200).default(''),
  response: z.string().max(16_000).default(''),
  client: z.string().max(100).default(''),
})

interface Shown {
  notice?: string
  done?: string
  status?: number
}

/** Where people see their sessions and how they sign in, and end or change it. Plain forms; everything works without a script. */
export function securityRoutes(scope: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): void {
  const { directory } = domain
  const { brand } = kernel.config
  const read = <T>(fn: (ctx: Ctx) => Promise<T>) => kernel.read(anonymous, fn)
  const write = <T>(fn: (ctx: Ctx) => Promise<T>) => kernel.run(anonymous, fn)

  async function visitor(request: FastifyRequest) {
    const cookie = readSessionCookie(request)
    const session = cookie ? await read((ctx) => directory.findSession(ctx, cookie)) : null
    return session && cookie ? { cookie, ...session } : null
  }
  type Visitor = NonNullable<Awaited<ReturnType<typeof visitor>>>

  const toSignIn = (reply: FastifyReply, again: boolean) =>
    reply.redirect(`/signin?${new URLSearchParams({ return: address, ...(again ? { again: 'yes' } : {}) }).toString()}`, 303)

  const isFresh = ({ authenticatedAt }: Visitor) => read(async (ctx) => ctx.wall.since(authenticatedAt).total('minutes') < freshMinutes)

  scope.get(address, { config: action }, async (request, reply) => {
    const who = await visitor(request)
    return who ? show(request, reply, who) : toSignIn(reply, false)
  })

  scope.post(address, { config: action }, async (request, reply) => {
    const who = await visitor(request)
    if (!who) return toSignIn(reply, false)
    const form = deed.safeParse(request.body)
    if (!form.success || !isOwnForm(kernel, request, form.data.form)) {
      return show(request, reply, who, { status: form.success ? 403 : 400, notice: 'This form has expired. Please try again.' })
    }
    const { objectId } = who.user
    const { session, code } = form.data
    switch (form.data.deed) {
      case 'end':
        await write((ctx) => directory.endSessions(ctx, objectId, { id: session }))
        return show(request, reply, who, { done: 'That session has ended.' })
      case 'end-others':
        await write((ctx) => directory.endSessions(ctx, objectId, { others: who.cookie }))
        return show(request, reply, who, { done: 'All other sessions have ended.' })
      case 'end-all':
        await write((ctx) => directory.endSessions(ctx, objectId, { others: '' }))
        clearSessionCookie(reply, kernel.config)
        return reply.redirect('/signin', 303)
      case 'withdraw':
        try {
          await write((ctx) => directory.withdrawConsent(ctx, objectId, form.data.client))
          return await show(request, reply, who, { done: 'The application may know nothing more.' })
        } catch (error) {
          if (!isDomainError(error)) throw error
          return show(request, reply, who, { status: httpStatus[error.kind], notice: error.message })
        }
      default:
        if (!(await isFresh(who))) return toSignIn(reply, true)
    }
    if (form.data.deed === 'set-up') return showSetUp(request, reply, who)
    if (form.data.deed === 'new-passkey') return showNewPasskey(request, reply, who)
    try {
      const passkeysDone = await changePasskeys(reply, who, form.data)
      if (typeof passkeysDone === 'string') return await show(request, reply, who, { done: passkeysDone })
      if (passkeysDone) return passkeysDone
    } catch (error) {
      if (!isDomainError(error)) throw error
      const shown = { status: httpStatus[error.kind], notice: error.message }
      return form.data.deed === 'add-passkey' ? showNewPasskey(request, reply, who, shown) : show(request, reply, who, shown)
    }
    const factor = await read((ctx) => directory.findSecondFactor(ctx, objectId))
    if (form.data.deed === 'new-codes' && factor && !factor.app) {
      return showCodes(reply, await write((ctx) => directory.renewRecoveryCodes(ctx, objectId)))
    }
    const until = await write((ctx) => directory.countCode(ctx, objectId))
    if (until) return show(request, reply, who, { status: 429, notice: `Too many wrong codes. ${tryLater(reply, until)}` })
    try {
      if (form.data.deed === 'confirm') {
        const codes = await write((ctx) => directory.confirmSecondFactor(ctx, objectId, code))
        return await showCodes(reply, codes)
      }
      if (!(await write((ctx) => directory.takeCode(ctx, objectId, code)))) {
        return await show(request, reply, who, { status: 401, notice: 'This code is not right, or has been used.' })
      }
      if (form.data.deed === 'new-codes') {
        const codes = await write((ctx) => directory.renewRecoveryCodes(ctx, objectId))
        return await showCodes(reply, codes)
      }
      await write((ctx) => directory.removeAuthenticator(ctx, who.user))
      return await show(request, reply, who, { done: 'The authenticator app has been removed.' })
    } catch (error) {
      if (!isDomainError(error)) throw error
      const shown = { status: httpStatus[error.kind], notice: error.message }
      return form.data.deed === 'confirm' && error.code === 'WrongCode'
        ? showSetUp(request, reply, who, shown)
        : show(request, reply, who, shown)
    }
  })

  /** The passkey deeds: what was done as a sentence or a page of its own, or null for the others. */
  async function changePasskeys(reply: FastifyReply, who: Visitor, data: z.infer<typeof deed>): Promise<string | FastifyReply | null> {
    const { user } = who
    switch (data.deed) {
      case 'add-passkey': {
        const { form: browser = '', name, response } = data
        const codes = await write((ctx) => directory.addPasskey(ctx, { user, browser, name, response }))
        return codes ? showCodes(reply, codes) : 'The passkey has been added.'
      }
      case 'rename-passkey':
        await write((ctx) => directory.renamePasskey(ctx, user.objectId, data.passkey, data.name))
        return 'The passkey has its new name.'
      case 'remove-passkey':
        await write((ctx) => directory.removePasskey(ctx, user, data.passkey))
        return 'The passkey has been removed. Remove it from your device as well.'
      default:
        return null
    }
  }

  async function showNewPasskey(request: FastifyRequest, reply: FastifyReply, who: Visitor, shown: Shown = {}): Promise<FastifyReply> {
    const token = formToken(kernel, request, reply)
    const options = await read((ctx) => directory.offerPasskey(ctx, who.user, token))
    const body = html`${noticeOf(shown.notice)}
<p>Your device, your password manager or a security key keeps the passkey. It opens your account with your finger, your face or its PIN, and cannot be tricked by another site.</p>
${passkeyForm({
  action: address,
  kind: 'create',
  options,
  hidden: html`<input type="hidden" name="form" value="${token}"><input type="hidden" name="deed" value="add-passkey">`,
  fields: passkeyNameField,
  button: html`<button>Make the passkey</button>`,
})}
<noscript><p class="notice">Passkeys need a script, which this browser does not run.</p></noscript>
<p class="after"><a href="${address}">Not now</a></p>`
    return sendPage(reply, page(brand, 'Add a passkey', body, { script: true }), { status: shown.status ?? 200 })
  }

  function showCodes(reply: FastifyReply, codes: readonly string[]) {
    const body = html`${recoveryCodes(codes)}<p><a class="button" href="${address}">I have kept them</a></p>`
    return sendPage(reply, page(brand, 'Your recovery codes', body))
  }

  async function showSetUp(request: FastifyRequest, reply: FastifyReply, who: Visitor, shown: Shown = {}): Promise<FastifyReply> {
    let offered: { secret: string; uri: string }
    try {
      offered = await write((ctx) => directory.offerSecondFactor(ctx, who.user))
    } catch (error) {
      if (!isDomainError(error)) throw error
      return show(request, reply, who, { status: 409, notice: error.message })
    }
    const body = html`${noticeOf(shown.notice)}
${authenticatorSecret(offered)}
<form method="post" action="${address}">
<input type="hidden" name="form" value="${formToken(kernel, request, reply)}">
${codeField('The code that the app shows', shown.notice)}
<button name="deed" value="confirm">Set up</button>
</form>
<p class="after"><a href="${address}">Not now</a></p>`
    return sendPage(reply, page(brand, 'Set up a second proof', body), { status: shown.status ?? 200 })
  }

  async function show(request: FastifyRequest, reply: FastifyReply, who: Visitor, shown: Shown = {}): Promise<FastifyReply> {
    const { objectId, email } = who.user
    const sessions = await read((ctx) => directory.listSessions(ctx, objectId, who.cookie))
    const factor = await read((ctx) => directory.findSecondFactor(ctx, objectId))
    const consents = await read((ctx) => directory.listConsents(ctx, objectId))
    const token = html`<input type="hidden" name="form" value="${formToken(kernel, request, reply)}">`
    const body = html`${noticeOf(shown.notice)}
${shown.done ? html`<p class="done" role="status">${shown.done}</p>` : null}
<p>You are signed in as ${email}.</p>
<h2>Second proof</h2>
${
  factor
    ? html`<p>${factor.recoveryCodesLeft} of your recovery codes are unused.</p>
${factor.app ? null : html`<form method="post" action="${address}">${token}<button class="quiet" name="deed" value="new-codes">New recovery codes</button></form>`}`
    : html`<p>Besides the password, a passkey or a code of an authenticator app can be asked for. Who learns your password cannot sign in with it alone then.</p>`
}
<h3>Passkeys</h3>
${factor && factor.passkeys.length > 0 ? html`<ul class="sessions">${factor.passkeys.map((passkey) => passkeyLine(token, passkey))}</ul>` : null}
<form method="post" action="${address}">${token}<button class="quiet" name="deed" value="new-passkey">Add a passkey</button></form>
<h3>Authenticator app</h3>
${factor?.app ? withApp(token, factor.app) : withoutApp(token)}
<h2>Where you are signed in</h2>
<ul class="sessions">
${sessions.map(
  (session) => html`<li>
<span><strong>${device(session.userAgent)}</strong>${session.isCurrent ? html` (this browser)` : null}<br><span class="muted">${session.address}, since ${shortTime(session.authenticatedAt)}</span></span>
${session.isCurrent ? null : html`<form method="post" action="${address}">${token}<input type="hidden" name="session" value="${session.id}"><button class="quiet" name="deed" value="end" aria-label="End the session of ${device(session.userAgent)} at ${session.address}">End</button></form>`}
</li>`,
)}
</ul>
<form method="post" action="${address}" class="row">${token}
${sessions.length > 1 ? html`<button class="quiet" name="deed" value="end-others">End all others</button>` : null}
<button class="quiet" name="deed" value="end-all">Sign out everywhere</button>
</form>
<h2>What applications may know</h2>
${consents.length === 0 ? html`<p>You have allowed no application anything.</p>` : html`<ul class="sessions">${consents.map((consent) => consentLine(token, consent))}</ul>`}
<h2>Password</h2>
<p><a href="/signin/forgot">Set a new password by mail</a></p>
<p class="after"><a href="/">To the marketplace</a></p>`
    return sendPage(reply, page(brand, 'Sign-in and security', body), { status: shown.status ?? 200 })
  }

  function consentLine(token: Html, consent: Consent): Html {
    return html`<li>
<span><strong>${consent.application}</strong> of ${consent.organisation}<br><span class="muted">Since ${shortTime(consent.grantedAt)}: ${consent.scopes.map((scope) => consentWords(scope, brand.name)).join('; ')}</span></span>
<form method="post" action="${address}">${token}<input type="hidden" name="client" value="${consent.clientId}"><button class="quiet" name="deed" value="withdraw" aria-label="Withdraw what ${consent.application} may know">Withdraw</button></form>
</li>`
  }

  function passkeyLine(token: Html, passkey: Passkey): Html {
    const used = passkey.lastUsedAt ? `last used ${shortTime(passkey.lastUsedAt)}` : 'not used yet'
    return html`<li>
<details><summary><strong>${passkey.name}</strong><br><span class="muted">${passkey.synced ? 'kept on several devices' : 'kept on one device'}, since ${shortTime(passkey.createdAt)}, ${used}</span></summary>
<form method="post" action="${address}">${token}<input type="hidden" name="passkey" value="${passkey.credentialId}">
<label>New name<input name="name" required maxlength="60" value="${passkey.name}" autocomplete="off"></label>
<button class="quiet" name="deed" value="rename-passkey">Rename</button>
</form></details>
<form method="post" action="${address}">${token}<input type="hidden" name="passkey" value="${passkey.credentialId}"><button class="quiet" name="deed" value="remove-passkey" aria-label="Remove the passkey ${passkey.name}">Remove</button></form>
</li>`
  }

  function withoutApp(token: Html): Html {
    return html`<p>None is set up.</p>
<form method="post" action="${address}">${token}<button class="quiet" name="deed" value="set-up">Set up an authenticator app</button></form>`
  }

  function withApp(token: Html, since: Temporal.Instant): Html {
    return html`<p>Set up since ${shortTime(since)}.</p>
<form method="post" action="${address}">${token}
${codeField('Code of the app, to change this', undefined, { recovery: true })}
<div class="row"><button class="quiet" name="deed" value="new-codes">New recovery codes</button>
<button class="quiet" name="deed" value="remove">Remove</button></div>
</form>`
  }
}

const shortTime = (at: Temporal.Instant) => `${at.toString().slice(0, 16).replace('T', ' ')} UTC`

/** The browser and system of a User-Agent header, as a person would name them. */
function device(userAgent: string): string {
  const browser = [
    ['Edg', 'Edge'],
    ['OPR', 'Opera'],
    ['Firefox', 'Firefox'],
    ['Chrome', 'Chrome'],
    ['Safari', 'Safari'],
  ].find(([mark]) => userAgent.includes(`${mark}/`))?.[1]
  const system = ['Windows', 'Android', 'iPhone', 'iPad', 'Mac OS', 'Linux'].find((mark) => userAgent.includes(mark))
  return [browser ?? 'A program', system].filter(Boolean).join(' on ')
}
