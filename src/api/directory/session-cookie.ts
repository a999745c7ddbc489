import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../kernel/config.ts'

/** The one session of a browser, for all sites of the marketplace. It ends with the browser, or after its time in the database. */
const name = 'stoa_session'

export function readSessionCookie(request: FastifyRequest): string | undefined {
  return request.cookies[name] || undefined
}

// A marketplace with a public http address is a developer's: a Secure cookie set on its TLS port could not be replaced from the other port.
const options = (config: Config) => ({ path: '/', httpOnly: true, sameSite: 'lax', secure: config.publicUrl.startsWith('https:') }) as const

export function setSessionCookie(reply: FastifyReply, config: Config, value: string): void {
  reply.setCookie(name, value, options(config))
}

export function clearSessionCookie(reply: FastifyReply, config: Config): void {
  reply.clearCookie(name, options(config))
}
