import { and, asc, desc, eq, ilike, inArray, ne, or, type SQL, sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { allows, authorize } from '../../kernel/authorization.ts'
import { utcDate } from '../../kernel/clock.ts'
import type { Ctx, UserPrincipal } from '../../kernel/context.ts'
import { conflict, type ErrorDetail, forbidden, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Accounts } from '../accounts/index.ts'
import type { Directory } from '../directory/index.ts'
import type { Notifications } from '../notifications/index.ts'
import { attach, type GivenFile, keepFiles, type KeptFile } from './attachments.ts'
import {
  type Contact,
  factsOf,
  isOfferTypeChoice,
  type OfferTypeChoice,
  offerTypeChoices,
  requestKinds,
  type RequestQueue,
  type RequestState,
  requestStates,
  type RequestTrigger,
} from './kinds.ts'
import { createRemovals, type RemovalNeighbours } from './removals.ts'
import { type AttachmentRow, attachment, type MessageRow, message, type RequestRow, request } from './schema.ts'
import { askableTopic, createTopicDesk, isFor, suggest, type Topic, topicTree } from './topics.ts'

export interface SupportNeighbours extends RemovalNeighbours {
  accounts: Pick<Accounts, 'publisher'>
  directory: Pick<Directory, 'operators' | 'getTenants' | 'getUsers'>
  notifications: Pick<Notifications, 'tell'>
}

/** Who asks: a publisher's people, or (null) the customer whose directory the visitor is signed in to. */
export type Party = string | null

/** A request as its form says it; every text as it was typed. */
export interface NewRequest {
  topic: string
  summary: string
  details: string
  /** ignored for customers, whose forms do not ask */
  offerType: string
  /** `2026-11-21`; empty: today */
  startOn: string
  contact: { name: string; email: string; phone: string; prefers: string }
  facts: Readonly<Record<string, string>>
}

export interface RequestView extends RequestRow {
  /** `SR-000123` */
  tracking: string
  messages: (MessageRow & { attachments: (AttachmentRow & { readable: boolean })[] })[]
}

export interface QueueFilter {
  queue?: RequestQueue | undefined
  state?: RequestState | undefined
  search?: string | undefined
}

/** Longest texts. The summary's is the source's (seed 001 L1531). */
export const requestLimits = { summary: 200, details: 20_000, message: 20_000, startYears: 5 }
const pageSize = 200
const notSure: OfferTypeChoice = 'not-sure'

/** `SR-000123`: how a request is called on the telephone. */
export const trackingOf = (number: number) => `SR-${String(number).padStart(6, '0')}`

export type Support = ReturnType<typeof createSupport>

/** Support requests of publishers and customers, from the topic to the answer (spec/09 §7). */
export function createSupport(kernel: Kernel, neighbours: SupportNeighbours) {
  const { accounts, directory, notifications } = neighbours
  const { audit, config, mail } = kernel

  const unknown = () => notFound('RequestNotFound', 'There is no such support request.')

  function person(ctx: Ctx): UserPrincipal {
    if (ctx.principal.kind !== 'user') throw forbidden('PeopleOnly', 'Support is for people who are signed in.')
    return ctx.principal
  }

  /** Whose requests are asked for, when the visitor may. @throws forbidden, not-found `UnknownPublisher` */
  async function partyOf(ctx: Ctx, party: Party) {
    if (party === null) {
      const { tenantId } = person(ctx)
      authorize(ctx.principal, 'support.ask', { tenantId })
      const [tenant] = await directory.getTenants(ctx, [tenantId])
      return { party: 'customer' as const, publisherId: null, tenantId, partyName: tenant?.name ?? tenantId }
    }
    const publisher = await accounts.publisher(ctx, party)
    authorize(ctx.principal, 'support.use', publisher)
    return { party: 'publisher' as const, publisherId: party, tenantId: publisher.tenantId, partyName: publisher.name }
  }

  /** Rows that a party may see: all of a publisher's, a customer's own. */
  const visible = (ctx: Ctx, of: Awaited<ReturnType<typeof partyOf>>): SQL | undefined =>
    of.party === 'publisher'
      ? eq(request.publisherId, of.publisherId)
      : and(eq(request.party, 'customer'), eq(request.tenantId, of.tenantId), eq(request.openedBy, person(ctx).objectId))

  async function lock(ctx: Ctx, where: SQL | undefined): Promise<RequestRow> {
    const [row] = await ctx.tx.select().from(request).where(where).for('update')
    if (!row) throw unknown()
    return row
  }

  const byId = (id: string) => {
    if (!isUuid(id)) throw unknown()
    return eq(request.id, id)
  }

  function next(row: RequestRow, trigger: RequestTrigger): RequestState {
    const state = requestStates[row.state][trigger]
    if (!state) throw conflict('RequestClosed', 'The request is closed already.')
    return state
  }

  async function write(
    ctx: Ctx,
    row: Pick<RequestRow, 'id'>,
    text: string,
    side: MessageRow['side'],
    kept: readonly KeptFile[],
    internal = false,
  ) {
    const author = person(ctx)
    const trimmed = text.replaceAll('\r\n', '\n').trim()
    if (trimmed === '' && kept.length === 0) throw invalid('RequiredField', 'Write something first.', { target: 'text' })
    if (trimmed.length > requestLimits.message)
      throw invalid('InvalidValue', `A message has at most ${requestLimits.message.toLocaleString('en-US')} characters.`, {
        target: 'text',
      })
    const id = newId<'message'>()
    await ctx.tx.insert(message).values({
      id,
      request: row.id,
      at: ctx.now,
      wallAt: ctx.wall,
      side,
      author: author.objectId,
      authorName: author.displayName,
      text: trimmed,
      internal,
    })
    await attach(ctx, { request: row.id, message: id }, kept)
    return trimmed
  }

  async function view(ctx: Ctx, row: RequestRow, marketplace: boolean): Promise<RequestView> {
    const all = await ctx.tx.select().from(message).where(eq(message.request, row.id)).orderBy(asc(message.id))
    const files = await ctx.tx.select().from(attachment).where(eq(attachment.request, row.id)).orderBy(asc(attachment.id))
    const participates = marketplace || isParticipant(ctx, row, all)
    return {
      ...row,
      tracking: trackingOf(row.number),
      messages: all
        .filter((one) => marketplace || !one.internal)
        .map((one) => ({
          ...one,
          attachments: files
            .filter((file) => file.message === one.id)
            .map((file) => ({ ...file, readable: participates || !file.restricted })),
        })),
    }
  }

  const isParticipant = (ctx: Ctx, row: RequestRow, messages: readonly MessageRow[]) => {
    const { objectId } = person(ctx)
    return row.openedBy === objectId || messages.some((one) => one.author === objectId)
  }

  const pathOf = (row: Pick<RequestRow, 'id' | 'publisherId'>) =>
    row.publisherId === null ? `/account/support/${row.id}` : `/partner/publishers/${row.publisherId}/support/${row.id}`

  /** Tells the staff what has come in; security first of all. */
  async function tellStaff(ctx: Ctx, row: RequestRow, what: string, text: string): Promise<void> {
    const subject = `${row.urgent ? 'Urgent: ' : ''}${trackingOf(row.number)} ${what}: ${row.summary}`
    const head = [`${row.topicPath.join(' > ')}`, `From ${row.contact.name} <${row.contact.email}>, ${row.partyName}`]
    const link = `${config.publicUrl}/operator/support/${row.id}`
    for (const { email } of await directory.operators(ctx))
      await mail.send(ctx, { to: email, subject, text: [...head, '', text, '', link, ''].join('\n'), template: 'support-incoming' })
  }

  /** Tells who asked what has happened: by mail, and publishers in Partner Center too. */
  async function tellParty(ctx: Ctx, row: RequestRow, title: string, text: string, template: string): Promise<void> {
    const subject = `${trackingOf(row.number)} ${title}: ${row.summary}`
    if (row.publisherId !== null) {
      const path = pathOf(row)
      await notifications.tell(ctx, {
        publisherId: row.publisherId,
        kind: template,
        title: subject,
        text,
        path,
        mailTo: [row.contact.email],
      })
      return
    }
    await mail.send(ctx, { to: row.contact.email, subject, text: `${text}\n\n${config.publicUrl}${pathOf(row)}\n`, template })
  }

  function checked(input: NewRequest, topic: Topic, party: 'publisher' | 'customer', today: Temporal.PlainDate) {
    const { facts, problems } = factsOf(topic.kind, input.facts)
    const say = (target: string, message: string, code = 'InvalidValue') => void problems.push({ code, target, message })
    const summary = input.summary.trim().replaceAll(/\s+/g, ' ')
    if (summary === '') say('summary', 'Sum the problem up.', 'RequiredField')
    else if (summary.length > requestLimits.summary) say('summary', `The summary has at most ${requestLimits.summary} characters.`)
    const details = input.details.replaceAll('\r\n', '\n').trim()
    if (details === '') say('details', 'Say what happened.', 'RequiredField')
    else if (details.length > requestLimits.details)
      say('details', `The details have at most ${requestLimits.details.toLocaleString('en-US')} characters.`)
    // Customers' forms do not ask.
    const offerType = input.offerType || (party === 'customer' ? notSure : '')
    if (!isOfferTypeChoice(offerType)) say('offerType', 'Choose an offer type, or “Not sure”.', 'RequiredField')
    let startOn = today
    try {
      if (input.startOn !== '') startOn = Temporal.PlainDate.from(input.startOn, { overflow: 'reject' })
    } catch {
      say('startOn', 'This is not a day, such as 2026-11-21.')
    }
    if (
      Temporal.PlainDate.compare(startOn, today.subtract({ years: requestLimits.startYears })) < 0 ||
      Temporal.PlainDate.compare(startOn, today.add({ years: requestLimits.startYears })) > 0
    )
      say('startOn', `The day lies within ${requestLimits.startYears} years.`)
    else if (topic.kind === 'legal-notice' && Temporal.PlainDate.compare(startOn, today) < 0)
      say('startOn', 'A notice takes effect today or later.')
    const name = input.contact.name.trim()
    if (name === '' || name.length > 120) say('contactName', 'The name of whom to ask has 1 to 120 characters.', 'RequiredField')
    const email = input.contact.email.trim()
    if (!/^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/.test(email) || email.length > 254)
      say('contactEmail', 'Give an e-mail address.', 'RequiredField')
    const phone = input.contact.phone.trim()
    if (phone !== '' && !/^[+\d][\d ()./-]{4,30}$/.test(phone)) say('contactPhone', 'This is not a telephone number.')
    const prefers = input.contact.prefers === 'phone' ? ('phone' as const) : ('email' as const)
    if (prefers === 'phone' && phone === '') say('contactPhone', 'Give the number to be called at.', 'RequiredField')
    refuse(problems)
    const contact: Contact = { name, email, prefers, ...(phone === '' ? {} : { phone }) }
    return { summary, details, offerType: offerType as keyof typeof offerTypeChoices, startOn, contact, facts }
  }

  return {
    ...createTopicDesk(kernel),
    ...createRemovals(kernel, neighbours),

    /** What forms and pages call things, and the limits of their fields. */
    words: { kinds: requestKinds, offerTypes: offerTypeChoices, limits: requestLimits },

    /** The topics that a party may ask about, in the order in which they are browsed. @throws forbidden */
    async topics(ctx: Ctx, party: Party): Promise<Topic[]> {
      const of = await partyOf(ctx, party)
      return (await topicTree(ctx)).filter((one) => isFor(one.audience, of.party))
    },

    /** Topics for what somebody types. @throws forbidden */
    async suggestTopics(ctx: Ctx, party: Party, text: string): Promise<Topic[]> {
      return suggest(await this.topics(ctx, party), text)
    },

    /** One topic to ask about, with what may solve it. @throws forbidden, not-found */
    async topic(ctx: Ctx, party: Party, id: string): Promise<Topic> {
      return askableTopic(ctx, id, (await partyOf(ctx, party)).party)
    },

    /** All topics, for the operator. @throws forbidden */
    async allTopics(ctx: Ctx): Promise<Topic[]> {
      authorize(ctx.principal, 'taxonomy.manage')
      return topicTree(ctx, { retired: true })
    },

    /** Keeps files for {@link open}, {@link reply} or {@link answer}. Outside of any transaction. @throws invalid naming the file */
    keepFiles: (files: readonly GivenFile[]) => keepFiles(kernel, files),

    /**
     * Opens a request; the staff and who asked are told by mail. A security report is urgent and stands in a queue of its own.
     *
     * @throws invalid naming each field, not-found `TopicNotFound`, forbidden
     */
    async open(ctx: Ctx, party: Party, input: NewRequest, files: readonly KeptFile[] = []): Promise<{ id: string; tracking: string }> {
      const of = await partyOf(ctx, party)
      const asker = person(ctx)
      const topic = await askableTopic(ctx, input.topic, of.party)
      const facts = checked(input, topic, of.party, utcDate(ctx.now))
      const isSecurity = topic.kind === 'security'
      const [row] = await ctx.tx
        .insert(request)
        .values({
          id: newId<'support-request'>(),
          ...of,
          ...facts,
          kind: topic.kind,
          queue: isSecurity ? 'security' : of.party,
          topic: topic.id,
          topicPath: topic.path,
          urgent: isSecurity,
          state: 'open',
          openedBy: asker.objectId,
          openedAt: ctx.now,
          waitsSince: ctx.now,
          wallAt: ctx.wall,
        })
        .returning()
      if (!row) throw unknown()
      await write(ctx, row, facts.details, 'party', files)
      await audit.record(ctx, {
        action: 'support.open',
        target: `support:${trackingOf(row.number)}`,
        after: { kind: row.kind, topic: row.topic },
      })
      const notice = row.kind === 'legal-notice'
      const from = notice ? `Takes effect on ${row.startOn.toString()}.\n\n` : ''
      await tellStaff(ctx, row, notice ? 'legal notice' : requestKinds[row.kind].label.toLowerCase(), `${from}${facts.details}`)
      await tellParty(
        ctx,
        row,
        notice ? 'your notice was delivered' : 'we have your request',
        `Your ${notice ? 'notice' : 'request'} has the number ${trackingOf(row.number)}. ${notice ? `It was delivered on ${utcDate(ctx.now).toString()} and takes effect on ${row.startOn.toString()}. ` : ''}Somebody may contact you about it.`,
        'support-received',
      )
      return { id: row.id, tracking: trackingOf(row.number) }
    },

    /** Requests of a party, those that wait for it first, then the newest. @throws forbidden */
    async list(ctx: Ctx, party: Party): Promise<(RequestRow & { tracking: string })[]> {
      const of = await partyOf(ctx, party)
      const rows = await ctx.tx
        .select()
        .from(request)
        .where(visible(ctx, of))
        .orderBy(sql`${request.state} = 'answered' desc`, desc(request.id))
        .limit(pageSize)
      return rows.map((row) => ({ ...row, tracking: trackingOf(row.number) }))
    },

    /** One request of a party with its correspondence. @throws not-found, forbidden */
    async get(ctx: Ctx, party: Party, id: string): Promise<RequestView> {
      const of = await partyOf(ctx, party)
      const [row] = await ctx.tx
        .select()
        .from(request)
        .where(and(byId(id), visible(ctx, of)))
      if (!row) throw unknown()
      return view(ctx, row, false)
    },

    /** The party writes; a closed request is open again. @throws not-found, forbidden, invalid */
    async reply(ctx: Ctx, party: Party, id: string, text: string, files: readonly KeptFile[] = []): Promise<void> {
      const of = await partyOf(ctx, party)
      const row = await lock(ctx, and(byId(id), visible(ctx, of)))
      const written = await write(ctx, row, text, 'party', files)
      const state = next(row, 'reply')
      const waitsSince = row.state === 'open' ? row.waitsSince : ctx.now
      await ctx.tx.update(request).set({ state, waitsSince, closedAt: null }).where(eq(request.id, row.id))
      await tellStaff(ctx, row, row.state === 'closed' ? 'opened again' : 'reply', written)
    },

    /** The party needs nothing more. @throws not-found, forbidden, conflict `RequestClosed` */
    async closeByParty(ctx: Ctx, party: Party, id: string): Promise<void> {
      const of = await partyOf(ctx, party)
      const row = await lock(ctx, and(byId(id), visible(ctx, of)))
      await ctx.tx
        .update(request)
        .set({ state: next(row, 'close'), closedAt: ctx.now })
        .where(eq(request.id, row.id))
      await audit.record(ctx, { action: 'support.close', target: `support:${trackingOf(row.number)}` })
    },

    /** Requests for the staff: security first, then urgent ones, then those that have waited longest. @throws forbidden */
    async queue(ctx: Ctx, filter: QueueFilter): Promise<(RequestRow & { tracking: string })[]> {
      authorize(ctx.principal, 'support.answer')
      const text = filter.search?.trim() ?? ''
      const like = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
      const number = /^(?:sr-)?0*(\d{1,12})$/i.exec(text)?.[1]
      const rows = await ctx.tx
        .select()
        .from(request)
        .where(
          and(
            filter.queue ? eq(request.queue, filter.queue) : undefined,
            filter.state ? eq(request.state, filter.state) : ne(request.state, 'closed'),
            text === ''
              ? undefined
              : or(
                  ilike(request.summary, like),
                  ilike(request.partyName, like),
                  ilike(request.publisherId, like),
                  sql`${request.contact} ->> 'email' ilike ${like}`,
                  number ? eq(request.number, Number(number)) : undefined,
                ),
          ),
        )
        .orderBy(
          sql`${request.state} = 'open' desc`,
          sql`${request.queue} = 'security' desc`,
          desc(request.urgent),
          asc(request.waitsSince),
        )
        .limit(pageSize)
      return rows.map((row) => ({ ...row, tracking: trackingOf(row.number) }))
    },

    /** How many requests wait for the staff, by queue. @throws forbidden */
    async waiting(ctx: Ctx): Promise<{ queue: RequestQueue; count: number }[]> {
      authorize(ctx.principal, 'support.answer')
      return ctx.tx
        .select({ queue: request.queue, count: sql<number>`count(*)::int` })
        .from(request)
        .where(eq(request.state, 'open'))
        .groupBy(request.queue)
    },

    /** One request for the staff, with internal notes. @throws not-found, forbidden */
    async getForStaff(ctx: Ctx, id: string): Promise<RequestView> {
      authorize(ctx.principal, 'support.answer')
      const [row] = await ctx.tx.select().from(request).where(byId(id))
      if (!row) throw unknown()
      return view(ctx, row, true)
    },

    /** The staff answers, or with `internal` notes something for itself. @throws not-found, forbidden, invalid */
    async answer(ctx: Ctx, id: string, input: { text: string; internal?: boolean }, files: readonly KeptFile[] = []): Promise<void> {
      authorize(ctx.principal, 'support.answer')
      const row = await lock(ctx, byId(id))
      const written = await write(ctx, row, input.text, 'marketplace', files, input.internal ?? false)
      if (input.internal) return
      await ctx.tx
        .update(request)
        .set({ state: next(row, 'answer'), waitsSince: ctx.now, closedAt: null })
        .where(eq(request.id, row.id))
      await tellParty(ctx, row, 'answer', written, 'support-answer')
    },

    /** Who of the staff sees to it, and how urgent it is. A security report stays urgent. @throws not-found, forbidden, invalid */
    async triage(ctx: Ctx, id: string, input: { mine?: boolean; urgent?: boolean }): Promise<void> {
      authorize(ctx.principal, 'support.answer')
      const { objectId, displayName: name } = person(ctx)
      const row = await lock(ctx, byId(id))
      if (input.urgent === false && row.queue === 'security')
        throw invalid('StaysUrgent', 'A security report stays urgent.', { target: 'urgent' })
      const change = {
        ...(input.mine === undefined ? {} : { assignee: input.mine ? { objectId, name } : null }),
        ...(input.urgent === undefined ? {} : { urgent: input.urgent }),
      }
      if (Object.keys(change).length === 0) return
      await ctx.tx.update(request).set(change).where(eq(request.id, row.id))
      await audit.record(ctx, {
        action: 'support.triage',
        target: `support:${trackingOf(row.number)}`,
        before: { assignee: row.assignee, urgent: row.urgent },
        after: change,
      })
    },

    /** The staff closes it. @throws not-found, forbidden, conflict `RequestClosed` */
    async close(ctx: Ctx, id: string): Promise<void> {
      authorize(ctx.principal, 'support.answer')
      const row = await lock(ctx, byId(id))
      await ctx.tx
        .update(request)
        .set({ state: next(row, 'close'), closedAt: ctx.now })
        .where(eq(request.id, row.id))
      await audit.record(ctx, { action: 'support.close', target: `support:${trackingOf(row.number)}` })
      await tellParty(ctx, row, 'closed', 'We have closed your request. Write in it again if something is left.', 'support-closed')
    },

    /**
     * An attached file, for those who may read the request; a recording (HAR) only for the staff and those who wrote in the request (RF-29).
     *
     * @throws not-found, forbidden
     */
    async file(ctx: Ctx, id: string, file: string): Promise<AttachmentRow & { bytes: Buffer }> {
      const [row] = await ctx.tx.select().from(request).where(byId(id))
      if (!row || !isUuid(file)) throw unknown()
      const marketplace = allows(ctx.principal, 'support.answer')
      if (!marketplace) await this.get(ctx, row.publisherId, id)
      const [found] = await ctx.tx
        .select({ file: attachment, internal: message.internal })
        .from(attachment)
        .innerJoin(message, eq(message.id, attachment.message))
        .where(and(eq(attachment.request, id), eq(attachment.id, file)))
      if (!found || (found.internal && !marketplace)) throw unknown()
      if (found.file.restricted && !marketplace) {
        const messages = await ctx.tx.select().from(message).where(eq(message.request, id))
        if (!isParticipant(ctx, row, messages))
          throw forbidden('RestrictedFile', 'A recording of a browser is open only to those who wrote in the request.')
      }
      const stored = await kernel.files.get(found.file.hash)
      if (!stored) throw notFound('FileNotFound', 'The file is not there any more.')
      return { ...found.file, bytes: stored.bytes }
    },

    /** Requests by id, for other pages of the staff. */
    async requests(ctx: Ctx, ids: readonly string[]): Promise<(RequestRow & { tracking: string })[]> {
      authorize(ctx.principal, 'support.answer')
      if (ids.length === 0) return []
      const rows = await ctx.tx
        .select()
        .from(request)
        .where(inArray(request.id, [...ids]))
      return rows.map((row) => ({ ...row, tracking: trackingOf(row.number) }))
    },
  }
}

function refuse(problems: readonly ErrorDetail[]): void {
  const [first, ...more] = problems
  if (!first) return
  throw invalid('InvalidRequest', more.length === 0 ? first.message : `${problems.length} fields need your attention.`, {
    details: [...problems],
  })
}
