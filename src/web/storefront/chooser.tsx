import { useBrand } from '../root.tsx'
import { requestContext, servicesContext } from '../services.ts'
import type { Route } from './+types/chooser.ts'
import { listOffers } from './catalog-reader.ts'
import { marketOf } from './market-choice.ts'
import { OfferCard } from './offer-card.tsx'
import { unsent } from './unsent.ts'

export async function loader({ request, context }: Route.LoaderArgs) {
  const { market } = await marketOf(request, context)
  const services = context.get(servicesContext)
  const [business, cloud] = await Promise.all([
    listOffers(services, { store: 'business', market: market.iso2 }),
    listOffers(services, { store: 'cloud', market: market.iso2 }),
  ])
  const shown = new Map([...business.items, ...cloud.items].map((card) => [`${card.publisherId}.${card.offerId}`, card]))
  return unsent({
    canonical: `${context.get(requestContext).origin}/`,
    counts: { business: business.total, cloud: cloud.total },
    featured: [...shown.values()].slice(0, 6),
  })
}

export default function Chooser({ loaderData }: Route.ComponentProps) {
  const brand = useBrand()
  const { counts, featured } = loaderData
  const offers = (count: number) => (count === 1 ? '1 offer' : `${count} offers`)
  return (
    <>
      <title>{`${brand.name} marketplace`}</title>
      <meta
        name="description"
        content={`Find, buy and manage business apps and cloud services on ${brand.name}: clear prices, one invoice, cancel at any time.`}
      />
      <link rel="canonical" href={loaderData.canonical} />
      <section className="band band-home">
        <div className="bar">
          <h1>The marketplace for software your organisation relies on</h1>
          <p className="band-lead">
            Compare offers of verified publishers, see every price before you buy, and manage what you bought in one place.
          </p>
          <form className="search" role="search" action="/store/business">
            <label className="visually-hidden" htmlFor="q">
              Search {brand.businessStore}
            </label>
            <input id="q" name="q" type="search" placeholder={`Search ${brand.businessStore.toLowerCase()}`} maxLength={200} />
            <button className="button" type="submit">
              Search
            </button>
          </form>
        </div>
      </section>
      <div className="bar">
        <ul className="stores">
          <li className="store-card">
            <h2>
              <a href="/store/business">{brand.businessStore}</a>
            </h2>
            <p>Ready-made applications for sales, service, finance, people and operations.</p>
            <p className="store-card-count">{offers(counts.business)}</p>
          </li>
          <li className="store-card">
            <h2>
              <a href="/store/cloud">{brand.cloudStore}</a>
            </h2>
            <p>Building blocks and services for IT professionals and developers.</p>
            <p className="store-card-count">{offers(counts.cloud)}</p>
          </li>
        </ul>
        {featured.length > 0 && (
          <section aria-labelledby="featured">
            <h2 className="section-title" id="featured">
              On the shelves
            </h2>
            <ul className="cards">
              {featured.map((card) => (
                <OfferCard key={`${card.publisherId}.${card.offerId}`} card={card} />
              ))}
            </ul>
          </section>
        )}
        <ul className="promises">
          <li>
            <h2>Prices in full view</h2>
            <p>Every plan shows what it costs a month or a year, what is included and what usage above it costs.</p>
          </li>
          <li>
            <h2>Nothing billed before it works</h2>
            <p>A subscription is charged from the day its publisher activates it, not from the day you order.</p>
          </li>
          <li>
            <h2>One account, one invoice</h2>
            <p>Subscriptions of all publishers are managed, renewed and cancelled in the same place.</p>
          </li>
        </ul>
      </div>
    </>
  )
}
