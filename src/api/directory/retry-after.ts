import type { FastifyReply } from 'fastify'
import type { Temporal } from 'temporal-polyfill'
import { wallNow } from '../../kernel/clock.ts'

/** Seconds until a lock ends, as Retry-After counts them: at least one. */
export function secondsUntil(until: Temporal.Instant): number {
  return Math.max(1, Math.ceil(until.since(wallNow()).total('seconds')))
}

/** Says when to try again: to programs in the header, to people in the words that are returned ("Wait 15 minutes and try again."). */
export function tryLater(reply: FastifyReply, until: Temporal.Instant): string {
  const seconds = secondsUntil(until)
  reply.header('retry-after', String(seconds))
  const minutes = Math.ceil(seconds / 60)
  return `Wait ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} and try again.`
}
