import { data } from 'react-router'
import { useBrand } from '../root.tsx'
import { requestContext, servicesContext } from '../services.ts'
import type { Route } from './+types/store.ts'
import { featuredOffers, listOffers, PAGE_SIZE } from './catalog-reader.ts'
import type { StoreId } from './listing.ts'
import { marketOf } from './market-choice.ts'
import { OfferCard } from './offer-card.tsx'
import { ChosenFilters, StoreFilters } from './store-filters.tsx'
import { NothingFound } from './nothing-found.tsx'
import { readStoreQuery, type Sort, type StoreQuery, storeAddress } from './store-query.ts'
import { storeCookie } from './store-choice.ts'
import { unsent } from './unsent.ts'

/** Without a choice results of a search come by relevance, and lists by name. */
function sortChoices(searching: boolean): readonly (readonly [Sort, string])[] {
  return [...(searching ? ([['', 'Relevance']] as const) : []), [searching ? 'name' : '', 'Name'], ['price', 'Price'], ['newest', 'Newest']]
}

const taglines: Record<StoreId, string> = {
  business: 'Applications for sales, service, finance, people and operations, ready to use.',
  cloud: 'Services and building blocks for the people who build and run software.',
}

/** Categories that are offered where nothing was found. */
const suggestedCategories = 6

export async function loader({ request, params, context }: Route.LoaderArgs) {
  const { store } = params
  if (store !== 'business' && store !== 'cloud') throw data(null, { status: 404 })
  const query = readStoreQuery(new URL(request.url).searchParams)
  const services = context.get(servicesContext)
  const { market } = await marketOf(request, context)
  const wanted: { store: StoreId; market: string } = { store, market: market.iso2 }
  const list = await listOffers(services, { ...wanted, ...query, sort: query.sort || undefined })
  const narrowed = query.q !== '' || Object.keys(query.filters).length > 0
  const all = list.total === 0 && narrowed ? await listOffers(services, wanted) : null
  const categories = (all?.facets.category ?? []).toSorted((a, b) => b.count - a.count).slice(0, suggestedCategories)
  const isFront = query.q === '' && query.page === 1 && Object.keys(query.filters).every((kind) => kind === 'category')
  const featured = isFront ? await featuredOffers(services, { ...wanted, category: query.filters.category }) : []
  const page = unsent({ featured, store: store as StoreId, query, list, categories, origin: context.get(requestContext).origin })
  const cookie = storeCookie(request, store)
  return cookie ? data(page, { headers: { 'set-cookie': cookie } }) : page
}

export function headers({ loaderHeaders }: Route.HeadersArgs) {
  return loaderHeaders
}

export default function Store({ loaderData }: Route.ComponentProps) {
  const { store, query, list, categories, featured } = loaderData
  const brand = useBrand()
  const name = store === 'business' ? brand.businessStore : brand.cloudStore
  const path = `/store/${store}`
  const address = (change: Partial<StoreQuery>) => storeAddress(store, { ...query, page: 1, ...change })
  const categoryTitle = list.facets.category
    .flatMap((facet) => [facet, ...facet.children])
    .find(({ key }) => key === query.filters.category)?.name
  const { pages } = list
  const chosenSort = query.sort === 'name' && query.q === '' ? '' : query.sort
  const first = (list.page - 1) * PAGE_SIZE + 1
  const { category } = query.filters
  const canonical = loaderData.origin + storeAddress(store, { filters: category ? { category } : {}, page: query.page })
  const title = [query.q && `“${query.q}”`, categoryTitle, name].filter(Boolean).join(' · ')
  return (
    <>
      <title>{`${title} · ${brand.name}`}</title>
      <meta
        name="description"
        content={`${name} on ${brand.name}${categoryTitle ? `, category ${categoryTitle}` : ''}: ${taglines[store]}`}
      />
      <link rel="canonical" href={canonical} />
      {(query.q || Object.keys(query.filters).some((kind) => kind !== 'category')) && <meta name="robots" content="noindex, follow" />}
      <section className="band">
        <div className="bar">
          <h1>{name}</h1>
          <p className="band-lead">{taglines[store]}</p>
          <form className="search" role="search" action={path}>
            <label className="visually-hidden" htmlFor="q">
              Search {name}
            </label>
            <input
              id="q"
              name="q"
              type="search"
              defaultValue={query.q}
              placeholder="Search by name, publisher or purpose"
              maxLength={200}
            />
            {Object.entries(query.filters).map(([kind, key]) => (
              <input key={kind} type="hidden" name={kind} value={key} />
            ))}
            {query.sort && <input type="hidden" name="sort" value={query.sort} />}
            <button className="button" type="submit">
              Search
            </button>
          </form>
        </div>
      </section>
      <div className="bar store-body">
        <StoreFilters store={store} query={query} facets={list.facets} />
        <div className="results">
          {list.total > 2 * featured.length && featured.length > 0 && (
            <section className="featured" aria-labelledby="featured">
              <h2 id="featured">{categoryTitle ? `Featured in ${categoryTitle}` : 'Featured'}</h2>
              <ul className="cards">
                {featured.map((card) => (
                  <OfferCard key={card.offer} card={card} eager />
                ))}
              </ul>
            </section>
          )}
          <section aria-labelledby="results">
            <div className="results-head">
              <h2 id="results">
                {list.items.length === 0 ? 'Nothing found' : shownText(first, list)}
                {query.q && (
                  <span className="results-query">
                    {' '}
                    {list.similar ? 'like' : 'for'} “{query.q}”
                  </span>
                )}
              </h2>
              <p className="sort">
                <span>Sort by</span>
                {sortChoices(query.q !== '').map(([sort, label]) => (
                  <a key={sort} href={address({ sort })} aria-current={sort === chosenSort ? 'true' : undefined}>
                    {label}
                  </a>
                ))}
              </p>
            </div>
            <ChosenFilters store={store} query={query} facets={list.facets} />
            {list.items.length > 0 ? (
              <ul className="cards">
                {list.items.map((card, index) => (
                  <OfferCard key={`${card.publisherId}.${card.offerId}`} card={card} eager={index < 6} />
                ))}
              </ul>
            ) : (
              <NothingFound store={store} query={query} categories={categories} />
            )}
            {pages > 1 && (
              <nav className="paging" aria-label="Pages">
                {list.page > 1 && (
                  <a rel="prev" href={address({ page: list.page - 1 })}>
                    Previous
                  </a>
                )}
                <span>
                  Page {list.page} of {pages}
                </span>
                {list.page < pages && (
                  <a rel="next" href={address({ page: list.page + 1 })}>
                    Next
                  </a>
                )}
              </nav>
            )}
          </section>
        </div>
      </div>
    </>
  )
}

const numbers = new Intl.NumberFormat('en-US')

/** `Showing 25 to 48 of 1,204 results` */
function shownText(first: number, { items, total }: { items: readonly unknown[]; total: number }): string {
  return `Showing ${numbers.format(first)} to ${numbers.format(first + items.length - 1)} of ${numbers.format(total)} ${total === 1 ? 'result' : 'results'}`
}
