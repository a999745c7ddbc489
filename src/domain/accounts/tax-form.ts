import { stdnum } from 'stdnum'
import { z } from 'zod'
import { invalid } from '../../kernel/errors.ts'
import { Decimal } from '../../kernel/money.ts'
import { publisherCountries, taxTreatyCountries } from '../../kernel/reference-data.ts'

export const entityTypes = ['individual', 'corporation', 'partnership', 'trust', 'government'] as const
export type EntityType = (typeof entityTypes)[number]
export type TaxFormName = 'W-9' | 'W-8BEN' | 'W-8BEN-E'

/** The country whose sales the forms are about, and whose tax is withheld (spec/01 §4.7). */
const withholdingCountry = 'US'
/** Percent withheld from sellers outside of the United States who claim no treaty (seed 001 L1307). */
const usualWithholding = new Decimal(30)

/** W-9 for residents of the United States, W-8 for everybody else; nobody is exempt (spec/01 §4.7). */
export function taxFormOf(residence: string, entityType: EntityType): TaxFormName {
  if (residence === withholdingCountry) return 'W-9'
  return entityType === 'individual' ? 'W-8BEN' : 'W-8BEN-E'
}

/** The part of a form in which a treaty is claimed; null where there is none to claim. */
export function treatyPartOf(form: TaxFormName): string | null {
  return { 'W-9': null, 'W-8BEN': 'Part II', 'W-8BEN-E': 'Part III' }[form]
}

/** What a form says about withholding. */
export interface Withholding {
  form: TaxFormName
  /** percent, where a treaty is claimed */
  treatyRate: Decimal | null
}

/**
 * Percent of the publisher's share that is withheld from a sale to a customer in `saleCountry`: nothing outside of the United States, nothing for
 * its residents, else 30 % or what the treaty says.
 */
export function withholdingRate({ form, treatyRate }: Withholding, saleCountry: string): Decimal {
  if (saleCountry !== withholdingCountry || form === 'W-9') return new Decimal(0)
  return treatyRate ?? usualWithholding
}

/** A tax profile as a form sends it: texts. */
export interface TaxProfileInput {
  entityType: string
  legalName: string
  residence: string
  citizenship: string
  /** W-9: EIN or SSN, required. W-8: the number of the own country or a US one, both optional (an ITIN is never needed). */
  taxNumber: string
  claimsTreaty: boolean
  treatyRate: string
  treatyArticle: string
  signature: string
  certified: boolean
}

export interface CheckedTaxProfile {
  form: TaxFormName
  entityType: EntityType
  legalName: string
  residence: string
  citizenship: string | null
  taxNumber: string | null
  treatyRate: Decimal | null
  treatyArticle: string | null
  signedBy: string
}

const text = (name: string, most: number) =>
  z
    .string()
    .trim()
    .min(1, `Give ${name}.`)
    .max(most, `This has at most ${most} characters.`)
    .regex(/^\P{Cc}*$/u, 'This has characters that cannot be printed.')
const country = z.string().refine((iso2) => publisherCountries.some((one) => one.iso2 === iso2), 'Choose a country from the list.')

const shape = z.object({
  entityType: z.enum(entityTypes, 'Choose what kind of entity the seller is.'),
  legalName: text('the name as on the income tax return', 120),
  residence: country,
  citizenship: z.union([z.literal(''), country]),
  taxNumber: z
    .string()
    .trim()
    .regex(/^[\p{L}\d .\-/]{0,30}$/u, 'A tax number has at most 30 letters and digits.'),
  treatyArticle: z.string().trim().max(40, 'The article has at most 40 characters.'),
  signature: text('your name: it signs the form', 120),
})

/** @throws invalid `TaxProfileInvalid` naming each field */
export function checkedTaxProfile(input: TaxProfileInput): CheckedTaxProfile {
  const parsed = shape.safeParse(input)
  const details = (parsed.error?.issues ?? []).map(({ message, path }) => ({ code: 'InvalidValue', message, target: path.join('.') }))
  const wrong = (code: string, target: string, message: string) => details.push({ code, target, message })

  const residence = input.residence
  const form = taxFormOf(residence, input.entityType as EntityType)
  const number = input.taxNumber.trim()
  if (form === 'W-9' && !isUnitedStatesNumber(number)) {
    wrong('TaxNumberInvalid', 'taxNumber', 'Form W-9 needs a valid EIN or SSN of nine digits.')
  }
  if (input.entityType === 'individual' && input.citizenship === '') wrong('Missing', 'citizenship', 'Choose the country of citizenship.')
  if (input.claimsTreaty) {
    if (form === 'W-9') {
      wrong('NoTreaty', 'claimsTreaty', 'Residents of the United States claim no treaty.')
    } else if (!taxTreatyCountries.has(residence)) {
      wrong('NoTreaty', 'claimsTreaty', 'This country has no income tax treaty with the United States.')
    }
    if (!/^([12]?\d)(\.\d{1,2})?$/.test(input.treatyRate.trim())) {
      wrong('TreatyRateInvalid', 'treatyRate', 'The rate of a treaty is a percentage from 0 to 29.99.')
    }
    if (input.treatyArticle.trim() === '') wrong('Missing', 'treatyArticle', 'Name the article of the treaty.')
  }
  if (!input.certified) wrong('NotCertified', 'certified', 'Certify that the form is true, else it is not valid.')
  if (!parsed.success || details.length > 0) {
    throw invalid('TaxProfileInvalid', 'The form cannot be submitted. See the fields.', { details })
  }
  const { entityType, legalName, citizenship, treatyArticle, signature } = parsed.data
  return {
    form,
    entityType,
    legalName,
    residence,
    citizenship: citizenship === '' ? null : citizenship,
    taxNumber: number === '' ? null : number,
    treatyRate: input.claimsTreaty ? new Decimal(input.treatyRate.trim()) : null,
    treatyArticle: input.claimsTreaty ? treatyArticle : null,
    signedBy: signature,
  }
}

/** An employer's number (12-3456789) or a social security number. */
function isUnitedStatesNumber(number: string): boolean {
  return ['ein', 'ssn'].some((kind) => stdnum.US?.[kind]?.validate(number).isValid === true)
}
