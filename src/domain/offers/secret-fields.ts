import type { Secrets } from '../../kernel/secrets.ts'
import type { Page } from './offer-type.ts'

type Content = Record<string, unknown>

/** Instead of a secret: in what editors get, and in what they send back to keep it. */
const kept = { kept: true } as const

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (member, name) => (typeof member === 'object' && member !== null ? (member as Content)[name] : undefined),
    value,
  )
}

function put(value: unknown, path: readonly string[], text: unknown): unknown {
  const [name, ...rest] = path
  if (name === undefined) return text
  return { ...(value as Content), [name]: put((value as Content)[name], rest, text) }
}

function secretsOf(page: Page, content: Content) {
  return Object.entries(page.fields).flatMap(([name, { facts }]) => {
    const value = facts.secret ? at(content[name], facts.secret.path) : undefined
    return facts.secret && value !== undefined ? [{ name, ...facts.secret, value }] : []
  })
}

/**
 * Encrypts the secrets of a section that is to be stored. One that was kept, or entered again as it was, keeps its encrypted text, so that
 * equal secrets stay equal. Returns the names of fields that keep a secret that there is not.
 */
export function sealSecrets(page: Page, content: Content, stored: Content, secrets: Secrets): { content: Content; missing: string[] } {
  const sealed = { ...content }
  const missing: string[] = []
  for (const { name, purpose, path, value } of secretsOf(page, content)) {
    const before = at(stored[name], path)
    if (typeof value === 'string') {
      const unchanged = typeof before === 'string' && secrets.decrypt(before, purpose) === value
      sealed[name] = put(content[name], path, unchanged ? before : secrets.encrypt(value, purpose))
    } else if (typeof before === 'string') {
      sealed[name] = put(content[name], path, before)
    } else {
      missing.push(name)
    }
  }
  return { content: sealed, missing }
}

/** A section as its editors see it: `{ kept: true }` in place of each secret. */
export function maskSecrets(page: Page, content: Content): Content {
  const masked = { ...content }
  for (const { name, path } of secretsOf(page, content)) masked[name] = put(content[name], path, kept)
  return masked
}
