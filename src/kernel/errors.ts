/** What went wrong, as the business sees it. Each wire contract maps a kind to its own status and body once. */
export type ErrorKind =
  | 'invalid' // the input breaks a rule; nothing was changed
  | 'unauthenticated' // nobody is signed in, or the proof is not valid
  | 'forbidden' // signed in, but not allowed
  | 'not-found'
  | 'conflict' // the state of the thing does not allow it, or somebody else was first
  | 'gone' // it existed and has expired
  | 'limit' // too many, too often, too large
  | 'unavailable' // something we depend on does not answer; the same call may succeed later

/** The status of each kind where no contract says otherwise: pages, the sandbox, calls that no contract claims. */
export const httpStatus: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  gone: 410,
  limit: 429,
  unavailable: 503,
}

/** One violated rule: `target` names the field, `code` the rule, `message` is a sentence for a person. */
export interface ErrorDetail {
  code: string
  message: string
  target?: string
}

export interface ErrorOptions {
  target?: string
  details?: ErrorDetail[]
  /** Facts that a contract needs to build its body (for instance the event that was accepted before). */
  data?: Record<string, unknown>
  cause?: unknown
}

/** An error that is part of the business: expected, explainable and safe to show. */
export class DomainError extends Error {
  override readonly name = 'DomainError'
  readonly kind: ErrorKind
  readonly code: string
  readonly target: string | undefined
  readonly details: ErrorDetail[]
  readonly data: Record<string, unknown>

  constructor(kind: ErrorKind, code: string, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.kind = kind
    this.code = code
    this.target = options.target
    this.details = options.details ?? []
    this.data = options.data ?? {}
  }
}

/** Two bundles (server and web) may each hold a copy of the class, so that `instanceof` is not enough. */
export function isDomainError(error: unknown): error is DomainError {
  return error instanceof Error && error.name === 'DomainError' && 'kind' in error
}

function maker(kind: ErrorKind) {
  return (code: string, message: string, options?: ErrorOptions) => new DomainError(kind, code, message, options)
}

export const invalid = maker('invalid')
export const unauthenticated = maker('unauthenticated')
export const forbidden = maker('forbidden')
export const notFound = maker('not-found')
export const conflict = maker('conflict')
export const gone = maker('gone')
export const limit = maker('limit')
export const unavailable = maker('unavailable')
