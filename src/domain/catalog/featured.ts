import { sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { authorize } from '../../kernel/authorization.ts'
import { rowsOf, startOfDay, utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Store } from '../../kernel/reference-data.ts'
import type { SaasContent } from '../offers/index.ts'
import { plainText } from '../offers/index.ts'
import { featured } from './schema.ts'

/** One offer in its featured place. */
export interface FeaturedRow {
  id: string
  offer: string
  publisherId: string
  offerId: string
  title: string
  store: Store
  category: string
  /** `benefit`: placed by the operator; `score`: chosen by the week's computation */
  kind: 'benefit' | 'score'
  /** null for a benefit */
  score: number | null
  from: Temporal.PlainDate
  /** the first day without it */
  until: Temporal.PlainDate
}

const weekly = 'catalog.featured'
/** Chosen in each category. */
const perCategory = 3
/** Days of purchases that count, and the days before them with which they are compared. */
const countedDays = 30
const longestBenefit = { days: 366 }

/**
 * What the listing adds to an offer's score, at most 55: exact categories 15, screenshots, videos, a full description and documents 30, a
 * trial 10 (spec/06 C3: the weights are ours).
 */
export function qualityOf(content: SaasContent, store: Store): number {
  const listing = content.listing.en ?? Object.values(content.listing)[0]
  const categories = content.properties.categories[store]
  const exact = categories.filter((path) => path.includes('/')).length
  const trial = content.setup.listingOption === 'free-trial' || content.plans.some((plan) => plan.visibility === 'public' && plan.freeTrial)
  const parts = [
    [exact >= 2 ? 15 : exact * 10, true],
    [10, (listing?.screenshots.length ?? 0) >= 3],
    [5, (listing?.videos.length ?? 0) > 0],
    [10, listing !== undefined && plainText(listing.description).length >= 500],
    [5, (listing?.documents.length ?? 0) > 0],
    [10, trial],
  ] as const
  return parts.reduce((sum, [points, holds]) => sum + (holds ? points : 0), 0)
}

/** The Monday on or before a day. */
const weekOf = (day: Temporal.PlainDate) => day.subtract({ days: day.dayOfWeek - 1 })

export function createFeatured({ due, audit }: Pick<Kernel, 'due' | 'audit'>) {
  /** The choice of next week is due on Monday, at midnight UTC. */
  async function schedule(ctx: Ctx): Promise<void> {
    await due.schedule(ctx, { kind: weekly, key: 'weekly', at: startOfDay(weekOf(utcDate(ctx.now)).add({ days: 7 })) })
  }

  /**
   * Chooses anew the offers that the score puts first in each category, for the week of the market's today. Purchases of the last 30 days (at most
   * 30 points) and their growth (15), several offers of the publisher (5) and the listing (55). Search knows nothing of it.
   */
  async function choose(ctx: Ctx): Promise<number> {
    const today = utcDate(ctx.now)
    const monday = weekOf(today)
    await ctx.tx.execute(sql`delete from catalog.featured where kind = 'score'`)
    const chosen = rowsOf<{ offer: string; store: Store; category: string; score: number }>(
      await ctx.tx.execute(sql`
        with sold as (
          select offer, coalesce(sum(count) filter (where day >= ${today.subtract({ days: countedDays }).toString()}::date), 0) as recent,
            coalesce(sum(count) filter (where day < ${today.subtract({ days: countedDays }).toString()}::date), 0) as earlier
          from catalog.acquisition where day >= ${today.subtract({ days: 2 * countedDays }).toString()}::date group by offer),
        shelf as (select publisher_id, count(distinct offer) as offers from catalog.product group by publisher_id),
        scored as (
          select p.offer, p.store, c.category, p.published_at, p.quality + case when shelf.offers > 1 then 5 else 0 end + least(coalesce(recent, 0), 10) * 3
            + case when earlier > 0 then round(15 * least(1, greatest(0, (recent - earlier)::numeric / earlier))) when recent > 0 then 15 else 0 end as score
          from catalog.product p join shelf using (publisher_id) left join sold using (offer)
            cross join lateral (select distinct split_part(path, '/', 1) as category from unnest(p.categories) as path) c
          where p.language = 'en')
        select offer, store, category, score::int from (
          select *, row_number() over (partition by store, category order by score desc, published_at desc, offer) as place from scored where score > 0) ranked
        where place <= ${perCategory}`),
    )
    if (chosen.length === 0) return 0
    await ctx.tx.insert(featured).values(
      chosen.map((row) => ({
        ...row,
        id: newId(),
        kind: 'score' as const,
        validFrom: monday.toString(),
        validUntil: monday.add({ days: 7 }).toString(),
        chosenAt: ctx.now,
      })),
    )
    return chosen.length
  }

  due.register(weekly, {
    async run(ctx) {
      await ctx.tx.execute(
        sql`delete from catalog.acquisition where day < ${utcDate(ctx.now)
          .subtract({ days: 2 * countedDays + 7 })
          .toString()}::date`,
      )
      await choose(ctx)
      await schedule(ctx)
    },
  })

  return {
    schedule,

    /** Counts a purchase that is none of a preview. */
    async onPurchase(ctx: Ctx, event: { payload: { offer: string; preview: boolean } }): Promise<void> {
      if (event.payload.preview) return
      await ctx.tx.execute(sql`
        insert into catalog.acquisition (offer, day, count) values (${event.payload.offer}, ${utcDate(ctx.now).toString()}, 1)
        on conflict (offer, day) do update set count = acquisition.count + 1`)
    },

    /** Offers in a place today, benefits first, without those that have left the store. */
    async selectFeatured(ctx: Ctx, store: Store, category: string | undefined, limit: number): Promise<string[]> {
      const today = utcDate(ctx.now).toString()
      const rows = rowsOf<{ offer: string }>(
        await ctx.tx.execute(sql`
          select f.offer from catalog.featured f
          where f.store = ${store} and f.valid_from <= ${today}::date and f.valid_until > ${today}::date
            ${category === undefined ? sql`` : sql`and f.category = ${category.split('/')[0]}`}
            and exists (select from catalog.product p where p.offer = f.offer and p.store = f.store)
          group by f.offer order by min(f.kind), max(f.score) desc nulls first, f.offer limit ${limit}`),
      )
      return rows.map(({ offer }) => offer)
    },

    operator: {
      /** The places of today and of later, for the operator. */
      async featuredList(ctx: Ctx): Promise<FeaturedRow[]> {
        authorize(ctx.principal, 'featured.manage')
        const rows = rowsOf<Omit<FeaturedRow, 'from' | 'until'> & { from: string; until: string }>(
          await ctx.tx.execute(sql`
            select f.id, f.offer, p.publisher_id as "publisherId", p.offer_id as "offerId", p.title, f.store, f.category, f.kind, f.score,
              f.valid_from::text as "from", f.valid_until::text as "until"
            from catalog.featured f join catalog.product p on p.offer = f.offer and p.store = f.store and p.language = 'en'
            where f.valid_until > ${utcDate(ctx.now).toString()}::date
            order by f.store, f.category, f.kind, f.score desc, p.title`),
        )
        return rows.map((row) => ({ ...row, from: Temporal.PlainDate.from(row.from), until: Temporal.PlainDate.from(row.until) }))
      },

      /**
       * Features an offer in one of its own categories for a time, as a benefit (PL-81).
       *
       * @param input.category a category of the store, without subcategory
       * @param input.until the first day without it
       * @throws `NotListed` (not-found), `NotSold`, `NotItsCategory`, `WrongDays` (invalid)
       */
      async feature(
        ctx: Ctx,
        input: {
          publisherId: string
          offerId: string
          store: Store
          category: string
          from: Temporal.PlainDate
          until: Temporal.PlainDate
        },
      ): Promise<{ id: string }> {
        authorize(ctx.principal, 'featured.manage')
        const [listed] = rowsOf<{ offer: string; listing_option: string; categories: string[] }>(
          await ctx.tx.execute(sql`
            select offer, listing_option, categories from catalog.product
            where publisher_id = ${input.publisherId} and offer_id = ${input.offerId} and store = ${input.store} and language = 'en'`),
        )
        if (!listed) throw notFound('NotListed', 'The store does not list this offer.', { target: 'offerId' })
        if (listed.listing_option !== 'transact')
          throw invalid('NotSold', 'Only an offer that is sold through the marketplace can be featured as a benefit.', {
            target: 'offerId',
          })
        if (!listed.categories.some((path) => path === input.category && !path.includes('/')))
          throw invalid('NotItsCategory', 'An offer is featured in one of its own categories only.', { target: 'category' })
        const { from, until } = input
        if (Temporal.PlainDate.compare(until, from) <= 0)
          throw invalid('WrongDays', 'The last day must not be before the first.', { target: 'until' })
        if (Temporal.PlainDate.compare(until, from.add(longestBenefit)) > 0)
          throw invalid('WrongDays', 'Feature an offer for a year at most.', { target: 'until' })
        const id = newId()
        await ctx.tx.insert(featured).values({
          id,
          offer: listed.offer,
          store: input.store,
          category: input.category,
          kind: 'benefit',
          score: null,
          validFrom: from.toString(),
          validUntil: until.toString(),
          chosenAt: ctx.now,
        })
        await audit.record(ctx, {
          action: 'featured.add',
          target: `${input.publisherId}.${input.offerId}`,
          after: { store: input.store, category: input.category, from: from.toString(), until: until.toString() },
        })
        return { id }
      },

      /** Ends a benefit. @throws `FeaturedNotFound` */
      async unfeature(ctx: Ctx, input: { id: string }): Promise<void> {
        authorize(ctx.principal, 'featured.manage')
        const [row] = isUuid(input.id)
          ? rowsOf<{ offer: string; store: string; category: string }>(
              await ctx.tx.execute(
                sql`delete from catalog.featured where id = ${input.id} and kind = 'benefit' returning offer, store, category`,
              ),
            )
          : []
        if (!row) throw notFound('FeaturedNotFound', 'There is no such benefit.', { target: 'id' })
        await audit.record(ctx, { action: 'featured.remove', target: row.offer, before: row })
      },

      /** Chooses this week's offers anew, now. Returns how many places were given. */
      async recomputeFeatured(ctx: Ctx): Promise<number> {
        authorize(ctx.principal, 'featured.manage')
        const places = await choose(ctx)
        await audit.record(ctx, { action: 'featured.recompute', target: 'catalog', after: { places } })
        return places
      },
    },
  }
}
