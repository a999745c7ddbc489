import { v7, validate } from 'uuid'

/** A primary key that cannot be mistaken for another kind's: `Id<'subscription'>`. */
export type Id<Brand extends string> = string & { readonly __brand: Brand }

/** A new UUIDv7: ids made later in one process sort later. */
export function newId<Brand extends string>(): Id<Brand> {
  return v7() as Id<Brand>
}

/** True for any UUID text, in any case: what wire contracts call a GUID. */
export function isUuid(text: unknown): text is string {
  return validate(text)
}
