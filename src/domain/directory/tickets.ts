import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Ctx } from '../../kernel/context.ts'
import type { Secrets } from '../../kernel/secrets.ts'
import * as tables from './schema.ts'
import { fingerprint } from './secrets.ts'
import { Temporal } from 'temporal-polyfill'

/** What a ticket is for, and everything that must be the same when it comes back: the browser, the person, the thing asked. */
export interface TicketUse {
  purpose: 'passkey-register' | 'passkey-prove' | 'consent' | 'personal'
  bound: readonly string[]
}

const randomLength = 16
const expiryLength = 6
const headLength = randomLength + expiryLength

const macOf = (key: Buffer, use: TicketUse, head: Buffer) =>
  createHmac('sha256', key).update(head).update(JSON.stringify(use.bound)).digest()

const keysOf = (secrets: Secrets, use: TicketUse) => secrets.deriveKeys(`directory ticket ${use.purpose}`)

/**
 * A value that only we can have made, for one use within `minutes`. Nothing is stored before it comes back: pages that carry one cost no write,
 * however often they are asked for.
 */
export function issueTicket(ctx: Pick<Ctx, 'wall'>, secrets: Secrets, use: TicketUse, minutes: number): Buffer {
  const [key] = keysOf(secrets, use)
  if (!key) throw new Error('There is no key to sign tickets with.')
  const head = Buffer.alloc(headLength)
  randomBytes(randomLength).copy(head)
  head.writeUIntBE(Math.floor(ctx.wall.add({ minutes }).epochMilliseconds / 1000), randomLength, expiryLength)
  return Buffer.concat([head, macOf(key, use, head)])
}

/** Takes a ticket: true the first time it comes back for the same use, within its time; false ever after, and for every other value. */
export async function spendTicket(ctx: Ctx, secrets: Secrets, use: TicketUse, text: string): Promise<boolean> {
  const ticket = Buffer.from(text, 'base64url')
  const head = ticket.subarray(0, headLength)
  const mac = ticket.subarray(headLength)
  const ours = keysOf(secrets, use).some((key) => {
    const expected = macOf(key, use, head)
    return expected.length === mac.length && timingSafeEqual(expected, mac)
  })
  if (!ours) return false
  const expiresAt = Temporal.Instant.fromEpochMilliseconds(head.readUIntBE(randomLength, expiryLength) * 1000)
  if (Temporal.Instant.compare(expiresAt, ctx.wall) <= 0) return false
  const spent = await ctx.tx
    .insert(tables.spentTicket)
    .values({ ticketHash: fingerprint(ticket.toString('base64url')), expiresAt })
    .onConflictDoNothing()
    .returning({ hash: tables.spentTicket.ticketHash })
  return spent.length > 0
}
