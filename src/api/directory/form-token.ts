import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../kernel/config.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { randomBytes } from 'node:crypto'

/** Ties a form to the browser that was given it: a random cookie, and its keyed hash in the form. */
const cookieName = 'stoa_form'
const purpose = 'directory form'

/** The token for a form on a page that is being sent; sets the cookie when the browser has none. */
export function formToken(kernel: Kernel, request: FastifyRequest, reply: FastifyReply): string {
  let nonce = request.cookies[cookieName]
  if (!nonce || !/^[\w-]{22}$/.test(nonce)) {
    nonce = randomBytes(16).toString('base64url')
    reply.setCookie(cookieName, nonce, cookieOptions(kernel.config))
  }
  return tokenOf(kernel, nonce, 0)
}

const cookieOptions = (config: Config) =>
  ({ path: '/', httpOnly: true, sameSite: 'lax', secure: config.publicUrl.startsWith('https:') }) as const

function tokenOf(kernel: Kernel, nonce: string, keyIndex: number): string {
  const key = kernel.secrets.deriveKeys(purpose)[keyIndex]
  return key ? createHmac('sha256', key).update(nonce).digest('base64url') : ''
}

/** Whether a form was sent from a page of ours that this browser was given, not from somebody else's page. */
export function isOwnForm(kernel: Kernel, request: FastifyRequest, token: unknown): boolean {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return false
  const { origin } = request.headers
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== request.host.toLowerCase())) return false
  const nonce = request.cookies[cookieName]
  if (!nonce || typeof token !== 'string') return false
  const given = Buffer.from(token)
  return kernel.secrets.deriveKeys(purpose).some((_key, index) => {
    const expected = Buffer.from(tokenOf(kernel, nonce, index))
    return expected.length === given.length && timingSafeEqual(expected, given)
  })
}
