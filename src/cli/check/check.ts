import { setTimeout as pause } from 'node:timers/promises'
import { CommandFailed, type SandboxCall } from '../sandbox.ts'
import { Browser, type Page, shown } from './browser.ts'
import { type LandingOptions, sendForm, visit } from './landing.ts'
import {
  type ApiCall,
  type Delivery,
  type Market,
  marketOf,
  type Operation,
  type Purchase,
  type Subscription,
  type TokenKind,
  type Try,
} from './market.ts'
import type { PointId } from './points.ts'
import { Findings, type Outcome, type Report } from './report.ts'

export interface CheckOptions {
  /** origin of the marketplace, `http://localhost:3978` */
  stoa: string
  call: SandboxCall
  landing: string
  webhook: string
  /** `publisher.offer` */
  offer: string
  /** absent: the first public one */
  plan?: string | undefined
  /** plan to change to; absent: another public one */
  changeTo?: string | undefined
  user: string
  password: string
  submit?: string | undefined
  activateWithinMs: number
  webhookWithinMs: number
  /** the marketplace's clock may be moved; without it renewal and expiry are not tested */
  moveClock: boolean
  /** how patient the check is; absent: as with a publisher's machine somewhere else */
  pace?: Pace
  /** leave the offer pointed at the endpoints and the subscriptions alive */
  keep?: boolean
  heard?: (id: PointId, outcome: Outcome) => void
}

/** Milliseconds. */
interface Pace {
  /** between two looks at something that is expected */
  poll: number
  /** until a call that was answered is in the request log of whichever process answered it */
  logged: number
  /** by which the API is slow on purpose */
  slowness: number
}

const usualPace: Pace = { poll: 200, logged: 600, slowness: 3000 }
/** The marketplace waits 30 s for a webhook's answer. */
const firstAttemptMs = 40_000
/** 10 s for the answer, and what it takes to notice. */
const decisionMs = 15_000
/** A webhook that was answered 500 is delivered again within this. */
const recoveryMs = 30_000
const mostForms = 3

/** Actions whose outcome the publisher reports by PATCH. */
const answered = ['ChangePlan', 'ChangeQuantity', 'Reinstate']

/** Plays the marketplace against a publisher's endpoints and reports on every point of the table. @throws CommandFailed when it cannot begin */
export async function check(options: CheckOptions): Promise<Report> {
  const startedAt = new Date()
  const [publisherId = '', offerId = ''] = splitOffer(options.offer)
  const market = marketOf(options.call, publisherId, offerId)
  const before = await market.offer()
  const plans = choosePlans(before.plans, options)
  await market.point(options.landing, options.webhook)
  const findings = new Findings(options.heard)
  const run = new Run(options, market, plans, findings, await issuerOf(options.stoa))
  try {
    await run.everything()
  } finally {
    await run.cleanUp()
    if (!options.keep && (before.landingPageUrl !== options.landing || before.webhookUrl !== options.webhook)) {
      await market.point(before.landingPageUrl, before.webhookUrl)
    }
  }
  const results = findings.results(`${options.stoa}/docs/integration-check`)
  const count = (outcome: Outcome) => results.filter((point) => point.outcome === outcome).length
  return {
    landing: options.landing,
    webhook: options.webhook,
    offer: options.offer,
    plan: plans.plan,
    startedAt: startedAt.toISOString(),
    seconds: Math.round((Date.now() - startedAt.getTime()) / 100) / 10,
    counts: { ok: count('ok'), failed: count('failed'), notTested: count('not-tested') },
    points: results,
  }
}

function splitOffer(offer: string): string[] {
  const parts = offer.split('.')
  if (parts.length !== 2 || parts.includes(''))
    throw new CommandFailed(`--offer: "${offer}" is not <publisher>.<offer>, such as contoso.contoso-desk.`)
  return parts
}

/** The issuer's origin: sign-ins may lead there, over TLS with a certificate of the sandbox's own. */
async function issuerOf(stoa: string): Promise<string> {
  const answer = await fetch(`${stoa}/common/v2.0/.well-known/openid-configuration`).catch(() => undefined)
  const { issuer } = answer?.ok ? ((await answer.json()) as { issuer?: string }) : {}
  const origin = /^https?:\/\/[^/]+/.exec(issuer ?? '')?.[0]
  return origin ?? stoa
}

