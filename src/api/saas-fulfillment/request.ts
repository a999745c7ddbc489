import { invalid } from '../../kernel/errors.ts'
import { membersOf } from '../commerce-contract.ts'

/** Bodies of the contract, read tolerantly: member names in any case, `quantity` in the forms that clients send. */

/** Activation: `quantity` may be absent, `""`, a number or a numeric string (AP-029). */
export function readActivation(body: unknown): { planId: string | undefined; quantity: number | undefined } {
  const members = membersOf(body)
  if (!members) throw invalid('RequiredField', 'The request content is null', { target: 'planId' })
  const { planid: planId, quantity } = members
  if (planId !== undefined && planId !== null && typeof planId !== 'string')
    throw invalid('PlanInvalid', 'The plan id must be text.', { target: 'planId' })
  return { planId: typeof planId === 'string' ? planId : undefined, quantity: seats(quantity, true) }
}

/** A change: exactly one of `planId` and `quantity`; `null` counts as absent. */
export function readChange(body: unknown): { planId: string | undefined; quantity: number | undefined } {
  const members = membersOf(body)
  const planId = members?.planid ?? undefined
  const given = members?.quantity ?? undefined
  if (planId !== undefined && given !== undefined) {
    throw invalid('OneChangeAtATime', 'Cannot patch more than one field in the same request', { target: 'update' })
  }
  if (planId !== undefined && typeof planId !== 'string') throw invalid('PlanInvalid', 'The plan id must be text.', { target: 'planId' })
  if (planId === '' || (planId === undefined && given === undefined))
    throw invalid('NothingToChange', 'The request content is null', { target: 'update' })
  return { planId, quantity: seats(given, false) }
}

/** The outcome of an operation; `planId` and `quantity` are an older form (spec/08 §2.3.11). */
export function readAnswer(body: unknown): { success: boolean; planId: string | undefined; quantity: number | undefined } {
  const members = membersOf(body)
  const status = typeof members?.status === 'string' ? members.status.toLowerCase() : undefined
  if (status !== 'success' && status !== 'failure') throw invalid('InvalidValue', 'Expected Success or Failure', { target: 'status' })
  const planId = members?.planid
  return {
    success: status === 'success',
    planId: typeof planId === 'string' && planId !== '' ? planId : undefined,
    quantity: seats(members?.quantity, true),
  }
}

function seats(value: unknown, textToo: boolean): number | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const number = textToo && typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number) || number <= 0) {
    throw invalid('QuantityInvalid', 'The quantity must be a whole number greater than zero.', { target: 'quantity' })
  }
  return number
}

const tokenPrefix = 'stoa1:'

/** A place in the list as an opaque token. */
export function continuationToken(after: string): string {
  return Buffer.from(tokenPrefix + after).toString('base64')
}

/** The id after which the list goes on. Throws `InvalidValue` for what we did not hand out. */
export function readContinuationToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString('utf8')
  const id = text.slice(tokenPrefix.length)
  if (!text.startsWith(tokenPrefix) || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) {
    throw invalid('InvalidValue', 'The continuation token is not valid.', { target: 'continuationToken' })
  }
  return id
}
