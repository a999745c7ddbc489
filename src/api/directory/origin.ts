import type { FastifyRequest } from 'fastify'
import type { Config } from '../../kernel/config.ts'

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Origin for absolute addresses in an answer: the one the request came to when it is known, else the public address. A made-up Host header
 * must not find its way into a link.
 */
export function originOf(request: FastifyRequest, config: Config): string {
  const host = request.host.toLowerCase()
  const here = `${request.protocol}://${host}`
  if (!URL.canParse(here)) return config.publicUrl
  const { hostname } = new URL(here)
  const known = [new URL(config.publicUrl).host, new URL(config.issuerUrl).host, ...config.knownHosts]
  if (known.includes(host) || known.includes(hostname)) return here
  return config.mode === 'sandbox' && loopback.has(hostname) ? here : config.publicUrl
}

const base = 'http://stoa.invalid'

/** A path of this site to go back to, or `/`: never another site's address (open redirect). */
export function safeReturn(text: unknown): string {
  if (typeof text !== 'string' || !text.startsWith('/') || text.startsWith('//') || text.length > 8000) return '/'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: browsers drop them before they read an address
  if (/[\u0000-\u0020\\]/.test(text)) return '/'
  if (!URL.canParse(text, base)) return '/'
  const url = new URL(text, base)
  if (url.origin !== base || url.pathname.startsWith('//')) return '/'
  return url.pathname + url.search + url.hash
}
