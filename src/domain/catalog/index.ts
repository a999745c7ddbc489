export type { FeaturedRow } from './featured.ts'
export type { Facet, FacetKind, Facets } from './facets.ts'
export { type Card, type CatalogList, createCatalog, type DeploymentObstacle, type ProductPage } from './service.ts'
export { storesOf } from './store-rules.ts'
