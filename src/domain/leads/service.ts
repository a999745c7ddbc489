import { and, desc, eq, gte, ilike, inArray, lt, or, type SQL, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import type { z } from 'zod'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, type ErrorDetail, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Accounts } from '../accounts/index.ts'
import { storesOf } from '../catalog/index.ts'
import type { Directory } from '../directory/index.ts'
import type { Notifications } from '../notifications/index.ts'
import type { LeadDestination, ListingOption } from '../offers/index.ts'
import type { Publishing, Snapshot } from '../publishing/index.ts'
import { callStep, error } from '../publishing/index.ts'
import { createDeliveries } from './deliveries.ts'
import { checkedUrl, contactEmails, destinationSecret, type Endpoint, maskedAddress, tryEndpoint } from './destination.ts'
import {
  type Act,
  type CampaignQuery,
  campaignOf,
  codesOf,
  type Contact,
  compositeSource,
  contactSchema,
  leadBody,
  messageSchema,
  nameParts,
  type Origin,
} from './lead.ts'
import { type AttemptRow, lead, type LeadRow, type LeadState } from './schema.ts'

/** What a customer sends from an offer's page. */
export interface NewLead {
  publisherId: string
  /** of the live offer; with `preview` of its preview */
  offerId: string
  preview?: boolean | undefined
  origin: Origin
  contact: Contact
  message?: string | undefined
  /** The customer agrees that the publisher gets the contact data. */
  consent: boolean
  campaign?: CampaignQuery | undefined
  /** repeated within 24 hours it makes no second lead */
  idempotencyKey?: string | undefined
}

/** `purchase.made`, published by checkout. */
export interface PurchaseMade {
  offer: string
  publisherId: string
  offerId: string
  planId: string
  snapshotId: string
  preview: boolean
  /** absent: a store that lists the offer */
  origin?: Origin | undefined
  purchaser: { email: string; objectId: string; tenantId: string }
}

export interface LeadFilter {
  publisherId: string
  /** part of a name, an e-mail address, an organisation or an offer id */
  search?: string | undefined
  offerId?: string | undefined
  act?: Act | undefined
  state?: LeadState | undefined
  /** first and last day, UTC */
  from?: Temporal.PlainDate | undefined
  to?: Temporal.PlainDate | undefined
}

export interface LeadDetails {
  lead: LeadRow
  /** `AzureMarketplace-INS | contoso.contoso-crm` */
  leadSource: string
  /** what is posted to an endpoint */
  body: unknown
  attempts: AttemptRow[]
  /** where the offer's leads go now */
  destination: { kind: 'list' | 'https'; address: string | null; contactEmail: string | null } | null
}

interface Neighbours {
  accounts: Pick<Accounts, 'publisher'>
  directory: Pick<Directory, 'getTenants' | 'getUsers'>
  notifications: Pick<Notifications, 'tell'>
  publishing: Publishing
}

/** The acts of offers that are listed only; an offer that is sold here makes its leads by purchases. */
const actOf: Partial<Record<ListingOption, Act>> = {
  'contact-me': 'contact-me',
  'free-trial': 'free-trial',
  'get-it-now-free': 'get-it-now',
}

const pageSize = 50
const mostExported = 50_000

