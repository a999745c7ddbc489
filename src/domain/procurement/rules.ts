import { Decimal, type RateTable } from '../../kernel/money.ts'

/** What an organisation wants to be asked about before its people buy. */
export interface Rules {
  /** A term that costs more than this, in `currency` before tax, waits for an approval; null: none does. */
  approvalAbove: Decimal | null
  /** ISO 4217 */
  currency: string
  /** Also what administrators buy themselves: another of them decides. */
  administratorsToo: boolean
  /** Only what is on the organisation's list may be bought. */
  privateMarketplace: boolean
}

export const noRules: Rules = { approvalAbove: null, currency: 'USD', administratorsToo: false, privateMarketplace: false }

/** Why something needs an approval: the buyer's role does not include buying, the plan is not on the list, it costs too much. */
export type Reason = 'role' | 'not-listed' | 'amount'

/** Somebody wants to buy, or to change what was bought. */
export interface Wanted {
  /** the role includes it: buying, or changing a subscription */
  hasRole: boolean
  /** decides about the purchases of others */
  isAdministrator: boolean
  /** the plan, or the whole offer, is on the list */
  isListed: boolean
  /** of one term, before tax */
  total: Decimal.Value
  currency: string
  /** of a change: what a term costs now. What costs less than before needs nobody's approval */
  before?: Decimal.Value | undefined
}

/** Whether `total` is above the limit. In a currency without a rate nobody can tell: then it is. */
export function isAbove({ total, currency }: Pick<Wanted, 'total' | 'currency'>, rules: Rules, rates: RateTable): boolean {
  if (rules.approvalAbove === null) return false
  const amount = new Decimal(total)
  if (currency === rules.currency) return amount.greaterThan(rules.approvalAbove)
  if (amount.isZero()) return false
  const perDollar = (code: string) => (code === 'USD' ? new Decimal(1) : rates[code] === undefined ? null : new Decimal(rates[code]))
  const [from, to] = [perDollar(currency), perDollar(rules.currency)]
  return from === null || to === null || amount.div(from).times(to).greaterThan(rules.approvalAbove)
}

/** What stands in the way; nothing: it may be bought at once. */
export function reasonsAgainst(wanted: Wanted, rules: Rules, rates: RateTable): Reason[] {
  const cheaper = wanted.before !== undefined && new Decimal(wanted.total).lessThanOrEqualTo(wanted.before)
  const exempt = wanted.isAdministrator && !rules.administratorsToo
  return [
    ...(wanted.hasRole ? [] : ['role' as const]),
    ...(rules.privateMarketplace && !wanted.isListed ? ['not-listed' as const] : []),
    ...(!cheaper && !exempt && isAbove(wanted, rules, rates) ? ['amount' as const] : []),
  ]
}
