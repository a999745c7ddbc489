import type { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, forbidden, invalid, notFound } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Directory } from '../directory/index.ts'
import { checkedForm, neededLine } from './form-shape.ts'
import { administrator, insertMembers, keepOwnersPeople, managed, rightsOf, worksElsewhere } from './members.ts'
import { checkOwnRights, checkRights, type Rights } from './rights.ts'
import type * as tables from './schema.ts'
import type { AccountRow } from './seller-account.ts'

export interface NewPerson extends Rights {
  firstName: string
  lastName: string
  /** before the @; the primary domain of the directory follows */
  username: string
  /** administers the whole directory */
  isGlobalAdmin: boolean
  /** '' when none; needed of a global administrator */
  recoveryEmail: string
  /** ids of groups of the directory */
  groups: readonly string[]
}

export interface NewGroup extends Rights {
  displayName: string
  /** object ids */
  members: readonly string[]
}

export interface NewApplication extends Rights {
  name: string
  replyUrl: string
  appIdUri: string
}

/** What a temporary password is shown with, once. */
export interface FirstSignIn {
  objectId: string
  email: string
  password: string
}

const personForm = z.object({
  firstName: neededLine('The first name', 60, 'Give the first name.'),
  lastName: neededLine('The last name', 60, 'Give the last name.'),
  username: z
    .string()
    .trim()
    .min(1, 'Give the user name.')
    .max(64, 'A user name has at most 64 characters.')
    .regex(
      /^[A-Za-z0-9]+([._'-][A-Za-z0-9]+)*$/,
      'A user name has letters and digits, with single points, hyphens or underscores between them.',
    ),
  recoveryEmail: z.union([z.literal(''), z.email('Give an e-mail address such as ann@mail.example.').max(254)]),
})

/** Keys of applications hold for half a year, a year or two (spec/01 X-4). */
const keyMonths = [6, 12, 24] as const

/** People, groups and applications that Partner Center makes in the directory, too (spec/01 §8). */
export function createPeople(kernel: Kernel, directory: Directory) {
  /** What the portal must not make when it all comes from the organisation's own directory. @throws conflict `DirectorySynchronised` */
  async function keepSynchronised(ctx: Ctx, tenantId: string, what: string): Promise<void> {
    if (!(await directory.isSynchronised(ctx, tenantId))) return
    throw conflict(
      'DirectorySynchronised',
      `Your directory is filled from your organisation’s own. Make ${what} there; once here, add it to the account.`,
    )
  }

  /** The same start of all that is made: who may, in which directory, with which rights. */
  async function begin(ctx: Ctx, accountId: string, what: string, given: Rights) {
    const { account, tenantId } = await managed(ctx, accountId)
    await keepSynchronised(ctx, tenantId, what)
    const rights = checkRights(given)
    checkOwnRights(ctx, account, rights)
    return { account, tenantId, rights }
  }

  async function give(
    ctx: Ctx,
    account: AccountRow,
    row: { memberKind: tables.MemberKind; memberId: string; tenantId: string },
    rights: { roles: string[]; permissions: string[] },
  ): Promise<void> {
    await insertMembers(ctx, account, [{ ...row, ...rights }])
    await kernel.audit.record(ctx, {
      action: 'account.member',
      target: `${row.memberKind}:${row.memberId}`,
      after: { accountId: account.accountId, ...rights },
    })
  }

  /** A user of the directory signed in to. @throws not-found `UnknownMember`, forbidden `OtherDirectory` */
  async function ownUser(ctx: Ctx, accountId: string, id: string) {
    const { account, tenantId } = await managed(ctx, accountId)
    const [user] = await directory.getUsers(ctx, [id])
    if (!user) throw notFound('UnknownMember', 'Nobody with this id belongs to the account.')
    if (user.tenantId !== tenantId) {
      throw forbidden('OtherDirectory', 'This person belongs to another directory, which alone can change the name and password.')
    }
    // A password is all the rights of its holder.
    const held = await directory.membershipsOf(ctx, user.objectId)
    const rights = held.find((one) => one.accountId === account.accountId)
    if (!rights) throw notFound('UnknownMember', 'Nobody with this id belongs to the account.')
    checkOwnRights(ctx, account, rights)
    return { user, tenantId }
  }

  /** An application that is registered in the directory signed in to. @throws not-found `UnknownMember`, forbidden `OtherDirectory` */
  async function ownApplication(ctx: Ctx, accountId: string, clientId: string, options: { readOnly?: boolean } = {}) {
    const { tenantId } = await managed(ctx, accountId, options)
    const app = await directory.findApplication(ctx, clientId)
    if (!app) throw notFound('UnknownMember', 'No application with this id belongs to the account.')
    if (app.tenantId !== tenantId) throw forbidden('OtherDirectory', 'This application is registered in another directory.')
    return app
  }

  /**
   * Whoever joins a group or gets a key of an application gets its rights: the one who acts must have them, and where other accounts give it
   * rights, too, administer the directory. @throws forbidden `MoreThanYourOwn`, `AdministratorNeeded`
   */
  async function mayLend(ctx: Ctx, account: AccountRow, tenantId: string, kind: 'group' | 'application', id: string): Promise<void> {
    checkOwnRights(ctx, account, await rightsOf(ctx, account.accountId, kind, id))
    if (await worksElsewhere(ctx, account.accountId, kind, id)) administrator(ctx, tenantId)
  }

  return {
    /** How long a new key can be valid. */
    keyMonths,

    /**
     * Makes a user in the directory signed in to and gives rights in the account. The password is temporary and returned here only.
     * @throws invalid `InvalidPerson`, also `RecoveryEmailMissing`, conflict `EmailTaken`, `DirectorySynchronised`, forbidden, also `AdministratorNeeded`
     */
    async createPerson(ctx: Ctx, accountId: string, input: NewPerson): Promise<FirstSignIn> {
      const { account, tenantId, rights } = await begin(ctx, accountId, 'the user', input)
      administrator(ctx, tenantId)
      const { firstName, lastName, username, recoveryEmail } = checkedForm(
        personForm,
        {
          firstName: input.firstName,
          lastName: input.lastName,
          username: input.username,
          recoveryEmail: input.recoveryEmail.trim(),
        },
        'InvalidPerson',
      )
      if (input.isGlobalAdmin && recoveryEmail === '') {
        throw invalid('RecoveryEmailMissing', 'A global administrator needs an address for password recovery.', { target: 'recoveryEmail' })
      }
      const groups = await directory.getGroups(ctx, input.groups)
      if (groups.length < new Set(input.groups).size || groups.some((group) => group.tenantId !== tenantId)) {
        throw invalid('UnknownGroup', 'A group you chose is not in your directory.', { target: 'groups' })
      }
      for (const group of groups) await mayLend(ctx, account, tenantId, 'group', group.groupId)
      const [domain] = await directory.domainsOf(ctx, tenantId)
      const user = await directory.createUser(ctx, {
        tenantId,
        email: `${username}@${domain}`,
        displayName: `${firstName} ${lastName}`,
        roles: input.isGlobalAdmin ? ['global-admin'] : [],
        ...(recoveryEmail === '' ? {} : { recoveryEmail }),
      })
      for (const group of groups) await directory.setGroupMembers(ctx, group.groupId, { add: [user.objectId] })
      const password = await directory.resetToTemporary(ctx, user.objectId)
      await give(ctx, account, { memberKind: 'user', memberId: user.objectId, tenantId }, rights)
      return { objectId: user.objectId, email: user.email, password }
    },

    /** Gives a user another name, in the directory too (spec/01 §8.1). @throws invalid, not-found `UnknownMember`, forbidden */
    async renamePerson(ctx: Ctx, accountId: string, id: string, displayName: string): Promise<void> {
      const { user } = await ownUser(ctx, accountId, id)
      await directory.updateUser(ctx, user.objectId, { displayName })
    },

    /**
     * Gives a user a new password, in the directory too, which is returned here only and lets in once, to choose another.
     * @throws not-found `UnknownMember`, forbidden, also `AdministratorNeeded`
     */
    async resetPersonsPassword(ctx: Ctx, accountId: string, id: string): Promise<FirstSignIn> {
      const { user, tenantId } = await ownUser(ctx, accountId, id)
      administrator(ctx, tenantId)
      return { objectId: user.objectId, email: user.email, password: await directory.resetToTemporary(ctx, user.objectId) }
    },

    /** The groups of the directory signed in to, by name: what a new user may be put in. @throws forbidden */
    async directoryGroups(ctx: Ctx, accountId: string) {
      const { tenantId } = await managed(ctx, accountId, { readOnly: true })
      return directory.listGroups(ctx, tenantId)
    },

    /** People of the directory signed in to, by address: whom a group can have. @throws forbidden */
    async directoryPeople(ctx: Ctx, accountId: string) {
      const { tenantId } = await managed(ctx, accountId, { readOnly: true })
      const users = await directory.listUsers(ctx, tenantId)
      return users
        .filter((user) => user.status === 'active')
        .map(({ objectId, displayName: name, email: detail }) => ({ id: objectId as string, name, detail }))
    },

    /** What may be made here: whether the directory comes from elsewhere, whether the one who acts administers it, and its domain. @throws forbidden */
    async directoryFacts(ctx: Ctx, accountId: string) {
      const { tenantId } = await managed(ctx, accountId, { readOnly: true })
      const { principal } = ctx
      return {
        tenantId,
        domains: await directory.domainsOf(ctx, tenantId),
        isSynchronised: await directory.isSynchronised(ctx, tenantId),
        isAdministrator: 'roles' in principal && principal.roles.includes('global-admin'),
      }
    },

    /**
     * Makes a group in the directory signed in to and gives rights to everybody in it.
     * @throws invalid, conflict `GroupNameTaken`, `DirectorySynchronised`, forbidden
     */
    async createAccountGroup(ctx: Ctx, accountId: string, input: NewGroup): Promise<string> {
      const { account, tenantId, rights } = await begin(ctx, accountId, 'the group', input)
      keepOwnersPeople('group', rights)
      const group = await directory.createGroup(ctx, { tenantId, displayName: input.displayName, members: input.members })
      await give(ctx, account, { memberKind: 'group', memberId: group.groupId, tenantId }, rights)
      return group.groupId
    },

    /** A group's people, by name. @throws forbidden, not-found `UnknownGroup` */
    async groupPeople(ctx: Ctx, accountId: string, groupId: string) {
      const { tenantId } = await managed(ctx, accountId, { readOnly: true })
      const [group] = await directory.getGroups(ctx, [groupId])
      if (!group || group.tenantId !== tenantId) throw notFound('UnknownGroup', 'Your directory has no such group.')
      const users = await directory.getUsers(ctx, await directory.groupMembers(ctx, groupId))
      return users
        .map(({ objectId: id, displayName: name, email: detail }) => ({ id, name, detail }))
        .sort((a, b) => a.name.localeCompare(b.name, 'en'))
    },

    /**
     * Names a group and says who belongs to it. What the group gives must be among the rights of the one who acts, else he could give himself more.
     * @throws invalid, conflict `GroupNameTaken`, `DirectorySynchronised`, forbidden, also `MoreThanYourOwn`
     */
    async changeGroup(
      ctx: Ctx,
      accountId: string,
      groupId: string,
      change: { displayName?: string; add?: readonly string[]; remove?: readonly string[] },
    ): Promise<void> {
      const { account, tenantId } = await managed(ctx, accountId)
      await keepSynchronised(ctx, tenantId, 'changes')
      const [group] = await directory.getGroups(ctx, [groupId])
      if (!group || group.tenantId !== tenantId) throw notFound('UnknownGroup', 'Your directory has no such group.')
      await mayLend(ctx, account, tenantId, 'group', groupId)
      if (change.displayName !== undefined && change.displayName !== group.displayName) {
        await directory.renameGroup(ctx, groupId, change.displayName)
      }
      const { add = [], remove = [] } = change
      if (add.length + remove.length > 0) await directory.setGroupMembers(ctx, groupId, { add, remove })
    },

    /**
     * Registers an application in the directory signed in to and gives rights; it has no key until one is asked for (spec/01 §8.4).
     * @throws invalid, conflict `ReplyUrlTaken`, `AppIdUriTaken`, `DirectorySynchronised`, forbidden
     */
    async createAccountApplication(ctx: Ctx, accountId: string, input: NewApplication): Promise<string> {
      const { account, tenantId, rights } = await begin(ctx, accountId, 'the application', input)
      keepOwnersPeople('application', rights)
      const { name, replyUrl, appIdUri } = input
      const app = await directory.createApplication(ctx, { tenantId, name, redirectUris: [replyUrl], appIdUri })
      await give(ctx, account, { memberKind: 'application', memberId: app.clientId, tenantId }, rights)
      return app.clientId
    },

    /** An application with its keys; never their values. @throws not-found `UnknownMember`, forbidden */
    async accountApplication(ctx: Ctx, accountId: string, clientId: string) {
      const app = await ownApplication(ctx, accountId, clientId, { readOnly: true })
      return { app, keys: await directory.listKeys(ctx, app.clientId) }
    },

    /** A new key, whose value is returned here only. @param months one of {@link keyMonths} @throws invalid `KeyMonths`, not-found, forbidden */
    async addApplicationKey(ctx: Ctx, accountId: string, clientId: string, months: number) {
      const { account } = await managed(ctx, accountId)
      const app = await ownApplication(ctx, accountId, clientId)
      await mayLend(ctx, account, app.tenantId, 'application', app.clientId)
      if (!(keyMonths as readonly number[]).includes(months)) {
        throw invalid('KeyMonths', `A key is valid for ${keyMonths.join(', ')} months.`, { target: 'months' })
      }
      const expiresAt: Temporal.Instant = ctx.wall.toZonedDateTimeISO('UTC').add({ months }).toInstant()
      const key = await directory.addKey(ctx, app.clientId, { expiresAt })
      return { clientId: app.clientId as string, value: key.secret, expiresAt: key.expiresAt }
    },

    /** @throws not-found `UnknownMember` or `UnknownKey`, forbidden */
    async removeApplicationKey(ctx: Ctx, accountId: string, clientId: string, keyId: string): Promise<void> {
      const app = await ownApplication(ctx, accountId, clientId)
      await directory.removeKey(ctx, app.clientId, keyId)
    },
  }
}
