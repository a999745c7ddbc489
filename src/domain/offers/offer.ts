import { type ErrorDetail, invalid } from '../../kernel/errors.ts'
import type { Id } from '../../kernel/ids.ts'

export type OfferKey = Id<'offer'>
export type PlanKey = Id<'plan'>

const idPattern = /^[a-z0-9_-]{1,50}$/

/** Refuses an offer id that is not 1 to 50 of a-z, 0-9, - and _, or that could be taken for a preview (seed 001 L13896, design.md "Ids"). */
export function checkOfferId(offerId: string): void {
  checkId(offerId, 'offerId', 'The offer ID')
  if (offerId.endsWith('-preview')) throw invalid('InvalidOfferId', 'The offer ID must not end in -preview.', { target: 'offerId' })
}

/** Refuses a plan id that is not 1 to 50 of a-z, 0-9, - and _ (seed 001 L16503). */
export function checkPlanId(planId: string): void {
  checkId(planId, 'planId', 'The plan ID')
}

function checkId(id: string, target: 'offerId' | 'planId', subject: string): void {
  if (idPattern.test(id)) return
  throw invalid(
    target === 'offerId' ? 'InvalidOfferId' : 'InvalidPlanId',
    `${subject} must be 1 to 50 lowercase letters, digits, hyphens and underscores.`,
    {
      target,
    },
  )
}

/** One error for all violated rules of an input. */
export function refuse(problems: ErrorDetail[]): never {
  const [first] = problems
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  throw invalid(first?.code ?? 'InvalidValue', `${first?.message ?? 'The input is not valid.'}${more}`, {
    ...(first?.target === undefined ? {} : { target: first.target }),
    details: problems,
  })
}

/** No value of any kind is nested deeper, and a reader that goes down with it must come to an end. */
const deepestValue = 32

/**
 * Refuses what the database cannot keep: NUL characters and halves of surrogate pairs, anywhere in the value, and values nested without end.
 * @throws `InvalidText`, `TooDeep` (invalid)
 */
export function checkStorable(value: unknown, target: string, depth = 0): void {
  if (depth > deepestValue)
    throw invalid('TooDeep', `Values are nested at most ${deepestValue} deep.`, { target: target.split('.')[0] ?? target })
  if (typeof value === 'string') {
    if (value.includes('\u0000') || !value.isWellFormed())
      throw invalid('InvalidText', 'The text holds characters that no text may have.', { target })
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkStorable(item, `${target}.${index}`, depth + 1)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      checkStorable(name, target)
      checkStorable(member, target === '' ? name : `${target}.${name}`, depth + 1)
    }
  }
}
