/**
 * The content security policy of a page.
 *
 * Storefront pages allow the styles of this site and no script but one carrying the nonce. Portals (`interactive`) allow inline styles,
 * because Fluent places elements with style attributes. `leavesSite` lifts `form-action`: browsers apply it to the redirect after a form
 * too, and a publisher's landing page is on another site.
 */
export function contentSecurityPolicy(nonce: string, page: { interactive: boolean; leavesSite?: boolean }): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}'`,
    page.interactive ? "style-src 'self' 'unsafe-inline'" : `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    ...(page.leavesSite ? [] : ["form-action 'self'"]),
  ].join('; ')
}
