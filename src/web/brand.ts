import type { Brand, Config } from '../kernel/config.ts'

export type { Brand }

/** What pages may know of the brand; the fee is nobody's business. */
export type PageBrand = Pick<Brand, 'name' | 'color' | 'businessStore' | 'cloudStore'>

/** Where not even the configuration is known (an error before the root loader). The colour is the one of tokens.css. */
export const defaultBrand: PageBrand = {
  name: 'Stoa',
  color: '#0f5f5c',
  businessStore: 'Business apps',
  cloudStore: 'Cloud services',
}

export function brandOf({ brand }: Config): PageBrand {
  return { name: brand.name, color: brand.color, businessStore: brand.businessStore, cloudStore: brand.cloudStore }
}

/** The style sheet text that sets another brand colour; every other colour is mixed from it in tokens.css. Null for the default. */
export function brandStyle(brand: PageBrand): string | null {
  if (brand.color.toLowerCase() === defaultBrand.color || !/^#[0-9a-f]{6}$/i.test(brand.color)) return null
  return `:root{--brand:${brand.color}}`
}
