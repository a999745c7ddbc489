export { type Card, type CatalogList, createCatalog } from './service.ts'
export { storesOf } from './store-rules.ts'
