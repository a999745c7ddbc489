/**
 * Stripe's HTTP API as far as cards need it, for tests: it keeps what it is told, repeats answers for repeated idempotency keys, lets a test enter
 * a card on its hosted page, and signs webhooks. What a card does is decided by its name:
 *
 *   pm_ok succeeds · pm_declined is declined · pm_expired has expired · pm_confirm wants the owner to confirm ·
 *   pm_slow is decided later (`decide`) · pm_no_refund takes no money back
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import Stripe from 'stripe'
import { afterAll } from 'vitest'

export interface StripeCall {
  method: string
  path: string
  query: Record<string, string>
  /** of the form, flat: `metadata[payment]` */
  form: Record<string, string>
  idempotencyKey: string | undefined
  authorization: string | undefined
  /** the answer was that of an earlier call with the same key */
  repeated: boolean
}

type Json = Record<string, unknown>

const declines: Record<string, { code: string; message: string }> = {
  pm_declined: { code: 'card_declined', message: 'Your card was declined.' },
  pm_expired: { code: 'expired_card', message: 'Your card has expired.' },
  pm_confirm: { code: 'authentication_required', message: 'Your card was declined. This transaction requires authentication.' },
}

export interface StripeStub {
  url: string
  webhookSecret: string
  secretKey: string
  calls: StripeCall[]
  /** of the calls that were not repetitions: how often each card was truly charged, in the smallest units */
  charged: { card: string; amount: number; currency: string; payment: string }[]
  refunded: { intent: string; amount: number }[]
  /** The owner of a card disputes what it was charged: a dispute at Stripe. */
  dispute(intent: string, amount: number, status?: string): string
  /** What the bank says of a dispute; `fee`: what Stripe takes for it. */
  disputed(dispute: string, status: string, fee?: number): void
  /** Somebody pays back at Stripe, without the marketplace. */
  refundThere(intent: string, amount: number): string
  /** A refund is refused by the bank later. */
  refundFails(refund: string): void
  /** The next calls are answered like this before anything is done; `lost`: done, but the answer never arrives. */
  trouble: ('500' | 'lost')[]
  /** A person enters a card on the hosted page. */
  enterCard(session: string, method: string): void
  /** The bank decides about a slow payment. */
  decide(intent: string, ok: boolean): void
  /** A webhook as Stripe sends it: body and signature. `at`: seconds since 1970 of the signature. */
  webhook(type: string, object: Json, options?: { id?: string; secret?: string; at?: number }): { body: string; signature: string }
}

const cardOf = (method: string) => ({
  id: method,
  object: 'payment_method',
  type: 'card',
  card: { brand: 'visa', display_brand: 'visa', last4: '4242', exp_month: 12, exp_year: 2039 },
})

