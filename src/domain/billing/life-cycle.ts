import { conflict } from '../../kernel/errors.ts'

/** State × trigger → state. What is not in the table is refused. */
type Table<State extends string, Trigger extends string> = Record<State, Partial<Record<Trigger, State>>>

export type InvoiceState = 'open' | 'paid' | 'credited' | 'returned' | 'written-off'
export type InvoiceTrigger = 'collect' | 'credit' | 'write-off' | 'return' | 'reopen'

/**
 * `credited` is a credit note whose amount was paid back; of a `returned` invoice the payment was taken back (a dispute, a refund at Stripe) and it is
 * not decided for good. What was written off is paid when the money comes after all.
 */
export const invoiceStates: Table<InvoiceState, InvoiceTrigger> = {
  open: { collect: 'paid', credit: 'credited', 'write-off': 'written-off' },
  paid: { return: 'returned' },
  credited: {},
  returned: { return: 'returned', collect: 'paid', 'write-off': 'written-off', reopen: 'open' },
  'written-off': { collect: 'paid', return: 'returned' },
}

/** `pending`: somebody has to make it; `processing`: a provider has been asked. */
export type PaymentState = 'pending' | 'processing' | 'captured' | 'failed'
export type PaymentTrigger = 'capture' | 'fail' | 'retry'

export const paymentStates: Table<PaymentState, PaymentTrigger> = {
  pending: { capture: 'captured', fail: 'failed' },
  processing: { capture: 'captured', fail: 'failed' },
  failed: { retry: 'pending' },
  captured: {},
}

export type PayoutState = 'prepared' | 'held' | 'sent' | 'paid' | 'returned'
export type PayoutTrigger = 'hold' | 'release' | 'send' | 'confirm' | 'return' | 'prepare'

/** A returned payment (wrong account) is prepared again once the profile is right. */
export const payoutStates: Table<PayoutState, PayoutTrigger> = {
  prepared: { hold: 'held', send: 'sent' },
  held: { release: 'prepared' },
  sent: { confirm: 'paid', return: 'returned' },
  paid: { return: 'returned' },
  returned: { prepare: 'prepared' },
}

/** The state after `trigger`. @throws conflict `IllegalTransition` */
export function next<S extends string, T extends string>(table: Table<S, T>, what: string, state: S, trigger: T): S {
  const to = table[state][trigger]
  if (to === undefined) throw conflict('IllegalTransition', `The ${what} is ${state}: ${trigger} is not possible.`)
  return to
}
