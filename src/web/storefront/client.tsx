import { data } from 'react-router'
import { useBrand } from '../root.tsx'
import { servicesContext } from '../services.ts'
import type { Route } from './+types/client.ts'
import { marketOf } from './market-choice.ts'
import { OfferCard } from './offer-card.tsx'
import { unsent } from './unsent.ts'

/** A Microsoft 365 client that offers name as belonging to them: its page leads to them, and theirs to it (spec/05 §5.2). */
export async function loader({ request, params, context }: Route.LoaderArgs) {
  const { kernel, domain } = context.get(servicesContext)
  const { market } = await marketOf(request, context)
  const client = await kernel.read({ kind: 'anonymous' }, (ctx) => domain.catalog.client(ctx, { id: params.client, market: market.iso2 }))
  if (!client) throw data(null, { status: 404 })
  return unsent({ client })
}

export default function ClientPage({ loaderData: { client } }: Route.ComponentProps) {
  const brand = useBrand()
  return (
    <div className="bar client">
      <title>{`${client.id} · ${brand.name}`}</title>
      <section aria-labelledby="client">
        <h1 id="client">{client.id}</h1>
        <p className="section-lead">
          An app for Microsoft 365 that belongs to {client.offers.length === 1 ? 'this offer' : 'these offers'}.{' '}
          <a href={client.url} rel="noopener nofollow">
            Get the app alone
          </a>
        </p>
        <ul className="cards">
          {client.offers.map((card) => (
            <OfferCard key={card.offer} card={card} eager />
          ))}
        </ul>
      </section>
    </div>
  )
}
