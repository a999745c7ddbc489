import { data } from 'react-router'
import { fieldText } from '../form.ts'
import { useBrand } from '../root.tsx'
import { requestContext, servicesContext } from '../services.ts'
import type { Route } from './+types/store.ts'
import { listOffers, PAGE_SIZE } from './catalog-reader.ts'
import type { StoreId } from './listing.ts'
import { marketOf } from './market-choice.ts'
import { OfferCard } from './offer-card.tsx'
import { unsent } from './unsent.ts'

type Sort = '' | 'name' | 'price'

/** Without a choice results of a search come by relevance, and lists by name. */
function sortChoices(searching: boolean): readonly (readonly [Sort, string])[] {
  return searching
    ? [
        ['', 'Relevance'],
        ['name', 'Name'],
        ['price', 'Price'],
      ]
    : [
        ['', 'Name'],
        ['price', 'Price'],
      ]
}

const taglines: Record<StoreId, string> = {
  business: 'Applications for sales, service, finance, people and operations, ready to use.',
  cloud: 'Services and building blocks for the people who build and run software.',
}

/** What the address asks for. Unknown values are treated as absent: an address is typed, shared and cut off. */
function readQuery(url: URL) {
  const page = Number(url.searchParams.get('page') ?? '1')
  const sort = url.searchParams.get('sort') ?? ''
  return {
    q: fieldText(url.searchParams, 'q'),
    category: fieldText(url.searchParams, 'category', 100),
    sort: (sort === 'price' || sort === 'name' ? sort : '') as Sort,
    page: Number.isInteger(page) && page >= 1 && page <= 10_000 ? page : 1,
  }
}

export async function loader({ request, params, context }: Route.LoaderArgs) {
  const { store } = params
  if (store !== 'business' && store !== 'cloud') throw data(null, { status: 404 })
  const query = readQuery(new URL(request.url))
  const { market } = await marketOf(request, context)
  const list = await listOffers(context.get(servicesContext), {
    store,
    market: market.iso2,
    page: query.page,
    ...(query.sort && { sort: query.sort }),
    ...(query.q && { q: query.q }),
    ...(query.category && { category: query.category }),
  })
  return unsent({ store: store as StoreId, query, list, origin: context.get(requestContext).origin })
}

export default function Store({ loaderData }: Route.ComponentProps) {
  const { store, query, list } = loaderData
  const brand = useBrand()
  const name = store === 'business' ? brand.businessStore : brand.cloudStore
  const path = `/store/${store}`
  const address = (change: Partial<typeof query>) => {
    const { q, category, sort, page } = { ...query, page: 1, ...change }
    const search = new URLSearchParams({
      ...(q && { q }),
      ...(category && { category }),
      ...(sort && { sort }),
      ...(page > 1 && { page: String(page) }),
    })
    return search.size > 0 ? `${path}?${search}` : path
  }
  const facets = list.facets.categories
  const categoryTitle = facets.flatMap((facet) => [facet, ...facet.children]).find(({ key }) => key === query.category)?.name
  const [openCategory] = query.category.split('/')
  const { pages } = list
  const chosenSort = query.sort === 'name' && query.q === '' ? '' : query.sort
  const first = (list.page - 1) * PAGE_SIZE + 1
  const canonical = loaderData.origin + address({ q: '', sort: '', page: query.page })
  const title = [query.q && `“${query.q}”`, categoryTitle, name].filter(Boolean).join(' · ')
  return (
    <>
      <title>{`${title} · ${brand.name}`}</title>
      <meta
        name="description"
        content={`${name} on ${brand.name}${categoryTitle ? `, category ${categoryTitle}` : ''}: ${taglines[store]}`}
      />
      <link rel="canonical" href={canonical} />
      {query.q && <meta name="robots" content="noindex, follow" />}
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
            {query.category && <input type="hidden" name="category" value={query.category} />}
            {query.sort && <input type="hidden" name="sort" value={query.sort} />}
            <button className="button" type="submit">
              Search
            </button>
          </form>
        </div>
      </section>
      <div className="bar store-body">
        <nav className="filter" aria-labelledby="categories">
          <h2 id="categories">Categories</h2>
          <ul>
            <li>
              <a href={address({ category: '' })} aria-current={query.category ? undefined : 'true'}>
                All categories
              </a>
            </li>
            {facets.map(({ key, name: label, count, children }) => (
              <li key={key}>
                <a href={address({ category: key })} aria-current={key === query.category ? 'true' : undefined}>
                  {label} <span className="filter-count">{count}</span>
                </a>
                {key === openCategory && children.length > 0 && (
                  <ul>
                    {children.map((child) => (
                      <li key={child.key}>
                        <a href={address({ category: child.key })} aria-current={child.key === query.category ? 'true' : undefined}>
                          {child.name} <span className="filter-count">{child.count}</span>
                        </a>
                      </li>
                    ))}
                  </ul>
                )}
              </li>
            ))}
          </ul>
        </nav>
        <section className="results" aria-labelledby="results">
          <div className="results-head">
            <h2 id="results">
              {list.total === 0
                ? 'Nothing found'
                : `Showing ${first} to ${first + list.items.length - 1} of ${list.total} ${list.total === 1 ? 'result' : 'results'}`}
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
          {list.items.length > 0 ? (
            <ul className="cards">
              {list.items.map((card, index) => (
                <OfferCard key={`${card.publisherId}.${card.offerId}`} card={card} eager={index < 6} />
              ))}
            </ul>
          ) : (
            <div className="empty">
              <p>
                {query.q || query.category
                  ? 'No offer matches. Try fewer or other words, or look at all categories.'
                  : 'No offer is sold here yet. Publishers add theirs in Partner Center.'}
              </p>
              {(query.q || query.category) && (
                <p>
                  <a className="button button-quiet" href={path}>
                    Show all offers
                  </a>
                </p>
              )}
            </div>
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
    </>
  )
}
