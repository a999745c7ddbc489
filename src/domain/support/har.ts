/** Headers that prove who somebody is. Compared in lower case. */
const secretHeaders =
  /^(?:cookie|set-cookie|authorization|proxy-authorization|www-authenticate|x-api-key|x-auth-token|x-csrf-token|x-xsrf-token|x-amz-security-token|x-ms-marketplace-token)$/i
/** Members of JSON that are secrets by their name. */
const secretMember =
  /^(?:access_token|id_token|refresh_token|token|code_verifier|client_secret|client_assertion|assertion|password|passwd|pwd|secret|session_id|signature|api_?key)$/i
/** Parameters of addresses and forms besides these. In JSON a `code` says what went wrong. */
const secretParameter = /^(?:code|session|sid|sig|samlresponse)$/i
const isSecretParameter = (name: string) => secretMember.test(name) || secretParameter.test(name)
/** A signed token, wherever it stands. */
const signedToken = /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g
const bearer = /\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi
const removedText = 'removed'

/** What {@link stripHar} leaves. */
export interface StrippedHar {
  bytes: Buffer
  /** headers, cookies, parameters and tokens that were taken out */
  removed: number
}

export class NoHar extends Error {
  override readonly name = 'NoHar'
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

const isObject = (value: Json | undefined): value is { [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * A browser's recording (HTTP Archive) without what opens the account that it was made with: cookies, authorization headers, secrets among
 * parameters and bodies, signed tokens (spec/09 §7.3, seed 001 L26342).
 *
 * @throws NoHar when the bytes are no HTTP Archive
 */
export function stripHar(bytes: Uint8Array): StrippedHar {
  let archive: Json
  try {
    archive = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Json
  } catch {
    throw new NoHar('This is no HTTP Archive: it is not JSON.')
  }
  const log = isObject(archive) ? archive.log : undefined
  if (!isObject(log) || !Array.isArray(log.entries)) throw new NoHar('This is no HTTP Archive: it has no log with entries.')
  const count = { removed: 0 }
  const clean = cleaned(archive, count)
  return { bytes: Buffer.from(JSON.stringify(clean)), removed: count.removed }
}

/** Whether a file is taken for a recording: by its name, or by what it holds. */
export function looksLikeHar(name: string, bytes: Uint8Array): boolean {
  if (/\.har$/i.test(name)) return true
  const start = new TextDecoder().decode(bytes.subarray(0, 300)).trimStart()
  return /^\{\s*"log"\s*:\s*\{/.test(start)
}

function cleaned(value: Json, count: { removed: number }): Json {
  if (typeof value === 'string') return cleanText(value, count)
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      if (isObject(item) && typeof item.name === 'string' && 'value' in item) {
        // A header, a parameter of the address or of a form.
        if (secretHeaders.test(item.name)) {
          count.removed++
          return []
        }
        if (isSecretParameter(item.name)) {
          count.removed++
          return [{ ...(cleaned({ ...item, value: null }, count) as object), value: removedText }]
        }
      }
      return [cleaned(item, count)]
    })
  }
  if (!isObject(value)) return value
  if (value.encoding === 'base64' && typeof value.text === 'string') {
    // Nobody can see what is in it.
    count.removed++
    return { ...value, text: '' }
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      if (name === 'cookies' && Array.isArray(member)) {
        count.removed += member.length
        return [name, []]
      }
      if (secretMember.test(name) && (typeof member === 'string' || typeof member === 'number')) {
        count.removed++
        return [name, removedText]
      }
      return [name, cleaned(member, count)]
    }),
  )
}

/** A body that is JSON is cleaned as such; of anything else, parameters and tokens go. */
function cleanText(text: string, count: { removed: number }): string {
  const start = text.trimStart()[0]
  if (start === '{' || start === '[') {
    try {
      return JSON.stringify(cleaned(JSON.parse(text) as Json, count))
    } catch {
      // no JSON after all
    }
  }
  const replace = (with_: string) => () => {
    count.removed++
    return with_
  }
  return text
    .replaceAll(/([?&#]|^)([\w.-]+)=([^&#\s"]*)/g, (whole, before: string, name: string) => {
      if (!isSecretParameter(decoded(name))) return whole
      count.removed++
      return `${before}${name}=${removedText}`
    })
    .replaceAll(signedToken, replace(removedText))
    .replaceAll(bearer, (_whole, scheme: string) => {
      count.removed++
      return `${scheme} ${removedText}`
    })
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