interface Plans {
  plan: string
  termUnit: string
  quantity: number | undefined
  /** another number of seats, twice */
  quantities: [number, number] | undefined
  other: string | undefined
}

function choosePlans(
  all: { planId: string; visibility: string; terms: string[]; seats: { min: number; max?: number } | null }[],
  options: CheckOptions,
): Plans {
  const find = (planId: string, option: string) => {
    const found = all.find((plan) => plan.planId === planId)
    if (!found)
      throw new CommandFailed(
        `${option}: the offer ${options.offer} has no plan "${planId}". It has: ${all.map((plan) => plan.planId).join(', ')}.`,
      )
    return found
  }
  const open = all.filter((plan) => plan.visibility === 'public')
  const first = options.plan === undefined ? open[0] : find(options.plan, '--plan')
  if (!first) throw new CommandFailed(`--offer: ${options.offer} has no public plan. Name one with --plan.`)
  const termUnit = first.terms.includes('P1M') ? 'P1M' : (first.terms[0] as string)
  const other =
    options.changeTo === undefined
      ? open.find((plan) => plan.planId !== first.planId && plan.terms.includes(termUnit))
      : find(options.changeTo, '--change-to')
  // A number of seats that both plans allow, with two more above it.
  const limits = [first.seats, other?.seats].filter((seats) => seats != null)
  const quantity = first.seats === null ? undefined : Math.max(...limits.map((seats) => seats.min))
  const most = Math.min(...limits.map((seats) => seats.max ?? Number.MAX_SAFE_INTEGER))
  return {
    plan: first.planId,
    termUnit,
    quantity,
    quantities: quantity !== undefined && quantity + 2 <= most ? [quantity + 1, quantity + 2] : undefined,
    other: other?.planId,
  }
}

interface Bought extends Purchase {
  browser: Browser
}

type Change = { planId: string } | { quantity: number }

class Run {
  readonly #options: CheckOptions
  readonly #market: Market
  readonly #plans: Plans
  readonly #findings: Findings
  readonly #pace: Pace
  readonly #landing: LandingOptions
  /** of the customer who is signed in at the marketplace */
  readonly #browser: Browser
  readonly #bought: string[] = []
  /** Subscriptions whose calls were made to fail: what they show of time and order does not count. */
  readonly #disturbed = new Set<string>()
  #resolvesOnOpen = true
  #since = ''