/** Interested customers: what they did and who they are, for the publisher's list and its endpoint (spec/06 part D). */
export function createLeads(kernel: Kernel, { accounts, directory, notifications, publishing }: Neighbours) {
  const deliveries = createDeliveries(kernel, publishing, tellFailed)

  publishing.addStep(
    'lead-management',
    callStep<{ url: string; offerTitle: string } | null, { ok: boolean; message: string }>({
      async prepare(_ctx, { content }) {
        const { leads } = content.setup
        if (leads?.kind !== 'https') return null
        return { url: kernel.secrets.decrypt(leads.url, destinationSecret), offerTitle: content.listing.en?.name ?? '' }
      },
      async perform(prepared) {
        return prepared ? tryEndpoint(kernel, prepared, prepared.offerTitle) : { ok: true, message: '' }
      },
      async finish(_ctx, _subject, _prepared, { ok, message }) {
        return ok ? { findings: [] } : { findings: [error('LeadDestinationFailed', message, 'setup.leads')], transient: true }
      },
    }),
  )

  async function tellFailed(ctx: Ctx, row: LeadRow, destination: LeadDestination | undefined): Promise<void> {
    await notifications.tell(ctx, {
      publisherId: row.publisherId,
      kind: 'lead-undelivered',
      title: `A lead of ${row.offerTitle} could not be delivered`,
      // The contact data stays in Partner Center: mail is no place for it.
      text: `Your endpoint did not take a lead of ${row.publisherId}.${row.offerId} for three days. The last outcome: ${row.lastOutcome ?? 'no answer'} The lead is in the list of Partner Center, from where you can send it again.`,
      path: leadPath(row),
      mailTo: contactEmails(destination?.contactEmail ?? ''),
    })
  }

  /** Writes a lead down, tells who is to be told, and sends it when the offer is connected to an endpoint. */
  async function add(
    ctx: Ctx,
    snapshot: Pick<Snapshot, 'id' | 'offer' | 'publisherId' | 'offerId' | 'content'>,
    facts: Contact &
      Pick<LeadRow, 'act' | 'description' | 'tenantId' | 'objectId' | 'preview' | 'planId'> & {
        origin: Origin
        campaign?: CampaignQuery | undefined
      },
  ): Promise<string> {
    const { origin, campaign, ...columns } = facts
    const destination = snapshot.content.setup.leads ?? { kind: 'list' }
    const row = {
      ...columns,
      ...codesOf(facts.act, origin),
      id: newId<'lead'>(),
      at: ctx.now,
      wallAt: ctx.wall,
      offer: snapshot.offer,
      publisherId: snapshot.publisherId,
      offerId: snapshot.offerId,
      snapshot: snapshot.id,
      offerTitle: snapshot.content.listing.en?.name ?? snapshot.offerId,
      consentedAt: ctx.now,
      ...campaignOf(campaign ?? {}),
      state: destination.kind === 'https' ? ('waiting' as const) : ('kept' as const),
      nextAttemptAt: destination.kind === 'https' ? ctx.now : null,
    }
    await ctx.tx.insert(lead).values(row)
    if (row.state === 'waiting') await deliveries.enqueue(ctx, row)
    await notifications.tell(ctx, {
      publisherId: row.publisherId,
      kind: 'lead-created',
      title: `A new lead for ${row.offerTitle}`,
      text: `${newsOf[row.act]} ${row.publisherId}.${row.offerId}. Who it is stands in the list of leads.`,
      path: leadPath(row),
      mailTo: contactEmails(destination.contactEmail ?? ''),
    })
    // No contact data: events are kept for ever.
    await kernel.events.publish(ctx, {
      type: 'lead.created',
      publisherId: row.publisherId,
      payload: {
        lead: row.id,
        offer: row.offer,
        publisherId: row.publisherId,
        offerId: row.offerId,
        act: row.act,
        source: row.source,
        action: row.action,
        preview: row.preview,
        tenantId: row.tenantId,
        trafficSource: row.trafficSource,
        campaignId: row.campaignId,
      },
    })
    return row.id
  }

  async function snapshotOf(ctx: Ctx, { publisherId, offerId, preview }: NewLead): Promise<Snapshot> {
    const snapshot = preview
      ? ((await publishing.findPreview(ctx, publisherId, offerId))?.snapshot ?? null)
      : await publishing.findLive(ctx, publisherId, offerId)
    if (!snapshot || (!preview && (await publishing.isStopped(ctx, snapshot.offer))))
      throw notFound('OfferNotFound', `There is no offer ${publisherId.slice(0, 60)}.${offerId.slice(0, 60)}.`, { target: 'offerId' })
    return snapshot
  }

  /** A lead of a publisher whose people the reader belongs to. Errors: forbidden, not-found `LeadNotFound`. */
  async function open(ctx: Ctx, id: string, action: 'lead.read' | 'lead.redeliver'): Promise<LeadRow> {
    const [row] = isUuid(id) ? await ctx.tx.select().from(lead).where(eq(lead.id, id)) : []
    if (!row) throw notFound('LeadNotFound', 'There is no such lead.', { target: 'lead' })
    const { tenantId } = await accounts.publisher(ctx, row.publisherId)
    authorize(ctx.principal, action, { tenantId })
    return row
  }

  return {
    /**
     * A customer contacts the publisher, or goes on to its trial or free offer. Without consent nothing is kept.
     *
     * @returns where the customer goes on, for a trial or a free offer
     * @throws unauthenticated, `OfferNotFound` (not-found), `ListingOptionChanged` (conflict), `ConsentRequired`, `InvalidContact` (invalid)
     */
    async create(ctx: Ctx, input: NewLead): Promise<{ lead: string; targetUrl: string | null }> {
      authorize(ctx.principal, 'lead.create')
      if (ctx.principal.kind !== 'user') throw invalid('PersonRequired', 'Leads are made by people.', { target: 'contact' })
      const { tenantId, objectId } = ctx.principal
      const { idempotencyKey, ...request } = input
      return kernel.idempotency.once(
        ctx,
        `lead:${objectId}`,
        idempotencyKey,
        async () => {
          const snapshot = await snapshotOf(ctx, request)
          const { setup } = snapshot.content
          const act = actOf[setup.listingOption]
          if (!act) throw conflict('ListingOptionChanged', 'This offer is bought here now. Go back to its page.')
          const { contact, description } = checked(request)
          const { origin, campaign } = request
          const preview = request.preview ?? false
          const id = await add(ctx, snapshot, { ...contact, act, description, tenantId, objectId, preview, planId: null, origin, campaign })
          return {
            lead: id,
            targetUrl: (act === 'free-trial' ? setup.trialUrl : act === 'get-it-now' ? setup.offerUrl : undefined) ?? null,
          }
        },
        request,
      )
    },

    /** A purchase is a lead too: who buys agrees that the publisher gets the contact data (spec/01 §16). */
    onPurchase: async (ctx: Ctx, { payload }: { payload: PurchaseMade }): Promise<void> => {
      const { purchaser, planId, preview } = payload
      const snapshot = preview ? await publishing.getPreview(ctx, payload.offer) : await publishing.getLive(ctx, payload.offer)
      if (!snapshot) return
      const origin = payload.origin ?? storesOf(snapshot.content)[0] ?? 'portal'
      const [user] = await directory.getUsers(ctx, [purchaser.objectId])
      const [tenant] = await directory.getTenants(ctx, [purchaser.tenantId])
      const contact = {
        ...nameParts(user?.displayName ?? ''),
        email: purchaser.email,
        phone: '',
        country: tenant?.country ?? '',
        company: tenant?.name ?? '',
        title: '',
      }
      const who = { tenantId: purchaser.tenantId, objectId: purchaser.objectId }
      await add(ctx, snapshot, { ...contact, ...who, act: 'purchase', description: `Plan ${planId}`, preview, planId, origin })
    },

    /** The newest leads of a publisher, a page of them. @throws forbidden, not-found `UnknownPublisher` */
    async list(ctx: Ctx, input: LeadFilter & { page?: number | undefined }): Promise<{ leads: LeadRow[]; total: number; pages: number }> {
      const { tenantId } = await accounts.publisher(ctx, input.publisherId)
      authorize(ctx.principal, 'lead.read', { tenantId })
      const where = and(...conditions(input))
      const total = await ctx.tx.$count(lead, where)
      const offset = (Math.max(1, input.page ?? 1) - 1) * pageSize
      const leads = await ctx.tx.select().from(lead).where(where).orderBy(desc(lead.at), desc(lead.id)).limit(pageSize).offset(offset)
      return { leads, total, pages: Math.max(1, Math.ceil(total / pageSize)) }
    },

    /** All leads of a filter, for a file; written down in the audit, because contact data leaves the marketplace. @throws forbidden */
    async exportRows(ctx: Ctx, input: LeadFilter): Promise<LeadRow[]> {
      const { tenantId } = await accounts.publisher(ctx, input.publisherId)
      authorize(ctx.principal, 'lead.read', { tenantId })
      const rows = await ctx.tx
        .select()
        .from(lead)
        .where(and(...conditions(input)))
        .orderBy(desc(lead.at), desc(lead.id))
        .limit(mostExported)
      await kernel.audit.record(ctx, { action: 'lead.export', target: `publisher:${input.publisherId}`, after: { leads: rows.length } })
      return rows
    },

    /** Offers that have leads, for the list's filter. */
    async offersWithLeads(ctx: Ctx, publisherId: string): Promise<{ offerId: string; title: string }[]> {
      const { tenantId } = await accounts.publisher(ctx, publisherId)
      authorize(ctx.principal, 'lead.read', { tenantId })
      return ctx.tx
        .selectDistinctOn([lead.offerId], { offerId: lead.offerId, title: lead.offerTitle })
        .from(lead)
        .where(eq(lead.publisherId, publisherId))
        .orderBy(lead.offerId, desc(lead.at))
    },

    /** One lead with what was sent and how it was answered. @throws forbidden, not-found `LeadNotFound` */
    async get(ctx: Ctx, id: string): Promise<LeadDetails> {
      const row = await open(ctx, id, 'lead.read')
      const destination = await deliveries.destinationOf(ctx, row)
      return {
        lead: row,
        leadSource: compositeSource(row),
        body: leadBody(row),
        attempts: await deliveries.attemptsOf(ctx, row.id),
        destination: destination
          ? {
              kind: destination.kind,
              address: destination.kind === 'https' ? maskedAddress(kernel.secrets.decrypt(destination.url, destinationSecret)) : null,
              contactEmail: destination.contactEmail ?? null,
            }
          : null,
      }
    },

    /**
     * Sends a lead again, whatever became of it before, to where the offer's leads go now.
     *
     * @throws forbidden, `LeadNotFound` (not-found), `NoEndpoint`, `LeadErased`, `LeadWaiting` (conflict)
     */
    async redeliver(ctx: Ctx, id: string): Promise<void> {
      const row = await open(ctx, id, 'lead.redeliver')
      if (row.erasedAt) throw conflict('LeadErased', 'The contact data of this lead has been erased.')
      if (row.state === 'waiting' && row.attempts === row.attemptsBefore) throw conflict('LeadWaiting', 'The lead is being sent.')
      const destination = await deliveries.destinationOf(ctx, row)
      if (destination?.kind !== 'https')
        throw conflict('NoEndpoint', 'The offer is not connected to an HTTPS endpoint, or is no longer live.')
      await deliveries.restart(ctx, row)
      await kernel.audit.record(ctx, { action: 'lead.redeliver', target: `lead:${row.id}` })
    },

    /** Leads of all publishers that wait or were given up, without contact data: for the marketplace's staff. @throws forbidden */
    async troubled(
      ctx: Ctx,
    ): Promise<Pick<LeadRow, 'id' | 'at' | 'publisherId' | 'offerId' | 'act' | 'state' | 'attempts' | 'nextAttemptAt' | 'lastOutcome'>[]> {
      authorize(ctx.principal, 'lead.supervise')
      const { id, at, publisherId, offerId, act, state, attempts, nextAttemptAt, lastOutcome } = lead
      return ctx.tx
        .select({ id, at, publisherId, offerId, act, state, attempts, nextAttemptAt, lastOutcome })
        .from(lead)
        .where(inArray(lead.state, ['waiting', 'failed']))
        .orderBy(desc(lead.at))
        .limit(200)
    },

    /**
     * Erases a person's contact data from all leads; what was done, when and for which offer stays. Leads that wait are not sent any more.
     *
     * @returns how many leads it were
     * @throws forbidden
     */
    async erase(ctx: Ctx, input: { email: string }): Promise<number> {
      authorize(ctx.principal, 'lead.supervise')
      const empty = { firstName: '', lastName: '', email: '', phone: '', country: '', company: '', title: '', description: '' }
      const waits = sql`${lead.state} = 'waiting'`
      const rows = await ctx.tx
        .update(lead)
        .set({
          ...empty,
          objectId: erasedPerson,
          erasedAt: ctx.now,
          state: sql`case when ${waits} then 'kept' else ${lead.state} end`,
          nextAttemptAt: null,
        })
        .where(eq(sql`lower(${lead.email})`, input.email.trim().toLowerCase()))
        .returning({ id: lead.id })
      const ids = rows.map(({ id }) => id)
      await deliveries.forgetAnswers(ctx, ids)
      await kernel.audit.record(ctx, { action: 'lead.erase', target: 'leads', after: { leads: ids.length } })
      return ids.length
    },

    /**
     * Sends a test lead to an endpoint. Makes a call to the outside: not within a transaction.
     *
     * @throws `InvalidUrl` (invalid, target `url`)
     */
    async validateDestination({ url, offerTitle }: Endpoint & { offerTitle: string }): Promise<{ ok: boolean; message: string }> {
      return tryEndpoint(kernel, { url: checkedUrl(kernel, url) }, offerTitle)
    },

    /** The address without its secret part, for showing. */
    maskedAddress: (sealed: string): string => maskedAddress(kernel.secrets.decrypt(sealed, destinationSecret)),
  }
}

