/**
 * The content security policy of a page.
 *
 * Scripts and styles are this site's files, or carry the nonce; what scripts set on elements is no matter of the policy. `leavesSite` lifts
 * `form-action`: browsers apply it to the redirect after a form too, and a publisher's landing page is on another site. In development Vite writes
 * its styles into the page.
 */
export function contentSecurityPolicy(nonce: string, page: { leavesSite?: boolean; development?: boolean }): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}'`,
    page.development ? "style-src 'self' 'unsafe-inline'" : `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    ...(page.leavesSite ? [] : ["form-action 'self'"]),
  ].join('; ')
}
