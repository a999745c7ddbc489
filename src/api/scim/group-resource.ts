import { z } from 'zod'
import type { GroupField, SyncedGroup } from '../../domain/directory/index.ts'
import { ScimError } from './errors.ts'
import type { FilterPaths } from './filter.ts'

export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group'

/** A group as SCIM writes it (RFC 7643 §4.2). Members are left out where nobody asked for them: a group may have thousands. */
export function groupResource(group: SyncedGroup, base: string, members: readonly { id: string; name: string }[] | null) {
  const { groupId, externalId } = group
  return {
    schemas: [groupSchema],
    id: groupId,
    ...(externalId ? { externalId } : {}),
    displayName: group.displayName,
    ...(members
      ? { members: members.map(({ id, name }) => ({ value: id, $ref: `${base}/Users/${id}`, display: name, type: 'User' })) }
      : {}),
    meta: {
      resourceType: 'Group',
      created: group.createdAt.toString(),
      lastModified: group.changedAt.toString(),
      location: `${base}/Groups/${groupId}`,
    },
  }
}

const groupBody = z.looseObject({
  displayName: z.string({ error: 'is required and is a text' }),
  externalId: z.string().nullish(),
  members: z
    .array(
      z.looseObject({
        value: z.string(),
        type: z
          .string()
          .regex(/^user$/i, 'must be User: groups within groups are not kept here')
          .nullish(),
      }),
    )
    .nullish(),
})

/** A group as a client wants it to be. */
export interface WantedGroup {
  displayName: string
  externalId: string | null
  members: string[]
}

/** Reads a group resource. @throws ScimError 400 invalidValue naming the attribute */
export function readGroup(body: unknown): WantedGroup {
  const result = groupBody.safeParse(body)
  if (!result.success) {
    const [issue] = result.error.issues
    throw new ScimError(400, `${issue?.path.join('.') || 'The body'}: ${issue?.message ?? 'not valid'}`, 'invalidValue')
  }
  const { displayName, externalId, members } = result.data
  const ids = (members ?? []).map(({ value }) => value.trim().toLowerCase())
  return { displayName, externalId: externalId?.trim() || null, members: [...new Set(ids)] }
}

export const groupPaths: FilterPaths<GroupField> = {
  id: 'groupId',
  externalId: 'externalId',
  displayName: 'displayName',
  members: 'members',
  'members.value': 'members',
  'meta.created': 'createdAt',
  'meta.lastModified': 'changedAt',
}
