import { requestContext, servicesContext } from '../services.ts'
import type { Route } from './+types/sitemap.ts'
import { listOffers } from './catalog-reader.ts'
import { productKey } from './listing.ts'

/** A site map may hold 50,000 addresses (sitemaps.org). */
const MOST = 50_000

/** The stores and every product that somebody without an account can see in the United States, the market of visitors who chose none. */
export async function loader({ context }: Route.LoaderArgs) {
  const services = context.get(servicesContext)
  const { origin } = context.get(requestContext)
  const products = new Set<string>()
  for (const store of ['business', 'cloud'] as const) {
    for (let page = 1; ; page += 1) {
      const list = await listOffers(services, { store, market: 'US', sort: 'name', page })
      for (const card of list.items) products.add(`/product/${productKey(card)}`)
      if (page * list.pageSize >= list.total || products.size >= MOST) break
    }
  }
  const paths = ['/', '/store/business', '/store/cloud', ...products].slice(0, MOST)
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${paths.map((path) => `  <url><loc>${origin}${path}</loc></url>`).join('\n')}
</urlset>
`
  return new Response(xml, { headers: { 'content-type': 'application/xml; charset=utf-8', 'cache-control': 'public, max-age=3600' } })
}