  constructor(options: CheckOptions, market: Market, plans: Plans, findings: Findings, issuer: string) {
    this.#options = options
    this.#market = market
    this.#plans = plans
    this.#findings = findings
    this.#pace = options.pace ?? usualPace
    const { user, password, submit, stoa, landing } = options
    const landingOrigin = new URL(landing).origin
    const marketplace = [...new Set([stoa, issuer])]
    this.#landing = { user, password, submit, marketplace }
    const allowed = new Set<string>()
    this.#browser = new Browser({
      route: (url) => (url.origin === issuer ? new URL(`${stoa}${url.pathname}${url.search}`) : url),
      // The sandbox does not know where the application listens today: its sign-in may return there.
      async visit(url) {
        const clientId = url.searchParams.get('client_id')
        const redirectUri = url.searchParams.get('redirect_uri')
        if (!marketplace.includes(url.origin) || !clientId || !redirectUri || !URL.canParse(redirectUri)) return
        if (new URL(redirectUri).origin !== landingOrigin || allowed.has(redirectUri)) return
        allowed.add(redirectUri)
        await market.allowRedirect(clientId, redirectUri).catch(() => {})
      },
    })
  }

  async everything(): Promise<void> {
    this.#since = await this.#market.now()
    await this.#withoutToken()
    const first = await this.#buy()
    const active = await this.#firstVisit(first)
    const landed = this.#findings.outcome('landing-page') === 'ok'
    const waiting = landed ? await this.#tampered() : undefined
    const others = active ? await this.#more() : undefined
    if (others) {
      await this.#again(first)
      await Promise.all([this.#changes(first), this.#plan(others.plan), this.#payment(others.payment), this.#end(others.end)])
      // With a change that works when nothing disturbs it.
      await Promise.all([this.#failing(others.failing), this.#slow(others.slow)])
      await this.#observed()
    }
    await this.#releaseAll()
    if (waiting) await this.#later(waiting, others?.plan)
    await this.#unknown()
    this.#findings.rest(
      !landed
        ? 'The landing page did not open.'
        : active
          ? 'What it builds on did not work.'
          : 'No subscription could be activated, and this needs an active one.',
    )
  }

  // ------------------------------------------------------------------ landing page

  async #withoutToken() {
    const { page, problem } = await visit(this.#fresh(), this.#options.landing, this.#landing)
    if (problem) this.#findings.failed('token-missing', problem)
    else this.#findings.ok('token-missing', `The page answered ${page?.status}.`)
  }

  async #buy(): Promise<Bought> {
    const { plan, quantity, termUnit } = this.#plans
    const purchase = await this.#market.buy({ planId: plan, termUnit, ...(quantity === undefined ? {} : { quantity }) })
    this.#bought.push(purchase.subscriptionId)
    return { ...purchase, browser: this.#fresh() }
  }

  /** The same customer, who has never been at the landing page. */
  #fresh(): Browser {
    return this.#browser.sibling(this.#options.stoa)
  }

  /** The whole way of a first customer: page, sign-in, Resolve, configuration, Activate. Returns whether the subscription is active. */
  async #firstVisit(bought: Bought): Promise<boolean> {
    // Whoever signs in first lends the sign-in to the others.
    bought.browser = this.#browser
    const { page, problem } = await visit(bought.browser, bought.landingPageUrl, this.#landing)
    let resolves = (await this.#callsSoon(isResolve)).filter(isResolve)
    const refused = resolves.length > 0 && !resolves.some((call) => call.status === 200)
    // A page that fails because Resolve has refused the token says more about the token.
    if ((problem || !page || page.status >= 400) && !refused) {
      this.#findings.failed('landing-page', problem ?? `${shown(page?.url as URL)} answered ${page?.status}.`)
      return false
    }
    this.#findings.ok('landing-page', page ? `${shown(page.url)} answered ${page.status}.` : 'It answered.')
    if (refused) {
      this.#findings.ok('resolve', 'Resolve was called.')
      this.#findings.failed(
        'token-encoded',
        `Resolve answered ${resolves.at(-1)?.status} to the token it was given. Was it encoded again, or decoded twice?`,
      )
      return false
    }
    // Some applications call Resolve when the form is sent.
    this.#resolvesOnOpen = resolves.length > 0
    const configured = await this.#configure(bought, page as Page)
    await pause(this.#pace.logged)
    resolves = (await this.#calls()).filter(isResolve)
    if (resolves.length === 0) {
      this.#findings.failed('resolve', 'The landing page was opened with a token, and Resolve was not called.')
      return configured.active
    }
    this.#findings.ok('resolve', `Resolve was called ${resolves.length === 1 ? 'once' : `${resolves.length} times`}.`)
    this.#findings.ok('token-encoded', 'Resolve knew the token.')
    await this.#judgeActivation(bought, configured)
    return configured.active
  }

  /** Sends the page's forms until the subscription is active. */
  async #configure({ subscriptionId, browser }: Bought, start: Page): Promise<{ active: boolean; problem: string | undefined }> {
    let page: Page | undefined = start
    let problem: string | undefined
    for (let count = 0; count < mostForms && page; count++) {
      const sent = await sendForm(browser, page, this.#landing)
      if (!sent) {
        problem ??= `${shown(page.url)} has no form that looks like it activates; name its button with --submit.`
        break
      }
      problem = sent.problem
      page = sent.page
      if (await this.#isActive(subscriptionId)) return { active: true, problem }
    }
    const active = await this.#until(this.#options.activateWithinMs, () => this.#isActive(subscriptionId))
    return { active: active === true, problem }
  }

  async #isActive(id: string): Promise<boolean> {
    return (await this.#market.subscription(id)).status === 'Subscribed'
  }

  async #judgeActivation({ subscriptionId }: Bought, { active, problem }: { active: boolean; problem: string | undefined }) {
    const last = (await this.#calls()).findLast((call) => isActivate(call, subscriptionId))
    if (!last) {
      const seconds = this.#options.activateWithinMs / 1000
      this.#findings.failed(
        'activate',
        `Activate was not called within ${seconds} s. ${problem ?? 'The form was sent and its answer looked well.'}`,
      )
      this.#findings.notTested('activate-values', 'Activate was not called.')
      return
    }
    this.#findings.ok('activate', 'Activate was called.')
    const { plan, quantity } = this.#plans
    if (active) this.#findings.ok('activate-values', `${last.requestBody} was accepted.`)
    else {
      const wanted = quantity === undefined ? `plan ${plan}` : `plan ${plan} and ${quantity} seats`
      this.#findings.failed('activate-values', `Activate with ${last.requestBody} was answered ${last.status}; bought were ${wanted}.`)
    }
  }

  async #again(bought: Bought) {
    const { landingPageUrl } = await this.#market.token(bought.subscriptionId)
    for (const [address, which] of [
      [bought.landingPageUrl, 'the same token again'],
      [landingPageUrl, 'a new token'],
    ] as const) {
      const { page, problem } = await visit(this.#fresh(), address, this.#landing)
      if (problem || !page || page.status >= 400) {
        this.#findings.failed(
          'token-again',
          `With ${which}, for a subscription that is active: ${problem ?? `${shown(page?.url as URL)} answered ${page?.status}.`}`,
        )
        return
      }
    }
    this.#findings.ok('token-again', 'The page answered for the same token and for a new one.')
  }

  /** Opens the page with a changed token. Returns the purchase, which stays as it is. */
  async #tampered(): Promise<Bought> {
    const bought = await this.#buy()
    const middle = Math.floor(bought.token.length / 2)
    const changed = bought.token.slice(0, middle) + (bought.token[middle] === 'A' ? 'B' : 'A') + bought.token.slice(middle + 1)
    const address = bought.landingPageUrl.replace(encodeURIComponent(bought.token), encodeURIComponent(changed))
    await this.#refusedToken('token-tampered', bought, address)
    return bought
  }

  async #refusedToken(id: 'token-tampered' | 'token-expired', bought: Bought, address: string) {
    if (this.#findings.outcome('resolve') === 'failed') {
      this.#findings.notTested(id, 'Resolve is not called, whatever the token.')
      return
    }
    const resolvedBefore = (await this.#calls()).filter(isResolve).length
    const browser = this.#fresh()
    let { page, problem } = await visit(browser, address, this.#landing)
    // Where Resolve waits for the form, so does its refusal.
    const sent = page && !problem && !this.#resolvesOnOpen ? await sendForm(browser, page, this.#landing) : undefined
    if (sent) ({ page, problem } = sent)
    await pause(this.#pace.logged)
    const calls = await this.#calls()
    if (problem || !page) this.#findings.failed(id, problem ?? 'The page did not answer.')
    else if (calls.some((call) => isActivate(call, bought.subscriptionId))) this.#findings.failed(id, 'The subscription was activated.')
    else if (page.status < 400 && calls.filter(isResolve).length === resolvedBefore) {
      this.#findings.failed(id, `${shown(page.url)} answered ${page.status} without asking Resolve about the token.`)
    } else this.#findings.ok(id, `The page answered ${page.status}.`)
  }

  // ------------------------------------------------------------------ subscriptions for every purpose

  async #more(): Promise<Record<'plan' | 'payment' | 'end' | 'failing' | 'slow', Bought | undefined>> {
    const activate = async (disturb = false) => {
      const bought = await this.#buy()
      if (disturb) await this.#market.fault({ operation: 'activate', subscriptionId: bought.subscriptionId, status: 503, times: 1 })
      const { page } = await visit(bought.browser, bought.landingPageUrl, this.#landing)
      const { active, problem } = page ? await this.#configure(bought, page) : { active: false, problem: undefined }
      if (disturb) {
        if (active) this.#findings.ok('activate-retried', 'Activate was answered 503 once and repeated.')
        else
          this.#findings.failed(
            'activate-retried',
            `Activate was answered 503 once, and the subscription was not activated. ${problem ?? ''}`.trim(),
          )
      }
      return active ? bought : undefined
    }
    // Two at a time: a publisher's development machine is not a load test.
    const [plan, payment] = await Promise.all([activate(), activate()])
    const [end, failing] = await Promise.all([activate(), activate()])
    const [slow] = await Promise.all([activate(), activate(true)])
    return { plan, payment, end, failing, slow }
  }

  // ------------------------------------------------------------------ webhooks

  async #changes(bought: Bought) {
    const { quantities, other, plan } = this.#plans
    const steps: [Change, Change] | undefined = quantities
      ? [{ quantity: quantities[0] }, { quantity: quantities[1] }]
      : other === undefined
        ? undefined
        : [{ planId: other }, { planId: plan }]
    if (!quantities)
      this.#findings.notTested(
        'change-quantity',
        `The plan ${plan} is not sold by user, or has too few seats between its limits. Name an --offer or --plan with seats.`,
      )
    if (!steps) return
    const firstId = (await this.#market.change(bought.subscriptionId, steps[0])).operationId
    const first = await this.#outcome(bought.subscriptionId, firstId)
    if (quantities) this.#judge('change-quantity', first)
    const body = bodyOf(first.delivery)
    if (body === undefined) {
      const why = 'There was no webhook to repeat.'
      for (const id of [
        'webhook-duplicate',
        'webhook-out-of-order',
        'webhook-forged',
        'webhook-no-token',
        'webhook-expired',
        'webhook-audience',
      ] as const)
        this.#findings.notTested(id, why)
      return
    }
    await this.#tokens(body)
    if (!first.well) {
      this.#findings.rest('The first delivery of the webhook failed.', ['webhook-duplicate', 'webhook-out-of-order'])
      return
    }
    await this.#repeat('webhook-duplicate', body, firstId, 'The webhook of an operation that had succeeded came again')
    const second = await this.#outcome(bought.subscriptionId, (await this.#market.change(bought.subscriptionId, steps[1])).operationId)
    if (!second.well) {
      this.#findings.rest('The second change did not succeed.', ['webhook-out-of-order'])
      return
    }
    await this.#repeat('webhook-out-of-order', body, firstId, 'The webhook of an older operation came after that of a newer one')
  }

  /** Sends a webhook again, past the marketplace's own order, and looks at what the application does about it. */
  async #repeat(id: 'webhook-duplicate' | 'webhook-out-of-order', body: unknown, operationId: string, what: string) {
    await pause(this.#pace.logged)
    const before = (await this.#calls()).filter(isChange).length
    const answer = await this.#market.webhook(body, 'valid')
    await pause(this.#pace.logged)
    const acted = (await this.#calls())
      .filter(isChange)
      .slice(before)
      .find((call) => call.path.includes(operationId) && call.status >= 400 && call.status !== 409)
    if (answer.status === null || answer.status >= 500)
      this.#findings.failed(id, `${what}: ${answer.error ?? `the webhook answered ${answer.status}.`}`)
    else if (acted)
      this.#findings.failed(id, `${what}: the application called ${acted.method} ${acted.path}, which was answered ${acted.status}.`)
    else this.#findings.ok(id, `The webhook answered ${answer.status}.`)
  }

  async #tokens(body: unknown) {
    const cases: [PointId, TokenKind, string][] = [
      ['webhook-no-token', 'none', 'without a token'],
      ['webhook-forged', 'forged', 'with a token that somebody else has signed'],
      ['webhook-expired', 'expired', 'with a token that expired yesterday'],
      ['webhook-audience', 'other-application', 'with a token for another application'],
      ['webhook-audience', 'other-tenant', 'with a token of another tenant'],
    ]
    for (const [id, kind, what] of cases) {
      const { status, error } = await this.#market.webhook(body, kind)
      if (status === null) this.#findings.failed(id, `A webhook ${what}: ${error}`)
      else if (status >= 500) this.#findings.failed(id, `A webhook ${what} was answered ${status}: an error instead of a refusal.`)
      else if (status < 400) this.#findings.failed(id, `A webhook ${what} was accepted (${status}).`)
      else this.#findings.ok(id, `Answered ${status}.`)
    }
  }

  async #plan(bought: Bought | undefined) {
    if (!bought) return
    const { other } = this.#plans
    if (other === undefined) {
      this.#findings.notTested('change-plan', 'The offer has no other public plan of the same term. Name one with --change-to.')
      return
    }
    const { operationId } = await this.#market.change(bought.subscriptionId, { planId: other })
    this.#judge('change-plan', await this.#outcome(bought.subscriptionId, operationId))
  }

  async #payment(bought: Bought | undefined) {
    if (!bought) return
    await this.#market.event(bought.subscriptionId, 'payment-failed')
    const suspended = await this.#outcomeOf(bought.subscriptionId, 'Suspend')
    this.#judge('suspend', suspended)
    if (!suspended.well) {
      this.#findings.notTested('reinstate', 'It follows Suspend, whose webhook was not delivered.')
      return
    }
    await this.#market.event(bought.subscriptionId, 'payment-recovered')
    this.#judge('reinstate', await this.#outcomeOf(bought.subscriptionId, 'Reinstate'))
  }

  async #end(bought: Bought | undefined) {
    if (!bought) return
    await this.#market.event(bought.subscriptionId, 'cancel')
    this.#judge('unsubscribe', await this.#outcomeOf(bought.subscriptionId, 'Unsubscribe'))
  }

  /** A change of a kind that the application handles, for points that are not about the kind. */
  #workingChange(): Change | undefined {
    const { quantities, other } = this.#plans
    if (quantities && this.#findings.outcome('change-quantity') === 'ok') return { quantity: quantities[0] }
    return other !== undefined && this.#findings.outcome('change-plan') === 'ok' ? { planId: other } : undefined
  }

  async #failing(bought: Bought | undefined) {
    const change = this.#workingChange()
    if (!bought || !change) return
    const { subscriptionId } = bought
    this.#disturbed.add(subscriptionId)
    await this.#market.fault({ operation: 'operation', subscriptionId, status: 503, times: 2 })
    await this.#market.fault({ operation: 'answer', subscriptionId, status: 503, times: 1 })
    const { operationId } = await this.#market.change(subscriptionId, change)
    const { delivery } = await this.#outcome(subscriptionId, operationId, { patient: true })
    await pause(this.#pace.logged)
    const calls = (await this.#calls()).filter((call) => call.path.includes(operationId))
    const lost = (['GET', 'PATCH'] as const).find((method) => {
      const mine = calls.filter((call) => call.method === method)
      return mine.some((call) => call.status === 503) && !mine.some((call) => call.status < 400 || call.status === 409)
    })
    if (!calls.some((call) => call.status === 503)) {
      this.#findings.notTested('api-failing', 'The application called neither Get operation nor PATCH, so nothing could fail.')
    } else if (lost) {
      this.#findings.failed(
        'api-failing',
        `${lost === 'GET' ? 'Get operation' : 'PATCH'} was answered 503 and not repeated, neither at once nor when the webhook came again.`,
      )
    } else if (delivery?.state !== 'delivered') {
      this.#findings.failed('api-failing', `Calls were answered 503, and the webhook was not delivered in the end: ${lastTry(delivery)}`)
    } else this.#findings.ok('api-failing', 'Calls that were answered 503 were repeated, and the change was done.')
  }

  async #slow(bought: Bought | undefined) {
    const change = this.#workingChange()
    if (!bought || !change) return
    const { subscriptionId } = bought
    this.#disturbed.add(subscriptionId)
    await this.#market.fault({ operation: 'operation', subscriptionId, latencyMs: this.#pace.slowness })
    const { operationId } = await this.#market.change(subscriptionId, change)
    const { delivery } = await this.#outcome(subscriptionId, operationId)
    if (delivery?.state === 'delivered')
      this.#findings.ok('api-slow', `Get operation took ${this.#pace.slowness / 1000} s, and the change was done.`)
    else
      this.#findings.failed(
        'api-slow',
        `Get operation took ${this.#pace.slowness / 1000} s, and the webhook was not delivered: ${lastTry(delivery)}`,
      )
  }

  // ------------------------------------------------------------------ what all webhooks have in common

  async #observed() {
    const subscriptions = await Promise.all(
      this.#bought.filter((id) => !this.#disturbed.has(id)).map((id) => this.#market.subscription(id)),
    )
    const calls = await this.#calls()
    this.#inTime(subscriptions)
    const decided = subscriptions.flatMap(({ operations, deliveries }) =>
      operations
        .filter((operation) => answered.includes(operation.action))
        .filter((operation) =>
          deliveries.some((delivery) => delivery.operationId === operation.operationId && delivery.state === 'delivered'),
        ),
    )
    if (decided.length === 0) {
      this.#findings.rest('No webhook of a change was delivered.', ['get-operation', 'patch'])
      return
    }
    const unasked = decided.find(({ operationId }) => !askedBefore(calls, operationId))
    if (unasked)
      this.#findings.failed(
        'get-operation',
        `${unasked.action}: ${calls.some((call) => isGetOperation(call, unasked.operationId)) ? 'Get operation was called after acting.' : 'Get operation was not called.'}`,
      )
    else this.#findings.ok('get-operation', `It was, for ${decided.map((operation) => operation.action).join(', ')}.`)
    const unanswered = decided.filter(({ decidedBy }) => !decidedBy?.startsWith('publisher-')).map((operation) => operation.action)
    if (unanswered.length > 0)
      this.#findings.failed(
        'patch',
        `No PATCH came within 10 s for ${[...new Set(unanswered)].join(', ')}; the marketplace decided by itself.`,
      )
    else this.#findings.ok('patch', `It came, for ${decided.map((operation) => operation.action).join(', ')}.`)
  }

  #inTime(subscriptions: Subscription[]) {
    const tries = subscriptions.flatMap(({ deliveries }) =>
      deliveries.flatMap((delivery) => delivery.tries.map((attempt) => ({ ...attempt, action: delivery.action }))),
    )
    const { webhookWithinMs } = this.#options
    const times = tries.filter((attempt) => attempt.status !== null).map((attempt) => attempt.durationMs ?? 0)
    const late = tries.find((attempt) => (attempt.durationMs ?? 0) > webhookWithinMs)
    if (late)
      this.#findings.failed(
        'webhook-in-time',
        `${late.action} took ${late.durationMs} ms (${late.error ?? `answered ${late.status}`}); asked for were ${webhookWithinMs} ms.`,
      )
    else if (times.length > 0) this.#findings.ok('webhook-in-time', `The longest of ${times.length} took ${Math.max(...times)} ms.`)
    else this.#findings.notTested('webhook-in-time', 'No webhook was answered.')
  }

  async #unknown() {
    const body = {
      id: crypto.randomUUID(),
      activityId: crypto.randomUUID(),
      publisherId: splitOffer(this.#options.offer)[0],
      offerId: splitOffer(this.#options.offer)[1],
      planId: this.#plans.plan,
      subscriptionId: crypto.randomUUID(),
      timeStamp: await this.#market.now(),
      action: 'Suspend',
      status: 'Succeeded',
      operationRequestSource: 'Azure',
    }
    const { status, error } = await this.#market.webhook(body, 'valid')
    if (status === null || status >= 500) this.#findings.failed('webhook-unknown', error ?? `The webhook answered ${status}.`)
    else this.#findings.ok('webhook-unknown', `The webhook answered ${status}.`)
  }

  /** A term later: renewal, and a token that has expired. */
  async #later(waiting: Bought, renewing: Bought | undefined) {
    const ids: PointId[] = ['renew', 'token-expired']
    if (!this.#options.moveClock) {
      this.#findings.rest('The clock was not to be moved (--no-clock).', ids)
      return
    }
    await this.#advance(this.#plans.termUnit)
    await this.#refusedToken('token-expired', waiting, waiting.landingPageUrl)
    if (renewing) this.#judge('renew', await this.#outcomeOf(renewing.subscriptionId, 'Renew'))
  }

  async #advance(period: string) {
    for (let count = 0; ; count++) {
      try {
        await this.#market.advance(period)
        return
      } catch (error) {
        if (!(error instanceof CommandFailed && error.code === 'MoveInProgress') || count === 60) throw error
        await pause(1000)
      }
    }
  }

  // ------------------------------------------------------------------ waiting and judging

  async #outcomeOf(subscriptionId: string, action: string) {
    const opened = await this.#until(firstAttemptMs, async () =>
      (await this.#market.subscription(subscriptionId)).operations.findLast((operation) => operation.action === action),
    )
    return this.#outcome(subscriptionId, opened?.operationId ?? '')
  }

  /** Waits until an operation has ended and its webhook was delivered, or until that has failed. `patient`: repeated deliveries may still help. */
  async #outcome(subscriptionId: string, operationId: string, { patient = false } = {}) {
    let delivery: Delivery | undefined
    let operation: Operation | undefined
    await this.#until(patient ? recoveryMs : firstAttemptMs + decisionMs, async () => {
      const now = await this.#market.subscription(subscriptionId)
      delivery = now.deliveries.find((one) => one.operationId === operationId)
      operation = now.operations.find((one) => one.operationId === operationId)
      const over = operation !== undefined && operation.status !== 'InProgress' && operation.status !== 'NotStarted'
      if (!delivery) return over && undefined
      if (delivery.state === 'waiting') return !patient && delivery.tries.some(isFailure) ? true : undefined
      return over || undefined
    })
    return { delivery, operation, well: delivery?.state === 'delivered' && operation?.status === 'Succeeded' }
  }

  #judge(id: PointId, { delivery, operation, well }: { delivery: Delivery | undefined; operation: Operation | undefined; well: boolean }) {
    if (well) this.#findings.ok(id, `The webhook answered ${delivery?.tries.at(-1)?.status}.`)
    else if (delivery?.state !== 'delivered') this.#findings.failed(id, lastTry(delivery))
    else if (operation?.decidedBy === 'publisher-failure') this.#findings.failed(id, 'The application answered the operation with Failure.')
    else this.#findings.failed(id, `The operation ended as ${operation?.status ?? 'nothing'}.`)
  }

  async #until<T>(limitMs: number, look: () => Promise<T | undefined | false>): Promise<T | undefined> {
    const end = performance.now() + limitMs
    for (;;) {
      const found = await look()
      if (found) return found
      if (performance.now() > end) return undefined
      await pause(this.#pace.poll)
    }
  }

  /** The publisher's calls of the marketplace since the check began. */
  async #calls(): Promise<ApiCall[]> {
    return (await this.#market.calls()).filter((call) => call.contract === 'saas-fulfillment' && call.at >= this.#since)
  }

  async #callsSoon(wanted: (call: ApiCall) => boolean): Promise<ApiCall[]> {
    await this.#until(3 * this.#pace.logged, async () => (await this.#calls()).some(wanted))
    return this.#calls()
  }

  /** Webhooks that fail would be tried for hours, and be in the way when the clock moves. */
  async #releaseAll() {
    for (const id of this.#bought) {
      await this.#market.noFaults(id)
      for (const delivery of (await this.#market.subscription(id)).deliveries.reverse()) {
        if (delivery.state === 'waiting') await this.#market.giveUp(delivery.deliveryId).catch(() => {})
      }
    }
  }

  /** Leaves no subscription behind that would call the endpoints another day. */
  async cleanUp() {
    if (this.#options.keep) return
    for (const id of this.#bought) {
      const { status } = await this.#market.subscription(id)
      if (status !== 'Unsubscribed') await this.#market.event(id, 'cancel').catch(() => {})
    }
    await this.#until(3000, async () => {
      const all = await Promise.all(this.#bought.map((id) => this.#market.subscription(id)))
      return all.every(({ deliveries }) => deliveries.every((delivery) => delivery.state !== 'waiting' || delivery.tries.length > 0))
    })
    await this.#releaseAll()
  }
}

