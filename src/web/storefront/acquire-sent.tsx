import { data } from 'react-router'
import { useBrand } from '../root.tsx'
import { servicesContext } from '../services.ts'
import { requireUser } from '../session.ts'
import type { Route } from './+types/acquire-sent.ts'
import { readProduct } from './catalog-reader.ts'
import { parseProductKey, productKey } from './listing.ts'
import { marketOf } from './market-choice.ts'

export async function loader({ request, params, context }: Route.LoaderArgs) {
  const user = await requireUser(request, context)
  const key = parseProductKey(params.product)
  const { market } = await marketOf(request, context)
  const previewKey = new URL(request.url).searchParams.get('key') ?? undefined
  const product = key && (await readProduct(context.get(servicesContext), user, key, market.iso2, previewKey))
  if (!product) throw data(null, { status: 404 })
  return { product }
}

/** After Contact me. */
export default function AcquireSent({ loaderData: { product } }: Route.ComponentProps) {
  const brand = useBrand()
  const [store] = product.stores
  return (
    <div className="bar purchase">
      <title>{`Sent · ${brand.name}`}</title>
      <meta name="robots" content="noindex" />
      <h1>Your contact data is on its way</h1>
      <p className="section-lead">
        {product.publisherName} has been told that you would like to know more about {product.name} and will get in touch with you.
      </p>
      <p className="form-actions">
        <a className="button" href={`/product/${productKey(product)}`}>
          Back to the offer
        </a>
        {store && <a href={`/store/${store}`}>Look at other offers</a>}
      </p>
    </div>
  )
}
