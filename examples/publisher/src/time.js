// What time it is in the marketplace. A sandbox can be in another month than your machine, and refuses usage that is older than a day by ITS
// clock, so it sends its time with every answer (`x-stoa-now`). The Microsoft marketplace does not, and there the machine's time is right.

let ahead = 0

/** Learns the marketplace's time from an answer. @param {Headers} headers */
export function learnTime(headers) {
  const now = headers.get('x-stoa-now')
  ahead = now ? Date.parse(now) - Date.now() : 0
}

/** The marketplace's time, as of the last answer. */
export function marketNow() {
  return new Date(Date.now() + ahead)
}
