import { OAuthError } from './errors.ts'

/** Fields of a token request. */
export interface TokenForm {
  fields: Record<string, string>
  clientId: string
  /** from the body or a Basic header */
  clientSecret: string | undefined
}

/**
 * Fields of a form by lower-cased name: the metering page of the documentation writes `Grant_type` (seed 001 L24593), so any case is read.
 * @throws OAuthError 400 for a field that appears twice
 */
function readFields(body: string): Record<string, string> {
  const fields: Record<string, string> = Object.create(null)
  for (const [key, value] of new URLSearchParams(body)) {
    const name = key.toLowerCase()
    if (name in fields) throw new OAuthError(400, 'invalid_request', 90013, `The parameter '${name}' appears more than once.`)
    fields[name] = value
  }
  return fields
}

/**
 * A token request: fields and the client's credentials.
 * @throws OAuthError 400 when a field is missing, doubled, or the header is malformed
 */
export function readTokenForm(body: string, authorization: string | undefined): TokenForm {
  const fields = readFields(body)
  if (!fields.grant_type) throw missing('grant_type')
  const basic = authorization === undefined ? undefined : readBasic(authorization)
  const clientId = (fields.client_id ?? basic?.id ?? '').trim()
  if (!clientId) throw missing('client_id')
  if (basic && fields.client_id !== undefined && basic.id !== fields.client_id) {
    throw new OAuthError(400, 'invalid_request', 90013, 'The client_id of the body and of the Authorization header differ.')
  }
  return { fields, clientId, clientSecret: fields.client_secret ?? basic?.secret }
}

/** The documented error of a field that is not there. */
export function missing(field: string): OAuthError {
  return new OAuthError(400, 'invalid_request', 900144, `The request body must contain the following parameter: '${field}'.`)
}

function readBasic(header: string): { id: string; secret: string } {
  const malformed = () =>
    new OAuthError(400, 'invalid_request', 90013, 'The Authorization header must be Basic with client_id:client_secret.')
  const match = /^Basic +([A-Za-z0-9+/]+=*) *$/i.exec(header)
  if (!match?.[1]) throw malformed()
  const text = Buffer.from(match[1], 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) throw malformed()
  try {
    const decode = (part: string) => decodeURIComponent(part.replaceAll('+', '%20'))
    return { id: decode(text.slice(0, colon)), secret: decode(text.slice(colon + 1)) }
  } catch {
    throw malformed()
  }
}