/** An attempt that the marketplace will repeat. (One that has just succeeded may be read before its delivery has ended.) */
const isFailure = ({ status }: Try) => status === null || status < 200 || status >= 300

const words = (call: ApiCall) => (call.path.split('?', 1)[0] as string).toLowerCase()

const isResolve = (call: ApiCall) => call.method === 'POST' && words(call).endsWith('/subscriptions/resolve')

const isActivate = (call: ApiCall, id: string) => call.method === 'POST' && words(call).endsWith(`/subscriptions/${id}/activate`)

const isGetOperation = (call: ApiCall, id: string) =>
  call.method === 'GET' && call.status === 200 && words(call).endsWith(`/operations/${id}`)

/** Calls that change something at the marketplace. */
const isChange = (call: ApiCall) => call.method === 'PATCH' || call.method === 'DELETE'

/** Whether the application asked for the operation before it answered it. The list of outstanding operations says as much. */
function askedBefore(calls: ApiCall[], operationId: string): boolean {
  const asked = calls.findIndex((call) => isGetOperation(call, operationId))
  const acted = calls.findIndex((call) => call.method === 'PATCH' && words(call).endsWith(`/operations/${operationId}`))
  if (asked >= 0) return acted < 0 || asked < acted
  const subscription = acted < 0 ? undefined : words(calls[acted] as ApiCall).split('/operations/', 1)[0]
  return calls
    .slice(0, Math.max(acted, 0))
    .some((call) => call.method === 'GET' && call.status === 200 && words(call) === `${subscription}/operations`)
}

function lastTry(delivery: Delivery | undefined): string {
  const last = delivery?.tries.at(-1)
  if (!delivery || !last) return 'The webhook was not sent; is a worker process of the marketplace running?'
  const answer = last.responseBody ? ` (${last.responseBody.slice(0, 200)})` : ''
  return `${delivery.action}: ${last.error ?? `the webhook answered ${last.status}${answer}.`}`
}

function bodyOf(delivery: Delivery | undefined): unknown {
  const text = delivery?.tries.at(-1)?.requestBody
  return text ? (JSON.parse(text) as unknown) : undefined
}
