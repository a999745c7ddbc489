import { fieldText } from '../form.ts'
import type { Product, TermUnit } from './listing.ts'
import { seatsText } from './price.ts'

/** Messages by the id of the field they stand at; `form` is for what belongs to no field. */
export type FieldErrors = Partial<Record<'plan' | 'quantity' | 'accept' | 'note' | 'payment' | 'form', string>>

/** What the buyer has chosen so far, as typed. */
export interface Choice {
  planId: string | null
  termUnit: TermUnit | null
  quantityText: string
}

export interface Order extends Choice {
  accepted: boolean
  termsVersion: string
  /** the total that the review page showed */
  expectedTotal: string
  idempotencyKey: string
  /** empty: the billing account's own address */
  billAddress: string
}

/** The plan and term of `choice=basic:P1M`, or of `plan=basic` alone (then its first term); fills in what leaves nothing to choose. */
export function readChoice(input: URLSearchParams | FormData, product: Product): Choice {
  const text = (name: string) => fieldText(input, name)
  const [chosenPlan = '', chosenTerm = ''] = text('choice').split(':')
  const plans = product.plans.filter((plan) => plan.terms.length > 0)
  const planId = chosenPlan || text('plan')
  const plan = plans.find((candidate) => candidate.planId === planId) ?? (planId === '' && plans.length === 1 ? plans[0] : undefined)
  const termUnit = chosenTerm || text('term')
  const term = plan?.terms.find((candidate) => candidate.termUnit === termUnit) ?? (termUnit === '' ? plan?.terms[0] : undefined)
  return {
    planId: plan?.planId ?? null,
    termUnit: term?.termUnit ?? null,
    quantityText: text('quantity').slice(0, 20) || (plan?.seats ? String(plan.seats.min) : ''),
  }
}

export function readOrder(form: FormData, product: Product): Order {
  const text = (name: string) => fieldText(form, name)
  return {
    ...readChoice(form, product),
    accepted: form.get('accept') === 'yes',
    termsVersion: text('termsVersion'),
    expectedTotal: text('expectedTotal'),
    idempotencyKey: text('idempotencyKey'),
    billAddress: text('billAddress'),
  }
}

/** The number of users, or null where the offer is not sold by users. NaN for what is not a whole number. */
export function quantityOf(choice: Choice, product: Product): number | null {
  if (product.pricingModel !== 'per-user') return null
  return /^\d{1,9}$/.test(choice.quantityText) ? Number(choice.quantityText) : Number.NaN
}

/** What is wrong with a choice before anybody is asked for a price. */
export function fieldErrors(choice: Choice, product: Product): FieldErrors {
  const errors: FieldErrors = {}
  const plan = product.plans.find(({ planId }) => planId === choice.planId)
  if (!plan || !choice.termUnit) errors.plan = 'Choose a plan and how long a term is.'
  const quantity = quantityOf(choice, product)
  if (quantity !== null && Number.isNaN(quantity)) errors.quantity = 'Enter the number of users as a whole number, for example 5.'
  else if (quantity !== null && plan?.seats && (quantity < plan.seats.min || quantity > (plan.seats.max ?? Number.POSITIVE_INFINITY))) {
    errors.quantity = `${plan.name} is sold for ${seatsText(plan.seats)}.`
  }
  return errors
}
