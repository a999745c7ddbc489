import type { Quote } from '../../domain/checkout/index.ts'
import type { Permission } from '../../domain/procurement/index.ts'
import { type DomainError, isDomainError } from '../../kernel/errors.ts'
import type { Services } from '../services.ts'
import type { User } from '../session.ts'
import type { Choice, FieldErrors, Order } from './checkout-form.ts'
import { fieldErrors, quantityOf } from './checkout-form.ts'
import type { Product, StoreId } from './listing.ts'

const fieldOfTarget: Record<string, keyof FieldErrors> = {
  planId: 'plan',
  termUnit: 'plan',
  quantity: 'quantity',
  acceptedTermsVersion: 'accept',
  note: 'note',
  payment: 'payment',
  billAddress: 'payment',
}

const statusOfKind: Partial<Record<DomainError['kind'], number>> = {
  invalid: 400,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  gone: 410,
  limit: 429,
}

/** A refusal as messages at the fields of the form. Anything else is thrown on. */
function refusal(error: unknown): { errors: FieldErrors; status: number } {
  if (!isDomainError(error)) throw error
  const status = statusOfKind[error.kind]
  if (!status) throw error
  return { errors: { [fieldOfTarget[error.target ?? ''] ?? 'form']: error.message }, status }
}

/** How a purchase is paid, as the review page says it. */
export interface Payment {
  cardOnly: boolean
  /** null: a card is needed and there is none */
  method: string | null
  addresses: { id: string; label: string }[]
}

/** The price and the terms of a choice with whether the buyer needs an approval and how it is paid, or why it cannot be bought. */
export async function quoteChoice(
  { kernel, domain }: Services,
  user: User,
  product: Product,
  choice: Choice,
  origin: StoreId | 'portal' | undefined,
): Promise<{ quote: Quote; permission: Permission; payment: Payment } | { errors: FieldErrors; status: number }> {
  const { planId, termUnit } = choice
  if (planId === null || termUnit === null) return { errors: fieldErrors(choice, product), status: 400 }
  try {
    const { publisherId, offerId } = product
    const quantity = quantityOf(choice, product)
    return await kernel.run(user, async (ctx) => ({
      ...(await domain.checkout.permission(ctx, { publisherId, offerId, planId, termUnit, quantity, tenant: user.tenantId })),
      payment: await domain.checkout.payment(ctx, { tenant: user.tenantId, origin }),
    }))
  } catch (error) {
    return refusal(error)
  }
}

/**
 * Buys what the review page showed. Refuses when the terms were not accepted, or when price or terms changed since the page was made.
 * Sending the same form twice buys once (the form's idempotency key). `store` is where the buyer came from, for the publisher's lead.
 */
export async function confirmPurchase(
  { kernel, domain }: Services,
  user: User,
  product: Product,
  order: Order,
  store: StoreId | 'portal' | undefined,
): Promise<{ subscriptionId: string } | { errors: FieldErrors; status: number }> {
  const errors = fieldErrors(order, product)
  if (!order.accepted) errors.accept = 'To buy, accept the terms.'
  const { planId, termUnit } = order
  if (Object.keys(errors).length > 0 || planId === null || termUnit === null) return { errors, status: 400 }
  try {
    const { publisherId, offerId } = product
    return await kernel.run(user, async (ctx) => {
      const choice = { publisherId, offerId, planId, termUnit, quantity: quantityOf(order, product) }
      return domain.checkout.purchase(ctx, {
        ...choice,
        acceptedTermsVersion: order.termsVersion,
        expectedTotal: order.expectedTotal,
        ...(store && { origin: store }),
        ...(order.billAddress && { billAddress: order.billAddress }),
        ...(order.idempotencyKey && { idempotencyKey: order.idempotencyKey }),
      })
    })
  } catch (error) {
    return refusal(error)
  }
}

/** Asks the buyer's organisation for the approval of what the review page showed. */
export async function askForApproval(
  { kernel, domain }: Services,
  user: User,
  product: Product,
  choice: Choice,
  note: string,
): Promise<{ requestId: string } | { errors: FieldErrors; status: number }> {
  const errors = fieldErrors(choice, product)
  const { planId, termUnit } = choice
  if (Object.keys(errors).length > 0 || planId === null || termUnit === null) return { errors, status: 400 }
  try {
    const { publisherId, offerId } = product
    const quantity = quantityOf(choice, product)
    const { id } = await kernel.run(user, (ctx) =>
      domain.checkout.requestPurchase(ctx, { publisherId, offerId, planId, termUnit, quantity, tenant: user.tenantId }, note),
    )
    return { requestId: id }
  } catch (error) {
    return refusal(error)
  }
}
