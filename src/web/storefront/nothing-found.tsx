import type { Facet } from '../../domain/catalog/index.ts'
import { useBrand } from '../root.tsx'
import type { StoreId } from './listing.ts'
import { type StoreQuery, storeAddress } from './store-query.ts'

/** Ways on from a list that is empty: fewer words, fewer filters, the other store, the largest categories. */
export function NothingFound({ store, query, categories }: { store: StoreId; query: StoreQuery; categories: readonly Facet[] }) {
  const brand = useBrand()
  const { q, filters } = query
  const filtered = Object.keys(filters).length > 0
  if (q === '' && !filtered) {
    return (
      <div className="empty">
        <p>No offer is sold here yet. Publishers add theirs in Partner Center.</p>
      </div>
    )
  }
  const other: StoreId = store === 'business' ? 'cloud' : 'business'
  const words = q.split(/\s+/).filter((word) => word.length > 1)
  return (
    <div className="empty">
      <p>No offer matches. Check the spelling, or try one of these:</p>
      <ul className="suggestions">
        {q !== '' && filtered && (
          <li>
            <a href={storeAddress(store, { q })}>Search for “{q}” without filters</a>
          </li>
        )}
        {words.length > 1 &&
          words.slice(0, 4).map((word) => (
            <li key={word}>
              <a href={storeAddress(store, { q: word, filters })}>Search for “{word}” alone</a>
            </li>
          ))}
        {q !== '' && (
          <li>
            <a href={storeAddress(other, { q })}>
              Search {other === 'business' ? brand.businessStore : brand.cloudStore} for “{q}”
            </a>
          </li>
        )}
        <li>
          <a href={storeAddress(store, {})}>Show all offers</a>
        </li>
      </ul>
      {categories.length > 0 && (
        <>
          <p>The largest categories:</p>
          <ul className="chips">
            {categories.map(({ key, name }) => (
              <li key={key}>
                <a href={storeAddress(store, { filters: { category: key } })}>{name}</a>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}
