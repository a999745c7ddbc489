import type Stripe from 'stripe'
import type { StripeConfig } from '../../kernel/config.ts'
import { Decimal } from '../../kernel/money.ts'
import type { Outbound } from '../../kernel/outbound.ts'

/** Longest that one call may take; shorter than the lease of due work. */
const callMs = 8000
const maxBytes = 1024 * 1024

/**
 * Stripe's official client, its calls through the guarded client for everything outside. It repeats nothing by itself: due work does, with the
 * same idempotency key. Loaded on first use: most installations never do.
 */
export function openStripe({ secretKey, apiUrl }: StripeConfig, outbound: Outbound): () => Promise<Stripe> {
  let opened: Promise<Stripe> | undefined
  return () => {
    opened ??= import('stripe').then(({ default: Client }) => {
      class Answer extends Client.HttpClientResponse {
        private readonly text: string
        constructor(status: number, headers: Record<string, string>, text: string) {
          super(status, headers)
          this.text = text
        }
        override getRawResponse() {
          // The client notes the id of the request on it.
          return {}
        }
        override async toJSON(): Promise<unknown> {
          return this._parseResponseBody(this.text)
        }
      }
      class Guarded extends Client.HttpClient {
        override getClientName() {
          return 'stoa'
        }
        override async makeRequest(
          host: string,
          port: string,
          path: string,
          method: string,
          headers: object,
          data: string,
          protocol: string,
          timeout: number,
        ) {
          const answer = await outbound.request({
            url: `${protocol}://${host}:${port}${path}`,
            method: method as 'GET' | 'POST' | 'DELETE',
            headers: textHeaders(headers),
            ...(method === 'GET' ? {} : { body: data }),
            timeoutMs: timeout,
            maxBytes,
          })
          return new Answer(answer.status, answer.headers, answer.body.toString('utf8'))
        }
      }
      const { protocol, hostname, port } = new URL(apiUrl)
      return new Client(secretKey, {
        httpClient: new Guarded(),
        maxNetworkRetries: 0,
        timeout: callMs,
        telemetry: false,
        appInfo: { name: 'Stoa' },
        protocol: protocol === 'http:' ? 'http' : 'https',
        host: hostname,
        ...(port === '' ? {} : { port: Number(port) }),
      })
    })
    return opened
  }
}

/** Without what the connection decides itself. */
function textHeaders(headers: object): Record<string, string> {
  const own = new Set(['content-length', 'host', 'connection'])
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !own.has(name.toLowerCase()))
      .map(([name, value]) => [name, String(value)]),
  )
}

/** Currencies that Stripe counts in whole units (docs.stripe.com/currencies, zero-decimal). */
const wholeUnits = new Set('BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' '))
/** In thousandths, of which it takes only whole tens. */
const thousandths = new Set('BHD JOD KWD OMR TND'.split(' '))

type StripeFailure = Error & { type: string; code?: string; payment_intent?: { id: string } }

/** Whether Stripe's client has thrown an error of this type. */
export const isFailure = (error: unknown, type: string): error is StripeFailure =>
  error instanceof Error && 'type' in error && error.type === type
/** Stripe knows nothing of what it was asked for, or does not do it: asking again changes nothing. */
export const isInvalidRequest = (error: unknown) => isFailure(error, 'StripeInvalidRequestError')

/** What Stripe counts as an integer, as an amount. */
export function amountOfStripe(units: number, currency: string): Decimal {
  return new Decimal(units).div(wholeUnits.has(currency) ? 1 : thousandths.has(currency) ? 1000 : 100)
}

/** An amount as Stripe counts it, an integer; null where it cannot be charged exactly (5.123 dinars). */
export function stripeAmount(amount: Decimal, currency: string): number | null {
  const units = amount.times(wholeUnits.has(currency) ? 1 : thousandths.has(currency) ? 1000 : 100)
  if (!units.isInteger() || (thousandths.has(currency) && !units.mod(10).isZero())) return null
  return units.toNumber()
}
