import { z } from 'zod'
import { invalid } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { OutboundError } from '../../kernel/outbound.ts'
import { type LeadBody, testLead } from './lead.ts'

/** An HTTPS endpoint. The address holds its own credential (spec/06 D6): it is never logged or shown in full. */
export interface Endpoint {
  url: string
}

/** How an endpoint took a lead. */
export type Answer = { status: number; answer: string; durationMs: number } | { error: string; durationMs: number }

/** What the context of encryption is called wherever the address is kept. */
export const destinationSecret = 'lead-destination'

const answerLimit = 64 * 1024
const kept = 1000
export const attemptTimeout = { live: 30_000, move: 5_000 }
const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** The address without what follows the host: path and query may be the credential. */
export function maskedAddress(url: string): string {
  return URL.canParse(url) ? `${new URL(url).origin}/…` : '…'
}

export function delivered(answer: Answer): boolean {
  return 'status' in answer && answer.status >= 200 && answer.status < 300
}

/** The outcome in one sentence. */
export function describe(answer: Answer): string {
  if ('error' in answer) return answer.error
  return delivered(answer) ? `Answered ${answer.status}.` : `Answered ${answer.status} instead of 200.`
}

/** The addresses in `a@b.example; c@d.example`. Errors: invalid `InvalidEmail` (target `contactEmail`). */
export function contactEmails(text: string): string[] {
  const addresses = text
    .split(';')
    .map((address) => address.trim())
    .filter((address) => address !== '')
  const wrong = addresses.find((address) => !z.email().safeParse(address).success)
  if (wrong !== undefined) {
    throw invalid('InvalidEmail', `"${wrong.slice(0, 100)}" is no e-mail address. Separate several addresses by semicolons.`, {
      target: 'contactEmail',
    })
  }
  return addresses
}

/** Refuses what is no https address. The sandbox also takes http on this machine. Errors: invalid `InvalidUrl` (target `url`). */
export function checkedUrl(kernel: Pick<Kernel, 'config'>, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const local = kernel.config.mode === 'sandbox' && url?.protocol === 'http:' && loopback.test(url.hostname)
  if (!url || (url.protocol !== 'https:' && !local))
    throw invalid('InvalidUrl', 'Enter a complete address that starts with https://.', { target: 'url' })
  if (url.username || url.password) throw invalid('InvalidUrl', 'The address must not hold a user name or password.', { target: 'url' })
  return text
}

/** Posts a lead, byte for byte to the address as it was given. Outside of any transaction. */
export async function post(
  kernel: Pick<Kernel, 'outbound'>,
  { url, body, headers = {}, timeoutMs }: Endpoint & { body: LeadBody; headers?: Record<string, string>; timeoutMs: number },
): Promise<Answer> {
  try {
    const answer = await kernel.outbound.request({
      url,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      timeoutMs,
      maxBytes: answerLimit,
    })
    const text = answer.body.toString('utf8').replaceAll('\u0000', '\ufffd').slice(0, kept)
    return { status: answer.status, answer: text, durationMs: answer.durationMs }
  } catch (error) {
    if (error instanceof OutboundError) return { error: error.reason, durationMs: error.durationMs }
    throw error
  }
}

/** Sends a test lead (spec/06 D2). */
export async function tryEndpoint(
  kernel: Pick<Kernel, 'outbound'>,
  endpoint: Endpoint,
  offerTitle: string,
): Promise<{ ok: boolean; message: string }> {
  const answer = await post(kernel, { ...endpoint, body: testLead(offerTitle), timeoutMs: attemptTimeout.live })
  const ok = delivered(answer)
  return { ok, message: ok ? 'The endpoint took the test lead.' : `The endpoint did not take the test lead: ${describe(answer)}` }
}
