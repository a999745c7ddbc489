import { stdnum } from 'stdnum'

/** VAT numbers of the European Union: country → what the number is called in the library. */
const unionNumbers: Record<string, string> = {
  AT: 'uid',
  BE: 'vat',
  BG: 'vat',
  CY: 'vat',
  CZ: 'dic',
  DE: 'vat',
  DK: 'cvr',
  EE: 'kmkr',
  ES: 'nif',
  FI: 'alv',
  FR: 'tva',
  GR: 'vat',
  HR: 'oib',
  HU: 'anum',
  IE: 'vat',
  IT: 'iva',
  LT: 'pvm',
  LU: 'tva',
  LV: 'pvn',
  MT: 'vat',
  NL: 'btw',
  PL: 'nip',
  PT: 'nif',
  RO: 'cif',
  SE: 'vat',
  SI: 'ddv',
  SK: 'dph',
}

/** What a VAT number begins with: the country, but for Greece. */
function prefixOf(country: string): string {
  return country === 'GR' ? 'EL' : country
}

/** Whether a customer of this country may have a VAT number that moves the tax to it (reverse charge). */
export function hasVatNumbers(country: string): boolean {
  return country in unionNumbers
}

/**
 * A tax id as it is kept, or null when it cannot be one. In the European Union it is the VAT number, checked with its check digit and kept with its
 * prefix; whether the number has been given to this company can only be asked of the tax office. Elsewhere any 4 to 30 letters and digits.
 */
export function normalTaxId(country: string, text: string): string | null {
  const compact = text.toUpperCase().replace(/[\s.\-/]/g, '')
  const name = unionNumbers[country]
  if (name === undefined) return /^[A-Z0-9]{4,30}$/.test(compact) ? compact : null
  const prefix = prefixOf(country)
  const number = compact.startsWith(prefix) ? compact.slice(prefix.length) : compact
  const found = stdnum[country]?.[name]?.validate(number)
  return found?.isValid ? `${prefix}${found.compact}` : null
}
