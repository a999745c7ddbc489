/** How Partner Center is laid out: every page in one navigation, or one workspace at a time. Both lead to the same pages (spec/01 §4.1). */
export type PartnerView = 'current' | 'workspaces'

const cookie = 'stoa_partner_view'

/** The layout that the visitor has chosen. */
export function viewOf(request: Request): PartnerView {
  return (request.headers.get('cookie') ?? '').split(/;\s*/).includes(`${cookie}=workspaces`) ? 'workspaces' : 'current'
}

/** The header that remembers the choice in the browser. */
export function viewCookie(view: PartnerView): string {
  return `${cookie}=${view}; Path=/partner; Max-Age=31536000; SameSite=Lax; HttpOnly`
}