export async function startStripeStub(): Promise<StripeStub> {
  const answers = new Map<string, { status: number; body: Json }>()
  const sessions = new Map<string, Json>()
  const disputes = new Map<string, Json>()
  const refunds = new Map<string, Json>()
  const intents = new Map<string, Json & { status: string; payment_method: string }>()
  let ids = 0
  let events = 0
  const id = (prefix: string) => `${prefix}_${++ids}`
  const sdk = new Stripe('sk_test_stub')

  const stub: StripeStub = {
    url: '',
    webhookSecret: 'whsec_stub',
    secretKey: 'sk_test_stub',
    calls: [],
    charged: [],
    refunded: [],
    trouble: [],
    enterCard(session, method) {
      sessions.set(session, {
        ...sessions.get(session),
        status: 'complete',
        setup_intent: { id: id('seti'), object: 'setup_intent', status: 'succeeded', payment_method: cardOf(method) },
      })
    },
    decide(intent, ok) {
      const found = intents.get(intent)
      if (!found) throw new Error(`There is no intent ${intent}.`)
      const failed = { last_payment_error: { message: 'Your card has insufficient funds.' } }
      intents.set(intent, { ...found, status: ok ? 'succeeded' : 'requires_payment_method', ...(ok ? {} : failed) })
    },
    dispute(intent, amount, status = 'needs_response') {
      const made = {
        id: id('dp'),
        object: 'dispute',
        payment_intent: intent,
        amount,
        currency: String(intents.get(intent)?.currency),
        status,
      }
      disputes.set(made.id, { ...made, reason: 'product_not_received', balance_transactions: [] })
      return made.id
    },
    disputed(dispute, status, fee) {
      const of = disputes.get(dispute)
      if (!of) throw new Error(`There is no dispute ${dispute}.`)
      disputes.set(dispute, { ...of, status, ...(fee === undefined ? {} : { balance_transactions: [{ fee, currency: of.currency }] }) })
    },
    refundThere(intent, amount) {
      const made = {
        id: id('re'),
        object: 'refund',
        payment_intent: intent,
        amount,
        currency: String(intents.get(intent)?.currency),
        metadata: {},
      }
      refunds.set(made.id, { ...made, status: 'succeeded', reason: 'requested_by_customer' })
      return made.id
    },
    refundFails(refund) {
      refunds.set(refund, { ...refunds.get(refund), status: 'failed' })
    },
    webhook(type, object, { id: eventId = `evt_${++events}`, secret = stub.webhookSecret, at } = {}) {
      const body = JSON.stringify({ id: eventId, object: 'event', api_version: '2026-10-28.endive', type, data: { object } })
      const signature = sdk.webhooks.generateTestHeaderString({ payload: body, secret, ...(at === undefined ? {} : { timestamp: at }) })
      return { body, signature }
    },
  }

  const error = (status: number, type: string, code: string, message: string, more: Json = {}) => ({
    status,
    body: { error: { type, code, message, ...more } },
  })

  function answer(call: StripeCall): { status: number; body: Json } {
    const { method, path, form } = call
    const [, , resource = '', ...rest] = path.split('/')
    if (call.authorization !== `Bearer ${stub.secretKey}`) return error(401, 'invalid_request_error', 'api_key', 'Invalid API Key.')
    if (resource === 'customers' && method === 'POST') return { status: 200, body: { id: id('cus'), object: 'customer', name: form.name } }
    if (resource === 'checkout' && method === 'POST') {
      const session = {
        id: id('cs'),
        object: 'checkout.session',
        status: 'open',
        mode: form.mode,
        customer: form.customer,
        success_url: form.success_url,
      }
      const made = { ...session, url: `${stub.url}/pay/${session.id}`, setup_intent: id('seti') }
      sessions.set(session.id, made)
      return { status: 200, body: made }
    }
    if (resource === 'checkout') {
      const found = sessions.get(rest[1] ?? '')
      return found ? { status: 200, body: found } : error(404, 'invalid_request_error', 'resource_missing', 'No such session.')
    }
    if (resource === 'payment_intents' && method === 'GET') {
      const found = intents.get(rest[0] ?? '')
      return found ? { status: 200, body: found } : error(404, 'invalid_request_error', 'resource_missing', 'No such payment_intent.')
    }
    if (resource === 'payment_intents') {
      const card = form.payment_method ?? ''
      const intent = { id: id('pi'), object: 'payment_intent', amount: Number(form.amount), currency: form.currency, payment_method: card }
      const decline = declines[card]
      if (decline) {
        intents.set(intent.id, { ...intent, status: 'requires_payment_method' })
        return error(402, 'card_error', decline.code, decline.message, { payment_intent: { id: intent.id } })
      }
      stub.charged.push({ card, amount: intent.amount, currency: form.currency ?? '', payment: form['metadata[payment]'] ?? '' })
      const made = { ...intent, status: card === 'pm_slow' ? 'processing' : 'succeeded', metadata: { payment: form['metadata[payment]'] } }
      intents.set(intent.id, made)
      return { status: 200, body: made }
    }
    if (resource === 'disputes') {
      const found = disputes.get(rest[0] ?? '')
      return found ? { status: 200, body: found } : error(404, 'invalid_request_error', 'resource_missing', 'No such dispute.')
    }
    if (resource === 'refunds' && method === 'GET') {
      const data = [...refunds.values()].filter((refund) => refund.payment_intent === call.query.payment_intent)
      return { status: 200, body: { object: 'list', has_more: false, data } }
    }
    if (resource === 'refunds') {
      const intent = intents.get(form.payment_intent ?? '')
      if (!intent || intent.payment_method === 'pm_no_refund')
        return error(400, 'invalid_request_error', 'charge_not_refundable', 'Not refundable.')
      stub.refunded.push({ intent: form.payment_intent ?? '', amount: Number(form.amount) })
      const made = { id: id('re'), object: 'refund', status: 'succeeded', amount: Number(form.amount), currency: intent.currency }
      refunds.set(made.id, { ...made, payment_intent: form.payment_intent, metadata: { payment: form['metadata[payment]'] } })
      return { status: 200, body: made }
    }
    if (resource === 'payment_methods') return { status: 200, body: { ...cardOf(rest[0] ?? ''), customer: null } }
    return error(404, 'invalid_request_error', 'unknown', `Unrecognized request URL (${method}: ${path}).`)
  }

  /** The page on which a person enters a card: a click enters one that works and leads back. */
  function hostedPage(session: string, entered: boolean): { status: number; headers: Record<string, string>; body: string } {
    const found = sessions.get(session)
    if (!found) return { status: 404, headers: {}, body: 'No such session.' }
    const form = '<form method="post"><button>Save the card</button></form>'
    if (!entered) return { status: 200, headers: { 'content-type': 'text/html' }, body: `<h1>A stand-in for Stripe</h1>${form}` }
    stub.enterCard(session, 'pm_ok')
    const back = String(found.success_url).replace('{CHECKOUT_SESSION_ID}', session)
    return { status: 303, headers: { location: back }, body: '' }
  }

  const server = createServer(async (request, response) => {
    const [, session] = /^\/pay\/(\w+)$/.exec(request.url ?? '') ?? []
    if (session) {
      const { status, headers, body } = hostedPage(session, request.method === 'POST')
      response.writeHead(status, headers).end(body)
      return
    }
    const form = Object.fromEntries(new URLSearchParams(await textOf(request)))
    const key = request.headers['idempotency-key']
    const url = new URL(request.url ?? '/', 'http://stub')
    const call: StripeCall = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      form,
      idempotencyKey: typeof key === 'string' ? key : undefined,
      authorization: request.headers.authorization,
      repeated: false,
    }
    stub.calls.push(call)
    const trouble = stub.trouble.shift()
    if (trouble === '500') {
      response
        .writeHead(500, { 'content-type': 'application/json' })
        .end(JSON.stringify({ error: { type: 'api_error', message: 'Oops.' } }))
      return
    }
    const known = call.idempotencyKey === undefined ? undefined : answers.get(call.idempotencyKey)
    call.repeated = known !== undefined
    const given = known ?? answer(call)
    if (call.idempotencyKey !== undefined) answers.set(call.idempotencyKey, given)
    if (trouble === 'lost') request.socket.destroy()
    else response.writeHead(given.status, { 'content-type': 'application/json', 'request-id': id('req') }).end(JSON.stringify(given.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  stub.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return stub
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}
