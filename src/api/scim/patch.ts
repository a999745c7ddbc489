import { patchBodyValidation, PATCH_OPERATION_SCHEMA, ScimError as PatchRefusal, NoTarget, scimPatch, type ScimPatch } from 'scim-patch'
import { canonicalNames, canonicalPath } from './attributes.ts'
import { ScimError } from './errors.ts'

const mostOperations = 1000
/** What only we set (RFC 7643 §3.1). */
const readOnly = /^(?:id|meta|schemas|groups)(?:$|[.[])/
/** Names that reach behind an object in JavaScript. */
const behind = /(?:__proto__|prototype|constructor)/

/**
 * A resource after the operations of a PATCH (RFC 7644 §3.5.2).
 * @throws ScimError 400 invalidSyntax, invalidPath, invalidValue, noTarget or mutability
 */
export function patched<T extends object>(resource: T, body: unknown): unknown {
  const { Operations, operations, schemas } = (body ?? {}) as Record<string, unknown>
  const given = Operations ?? operations
  if (!Array.isArray(given) || !Array.isArray(schemas) || !schemas.includes(PATCH_OPERATION_SCHEMA)) {
    throw new ScimError(400, `A PATCH has "schemas" with ${PATCH_OPERATION_SCHEMA} and a list "Operations".`, 'invalidSyntax')
  }
  if (given.length > mostOperations) throw new ScimError(400, `A PATCH has at most ${mostOperations} operations.`, 'invalidValue')
  const patch = { schemas: [PATCH_OPERATION_SCHEMA], Operations: given.flatMap(readOperation) } as unknown as ScimPatch
  try {
    patchBodyValidation(patch)
    return scimPatch(structuredClone(resource) as never, patch.Operations, { mutateDocument: true, treatMissingAsAdd: true })
  } catch (error) {
    if (error instanceof NoTarget) throw new ScimError(400, 'The filter of the path fits no value.', 'noTarget')
    if (error instanceof PatchRefusal) throw new ScimError(400, error.message, 'invalidPath')
    // The library reads paths without checking them first: whatever it stumbles over was no path.
    throw new ScimError(400, 'An operation’s path cannot be read.', 'invalidPath')
  }
}

function readOperation(operation: unknown): Record<string, unknown>[] {
  if (operation === null || typeof operation !== 'object') throw new ScimError(400, 'An operation is an object.', 'invalidSyntax')
  const { op, path, value } = operation as Record<string, unknown>
  if (typeof op !== 'string' || !/^(?:add|remove|replace)$/i.test(op)) {
    throw new ScimError(400, 'The op of an operation is add, remove or replace.', 'invalidSyntax')
  }
  if (path !== undefined && typeof path !== 'string') throw new ScimError(400, 'The path of an operation is a text.', 'invalidPath')
  const name = op.toLowerCase()
  const target = path === undefined || path.trim() === '' ? undefined : canonicalPath(path)
  if (name === 'remove' && target === undefined) throw new ScimError(400, 'A remove operation needs a path.', 'noTarget')
  const names = target === undefined ? Object.keys((canonicalNames(value) ?? {}) as object) : [target]
  for (const one of names) {
    if (behind.test(one)) throw new ScimError(400, `"${one}" is no path here.`, 'invalidPath')
    if (readOnly.test(one)) throw new ScimError(400, `"${one}" is read-only.`, 'mutability')
  }
  const given = canonicalNames(value)
  const listed = name === 'remove' && target !== undefined && /^\w+$/.test(target) ? valuesOf(given) : []
  // Entra ID removes members by naming them in the value; a filter in the path says the same.
  if (listed.length > 0) return listed.map((one) => ({ op: name, path: `${target}[value eq "${one}"]` }))
  return [{ op: name, ...(target === undefined ? {} : { path: target }), ...(value === undefined ? {} : { value: given }) }]
}

/** The values of `[{"value": "…"}]`, or nothing when it is something else. */
function valuesOf(value: unknown): string[] {
  const items = (Array.isArray(value) ? value : [value]).map((one) => (one as { value?: unknown } | null)?.value)
  return items.every((one): one is string => typeof one === 'string' && /^[\w.@+-]+$/.test(one)) ? items : []
}
