import type { Facet, FacetKind, Facets } from '../../domain/catalog/index.ts'
import type { StoreId } from './listing.ts'
import { filterGroups, type StoreQuery, storeAddress, withFilter } from './store-query.ts'

interface FiltersProps {
  store: StoreId
  query: StoreQuery
  facets: Facets
}

const counts = new Intl.NumberFormat('en-US')

/** What the list can be narrowed by, as links: a group a kind, with how many offers each choice would leave. */
export function StoreFilters({ store, query, facets }: FiltersProps) {
  const [[first, firstTitle] = ['category', ''] as const, ...others] = filterGroups.filter(([kind]) => facets[kind].length > 0)
  const group = (kind: FacetKind, title: string) => (
    <Group key={kind} kind={kind} title={title} store={store} query={query} choices={facets[kind]} />
  )
  return (
    <div className="filter">
      {group(first, firstTitle || 'Categories')}
      {others.length > 0 && (
        <>
          <input className="visually-hidden filter-toggle" type="checkbox" id="more-filters" />
          <label className="filter-toggle-label button button-quiet" htmlFor="more-filters">
            More filters
          </label>
          <div className="filter-more">{others.map(([kind, title]) => group(kind, title))}</div>
        </>
      )}
    </div>
  )
}

function Group({
  kind,
  title,
  store,
  query,
  choices,
}: {
  kind: FacetKind
  title: string
  store: StoreId
  query: StoreQuery
  choices: readonly Facet[]
}) {
  const chosen = query.filters[kind]
  const [open] = chosen?.split('/') ?? []
  const link = (key: string | null, label: string, count: number | null) => (
    <a
      href={storeAddress(store, { ...query, page: 1, filters: withFilter(query, kind, key) })}
      aria-current={key === (chosen ?? null) ? 'true' : undefined}
    >
      {label} {count !== null && <span className="filter-count">{counts.format(count)}</span>}
    </a>
  )
  const all = kind === 'category' || chosen !== undefined
  return (
    <nav className="filter-group" aria-labelledby={`filter-${kind}`}>
      <h2 id={`filter-${kind}`}>{title}</h2>
      <ul>
        {all && <li>{link(null, kind === 'category' ? 'All categories' : 'All', null)}</li>}
        {choices.map(({ key, name, count, children }) => (
          <li key={key}>
            {link(key, name, count)}
            {key === open && children.length > 0 && (
              <ul>
                {children.map((child) => (
                  <li key={child.key}>{link(child.key, child.name, child.count)}</li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** The filters in force, each with a link that takes it away. */
export function ChosenFilters({ store, query, facets }: FiltersProps) {
  const chosen = filterGroups.flatMap(([kind]) => {
    const key = query.filters[kind]
    if (key === undefined) return []
    const name = facets[kind].flatMap((facet) => [facet, ...facet.children]).find((facet) => facet.key === key)?.name ?? key
    return [{ kind, name }]
  })
  if (chosen.length === 0) return null
  return (
    <ul className="chips chosen" aria-label="Filters in force">
      {chosen.map(({ kind, name }) => (
        <li key={kind}>
          <a href={storeAddress(store, { ...query, page: 1, filters: withFilter(query, kind, null) })}>
            <span className="visually-hidden">Without </span>
            {name} <span aria-hidden="true">×</span>
          </a>
        </li>
      ))}
    </ul>
  )
}
