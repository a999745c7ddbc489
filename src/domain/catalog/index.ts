export type { Facet, FacetKind, Facets } from './facets.ts'
export { type Card, type CatalogList, createCatalog, type ProductPage } from './service.ts'
export { storesOf } from './store-rules.ts'
