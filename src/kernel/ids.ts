import { v7, validate } from 'uuid'
import { wallMilliseconds } from './clock.ts'

/** A primary key that cannot be mistaken for another kind's: `Id<'subscription'>`. */
export type Id<Brand extends string> = string & { readonly __brand: Brand }

const randomBytes = 16
/** Random bytes are fetched for many ids at once: fetched for each, they cost more than all the rest of it. */
const random = { pool: new Uint8Array(512 * randomBytes), used: Infinity }
const newest = { milliseconds: 0, sequence: 0 }

/** A new UUIDv7: ids made later in one process sort later. */
export function newId<Brand extends string>(): Id<Brand> {
  if (random.used >= random.pool.length) {
    crypto.getRandomValues(random.pool)
    random.used = 0
  }
  const bytes = random.pool.subarray(random.used, (random.used += randomBytes))
  const now = wallMilliseconds()
  if (now > newest.milliseconds) {
    newest.milliseconds = now
    // Half of the range, so that there is room to count up within the millisecond.
    newest.sequence =
      (((bytes[6] as number) & 0x7f) << 24) | ((bytes[7] as number) << 16) | ((bytes[8] as number) << 8) | (bytes[9] as number)
  } else if (++newest.sequence > 0xffff_ffff) {
    newest.sequence = 0
    newest.milliseconds++
  }
  return v7({ random: bytes, msecs: newest.milliseconds, seq: newest.sequence }) as Id<Brand>
}

/** True for any UUID text, in any case: what wire contracts call a GUID. */
export function isUuid(text: unknown): text is string {
  return validate(text)
}
