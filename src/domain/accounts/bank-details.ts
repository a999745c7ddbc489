import { countrySpecs, electronicFormatIBAN, isValidBIC, isValidIBAN } from 'ibantools'
import { z } from 'zod'
import { invalid } from '../../kernel/errors.ts'
import { markets } from '../../kernel/reference-data.ts'

/** `iban`: where accounts have one · `aba`: United States · `swift`: account number and BIC everywhere else. */
export type BankScheme = 'iban' | 'aba' | 'swift'

/** What a transfer needs; kept encrypted. */
export interface BankDetails {
  /** IBAN without spaces, or the account number */
  account: string
  bic: string | null
  /** ABA routing number */
  routing: string | null
}

/** A payout profile as a form sends it: texts. */
export interface PayoutProfileInput {
  holder: string
  country: string
  currency: string
  bank: string
  account: string
  bic: string
  routing: string
}

export interface CheckedPayoutProfile {
  holder: string
  country: string
  currency: string
  bank: string | null
  scheme: BankScheme
  details: BankDetails
}

/** How accounts of a country are written. */
export function bankSchemeOf(country: string): BankScheme {
  if (country === 'US') return 'aba'
  return countrySpecs[country]?.IBANRegistry ? 'iban' : 'swift'
}

/** Currencies that payouts can be made in: those of the markets. */
export const payoutCurrencies: readonly string[] = [...new Set(markets.map((market) => market.currency))].toSorted()

const shape = z.object({
  holder: z
    .string()
    .trim()
    .min(1, 'Give the name of the account’s holder.')
    .max(70, 'The name has at most 70 characters.')
    .regex(/^\P{Cc}*$/u, 'The name has characters that cannot be printed.'),
  currency: z.string().refine((code) => payoutCurrencies.includes(code), 'Choose a currency from the list.'),
  bank: z
    .string()
    .trim()
    .max(70, 'The name has at most 70 characters.')
    .regex(/^\P{Cc}*$/u, 'The name has characters that cannot be printed.'),
})

/**
 * @param registered the country in which the seller's account is registered: the bank account must be there too (spec/01 §4.6)
 * @throws invalid `PayoutProfileInvalid` naming each field
 */
export function checkedPayoutProfile(input: PayoutProfileInput, registered: string): CheckedPayoutProfile {
  const parsed = shape.safeParse(input)
  const details = (parsed.error?.issues ?? []).map(({ message, path }) => ({ code: 'InvalidValue', message, target: path.join('.') }))
  const wrong = (code: string, target: string, message: string) => details.push({ code, target, message })

  const scheme = bankSchemeOf(input.country)
  const account = electronicFormatIBAN(input.account) ?? ''
  const bic = input.bic.toUpperCase().replaceAll(/\s/g, '')
  const routing = input.routing.replaceAll(/[\s-]/g, '')
  if (input.country !== registered) {
    wrong('BankCountryMismatch', 'country', `The bank account must be in the country of registration (${registered}).`)
  } else if (scheme === 'iban') {
    if (!isValidIBAN(account)) wrong('IbanInvalid', 'account', 'This is not a valid IBAN: check the digits.')
    else if (account.slice(0, 2) !== registered) {
      wrong('BankCountryMismatch', 'account', `The bank account must be in the country of registration (${registered}).`)
    }
  } else if (scheme === 'aba') {
    if (!/^\d{4,17}$/.test(account)) wrong('AccountInvalid', 'account', 'An account number has 4 to 17 digits.')
    if (!isRoutingNumber(routing)) wrong('RoutingInvalid', 'routing', 'This is not a routing number: check the nine digits.')
  } else {
    if (!/^[A-Z0-9]{4,34}$/.test(account)) wrong('AccountInvalid', 'account', 'An account number has 4 to 34 letters and digits.')
    if (bic === '') wrong('Missing', 'bic', 'Give the BIC of the bank.')
  }
  if (bic !== '' && !isValidBIC(bic)) wrong('BicInvalid', 'bic', 'A BIC has 8 or 11 letters and digits.')
  if (!parsed.success || details.length > 0) {
    throw invalid('PayoutProfileInvalid', 'The bank account cannot be saved. See the fields.', { details })
  }
  const { holder, currency, bank } = parsed.data
  return {
    holder,
    country: input.country,
    currency,
    bank: bank === '' ? null : bank,
    scheme,
    details: { account, bic: bic === '' ? null : bic, routing: scheme === 'aba' ? routing : null },
  }
}

/** Nine digits whose weighted sum (3, 7, 1 …) is a multiple of ten. */
function isRoutingNumber(number: string): boolean {
  if (!/^\d{9}$/.test(number)) return false
  const sum = Array.from(number, Number).reduce((total, digit, n) => total + digit * ([3, 7, 1][n % 3] as number), 0)
  return sum > 0 && sum % 10 === 0
}
