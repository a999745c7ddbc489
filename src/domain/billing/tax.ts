import { readFileSync } from 'node:fs'
import { inArray } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Decimal } from '../../kernel/money.ts'
import { type AgreementKind, hasVatNumber } from '../accounts/index.ts'
import { z } from 'zod'
import { invalid } from '../../kernel/errors.ts'
import { countries, type Store } from '../../kernel/reference-data.ts'
import type { TaxRule } from './line.ts'
import { taxRate } from './schema.ts'

export interface TaxRateRow {
  country: string
  /** of this store's sales only */
  store: Store | 'any'
  /** of customers on this kind of agreement only */
  agreementKind: AgreementKind | 'any'
  validFrom: Temporal.PlainDate
  name: string | null
  rate: Decimal
  /** A customer with a valid VAT number accounts for the tax itself. */
  reverseCharge: boolean
  /** `publisher`: the marketplace charges none, each publisher sees to it. */
  managedBy: 'platform' | 'publisher'
}

/** What decides on tax besides the day. `store` null: sold in neither (private plans). */
export interface Sale {
  country: string
  store: Store | null
  agreementKind: AgreementKind
}

/** The tax on a sale on a day, before a customer's own standing. */
export interface SaleTax extends TaxRule {
  reverseCharge: boolean
}

interface RateFile {
  rates: { country: string; name: string | null; rate: string; validFrom: string }[]
}

let demoRows: TaxRateRow[] | undefined

/** Rates of the demo data: sandbox mode only (reference-data/tax-rates.json). */
export function demoRates(): TaxRateRow[] {
  demoRows ??= (JSON.parse(readFileSync(new URL('../../../reference-data/tax-rates.json', import.meta.url), 'utf8')) as RateFile).rates.map(
    ({ country, name, rate, validFrom }) => ({
      country,
      store: 'any',
      agreementKind: 'any',
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

/** How many of store and agreement a row names: the more, the better it fits. */
const precision = (row: TaxRateRow) => (row.store === 'any' ? 0 : 2) + (row.agreementKind === 'any' ? 0 : 1)

/** What is printed where the marketplace leaves the tax to the publisher. */
export const publisherTaxName = 'Tax by the publisher'

/**
 * The rule for a sale on `day`: of the rows that fit, those that say most of it (store before agreement), and of these the newest. So an exception,
 * such as Australia's enterprise agreements, outlives a new general rate (AC-016, spec/01 §2). Without a row nothing is charged.
 */
export function ruleFor({ country, store, agreementKind }: Sale, day: Temporal.PlainDate, rows: readonly TaxRateRow[]): SaleTax {
  let best: TaxRateRow | undefined
  for (const row of rows) {
    const fits =
      row.country === country &&
      (row.store === 'any' || row.store === store) &&
      (row.agreementKind === 'any' || row.agreementKind === agreementKind) &&
      Temporal.PlainDate.compare(row.validFrom, day) <= 0
    if (!fits) continue
    const better = best && (precision(row) - precision(best) || Temporal.PlainDate.compare(row.validFrom, best.validFrom))
    if (better === undefined || better > 0) best = row
  }
  if (!best) return { country, name: null, rate: new Decimal(0), reverseCharge: false }
  if (best.managedBy === 'publisher') return { country, name: publisherTaxName, rate: new Decimal(0), reverseCharge: false }
  return { country, name: best.name, rate: best.rate, reverseCharge: best.reverseCharge }
}

/** What is printed where the customer owes the tax to its own tax office. */
export const reverseChargeName = 'Reverse charge'

/** The tax on what this customer buys: none where it has a VAT number and the law moves the tax to it. */
export function taxOfCustomer({ reverseCharge, ...rule }: SaleTax, customer: { country: string; taxId: string | null }): TaxRule {
  if (!reverseCharge || !hasVatNumber(customer)) return rule
  return { ...rule, name: reverseChargeName, rate: new Decimal(0) }
}

/** The rule for sales in these countries today: the operator's rates; in sandbox mode also those of the demo data, where the operator has none. */
export async function taxRules(ctx: Ctx, countries: readonly string[], mode: 'sandbox' | 'production'): Promise<(sale: Sale) => SaleTax> {
  const wanted = [...new Set(countries)]
  const own: TaxRateRow[] = wanted.length === 0 ? [] : await ctx.tx.select().from(taxRate).where(inArray(taxRate.country, wanted))
  const day = utcDate(ctx.now)
  const rows = new Map(
    wanted.map((country) => {
      const entered = own.filter((row) => row.country === country)
      return [country, entered.length > 0 || mode === 'production' ? entered : demoRates()]
    }),
  )
  const known = new Map<string, SaleTax>()
  return (sale) => {
    const key = `${sale.country} ${sale.store} ${sale.agreementKind}`
    const rule = known.get(key) ?? ruleFor(sale, day, rows.get(sale.country) ?? [])
    known.set(key, rule)
    return rule
  }
}

/** A rate as the operator enters it: texts of a form. */
export interface TaxRateInput {
  country: string
  /** `any`, `business` or `cloud` */
  store: string
  /** `any`, `pay-as-you-go` or `enterprise` */
  agreementKind: string
  validFrom: string
  name: string
  rate: string
  reverseCharge: boolean
  managedBy: string
}

const taxRateInput = z.object({
  country: z.string().refine((iso2) => countries.some((one) => one.iso2 === iso2), 'Choose a country from the list.'),
  store: z.enum(['any', 'business', 'cloud'], 'Choose a store, or both.'),
  agreementKind: z.enum(['any', 'pay-as-you-go', 'enterprise'], 'Choose a kind of agreement, or any.'),
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
