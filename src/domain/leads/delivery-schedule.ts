/**
 * When a lead is sent to its endpoint: at once, then after pauses that double, for three days (spec/06 D2; the sources name no schedule).
 * Pauses differ a little from lead to lead, so that an endpoint that comes back is not met by all of them at once.
 */
const minute = 60_000
const longestPause = 6 * 60 * minute
const patience = 72 * 60 * minute
/** Each pause is longer or shorter by at most this part of it. */
const spread = 0.2

/** Milliseconds from the first attempt to attempt `number` (from 1). */
export function attemptOffset(lead: string, number: number): number {
  let offset = 0
  for (let before = 1; before < number; before++) {
    const pause = Math.min(minute * 2 ** (before - 1), longestPause)
    offset += Math.round(pause * (1 + spread * (2 * fraction(lead, before) - 1)))
  }
  return offset
}

/** How many attempts are made before a lead is given up. */
export function mostAttempts(lead: string): number {
  let number = 1
  while (attemptOffset(lead, number + 1) <= patience) number++
  return number
}

/** A number from 0 to 1 that is always the same for one attempt of one lead. */
function fraction(lead: string, number: number): number {
  let hash = 2_166_136_261
  for (const character of `${lead}${number}`) hash = Math.imul(hash ^ character.charCodeAt(0), 16_777_619) >>> 0
  return hash / 2 ** 32
}
