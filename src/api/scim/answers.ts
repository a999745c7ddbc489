import { z } from 'zod'
import { errorSchema } from './errors.ts'

/** What the calls answer, for their OpenAPI document. */
const meta = z.object({
  resourceType: z.string(),
  location: z.string(),
  created: z.string().optional(),
  lastModified: z.string().optional(),
})
const resource = z.looseObject({ schemas: z.array(z.string()), id: z.string().optional(), meta: meta.optional() })
const list = z.object({
  schemas: z.tuple([z.literal('urn:ietf:params:scim:api:messages:2.0:ListResponse')]),
  totalResults: z.int(),
  startIndex: z.int(),
  itemsPerPage: z.int(),
  Resources: z.array(resource),
})
const error = z.object({
  schemas: z.tuple([z.literal(errorSchema)]),
  status: z.string(),
  scimType: z.string().optional(),
  detail: z.string(),
})
const nothing = z.null().describe('No content')

/** Before anything is asked for: an address that cannot be read, and too many calls. */
const atTheDoor = { 400: error, 429: error }
const refusals = { ...atTheDoor, 401: error, 404: error, 413: error, 415: error }
export const answers = {
  discovery: { 200: resource, ...atTheDoor, 403: error, 404: error },
  discoveries: { 200: list, ...atTheDoor, 403: error },
  read: { 200: resource, ...refusals },
  list: { 200: list, ...refusals },
  create: { 201: resource, 409: error, ...refusals },
  change: { 200: resource, 409: error, ...refusals },
  remove: { 204: nothing, 409: error, ...refusals },
}

const names = z.string().describe('Names of attributes, with commas between')
export const listQuery = z.object({
  filter: z.string().optional().describe('e.g. `userName eq "ada@contoso.example"`'),
  startIndex: z.string().optional().describe('1 is the first'),
  count: z.string().optional().describe('at most 200'),
  attributes: names.optional(),
  excludedAttributes: names.optional(),
})
export const readQuery = z.object({ attributes: names.optional(), excludedAttributes: names.optional() })
export const idPath = z.object({ id: z.string() })
export const resourceBody = z.looseObject({ schemas: z.array(z.string()).optional() })
export const patchBody = z.object({
  schemas: z.tuple([z.literal('urn:ietf:params:scim:api:messages:2.0:PatchOp')]),
  Operations: z.array(z.object({ op: z.enum(['add', 'remove', 'replace']), path: z.string().optional(), value: z.unknown().optional() })),
})
export const searchBody = z.object({
  schemas: z.tuple([z.literal('urn:ietf:params:scim:api:messages:2.0:SearchRequest')]),
  filter: z.string().optional(),
  startIndex: z.int().optional(),
  count: z.int().optional(),
  attributes: z.array(z.string()).optional(),
  excludedAttributes: z.array(z.string()).optional(),
})
