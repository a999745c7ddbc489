import { Temporal } from 'temporal-polyfill'
import { utcDate } from '../../kernel/clock.ts'
import type { Decimal } from '../../kernel/money.ts'

/** What is to be collected from a customer, or paid back when the amount is below zero. */
export interface PaymentRequest {
  id: string
  invoiceNumber: string
  customerTenantId: string
  currency: string
  amount: Decimal
  /** market time */
  now: Temporal.Instant
  /** since when the customer pays like this, where it has chosen */
  since: Temporal.Instant | null
}

export type PaymentOutcome =
  | { state: 'captured'; reference: string }
  /** Money arrives later (bank transfer): somebody marks the invoice as paid. */
  | { state: 'pending' }
  | { state: 'failed'; failure: string }

/** A way to pay. `settle` answers at once and calls nobody outside: methods that must call are due work of their own. */
export interface PaymentMethod {
  id: string
  label: string
  /** what choosing it means, in a sentence */
  meaning: string
  sandboxOnly: boolean
  settle(request: PaymentRequest): PaymentOutcome
}

const captured = ({ id }: PaymentRequest): PaymentOutcome => ({ state: 'captured', reference: `test-${id}` })

/** The demo card of sandbox mode: every payment succeeds at once. */
const testCard: PaymentMethod = {
  id: 'test-card',
  label: 'Test card ending in 4242',
  meaning: 'Every payment succeeds at once.',
  sandboxOnly: true,
  settle: captured,
}

const decliningCard: PaymentMethod = {
  id: 'test-card-declines',
  label: 'Test card ending in 0002',
  meaning: 'Every payment is declined: shows retries, suspension and cancellation.',
  sandboxOnly: true,
  settle: (request) => (request.amount.isNegative() ? captured(request) : { state: 'failed', failure: 'The card was declined.' }),
}

const expiringCard: PaymentMethod = {
  id: 'test-card-expires',
  label: 'Test card ending in 0069',
  meaning: 'Payments succeed until the end of the next month; then the card has expired.',
  sandboxOnly: true,
  settle(request) {
    const chosen = utcDate(request.since ?? request.now)
    const expired = chosen.with({ day: 1 }).add({ months: 2 })
    if (request.amount.isNegative() || Temporal.PlainDate.compare(utcDate(request.now), expired) < 0) return captured(request)
    return { state: 'failed', failure: 'The card has expired.' }
  },
}

/** On invoice, by bank transfer: the operator marks it paid. */
const bankTransfer: PaymentMethod = {
  id: 'bank-transfer',
  label: 'Bank transfer',
  meaning: 'You transfer the amount within 30 days, stating the number of the invoice.',
  sandboxOnly: false,
  settle: () => ({ state: 'pending' }),
}

const methods = [testCard, decliningCard, expiringCard, bankTransfer]

/** A credit note's amount kept back from an invoice that is not paid. Nobody chooses it. */
export const setOff = { id: 'set-off', label: 'Set off' }

/** Methods that customers may choose. */
export function methodsIn(mode: 'sandbox' | 'production'): PaymentMethod[] {
  return methods.filter((method) => mode === 'sandbox' || !method.sandboxOnly)
}

/** How a customer pays: as it has chosen, else as is usual. */
export function methodOf(chosen: string | null, mode: 'sandbox' | 'production'): PaymentMethod {
  return methodsIn(mode).find((method) => method.id === chosen) ?? (mode === 'sandbox' ? testCard : bankTransfer)
}

export function methodLabel(id: string): string {
  return [...methods, setOff].find((method) => method.id === id)?.label ?? id
}
