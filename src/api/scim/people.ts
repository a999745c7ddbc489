import type { Condition, Directory, GroupField, PersonField, Profile, SyncedGroup } from '../../domain/directory/index.ts'
import type { Ctx } from '../../kernel/context.ts'
import { isUuid } from '../../kernel/ids.ts'
import { canonicalNames } from './attributes.ts'
import { notFound } from './errors.ts'
import { groupResource, readGroup, type WantedGroup } from './group-resource.ts'
import { patched } from './patch.ts'
import { readUser, userResource, type WantedUser } from './user-resource.ts'

interface Window<Field extends string> {
  where: Condition<Field> | undefined
  offset: number
  limit: number
}

/** The calls on a tenant's users and groups, as SCIM means them. `base` is the address of the endpoint. */
export function createScimPeople(directory: Directory) {
  async function userResources(ctx: Ctx, profiles: readonly Profile[], base: string) {
    const belongs = await directory.groupsOf(
      ctx,
      profiles.map(({ objectId }) => objectId),
    )
    const groups = await directory.getGroups(
      ctx,
      belongs.map(({ groupId }) => groupId),
    )
    const nameOf = new Map(groups.map(({ groupId, displayName }) => [groupId as string, displayName]))
    return profiles.map((profile) => {
      const own = belongs.filter(({ objectId }) => objectId === profile.objectId)
      return userResource(
        profile,
        base,
        own.map(({ groupId }) => ({ id: groupId, name: nameOf.get(groupId) ?? '' })),
      )
    })
  }

  async function profileOf(ctx: Ctx, tenantId: string, id: string): Promise<Profile> {
    const [profile] = await directory.getProfiles(ctx, isUuid(id) ? [id.toLowerCase()] : [])
    if (profile?.tenantId !== tenantId) throw notFound('Resource', id)
    return profile
  }

  async function readOne(ctx: Ctx, tenantId: string, id: string, base: string) {
    const [resource] = await userResources(ctx, [await profileOf(ctx, tenantId, id)], base)
    if (!resource) throw notFound('Resource', id)
    return resource
  }

  async function change(ctx: Ctx, tenantId: string, profile: Profile, wanted: WantedUser, base: string) {
    await directory.updateUser(ctx, profile.objectId, {
      email: wanted.email,
      displayName: wanted.displayName,
      status: wanted.active ? 'active' : 'disabled',
    })
    await directory.setProfile(ctx, profile.objectId, wanted.profile)
    return readOne(ctx, tenantId, profile.objectId, base)
  }

  async function groupOf(ctx: Ctx, tenantId: string, id: string): Promise<SyncedGroup> {
    const group = isUuid(id) ? await directory.findGroup(ctx, tenantId, id) : null
    if (!group) throw notFound('Resource', id)
    return group
  }

  async function membersOf(ctx: Ctx, groupId: string) {
    const ids = await directory.groupMembers(ctx, groupId)
    const nameOf = new Map((await directory.getUsers(ctx, ids)).map((user) => [user.objectId as string, user.displayName]))
    return ids.map((id) => ({ id, name: nameOf.get(id) ?? '' }))
  }

  async function readGroupResource(ctx: Ctx, tenantId: string, id: string, base: string) {
    const group = await groupOf(ctx, tenantId, id)
    return groupResource(group, base, await membersOf(ctx, group.groupId))
  }

  async function changeGroup(ctx: Ctx, tenantId: string, group: SyncedGroup, wanted: WantedGroup, base: string) {
    if (wanted.displayName !== group.displayName) await directory.renameGroup(ctx, group.groupId, wanted.displayName)
    const before = new Set(await directory.groupMembers(ctx, group.groupId))
    const after = new Set(wanted.members)
    const add = wanted.members.filter((id) => !before.has(id))
    const remove = [...before].filter((id) => !after.has(id))
    if (add.length + remove.length > 0) await directory.setGroupMembers(ctx, group.groupId, { add, remove })
    await directory.noteGroupChange(ctx, group.groupId, wanted.externalId)
    return readGroupResource(ctx, tenantId, group.groupId, base)
  }

  return {
    users: {
      async list(ctx: Ctx, tenantId: string, window: Window<PersonField>, base: string) {
        const { total, people } = await directory.findPeople(ctx, tenantId, window)
        return { total, resources: await userResources(ctx, people, base) }
      },
      read: readOne,
      async create(ctx: Ctx, tenantId: string, body: unknown, base: string) {
        const wanted = readUser(canonicalNames(body))
        const { objectId } = await directory.createUser(ctx, { tenantId, email: wanted.email, displayName: wanted.displayName })
        await directory.setProfile(ctx, objectId, wanted.profile)
        if (!wanted.active) await directory.updateUser(ctx, objectId, { status: 'disabled' })
        return readOne(ctx, tenantId, objectId, base)
      },
      async replace(ctx: Ctx, tenantId: string, id: string, body: unknown, base: string) {
        const profile = await profileOf(ctx, tenantId, id)
        return change(ctx, tenantId, profile, readUser(canonicalNames(body)), base)
      },
      async patch(ctx: Ctx, tenantId: string, id: string, body: unknown, base: string) {
        const profile = await profileOf(ctx, tenantId, id)
        const { groups: _groups, ...resource } = userResource(profile, base, [])
        // A formatted name is made from the parts: left in, it would outlive a change of them.
        const name = 'name' in resource && resource.name ? { name: { ...resource.name, formatted: undefined } } : {}
        return change(ctx, tenantId, profile, readUser(patched({ ...resource, ...name }, body)), base)
      },
      async remove(ctx: Ctx, tenantId: string, id: string) {
        await directory.removeUser(ctx, (await profileOf(ctx, tenantId, id)).objectId)
      },
    },

    groups: {
      async list(ctx: Ctx, tenantId: string, window: Window<GroupField>, base: string, withMembers: boolean) {
        const { total, groups } = await directory.findGroups(ctx, tenantId, window)
        const resources = []
        for (const group of groups) resources.push(groupResource(group, base, withMembers ? await membersOf(ctx, group.groupId) : null))
        return { total, resources }
      },
      read: readGroupResource,
      async create(ctx: Ctx, tenantId: string, body: unknown, base: string) {
        const { displayName, members, externalId } = readGroup(canonicalNames(body))
        const { groupId } = await directory.createGroup(ctx, { tenantId, displayName, members })
        await directory.noteGroupChange(ctx, groupId, externalId)
        return readGroupResource(ctx, tenantId, groupId, base)
      },
      async replace(ctx: Ctx, tenantId: string, id: string, body: unknown, base: string) {
        return changeGroup(ctx, tenantId, await groupOf(ctx, tenantId, id), readGroup(canonicalNames(body)), base)
      },
      async patch(ctx: Ctx, tenantId: string, id: string, body: unknown, base: string) {
        const group = await groupOf(ctx, tenantId, id)
        const resource = groupResource(group, base, await membersOf(ctx, group.groupId))
        return changeGroup(ctx, tenantId, group, readGroup(patched(resource, body)), base)
      },
      async remove(ctx: Ctx, tenantId: string, id: string) {
        await directory.removeGroup(ctx, (await groupOf(ctx, tenantId, id)).groupId)
      },
    },
  }
}
