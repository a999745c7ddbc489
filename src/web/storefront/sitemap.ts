import { requestContext, servicesContext } from '../services.ts'
import type { Route } from './+types/sitemap.ts'
import { listProducts } from './catalog-reader.ts'
import { productKey } from './listing.ts'

/** A site map may hold 50,000 addresses (sitemaps.org). */
const MOST = 50_000

/** The stores and every product that somebody without an account can see. */
export async function loader({ context }: Route.LoaderArgs) {
  const services = context.get(servicesContext)
  const { origin } = context.get(requestContext)
  const products = await listProducts(services)
  const paths = ['/', '/store/business', '/store/cloud', ...products.map((offer) => `/product/${productKey(offer)}`)].slice(0, MOST)
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${paths.map((path) => `  <url><loc>${origin}${path}</loc></url>`).join('\n')}
</urlset>
`
  return new Response(xml, { headers: { 'content-type': 'application/xml; charset=utf-8', 'cache-control': 'public, max-age=3600' } })
}
