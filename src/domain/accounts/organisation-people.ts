import { allows, authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, forbidden, invalid, notFound } from '../../kernel/errors.ts'
import type { Directory, User } from '../directory/index.ts'

/** A role that an organisation gives its people, in the order of pages. */
export interface OrganisationRole {
  id: 'global-admin' | 'user-admin' | 'billing-admin' | 'purchaser'
  label: string
  /** what it lets somebody do, in a sentence */
  meaning: string
}

export const organisationRoles: readonly OrganisationRole[] = [
  {
    id: 'global-admin',
    label: 'Global administrator',
    meaning: 'Everything about the directory: users, all roles, domains, applications; decides about requests.',
  },
  {
    id: 'user-admin',
    label: 'User administrator',
    meaning: 'Users, their passwords and their roles, except those of global administrators.',
  },
  {
    id: 'billing-admin',
    label: 'Billing administrator',
    meaning: 'Buys, pays, sees invoices, sets the buying rules and decides about requests.',
  },
  { id: 'purchaser', label: 'Purchaser', meaning: 'Buys and changes subscriptions within the buying rules; sees no invoices.' },
]

const known = new Set<string>(organisationRoles.map(({ id }) => id))

type OwnDirectory = Pick<
  Directory,
  'createUser' | 'getUsers' | 'isSynchronised' | 'listUsers' | 'requestReset' | 'resetToTemporary' | 'updateUser'
>

/** The people of a customer's own directory, as its administrators keep them in the customer portal. */
export function createOrganisationPeople(directory: OwnDirectory) {
  async function own(ctx: Ctx, tenantId: string, objectId: string): Promise<User> {
    authorize(ctx.principal, 'organisation.people', { tenantId })
    const [user] = await directory.getUsers(ctx, [objectId])
    if (user?.tenantId !== tenantId) throw notFound('UnknownUser', 'Your organisation has no such user.', { target: 'person' })
    return user
  }

  const isGlobal = ({ principal }: Ctx, tenantId: string) => allows(principal, 'directory.administer', { tenantId })

  /** A user administrator has no power over those who have more. */
  function checkPower(ctx: Ctx, user: { tenantId: string; roles: readonly string[] }, after: readonly string[] = user.roles): void {
    if (isGlobal(ctx, user.tenantId)) return
    if (user.roles.includes('global-admin') || after.includes('global-admin')) {
      throw forbidden('GlobalAdministratorNeeded', 'Only a global administrator changes global administrators.')
    }
  }

  function checkRoles(roles: readonly string[]): OrganisationRole['id'][] {
    const unknown = roles.find((role) => !known.has(role))
    if (unknown !== undefined) throw invalid('UnknownRole', `An organisation gives no role ${unknown.slice(0, 40)}.`, { target: 'roles' })
    return [...new Set(roles)] as OrganisationRole['id'][]
  }

  async function checkKeptHere(ctx: Ctx, tenantId: string): Promise<void> {
    if (await directory.isSynchronised(ctx, tenantId)) {
      throw conflict('DirectorySynchronised', 'Users of this organisation are kept in another directory. Change them there.')
    }
  }

  return {
    /** What people can be given, in the order of pages. */
    organisationRoles: () => organisationRoles,

    /** Users of the organisation, by address; with `search` those whose name or address has it. @throws forbidden */
    async organisationPeople(ctx: Ctx, tenantId: string, search = ''): Promise<User[]> {
      authorize(ctx.principal, 'organisation.people', { tenantId })
      return directory.listUsers(ctx, tenantId, { search, limit: 500 })
    },

    /** @throws not-found `UnknownUser`, forbidden */
    organisationPerson: own,

    /**
     * Adds a user, who is mailed a link to choose a password.
     * @throws conflict `DirectorySynchronised`, `EmailTaken`; invalid `ForeignDomain`, `UnknownRole`; forbidden
     */
    async addOrganisationPerson(
      ctx: Ctx,
      tenantId: string,
      input: { email: string; displayName: string; roles: readonly string[] },
    ): Promise<User> {
      authorize(ctx.principal, 'organisation.people', { tenantId })
      await checkKeptHere(ctx, tenantId)
      const roles = checkRoles(input.roles)
      checkPower(ctx, { tenantId, roles: [] }, roles)
      const user = await directory.createUser(ctx, { tenantId, email: input.email, displayName: input.displayName, roles })
      await directory.requestReset(ctx, user.email)
      return user
    },

    /**
     * Gives a user these roles in place of those that an organisation gives; others, such as a reseller's, stay.
     * @throws conflict `LastAdministrator`; invalid `UnknownRole`; forbidden `GlobalAdministratorNeeded`; not-found `UnknownUser`
     */
    async setOrganisationRoles(ctx: Ctx, tenantId: string, objectId: string, roles: readonly string[]): Promise<void> {
      const user = await own(ctx, tenantId, objectId)
      const given = checkRoles(roles)
      checkPower(ctx, user, given)
      const others = user.roles.filter((role) => !known.has(role)) as Parameters<OwnDirectory['updateUser']>[2]['roles']
      await directory.updateUser(ctx, objectId, { roles: [...(others ?? []), ...given] })
    },

    /**
     * Lets a user in no more, or again; every session ends.
     * @throws conflict `Yourself`, `LastAdministrator`, `DirectorySynchronised`; forbidden; not-found `UnknownUser`
     */
    async setOrganisationPersonActive(ctx: Ctx, tenantId: string, objectId: string, active: boolean): Promise<void> {
      const user = await own(ctx, tenantId, objectId)
      if (!active && ctx.principal.kind === 'user' && ctx.principal.objectId === user.objectId) {
        throw conflict('Yourself', 'You cannot disable yourself. Another administrator can.')
      }
      await checkKeptHere(ctx, tenantId)
      checkPower(ctx, user)
      await directory.updateUser(ctx, objectId, { status: active ? 'active' : 'disabled' })
    },

    /** A password that is shown once and lets in once, to choose another. @throws conflict `Yourself`; forbidden; not-found `UnknownUser` */
    async resetOrganisationPassword(ctx: Ctx, tenantId: string, objectId: string): Promise<string> {
      const user = await own(ctx, tenantId, objectId)
      if (ctx.principal.kind === 'user' && ctx.principal.objectId === user.objectId) {
        throw conflict('Yourself', 'Change your own password where you sign in.')
      }
      checkPower(ctx, user)
      return directory.resetToTemporary(ctx, objectId)
    },
  }
}
