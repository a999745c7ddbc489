import type { Agreement } from '../../domain/subscriptions/index.ts'
import { Decimal, formatMoney } from '../../kernel/money.ts'

const units: Record<string, string> = { P1M: 'month', P1Y: 'year' }

/** `$12.00 per user and month` */
export function priceText(agreement: Pick<Agreement, 'unitPrice' | 'currency' | 'perUser' | 'termUnit'>): string {
  return `${formatMoney(agreement.unitPrice, agreement.currency)} per ${agreement.perUser ? 'user and ' : ''}${units[agreement.termUnit]}`
}

/** What a whole term costs at the agreement: `$60.00`. */
export function termPriceText(agreement: Pick<Agreement, 'unitPrice' | 'currency'>, quantity: number | null): string {
  return formatMoney(new Decimal(agreement.unitPrice).times(quantity ?? 1), agreement.currency)
}

/** `Monthly` or `Yearly` */
export function termText(termUnit: string): string {
  return termUnit === 'P1Y' ? 'Yearly' : 'Monthly'
}
