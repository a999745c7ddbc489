import { readFileSync } from 'node:fs'
import { inArray } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Decimal } from '../../kernel/money.ts'
import { hasVatNumber } from '../accounts/index.ts'
import { z } from 'zod'
import { invalid } from '../../kernel/errors.ts'
import { countries } from '../../kernel/reference-data.ts'
import type { TaxRule } from './line.ts'
import { taxRate } from './schema.ts'

export interface TaxRateRow {
  country: string
  validFrom: Temporal.PlainDate
  name: string | null
  rate: Decimal
  /** A customer with a valid VAT number accounts for the tax itself. */
  reverseCharge: boolean
  /** `publisher`: the marketplace charges none, each publisher sees to it. */
  managedBy: 'platform' | 'publisher'
}

/** A country's tax on a day, before a customer's own standing. */
export interface CountryTax extends TaxRule {
  reverseCharge: boolean
}

interface RateFile {
  rates: { country: string; name: string | null; rate: string; validFrom: string }[]
}

let demoRows: TaxRateRow[] | undefined

/** Rates of the demo data: sandbox mode only (reference-data/tax-rates.json). */
function demoRates(): TaxRateRow[] {
  demoRows ??= (JSON.parse(readFileSync(new URL('../../../reference-data/tax-rates.json', import.meta.url), 'utf8')) as RateFile).rates.map(
    ({ country, name, rate, validFrom }) => ({
      country,
      name,
      rate: new Decimal(rate),
      validFrom: Temporal.PlainDate.from(validFrom),
      // The demo marketplace is outside of the European Union: companies with a VAT number there account for the tax themselves.
      reverseCharge: true,
      managedBy: 'platform',
    }),
  )
  return demoRows
}

/** The newest rate that is valid on `day`; without one nothing is charged. */
export function ruleFor(country: string, day: Temporal.PlainDate, rows: readonly TaxRateRow[]): CountryTax {
  let best: TaxRateRow | undefined
  for (const row of rows) {
    if (row.country !== country || Temporal.PlainDate.compare(row.validFrom, day) > 0) continue
    if (!best || Temporal.PlainDate.compare(row.validFrom, best.validFrom) > 0) best = row
  }
  if (!best || best.managedBy === 'publisher') return { country, name: null, rate: new Decimal(0), reverseCharge: false }
  return { country, name: best.name, rate: best.rate, reverseCharge: best.reverseCharge }
}

/** What is printed where the customer owes the tax to its own tax office. */
export const reverseChargeName = 'Reverse charge'

/** The tax on what this customer buys: none where it has a VAT number and the law moves the tax to it. */
export function taxOfCustomer({ reverseCharge, ...rule }: CountryTax, customer: { country: string; taxId: string | null }): TaxRule {
  if (!reverseCharge || !hasVatNumber(customer)) return rule
  return { ...rule, name: reverseChargeName, rate: new Decimal(0) }
}

/** Tax rules of these countries today: the operator's rates; in sandbox mode also those of the demo data, where the operator has none. */
export async function taxRules(ctx: Ctx, countries: readonly string[], mode: 'sandbox' | 'production'): Promise<Map<string, CountryTax>> {
  const wanted = [...new Set(countries)]
  if (wanted.length === 0) return new Map()
  const own: TaxRateRow[] = await ctx.tx.select().from(taxRate).where(inArray(taxRate.country, wanted))
  const day = utcDate(ctx.now)
  return new Map(
    wanted.map((country) => {
      const rows = own.some((row) => row.country === country) || mode === 'production' ? own : demoRates()
      return [country, ruleFor(country, day, rows)]
    }),
  )
}

/** A rate as the operator enters it: texts of a form. */
export interface TaxRateInput {
  country: string
  validFrom: string
  name: string
  rate: string
  reverseCharge: boolean
  managedBy: string
}

const taxRateInput = z.object({
  country: z.string().refine((iso2) => countries.some((one) => one.iso2 === iso2), 'Choose a country from the list.'),
  validFrom: z.iso.date('Give the day from which the rate holds, like 2027-01-01.'),
  name: z
    .string()
    .trim()
    .min(1, 'Say what the tax is called on invoices, for instance VAT.')
    .max(40, 'The name has at most 40 characters.'),
  rate: z.string().regex(/^\d{1,2}(\.\d{1,4})?$/, 'The rate is a percentage from 0 to 99.9999.'),
  reverseCharge: z.boolean(),
  managedBy: z.enum(['platform', 'publisher'], 'Choose who sees to the tax.'),
})

/** @throws invalid `TaxRateInvalid` */
export function checkedTaxRate(input: TaxRateInput): TaxRateRow {
  const parsed = taxRateInput.safeParse(input)
  if (!parsed.success) {
    const details = parsed.error.issues.map((issue) => ({ code: 'InvalidValue', message: issue.message, target: issue.path.join('.') }))
    throw invalid('TaxRateInvalid', 'The rate cannot be saved. See the fields.', { details })
  }
  const { validFrom, rate, ...row } = parsed.data
  return { ...row, validFrom: Temporal.PlainDate.from(validFrom), rate: new Decimal(rate) }
}
