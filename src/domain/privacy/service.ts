import { desc, eq } from 'drizzle-orm'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, forbidden, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { collectPersonalData, erasePersonalData } from '../../kernel/personal-data.ts'
import { ndjson, zipOf } from '../../kernel/zip.ts'
import type { Accounts } from '../accounts/index.ts'
import type { Billing } from '../billing/index.ts'
import type { Directory, User } from '../directory/index.ts'
import type { Leads } from '../leads/index.ts'
import { organisationExport, type OrganisationNeighbours } from './organisation-export.ts'
import { policy } from './policy.ts'
import { erasure, type Erasure } from './schema.ts'

export interface PrivacyNeighbours extends OrganisationNeighbours {
  directory: Pick<Directory, 'eraseUser' | 'findTenant' | 'findUserByEmail' | 'getUsers' | 'listUsers'>
  accounts: Pick<Accounts, 'billingAccount' | 'soleOwnerOf'>
  billing: OrganisationNeighbours['billing'] & Pick<Billing, 'changeContact' | 'hasOpenContracts'>
  leads: Pick<Leads, 'erase'>
}

export interface PersonExport {
  fileName: string
  bytes: Buffer
}

export type Privacy = ReturnType<typeof createPrivacy>

/** What is stored about a person: handed out, and erased but for what must be kept (design.md, Privacy). */
export function createPrivacy(kernel: Kernel, neighbours: PrivacyNeighbours) {
  const { directory, accounts, billing, leads } = neighbours

  async function find(ctx: Ctx, objectId: string): Promise<User> {
    const [user] = isUuid(objectId) ? await directory.getUsers(ctx, [objectId]) : []
    if (!user) throw notFound('UnknownPerson', 'There is no such person.', { target: 'person' })
    return user
  }

  /** The person, for whom only he and the operator may ask; not an operator who merely looks on in his place. */
  async function subject(ctx: Ctx, objectId: string): Promise<{ user: User; asked: 'self' | 'operator' }> {
    const { principal } = ctx
    const isSelf = principal.kind === 'user' && principal.objectId === objectId.toLowerCase()
    if (isSelf && principal.impersonator)
      throw forbidden('NotYourself', 'Only the person may do this, not somebody who looks on in his place.')
    if (!isSelf) authorize(principal, 'privacy.manage')
    return { user: await find(ctx, objectId), asked: isSelf ? 'self' : 'operator' }
  }

  /** Somebody without whom nobody could act for an organisation stays until another can. */
  async function checkReplaceable(ctx: Ctx, user: User): Promise<void> {
    const others = (await directory.listUsers(ctx, user.tenantId)).filter(
      (one) => one.objectId !== user.objectId && one.status === 'active',
    )
    for (const role of ['global-admin', 'billing-admin', 'operator']) {
      if (!user.roles.includes(role) || others.some((one) => one.roles.includes(role))) continue
      if (role === 'billing-admin' && !(await billing.hasOpenContracts(ctx, user.tenantId))) continue
      throw conflict('LastAdministrator', `${user.displayName} is the organisation’s only ${role}. Give somebody else the role first.`)
    }
    const account = await accounts.soleOwnerOf(ctx, user.objectId)
    if (account)
      throw conflict(
        'LastOwner',
        `${user.displayName} is the only owner of the seller account ${account}. Make somebody else an owner first.`,
      )
  }

  return {
    /** The person with this address (operator). @throws not-found `UnknownPerson`, forbidden */
    async findPerson(ctx: Ctx, email: string): Promise<User> {
      authorize(ctx.principal, 'privacy.manage')
      const user = await directory.findUserByEmail(ctx, email)
      if (!user) throw notFound('UnknownPerson', 'Nobody here has this address.', { target: 'email' })
      return user
    },

    /**
     * Everything that is stored about a person as a zip archive: a file of JSON lines a table, and what it is about.
     * @throws not-found `UnknownPerson`, forbidden
     */
    async exportPerson(ctx: Ctx, objectId: string): Promise<PersonExport> {
      const { user, asked } = await subject(ctx, objectId)
      const found = await collectPersonalData(ctx.tx, user)
      const about = {
        person: { objectId: user.objectId, tenantId: user.tenantId, email: user.email, displayName: user.displayName },
        asOf: ctx.wall.toString(),
        marketplace: kernel.config.brand.name,
        tables: Object.fromEntries([...found].map(([table, { rows, more }]) => [table, more ? `more than ${rows.length}` : rows.length])),
        leftOut: 'Passwords, keys and codes, which are stored as hashes or encrypted, and what the same records say of others.',
        kept: policy.kept,
      }
      const entries = [...found].map(([table, { rows }]) => ({ name: `${table}.ndjson`, content: () => ndjson(rows) }))
      const bytes = await zipOf([{ name: 'about.json', content: () => `${JSON.stringify(about, null, 2)}\n` }, ...entries])
      await kernel.audit.record(ctx, { action: 'person.export', target: `user:${user.objectId}`, after: { asked, tables: found.size } })
      return { fileName: `person-${user.objectId}.zip`, bytes }
    },

    /**
     * Erases a person: the directory's entry, sessions, mails and news go, other records lose address and name, and what must be kept is kept. The
     * report says which.
     * @param reason why the operator does it; the person himself needs none
     * @throws conflict `LastAdministrator`, `LastOwner`, `AlreadyErased`; invalid `ReasonMissing`; not-found `UnknownPerson`; forbidden
     */
    async erasePerson(ctx: Ctx, objectId: string, reason: string): Promise<Erasure> {
      const { user, asked } = await subject(ctx, objectId)
      const text = reason.trim()
      if (asked === 'operator' && text === '') throw invalid('ReasonMissing', 'Say why the person is erased.', { target: 'reason' })
      if (!/^\P{Cc}{0,300}$/u.test(text)) throw invalid('ReasonMissing', 'A reason has at most 300 characters.', { target: 'reason' })
      const [before] = await ctx.tx.select({ id: erasure.id }).from(erasure).where(eq(erasure.objectId, user.objectId)).limit(1)
      if (before) throw conflict('AlreadyErased', 'This person has been erased already.')
      await checkReplaceable(ctx, user)
      const { email, tenantId, displayName } = user
      const alias = { email: `erased-${user.objectId}@erased.invalid`, displayName: 'Erased person' }
      const successor = (await directory.listUsers(ctx, tenantId)).find(
        (one) => one.objectId !== user.objectId && one.status === 'active' && one.roles.includes('billing-admin'),
      )
      // Invoices go on to somebody; to nobody where nobody is left.
      await billing.changeContact(ctx, { tenantId, from: email, to: successor?.email ?? '' })
      const contacts = await leads.erase({ ...ctx, principal: { kind: 'system' } }, { email })
      const report = await erasePersonalData(ctx.tx, { objectId: user.objectId, email, displayName }, alias, policy)
      await directory.eraseUser(ctx, user.objectId, alias)
      if (contacts > 0) report.overwritten['leads.lead'] = (report.overwritten['leads.lead'] ?? 0) + contacts
      const decidedBy = asked === 'operator' && ctx.principal.kind === 'user' ? ctx.principal.objectId : null
      const row: Erasure = {
        id: newId<'erasure'>(),
        objectId: user.objectId,
        tenantId,
        at: ctx.now,
        wallAt: ctx.wall,
        askedBy: asked,
        decidedBy,
        reason: text,
        report,
      }
      await ctx.tx.insert(erasure).values(row)
      // The audit record of the person's own wish may not bring the name back.
      const acting = asked === 'self' ? { ...ctx, principal: { kind: 'system' } as const } : ctx
      await kernel.audit.record(acting, {
        action: 'person.erase',
        target: `user:${user.objectId}`,
        after: { asked },
        ...(text ? { reason: text } : {}),
      })
      return row
    },

    /** Who was erased, the latest first (operator). @throws forbidden */
    async erasures(ctx: Ctx, limit = 200): Promise<Erasure[]> {
      authorize(ctx.principal, 'privacy.manage')
      return ctx.tx.select().from(erasure).orderBy(desc(erasure.wallAt)).limit(limit)
    },

    /** @throws not-found `UnknownErasure`, forbidden */
    async erasure(ctx: Ctx, id: string): Promise<Erasure> {
      authorize(ctx.principal, 'privacy.manage')
      const [row] = isUuid(id) ? await ctx.tx.select().from(erasure).where(eq(erasure.id, id)) : []
      if (!row) throw notFound('UnknownErasure', 'There is no such erasure.', { target: 'erasure' })
      return row
    },

    /** What an organisation has here, for itself, as a zip archive that is made while it is read. @throws forbidden */
    exportOrganisation: (ctx: Ctx, tenantId: string) => organisationExport(kernel, neighbours, ctx, tenantId),

    /** What is kept of a person who is erased, by table, with the reason. */
    keptRecords: () => policy.kept,
  }
}
