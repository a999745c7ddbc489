import { type DomainError, httpStatus } from '../../kernel/errors.ts'

export const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error'

/** RFC 7644 §3.12, table 9. */
type ScimType = 'invalidFilter' | 'uniqueness' | 'mutability' | 'invalidSyntax' | 'invalidPath' | 'noTarget' | 'invalidValue'

/** A refusal in the words of SCIM. */
export class ScimError extends Error {
  override readonly name = 'ScimError'
  readonly status: number
  readonly scimType: ScimType | undefined

  constructor(status: number, detail: string, scimType?: ScimType) {
    super(detail)
    this.status = status
    this.scimType = scimType
  }
}

/** RFC 7644 §3.12: the status is a text. */
export function errorBody(error: ScimError) {
  return {
    schemas: [errorSchema],
    status: String(error.status),
    ...(error.scimType ? { scimType: error.scimType } : {}),
    detail: error.message,
  }
}

/** A domain error as this contract names it. */
export function scimErrorOf(error: DomainError): ScimError {
  switch (error.code) {
    case 'EmailTaken':
    case 'ExternalIdTaken':
    case 'GroupNameTaken':
      return new ScimError(409, error.message, 'uniqueness')
    case 'LastAdministrator':
      return new ScimError(400, error.message, 'mutability')
    default:
      return error.kind === 'invalid'
        ? new ScimError(400, error.message, 'invalidValue')
        : new ScimError(httpStatus[error.kind], error.message)
  }
}

export const notFound = (what: string, id: string) => new ScimError(404, `${what} ${id} not found.`)
