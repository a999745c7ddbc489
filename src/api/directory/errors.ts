import type { Temporal } from 'temporal-polyfill'
import type { DomainError } from '../../kernel/errors.ts'
import { newId } from '../../kernel/ids.ts'

/** An error of a token or metadata endpoint, with the number that clients of Azure AD look for. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly status: number
  /** e.g. `invalid_client` */
  readonly error: string
  /** the digits of `AADSTS7000215` */
  readonly number: number
  readonly retryAfterSeconds: number | undefined

  constructor(status: number, error: string, number: number, message: string, options: { retryAfterSeconds?: number } = {}) {
    super(message)
    this.status = status
    this.error = error
    this.number = number
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** Domain errors of the directory as this contract names them. */
const names: Record<string, { status: number; error: string; number: number }> = {
  UnknownTenant: { status: 400, error: 'invalid_request', number: 90002 },
  UnknownClient: { status: 401, error: 'invalid_client', number: 700016 },
  InvalidClientSecret: { status: 401, error: 'invalid_client', number: 7000215 },
  ClientSecretExpired: { status: 401, error: 'invalid_client', number: 7000222 },
  TooManyRequests: { status: 429, error: 'temporarily_unavailable', number: 90055 },
  UnknownResource: { status: 400, error: 'invalid_resource', number: 500011 },
}

export function oauthErrorOf(error: DomainError): OAuthError {
  const known = names[error.code] ?? { status: 400, error: 'invalid_request', number: 90013 }
  return new OAuthError(known.status, known.error, known.number, error.message)
}

/** Numbers of what the OpenID Connect library refuses. */
const numbers: Record<string, number> = {
  invalid_client: 7000215,
  invalid_grant: 70000,
  invalid_request: 90013,
  invalid_scope: 70011,
  unauthorized_client: 700016,
  unsupported_grant_type: 70003,
}

/** {@link OAuthError} for an error body of the OpenID Connect library. */
export function libraryError(status: number, body: { error: string; error_description?: string }): OAuthError {
  const text = body.error_description ?? 'The request is not valid.'
  const number = /already/.test(text)
    ? 54005
    : /expired/.test(text)
      ? 70008
      : /code_verifier|PKCE/.test(text)
        ? 501481
        : (numbers[body.error] ?? 90013)
  return new OAuthError(status, body.error, number, text.charAt(0).toUpperCase() + text.slice(1))
}

/** The error body of Azure AD's token endpoint. */
export function azureBody(error: OAuthError, ids: { traceId: string; correlationId: string }, wall: Temporal.Instant) {
  const timestamp = `${wall.toString().slice(0, 19).replace('T', ' ')}Z`
  return {
    error: error.error,
    error_description: `AADSTS${error.number}: ${error.message} Trace ID: ${ids.traceId} Correlation ID: ${ids.correlationId} Timestamp: ${timestamp}`,
    error_codes: [error.number],
    timestamp,
    trace_id: ids.traceId,
    correlation_id: ids.correlationId,
  }
}

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Ids of an error answer; the client's own correlation id comes as `client-request-id`, in a header or the query. */
export function errorIds(clientRequestId: unknown): { traceId: string; correlationId: string } {
  const given = Array.isArray(clientRequestId) ? clientRequestId[0] : clientRequestId
  return { traceId: newId<'trace'>(), correlationId: typeof given === 'string' && guid.test(given) ? given : newId<'correlation'>() }
}
