import { requestContext } from '../services.ts'
import type { Route } from './+types/robots.ts'

/** The portals, the buying pages and the contracts are nothing for a search engine. */
export function loader({ context }: Route.LoaderArgs) {
  const closed = ['/account', '/partner', '/operator', '/purchase/', '/acquire/', '/market', '/signin', '/signout', '/api/']
  const lines = [
    'User-agent: *',
    ...closed.map((path) => `Disallow: ${path}`),
    '',
    `Sitemap: ${context.get(requestContext).origin}/sitemap.xml`,
    '',
  ]
  return new Response(lines.join('\n'), {
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'public, max-age=3600' },
  })
}
