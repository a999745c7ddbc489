import { Temporal } from 'temporal-polyfill'
import { utcDate } from '../../kernel/clock.ts'
import type { Config } from '../../kernel/config.ts'
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
  /** A provider is asked after this transaction. */
  | { state: 'processing' }
  | { state: 'failed'; failure: string }

/** A way to pay. `settle` answers at once and calls nobody outside: methods that must call are due work of their own. */
export interface PaymentMethod {
  id: string
  label: string
  /** what choosing it means, in a sentence */
  meaning: string
  /** a card, real or not: what the business store takes */
  isCard: boolean
  /** where customers may choose it */
  offered: 'sandbox' | 'everywhere' | 'with-stripe'
  settle(request: PaymentRequest): PaymentOutcome
}

const captured = ({ id }: PaymentRequest): PaymentOutcome => ({ state: 'captured', reference: `test-${id}` })

/** The demo card of sandbox mode: every payment succeeds at once. */
const testCard: PaymentMethod = {
  id: 'test-card',
  label: 'Test card ending in 4242',
  meaning: 'Every payment succeeds at once.',
  isCard: true,
  offered: 'sandbox',
  settle: captured,
}

const decliningCard: PaymentMethod = {
  id: 'test-card-declines',
  label: 'Test card ending in 0002',
  meaning: 'Every payment is declined: shows retries, suspension and cancellation.',
  isCard: true,
  offered: 'sandbox',
  settle: (request) => (request.amount.isNegative() ? captured(request) : { state: 'failed', failure: 'The card was declined.' }),
}

const expiringCard: PaymentMethod = {
  id: 'test-card-expires',
  label: 'Test card ending in 0069',
  meaning: 'Payments succeed until the end of the next month; then the card has expired.',
  isCard: true,
  offered: 'sandbox',
  settle(request) {
    const chosen = utcDate(request.since ?? request.now)
    const expired = chosen.with({ day: 1 }).add({ months: 2 })
    if (request.amount.isNegative() || Temporal.PlainDate.compare(utcDate(request.now), expired) < 0) return captured(request)
    return { state: 'failed', failure: 'The card has expired.' }
  },
}

/** On invoice, by bank transfer: the operator marks it paid. */
export const bankTransfer: PaymentMethod = {
  id: 'bank-transfer',
  label: 'Bank transfer',
  meaning: 'You transfer the amount within 30 days, stating the number of the invoice.',
  isCard: false,
  offered: 'everywhere',
  settle: () => ({ state: 'pending' }),
}

/** A card saved with Stripe: which one, the customer's cards say. */
export const cardMethod: PaymentMethod = {
  id: 'card',
  label: 'Card',
  meaning: 'The card in use is charged with each invoice; credit is paid back to it.',
  isCard: true,
  offered: 'with-stripe',
  settle: () => ({ state: 'processing' }),
}

const methods = [testCard, decliningCard, expiringCard, cardMethod, bankTransfer]

/** A credit note's amount kept back from an invoice that is not paid. Nobody chooses it. */
export const setOff = { id: 'set-off', label: 'Set off' }
/** A payment by card that was taken back, or has come back again. Nobody chooses it. */
export const takenBack = { id: 'taken-back', label: 'Bank or Stripe' }

type Surroundings = Pick<Config, 'mode' | 'stripe'>

/** Methods that customers may choose. */
export function methodsIn({ mode, stripe }: Surroundings): PaymentMethod[] {
  return methods.filter(({ offered }) => offered === 'everywhere' || (offered === 'sandbox' ? mode === 'sandbox' : stripe !== undefined))
}

/** How a customer pays: as it has chosen, else as is usual. */
export function methodOf(chosen: string | null, surroundings: Surroundings): PaymentMethod {
  return methodsIn(surroundings).find((method) => method.id === chosen) ?? (surroundings.mode === 'sandbox' ? testCard : bankTransfer)
}

export function methodLabel(id: string): string {
  return [...methods, setOff, takenBack].find((method) => method.id === id)?.label ?? id
}

/** Whether the marketplace takes cards at all: in the sandbox, and with an account at Stripe. */
export function takesCards({ mode, stripe }: Surroundings): boolean {
  return mode === 'sandbox' || stripe !== undefined
}

/**
 * The card that pays what may be paid by card only: the one the customer pays with anyway, else the one it has saved; in a sandbox without Stripe
 * the usual test card. Null: there is none.
 */
export function cardOf(customer: { chosen: string | null; hasSaved: boolean }, surroundings: Surroundings): PaymentMethod | null {
  const chosen = methodOf(customer.chosen === cardMethod.id && !customer.hasSaved ? null : customer.chosen, surroundings)
  if (customer.chosen !== null && chosen.isCard) return chosen
  if (customer.hasSaved) return cardMethod
  return surroundings.mode === 'sandbox' && surroundings.stripe === undefined ? testCard : null
}

/** Stands in where a card is needed and there is none. Nobody chooses it. */
export const missingCard: PaymentMethod = {
  id: 'no-card',
  label: 'No card',
  meaning: 'There is no card to charge.',
  isCard: true,
  offered: 'with-stripe',
  settle: (request) =>
    request.amount.isNegative()
      ? { state: 'pending' }
      : { state: 'failed', failure: 'There is no card to charge: add one to your billing account.' },
}
