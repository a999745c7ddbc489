import { randomUUID } from 'node:crypto'
import type { Config } from '../../kernel/config.ts'
import { type Outbound, OutboundError } from '../../kernel/outbound.ts'
import { type SaasContent } from '../offers/index.ts'
import { error, type Finding, findingsOf, warning } from './steps.ts'

/** Calls with which Offer validation finds out whether what an offer names answers (spec/06 A4, spec/01 §17). */

export interface Probe {
  kind: 'link' | 'landing-page' | 'webhook'
  url: string
  /** where the offer names it */
  target: string
  method: 'GET' | 'POST'
  headers?: Record<string, string>
  body?: string
}

export type ProbeAnswer = { status: number } | { failure: OutboundError['failure']; reason: string }

/** Facts of the call by which a webhook is tried. Nothing has happened: subscription and operation do not exist. */
export interface TestCallFacts {
  publisherId: string
  offerId: string
  planId: string
  /** market time, ISO */
  at: string
  operationId: string
  subscriptionId: string
}

/** Writes the body of the test call as the wire contract of webhooks wants it. */
export type TestCallFormat = (facts: TestCallFacts) => unknown

const atOnce = 8
const mostLinks = 40
const timeoutMs = { production: 10_000, sandbox: 3_000 } as const
const enough = 64 * 1024

/** Addresses that customers can click, each once. */
export function linkProbes(content: SaasContent): Probe[] {
  const found = new Map<string, string>()
  const add = (url: string | undefined, target: string) => {
    if (url && !found.has(url)) found.set(url, target)
  }
  add(content.setup.offerUrl, 'setup.offerUrl')
  add(content.setup.trialUrl, 'setup.trialUrl')
  for (const { url } of content.setup.linkedProducts) add(url, 'setup.linkedProducts')
  add(content.properties.terms.url, 'properties.terms')
  for (const [language, listing] of Object.entries(content.listing)) {
    add(listing.privacyPolicyUrl, `listing.${language}.privacyPolicyUrl`)
    add(listing.supportUrl, `listing.${language}.supportUrl`)
    for (const { url } of listing.links) add(url, `listing.${language}.links`)
  }
  return [...found].slice(0, mostLinks).map(([url, target]) => ({ kind: 'link', url, target, method: 'GET' }))
}

/** The landing page as somebody without a token opens it, and the webhook as the marketplace calls it. */
export function technicalProbes(
  content: SaasContent,
  facts: Omit<TestCallFacts, 'operationId' | 'subscriptionId' | 'planId'>,
  token: string,
  format: TestCallFormat,
): Probe[] {
  const { technicalConfiguration: technical } = content
  if (!technical) return []
  const ids = { operationId: randomUUID(), subscriptionId: randomUUID() }
  const body = format({ ...facts, ...ids, planId: content.plans[0]?.planId ?? '' })
  return [
    { kind: 'landing-page', url: technical.landingPageUrl, target: 'technicalConfiguration.landingPageUrl', method: 'GET' },
    {
      kind: 'webhook',
      url: technical.webhookUrl,
      target: 'technicalConfiguration.webhookUrl',
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'x-ms-requestid': ids.operationId,
        'x-ms-correlationid': ids.operationId,
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify(body),
    },
  ]
}

/** Makes the calls, a few at a time. Never throws for what an address does. */
export async function callAll(outbound: Pick<Outbound, 'request'>, mode: Config['mode'], probes: readonly Probe[]): Promise<ProbeAnswer[]> {
  const answers: ProbeAnswer[] = []
  let next = 0
  const work = async () => {
    for (let index = next++; index < probes.length; index = next++) {
      answers[index] = await callOne(outbound, mode, probes[index] as Probe)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, probes.length) }, work))
  return answers
}

async function callOne(
  outbound: Pick<Outbound, 'request'>,
  mode: Config['mode'],
  { url, method, headers = {}, body }: Probe,
): Promise<ProbeAnswer> {
  try {
    const { status } = await outbound.request({
      url,
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      timeoutMs: timeoutMs[mode],
      maxBytes: enough,
    })
    return { status }
  } catch (failed) {
    if (!(failed instanceof OutboundError)) throw failed
    // A page of any size is a page.
    return failed.failure === 'too-large' ? { status: 200 } : { failure: failed.failure, reason: failed.reason }
  }
}

const loopback = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])([:/?#]|$)/i

/**
 * What an answer says about the offer.
 *
 * In the sandbox an address that cannot be reached is a warning: machines without a network and applications that have not been started yet are
 * its daily life. An address that answers wrongly is an error there too.
 */
export function judge(mode: Config['mode'], { kind, url, target }: Probe, answer: ProbeAnswer): Finding[] {
  if ('failure' in answer) {
    const isForgiven = mode === 'sandbox' && (answer.failure === 'connection' || answer.failure === 'timeout' || loopback.test(url))
    const make = isForgiven ? warning : error
    const [code, name] = {
      link: ['LinkBroken', 'The link'],
      'landing-page': ['LandingPageUnreachable', 'The landing page'],
      webhook: ['WebhookUnreachable', 'The webhook'],
    }[kind] as [string, string]
    return [make(code, `${name} ${url} does not answer. ${answer.reason}`, target)]
  }
  const { status } = answer
  if (kind === 'link') {
    return findingsOf(
      (status === 404 || status === 410 || status >= 500) &&
        error('LinkBroken', `The link ${url} leads nowhere: it is answered with ${status}.`, target),
    )
  }
  if (kind === 'landing-page') {
    // Without a token a page may refuse, but it is there.
    return findingsOf(
      (status === 404 || status === 405 || status === 410) &&
        error('LandingPageFailed', `There is no page at ${url} (status ${status}). Customers come here after a purchase.`, target),
      status >= 500 &&
        error('LandingPageFailed', `The landing page ${url} fails with ${status} when it is opened without a token.`, target),
    )
  }
  return webhookFindings(url, status, target)
}

/** A webhook that looks up the operation answers 4xx to one that does not exist: that is right, and so is 2xx. */
function webhookFindings(url: string, status: number, target: string): Finding[] {
  if (status === 401 || status === 403) {
    return [
      error(
        'WebhookRefused',
        `The webhook ${url} refuses the marketplace (status ${status}). Accept tokens whose aud is your application and whose issuer is your directory.`,
        target,
      ),
    ]
  }
  if (status === 405 || status >= 500 || (status >= 300 && status < 400)) {
    return [error('WebhookFailed', `The webhook ${url} does not take a POST of the marketplace: it answers ${status}.`, target)]
  }
  return []
}
