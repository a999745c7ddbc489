import { desc, eq, sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { authorize } from '../../kernel/authorization.ts'
import { utcDate } from '../../kernel/clock.ts'
import { type Ctx, system } from '../../kernel/context.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Notifications } from '../notifications/index.ts'
import type { Offer, Offers } from '../offers/index.ts'
import type { Publishing, Snapshot } from '../publishing/index.ts'
import { offerName, type Subscription, type Subscriptions } from '../subscriptions/index.ts'
import { type RemovalRow, removal, request } from './schema.ts'

export interface RemovalNeighbours {
  notifications: Pick<Notifications, 'tell'>
  offers: Pick<Offers, 'findOffer'>
  publishing: Pick<Publishing, 'getLive' | 'isStopped' | 'stopOffer'>
  subscriptions: Pick<Subscriptions, 'runningOf' | 'endByMarketplace'>
}

/** What a removal would do now. */
export interface RemovalPreview {
  request: string
  publisherId: string
  offerId: string
  name: string
  /** new customers can still buy it; announcing the removal stops that */
  isSold: boolean
  running: number
  customers: number
  /** the day that the publisher asked for */
  wishedFor: string | null
  /** the first day that can be announced */
  earliest: string
  /** one that is announced already */
  announced: RemovalRow | null
}

/** Customers have at least this long to find something else. */
const shortestNotice = { days: 7 }
const dueKinds = { notice: 'support.removal-notice', end: 'support.removal-end' } as const
const nameOf = (live: Snapshot | null, offer: Offer) => (live ? offerName(live) : offer.alias)

/** Subscriptions told of or ended in one transaction. */
const atOnce = 200

/**
 * Taking an offer away from the customers who have it: an action of the operator alone, asked for by a support request on the topic
 * "Offer or App Delisting, Removal, or Termination" (PL-74; seed 001 L17332). Stopping distribution never does that.
 */
export function createRemovals(kernel: Kernel, { notifications, offers, publishing, subscriptions }: RemovalNeighbours) {
  const { audit, config, due, mail } = kernel

  async function load(ctx: Ctx, id: string): Promise<RemovalRow> {
    const [row] = isUuid(id) ? await ctx.tx.select().from(removal).where(eq(removal.id, id)).for('update') : []
    if (!row) throw notFound('RemovalNotFound', 'There is no such removal.')
    return row
  }

  /** The removal request and its offer. @throws not-found, conflict */
  async function wanted(ctx: Ctx, id: string) {
    const [row] = isUuid(id) ? await ctx.tx.select().from(request).where(eq(request.id, id)).for('update') : []
    if (!row) throw notFound('RequestNotFound', 'There is no such support request.')
    if (row.kind !== 'offer-removal' || row.publisherId === null)
      throw conflict('NoRemovalRequest', 'Customers lose an offer only on a request for Offer or App Delisting, Removal, or Termination.')
    const offer = await offers.findOffer(ctx, row.publisherId, row.facts.offerId ?? '')
    if (!offer) throw notFound('OfferNotFound', `${row.publisherId} has no offer ${row.facts.offerId ?? ''}.`)
    return { row, offer }
  }

  async function announcedOf(ctx: Ctx, offer: string): Promise<RemovalRow | null> {
    const rows = await ctx.tx.select().from(removal).where(eq(removal.offer, offer)).orderBy(desc(removal.announcedAt)).limit(1)
    return rows.find((row) => row.state === 'announced') ?? null
  }

  const isSold = async (ctx: Ctx, offer: string) =>
    (await publishing.getLive(ctx, offer)) !== null && !(await publishing.isStopped(ctx, offer))

  /** Mails to the people of a page of subscriptions; one mail a person, whatever they have. */
  async function tell(ctx: Ctx, row: RemovalRow, page: Subscription[]): Promise<void> {
    const people = new Map<string, Subscription[]>()
    for (const one of page) {
      for (const email of new Set([one.purchaser.email, one.beneficiary.email])) people.set(email, [...(people.get(email) ?? []), one])
    }
    const day = utcDate(row.effectiveAt).toString()
    for (const [to, theirs] of people) {
      const lines = theirs.map((one) => `  ${one.name} (${one.id})`)
      const text =
        row.state === 'withdrawn'
          ? [`${row.offerName} stays: the removal that was announced for ${day} does not take place.`, '', ...lines]
          : [`${row.offerName} ends on ${day}. Your subscriptions to it end on that day:`, '', ...lines, '', row.notice]
      await mail.send(ctx, {
        to,
        subject: row.state === 'withdrawn' ? `${row.offerName} does not end` : `${row.offerName} ends on ${day}`,
        text: [...text, '', `${config.publicUrl}/account`, ''].join('\n'),
        template: row.state === 'withdrawn' ? 'offer-removal-withdrawn' : 'offer-removal',
      })
    }
  }

  due.register<{ after?: string }>(dueKinds.notice, {
    async run(ctx, { key, payload }) {
      const row = await load(ctx, key)
      const page = await subscriptions.runningOf(ctx, row.offer, { after: payload.after, limit: atOnce })
      await tell(ctx, row, page)
      await ctx.tx
        .update(removal)
        .set({ told: sql`${removal.told} + ${page.length}` })
        .where(eq(removal.id, row.id))
      if (page.length === atOnce) await due.schedule(ctx, { kind: dueKinds.notice, key, at: ctx.now, payload: { after: page.at(-1)?.id } })
    },
  })

  due.register(dueKinds.end, {
    async run(ctx, { key }) {
      const row = await load(ctx, key)
      if (row.state !== 'announced') return
      const page = await subscriptions.runningOf(ctx, row.offer, { limit: atOnce })
      for (const one of page) await subscriptions.endByMarketplace(ctx, one.id)
      const done = page.length < atOnce
      await ctx.tx
        .update(removal)
        .set({ ended: sql`${removal.ended} + ${page.length}`, ...(done ? { state: 'done' as const, closedAt: ctx.now } : {}) })
        .where(eq(removal.id, row.id))
      if (!done) return due.schedule(ctx, { kind: dueKinds.end, key, at: ctx.now })
      await audit.record(ctx, {
        action: 'offer.remove',
        target: `offer:${row.publisherId}/${row.offerId}`,
        after: { ended: row.ended + page.length },
      })
      await notifications.tell(ctx, {
        publisherId: row.publisherId,
        kind: 'offer-removed',
        title: `${row.offerName} was removed from its customers`,
        text: `${row.ended + page.length} subscriptions have ended.`,
        path: `/partner/publishers/${row.publisherId}/subscriptions`,
      })
    },
  })

  return {
    /** What the removal that a request asks for would do. @throws forbidden, not-found, conflict `NoRemovalRequest` */
    async removalPreview(ctx: Ctx, requestId: string): Promise<RemovalPreview> {
      authorize(ctx.principal, 'subscription.terminate')
      const { row, offer } = await wanted(ctx, requestId)
      const customers = new Set<string>()
      let running = 0
      let after: string | undefined
      for (;;) {
        const page = await subscriptions.runningOf(ctx, offer.id, { after, limit: 1000 })
        running += page.length
        for (const one of page) customers.add(one.customerTenantId)
        if (page.length < 1000) break
        after = page.at(-1)?.id
      }
      return {
        request: row.id,
        publisherId: offer.publisherId,
        offerId: offer.offerId,
        name: nameOf(await publishing.getLive(ctx, offer.id), offer),
        isSold: await isSold(ctx, offer.id),
        running,
        customers: customers.size,
        wishedFor: row.facts.endOn ?? null,
        earliest: utcDate(ctx.now).add(shortestNotice).toString(),
        announced: await announcedOf(ctx, offer.id),
      }
    },

    /**
     * Announces that an offer ends for everybody who has it: nobody new can buy it from now on, its customers are told by mail, and on the
     * day their subscriptions end.
     *
     * @throws forbidden, not-found, invalid `NoticeTooShort`, `RequiredField`; conflict `NoRemovalRequest`, `RemovalAnnounced`
     */
    async announceRemoval(
      ctx: Ctx,
      input: { request: string; effectiveOn: string; notice: string; understood: boolean },
    ): Promise<{ id: string }> {
      authorize(ctx.principal, 'subscription.terminate')
      const { row, offer } = await wanted(ctx, input.request)
      if (row.state === 'closed') throw conflict('RequestClosed', 'The request is closed. Open it again first.')
      if (await announcedOf(ctx, offer.id)) throw conflict('RemovalAnnounced', 'The removal of this offer is announced already.')
      const notice = input.notice.replaceAll('\r\n', '\n').trim()
      if (notice === '' || notice.length > 5000)
        throw invalid('RequiredField', 'Tell the customers why, in at most 5,000 characters.', { target: 'notice' })
      let day: Temporal.PlainDate
      try {
        day = Temporal.PlainDate.from(input.effectiveOn, { overflow: 'reject' })
      } catch {
        throw invalid('InvalidValue', 'This is not a day, such as 2026-12-31.', { target: 'effectiveOn' })
      }
      const earliest = utcDate(ctx.now).add(shortestNotice)
      if (Temporal.PlainDate.compare(day, earliest) < 0)
        throw invalid(
          'NoticeTooShort',
          `Customers are told at least ${shortestNotice.days} days before: ${earliest.toString()} at the earliest.`,
          {
            target: 'effectiveOn',
          },
        )
      if (!input.understood) throw invalid('RequiredField', 'Say that you know what ends.', { target: 'understood' })
      const live = await publishing.getLive(ctx, offer.id)
      // Selling on what is about to end would help nobody. The operator may stop it although the offer is not the marketplace's.
      if (await isSold(ctx, offer.id)) await publishing.stopOffer({ ...ctx, principal: system }, { offer: offer.id })
      const id = newId<'removal'>()
      const effectiveAt = day.toZonedDateTime('UTC').toInstant()
      const values = {
        id,
        request: row.id,
        offer: offer.id,
        publisherId: offer.publisherId,
        offerId: offer.offerId,
        offerName: nameOf(live, offer),
        notice,
        effectiveAt,
      }
      await ctx.tx.insert(removal).values({
        ...values,
        state: 'announced',
        announcedAt: ctx.now,
        announcedBy: ctx.principal.kind === 'user' ? ctx.principal.email : 'the marketplace',
      })
      await due.schedule(ctx, { kind: dueKinds.notice, key: id, at: ctx.now })
      await due.schedule(ctx, { kind: dueKinds.end, key: id, at: effectiveAt })
      await audit.record(ctx, {
        action: 'offer.announce-removal',
        target: `offer:${offer.publisherId}/${offer.offerId}`,
        after: { effectiveOn: day.toString(), request: row.id },
        reason: notice,
      })
      await notifications.tell(ctx, {
        publisherId: offer.publisherId,
        kind: 'offer-removal-announced',
        title: `${values.offerName} ends for its customers on ${day.toString()}`,
        text: `You asked for it. It is not sold any more from now on, and its customers have been told:\n\n${notice}`,
        path: `/partner/publishers/${offer.publisherId}/support/${row.id}`,
        mailTo: [row.contact.email],
      })
      return { id }
    },

    /** Takes an announcement back; the customers are told. The offer stays off the stores. @throws forbidden, not-found, conflict `RemovalOver` */
    async withdrawRemoval(ctx: Ctx, id: string, reason: string): Promise<void> {
      authorize(ctx.principal, 'subscription.terminate')
      const row = await load(ctx, id)
      if (row.state !== 'announced') throw conflict('RemovalOver', 'It has taken place, or was taken back already.')
      await ctx.tx.update(removal).set({ state: 'withdrawn', closedAt: ctx.now }).where(eq(removal.id, id))
      await due.cancel(ctx, dueKinds.end, id)
      await due.schedule(ctx, { kind: dueKinds.notice, key: id, at: ctx.now })
      await audit.record(ctx, { action: 'offer.withdraw-removal', target: `offer:${row.publisherId}/${row.offerId}`, reason })
    },

    /** Removals, the newest first. @throws forbidden */
    async removals(ctx: Ctx): Promise<RemovalRow[]> {
      authorize(ctx.principal, 'subscription.terminate')
      return ctx.tx.select().from(removal).orderBy(desc(removal.announcedAt)).limit(200)
    },
  }
}
