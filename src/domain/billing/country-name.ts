import { countries } from '../../kernel/reference-data.ts'

const names = new Map(countries.map((country) => [country.iso2, country.name]))

/** English name of an ISO 3166-1 alpha-2 code, else the code. */
export function findCountryName(iso2: string): string {
  return names.get(iso2) ?? iso2
}