export type Leads = ReturnType<typeof createLeads>

/** Stands for the person in an erased lead. */
const erasedPerson = '00000000-0000-0000-0000-000000000000'

const newsOf: Record<Act, string> = {
  'contact-me': 'Somebody asks to be contacted about',
  'free-trial': 'Somebody has gone on to the free trial of',
  'get-it-now': 'Somebody has gone on to',
  purchase: 'Somebody has bought',
}

const leadPath = ({ publisherId, id }: Pick<LeadRow, 'publisherId' | 'id'>) => `/partner/publishers/${publisherId}/leads/${id}`

/** The contact data and the message, or a refusal that names every field. */
function checked({ contact, message = '', consent }: NewLead): { contact: Contact; description: string } {
  const problems: ErrorDetail[] = []
  const note = (issues: readonly z.core.$ZodIssue[], field?: string) => {
    for (const issue of issues)
      problems.push({ code: 'InvalidContact', target: field ?? String(issue.path[0] ?? 'contact'), message: issue.message })
  }
  const person = contactSchema.safeParse(contact)
  if (!person.success) note(person.error.issues)
  const text = messageSchema.safeParse(message)
  if (!text.success) note(text.error.issues, 'message')
  if (!consent) {
    const message = 'To go on, agree that the publisher gets your contact data.'
    problems.push({ code: 'ConsentRequired', target: 'consent', message })
  }
  const [first] = problems
  if (first || !person.success || !text.success) {
    throw invalid(first?.code ?? 'InvalidContact', first?.message ?? 'The contact data is not valid.', {
      target: first?.target ?? 'contact',
      details: problems,
    })
  }
  return { contact: person.data, description: text.data }
}

function conditions({ publisherId, search, offerId, act, state, from, to }: LeadFilter): SQL[] {
  const found: SQL[] = [eq(lead.publisherId, publisherId)]
  const text = search?.replaceAll('\u0000', '').trim()
  if (text) {
    const pattern = `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
    const fields = [lead.email, lead.company, lead.offerId, lead.offerTitle].map((column) => ilike(column, pattern))
    const any = or(...fields, sql`${lead.firstName} || ' ' || ${lead.lastName} ilike ${pattern}`)
    if (any) found.push(any)
  }
  if (offerId) found.push(eq(lead.offerId, offerId))
  if (act) found.push(eq(lead.act, act))
  if (state) found.push(eq(lead.state, state))
  if (from) found.push(gte(lead.at, from.toZonedDateTime('UTC').toInstant()))
  if (to) found.push(lt(lead.at, to.add({ days: 1 }).toZonedDateTime('UTC').toInstant()))
  return found
}
