import type { Decimal } from '../../kernel/money.ts'

/** What is to be collected from a customer, or paid back when the amount is below zero. */
export interface PaymentRequest {
  id: string
  invoiceNumber: string
  customerTenantId: string
  currency: string
  amount: Decimal
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
  settle(request: PaymentRequest): PaymentOutcome
}

/** The demo card of sandbox mode: every payment succeeds at once. */
const testCard: PaymentMethod = {
  id: 'test-card',
  label: 'Test card ending in 4242',
  settle: ({ id }) => ({ state: 'captured', reference: `test-${id}` }),
}

/** On invoice, by bank transfer: the operator marks it paid. */
const bankTransfer: PaymentMethod = {
  id: 'bank-transfer',
  label: 'Bank transfer',
  settle: () => ({ state: 'pending' }),
}

const methods = [testCard, bankTransfer]

/** How customers pay who chose nothing else. */
export function defaultMethod(mode: 'sandbox' | 'production'): PaymentMethod {
  return mode === 'sandbox' ? testCard : bankTransfer
}

export function methodLabel(id: string): string {
  return methods.find((method) => method.id === id)?.label ?? id
}
