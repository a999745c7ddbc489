export type { CategoryName, StartingPrice } from './product.ts'
export {
  type Card,
  type Catalog,
  type CatalogList,
  createCatalog,
  type Facet,
  type ListInput,
  type ProductPage,
  type ProductPlan,
} from './service.ts'
