import { httpStatus, isDomainError } from '../../../kernel/errors.ts'
import type { Problem } from './form.ts'

/** What an editor shows when the server refuses what it sent. Anything unexpected is thrown on. */
export function refusal(error: unknown): Response {
  if (!isDomainError(error)) throw error
  const problems: Problem[] = error.details.map(({ code, target, message }) => ({ code, target, message }))
  return Response.json({ message: error.message, problems }, { status: httpStatus[error.kind] })
}
