import { type ErrorKind, isDomainError } from '../../../kernel/errors.ts'
import type { Problem } from './form.ts'

const statuses: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  gone: 410,
  limit: 429,
  unavailable: 503,
}

/** What an editor shows when the server refuses what it sent. Anything unexpected is thrown on. */
export function refusal(error: unknown): Response {
  if (!isDomainError(error)) throw error
  const problems: Problem[] = error.details.map(({ code, target, message }) => ({ code, target, message }))
  return Response.json({ message: error.message, problems }, { status: statuses[error.kind] })
}
