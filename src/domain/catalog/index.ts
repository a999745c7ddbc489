export { type Card, type CatalogList, createCatalog } from './service.ts'
