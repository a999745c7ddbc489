const base = 'http://stoa.invalid'

/** A path of this site to go back to, or `/`: never another site's address (open redirect). */
export function safeReturn(text: unknown): string {
  if (typeof text !== 'string' || !text.startsWith('/') || text.startsWith('//') || text.length > 8000) return '/'
  // Browsers drop control characters before they read an address, and take a backslash for a slash.
  if (text.split('').some((character) => character <= ' ' || character === '\\')) return '/'
  if (!URL.canParse(text, base)) return '/'
  const url = new URL(text, base)
  if (url.origin !== base || url.pathname.startsWith('//')) return '/'
  return url.pathname + url.search + url.hash
}
