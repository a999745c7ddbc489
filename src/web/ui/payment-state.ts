import type { Payment } from '../../domain/billing/index.ts'

/** What became of a payment, for its status: money that went the other way was not received. */
export function paymentStateOf({ state, method, amount }: Pick<Payment, 'state' | 'method' | 'amount'>): string {
  if (state !== 'captured' || !amount.isNegative()) return state
  return method === 'taken-back' ? 'taken-back' : method === 'set-off' ? state : 'paid-back'
}
