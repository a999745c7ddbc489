import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import { anonymous, type Ctx } from '../../kernel/context.ts'
import { isDomainError } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { authenticatorSecret, codeField, noticeOf, recoveryCodes } from './authenticator-form.ts'
import { formToken, isOwnForm } from './form-token.ts'
import { clearHalfCookie, readHalfCookie } from './half-cookie.ts'
import { html, page, sendPage } from './page.ts'
import { passkeyForm, passkeyNameField } from './passkey-form.ts'
import { tryLater } from './retry-after.ts'
import { safeReturn } from './safe-return.ts'
import { readSessionCookie, setSessionCookie } from './session-cookie.ts'
import { formTargets } from './form-targets.ts'

const action = { action: 'session.use' } as const
const codeForm = z.object({ form: z.string().optional(), return: z.string().optional(), code: z.string().max(200).default('') })

const passkeyForms = z.object({
  form: z.string().optional(),
  return: z.string().optional(),
  response: z.string().max(16_000).default(''),
  name: z.string().max(200).default(''),
})

export const originOfVisit = (request: FastifyRequest) => ({ address: request.ip, userAgent: request.headers['user-agent'] ?? '' })

/** The second half of a sign-in: a code of the authenticator app or a recovery code, or setting the app up where the policy wants one. */
export function secondFactorRoutes(scope: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): void {
  const { directory } = domain
  const { brand } = kernel.config
  const read = <T>(fn: (ctx: Ctx) => Promise<T>) => kernel.read(anonymous, fn)
  const write = <T>(fn: (ctx: Ctx) => Promise<T>) => kernel.run(anonymous, fn)

  const backOf = (value: unknown) => safeReturn(value)
  const toSignIn = (reply: FastifyReply, back: string) => reply.redirect(`/signin?${new URLSearchParams({ return: back }).toString()}`, 303)

  type HalfUser = Parameters<typeof directory.offerSecondFactor>[1]

  /** The session begins; the half cookie ends. */
  async function signedIn(request: FastifyRequest, reply: FastifyReply, half: string, user: HalfUser) {
    const value = await write((ctx) =>
      directory.finishHalfSignIn(ctx, { half, user, origin: originOfVisit(request), previousSession: readSessionCookie(request) }),
    )
    clearHalfCookie(reply, kernel.config)
    setSessionCookie(reply, kernel.config, value)
  }

  scope.get('/signin/second', { config: action }, async (request, reply) => {
    const back = backOf((request.query as { return?: unknown }).return)
    const user = await read((ctx) => directory.findHalfSignIn(ctx, readHalfCookie(request)))
    if (!user) return toSignIn(reply, back)
    if (!(await read((ctx) => directory.findSecondFactor(ctx, user.objectId)))) return showSetUp(request, reply, user, back)
    return showCode(request, reply, user, back)
  })

  scope.post('/signin/second', { config: action }, async (request, reply) => {
    const form = codeForm.safeParse(request.body)
    const back = backOf(form.data?.return)
    const half = readHalfCookie(request)
    const user = await read((ctx) => directory.findHalfSignIn(ctx, half))
    if (!user || half === undefined) return toSignIn(reply, back)
    if (!form.success || !isOwnForm(kernel, request, form.data.form)) {
      return showCode(request, reply, user, back, { status: 403, notice: 'This form has expired. Please try again.' })
    }
    const until = await write((ctx) => directory.countCode(ctx, user.objectId))
    if (until) return showCode(request, reply, user, back, { status: 429, notice: `Too many wrong codes. ${tryLater(reply, until)}` })
    const taken = await write((ctx) => directory.takeCode(ctx, user.objectId, form.data.code))
    if (!taken)
      return showCode(request, reply, user, back, {
        status: 401,
        notice: 'This code is not right, or has been used. Enter the one that the app shows now.',
      })
    await signedIn(request, reply, half, user)
    return reply.header('cache-control', 'no-store').redirect(back, 303)
  })

  scope.post('/signin/second/setup', { config: action }, async (request, reply) => {
    const form = codeForm.safeParse(request.body)
    const back = backOf(form.data?.return)
    const half = readHalfCookie(request)
    const user = await read((ctx) => directory.findHalfSignIn(ctx, half))
    if (!user || half === undefined) return toSignIn(reply, back)
    // Who has a second proof already must show it: the password alone adds none.
    if (await read((ctx) => directory.findSecondFactor(ctx, user.objectId))) return showCode(request, reply, user, back)
    if (!form.success || !isOwnForm(kernel, request, form.data.form)) {
      return showSetUp(request, reply, user, back, { status: 403, notice: 'This form has expired. Please try again.' })
    }
    const until = await write((ctx) => directory.countCode(ctx, user.objectId))
    if (until)
      return showSetUp(request, reply, user, back, {
        status: 429,
        notice: `Too many wrong codes. ${tryLater(reply, until)}`,
      })
    try {
      const codes = await write((ctx) => directory.confirmSecondFactor(ctx, user.objectId, form.data.code))
      await signedIn(request, reply, half, user)
      const body = html`${recoveryCodes(codes)}<p><a class="button" href="${back}">I have kept them: go on</a></p>`
      return await sendPage(reply, page(brand, 'Your recovery codes', body))
    } catch (error) {
      if (!isDomainError(error)) throw error
      return showSetUp(request, reply, user, back, { status: 400, notice: error.message })
    }
  })

  scope.post('/signin/second/passkey', { config: action }, async (request, reply) => {
    const form = passkeyForms.safeParse(request.body)
    const back = backOf(form.data?.return)
    const half = readHalfCookie(request)
    const user = await read((ctx) => directory.findHalfSignIn(ctx, half))
    if (!user || half === undefined) return toSignIn(reply, back)
    if (!form.success || !isOwnForm(kernel, request, form.data.form)) {
      return showCode(request, reply, user, back, { status: 403, notice: 'This form has expired. Please try again.' })
    }
    const { form: browser = '', response } = form.data
    const taken = await write((ctx) => directory.takePasskey(ctx, { objectId: user.objectId, browser, response }))
    if (!taken) return showCode(request, reply, user, back, { status: 401, notice: 'This passkey is not one of yours. Use another.' })
    await signedIn(request, reply, half, user)
    return reply.header('cache-control', 'no-store').redirect(back, 303)
  })

  scope.post('/signin/second/passkey/setup', { config: action }, async (request, reply) => {
    const form = passkeyForms.safeParse(request.body)
    const back = backOf(form.data?.return)
    const half = readHalfCookie(request)
    const user = await read((ctx) => directory.findHalfSignIn(ctx, half))
    if (!user || half === undefined) return toSignIn(reply, back)
    // Who has a second proof already must show it: the password alone adds none.
    if (await read((ctx) => directory.findSecondFactor(ctx, user.objectId))) return showCode(request, reply, user, back)
    if (!form.success || !isOwnForm(kernel, request, form.data.form)) {
      return showSetUp(request, reply, user, back, { status: 403, notice: 'This form has expired. Please try again.' })
    }
    const { form: browser = '', response, name } = form.data
    try {
      const codes = (await write((ctx) => directory.addPasskey(ctx, { user, browser, name, response }))) ?? []
      await signedIn(request, reply, half, user)
      const body = html`${recoveryCodes(codes)}<p><a class="button" href="${back}">I have kept them: go on</a></p>`
      return await sendPage(reply, page(brand, 'Your recovery codes', body))
    } catch (error) {
      if (!isDomainError(error)) throw error
      return showSetUp(request, reply, user, back, { status: 400, notice: error.message })
    }
  })

  interface Shown {
    notice?: string
    status?: number
  }

  async function showCode(request: FastifyRequest, reply: FastifyReply, user: HalfUser, back: string, shown: Shown = {}) {
    const factor = await read((ctx) => directory.findSecondFactor(ctx, user.objectId))
    const token = formToken(kernel, request, reply)
    const hidden = html`<input type="hidden" name="form" value="${token}">
<input type="hidden" name="return" value="${back}">`
    const options =
      factor && factor.passkeys.length > 0
        ? await read((ctx) => directory.askPasskey(ctx, { objectId: user.objectId, browser: token }))
        : null
    const body = html`${noticeOf(shown.notice)}
${options ? passkeyForm({ action: '/signin/second/passkey', kind: 'get', options, hidden, button: html`<button>Use your passkey</button>` }) : null}
<p>${factor?.app ? `Open your authenticator app and enter the code that it shows for ${brand.name}.` : 'Without your passkey, enter one of your recovery codes.'}</p>
<form method="post" action="/signin/second">
${hidden}
${codeField(factor?.app ? 'Code, or one of your recovery codes' : 'Recovery code', shown.notice, { recovery: true })}
<button${options ? html` class="quiet"` : null}>Go on</button>
</form>
<p class="muted after">Without any of these, ask the marketplace’s staff.</p>`
    const content = page(brand, 'One more proof', body, { script: options !== null })
    return sendPage(reply, content, { status: shown.status ?? 200, formTargets: formTargets(back) })
  }

  async function showSetUp(request: FastifyRequest, reply: FastifyReply, user: HalfUser, back: string, shown: Shown = {}) {
    const offered = await write((ctx) => directory.offerSecondFactor(ctx, user))
    const token = formToken(kernel, request, reply)
    const hidden = html`<input type="hidden" name="form" value="${token}">
<input type="hidden" name="return" value="${back}">`
    const options = await read((ctx) => directory.offerPasskey(ctx, user, token))
    const body = html`${noticeOf(shown.notice)}
<p>Your account may do much here, so that its sign-in needs a second proof besides the password.</p>
${passkeyForm({
  action: '/signin/second/passkey/setup',
  kind: 'create',
  options,
  hidden,
  fields: passkeyNameField,
  button: html`<button>Make a passkey on this device</button>`,
})}
<h2>Or an authenticator app</h2>
${authenticatorSecret(offered)}
<form method="post" action="/signin/second/setup">
${hidden}
${codeField('The code that the app shows', shown.notice)}
<button>Set up</button>
</form>`
    return sendPage(reply, page(brand, 'Set up a second proof', body, { script: true }), { status: shown.status ?? 200 })
  }
}
