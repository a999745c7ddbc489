/** seed 001 L26167: a webhook is tried 500 times over 8 hours. */
export const maxAttempts = 500
export const deliveryHours = 8

const totalMs = deliveryHours * 3600_000

/** Pauses in milliseconds before attempt 2, 3 … 500: doubling from one second, then even, so that the last attempt is 8 hours after the first. */
export const pauses: readonly number[] = growingPauses()

function growingPauses(): number[] {
  const count = maxAttempts - 1
  const result: number[] = []
  let spent = 0
  for (let pause = 1000; ; pause *= 2) {
    // Doubling ends where the rest, spread evenly, has shorter pauses.
    if (pause >= (totalMs - spent) / (count - result.length)) break
    result.push(pause)
    spent += pause
  }
  const left = count - result.length
  for (let i = 0; i < left; i++) {
    const pause = Math.floor(((i + 1) * (totalMs - spent)) / left) - Math.floor((i * (totalMs - spent)) / left)
    result.push(pause)
  }
  return result
}

const offsets: readonly number[] = (() => {
  const result = [0]
  for (const pause of pauses) result.push((result.at(-1) ?? 0) + pause)
  return result
})()

/** Milliseconds between the first attempt and attempt `number` (1-based). */
export function attemptOffset(number: number): number {
  const offset = offsets[number - 1]
  if (offset === undefined) throw new RangeError(`There is no attempt ${number}.`)
  return offset
}

/** How many attempts, the first included, lie at or before `elapsedMs` after the first. */
export function attemptsWithin(elapsedMs: number): number {
  let low = 0
  let high = offsets.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((offsets[middle] as number) <= elapsedMs) low = middle + 1
    else high = middle
  }
  return low
}
