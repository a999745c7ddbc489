import { createHash } from 'node:crypto'
import type { Temporal } from 'temporal-polyfill'
import type { OfferKey, SaasContent } from '../offers/index.ts'
import { offerTypeOf } from '../offers/index.ts'

/** An immutable version of an offer: what a preview or the stores show, and what purchases and APIs read. */
export interface Snapshot {
  id: string
  offer: OfferKey
  publisherId: string
  offerId: string
  offerType: 'saas'
  kind: 'preview' | 'live'
  definitionVersion: number
  hash: string
  createdAt: Temporal.Instant
  content: SaasContent
}

/** JSON with sorted members, so that equal contents have equal text. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}

/** SHA-256 of a content, whatever the order of its members. */
export function contentHash(content: unknown): string {
  return createHash('sha256').update(canonical(content)).digest('hex')
}

/** Content of an older definition, lifted to the present one step by step. The stored snapshot stays as it is. */
export function lift(offerType: string, definitionVersion: number, content: unknown): unknown {
  const definition = offerTypeOf(offerType)
  let lifted = content
  for (let version = definitionVersion; version < definition.definitionVersion; version++) {
    const upcast = definition.upcasters[version]
    if (!upcast) throw new Error(`Offer type ${offerType} has no upcaster for version ${version}.`)
    lifted = upcast(lifted)
  }
  return lifted
}
