import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../kernel/config.ts'

/** Between the password and the second proof. Read by the sign-in pages only. */
const name = 'stoa_half'

export function readHalfCookie(request: FastifyRequest): string | undefined {
  return request.cookies[name] || undefined
}

const options = (config: Config) =>
  ({ path: '/signin', httpOnly: true, sameSite: 'lax', secure: config.publicUrl.startsWith('https:') }) as const

export function setHalfCookie(reply: FastifyReply, config: Config, value: string): void {
  reply.setCookie(name, value, options(config))
}

export function clearHalfCookie(reply: FastifyReply, config: Config): void {
  reply.clearCookie(name, options(config))
}
