import { randomBytes } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { authorize } from '../../kernel/authorization.ts'
import { rowsOf, utcDate } from '../../kernel/clock.ts'
import { type Ctx, system } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Accounts } from '../accounts/index.ts'
import { type CampaignQuery, campaignOf } from '../leads/index.ts'
import { type Act, visit } from './schema.ts'
import { counts, referralDomain, type VisitorFacts, visitorCode } from './visitor.ts'

/** Something that a visitor does on an offer's pages. */
export interface Seen {
  publisherId: string
  offerId: string
  store: 'business' | 'cloud' | 'portal'
  act: Act
  visitor: VisitorFacts
  /** host of this marketplace, so that its own pages are no referral */
  ownHost: string
  campaign: CampaignQuery
}

/** Visits and calls to action of an offer, by where they came from. */
export interface CampaignRow {
  offerId: string
  /** null: not said */
  trafficSource: string | null
  campaignId: string | null
  /** visitors of a day who looked at the page, summed over the days */
  visits: number
  callsToAction: number
}

export type Analytics = ReturnType<typeof createAnalytics>

/** Waiting rows are written together, a second after the first. */
const writtenEveryMs = 1000
/** More are dropped: visits are worth less than the memory of the process. */
const mostWaiting = 10_000
const saltKept = { hours: 48 }

/** How offers are found and what visitors do there, for the dashboards of publishers (spec/06 F5). */
export function createAnalytics(kernel: Kernel, { accounts }: { accounts: Pick<Accounts, 'publisher'> }) {
  let waiting: Seen[] = []
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  /** The day's salt, the same in every process; those of earlier days are destroyed. */
  async function saltOf(ctx: Ctx): Promise<string> {
    const day = utcDate(ctx.now).toString()
    await ctx.tx.execute(
      sql`insert into analytics.visitor_salt (day, salt) values (${day}, ${randomBytes(24).toString('base64url')}) on conflict do nothing`,
    )
    await ctx.tx.execute(sql`delete from analytics.visitor_salt where day < ${utcDate(ctx.now.subtract(saltKept)).toString()}::date`)
    const [row] = rowsOf<{ salt: string }>(await ctx.tx.execute(sql`select salt from analytics.visitor_salt where day = ${day}`))
    return row?.salt ?? ''
  }

  async function write(batch: readonly Seen[]): Promise<void> {
    await kernel.run(system, async (ctx) => {
      const salt = await saltOf(ctx)
      await ctx.tx.insert(visit).values(
        batch.map(({ publisherId, offerId, store, act, visitor, ownHost, campaign }) => ({
          id: newId(),
          at: ctx.now,
          publisherId,
          offerId,
          store,
          act,
          visitor: visitorCode(visitor, salt),
          referralDomain: referralDomain(visitor.referrer, ownHost),
          ...campaignOf(campaign),
        })),
      )
    })
  }

  /** Writes what waits. What cannot be written is lost: a visit is no reason to fail for. */
  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const batch = waiting
    waiting = []
    if (batch.length > 0) writing = writing.then(() => write(batch)).catch((error: unknown) => kernel.log.warn({ err: error }, 'visits'))
    return writing
  }

  return {
    /**
     * Notes a visit or a call to action, to be written with others within a second. Robots, pages fetched ahead and people who ask not to be
     * counted are left out.
     */
    saw(seen: Seen): void {
      if (!counts(seen.visitor) || waiting.length >= mostWaiting) return
      waiting.push(seen)
      if (!timer) {
        timer = setTimeout(() => void flush(), writtenEveryMs)
        timer.unref()
      }
    },

    /** Writes what waits now: before a process ends. */
    flush,

    /**
     * Visits and calls to action of a publisher's offers by source and campaign, the most visited first.
     *
     * @param input.from first and last day, UTC
     */
    async campaigns(ctx: Ctx, input: { publisherId: string; from: Temporal.PlainDate; to: Temporal.PlainDate }): Promise<CampaignRow[]> {
      const { tenantId } = await accounts.publisher(ctx, input.publisherId)
      authorize(ctx.principal, 'insights.read', { tenantId })
      return rowsOf<CampaignRow>(
        await ctx.tx.execute(sql`
          select offer_id as "offerId", traffic_source as "trafficSource", campaign_id as "campaignId",
            count(distinct (at::date, visitor)) filter (where act = 'page-visit')::int as visits,
            count(distinct (at::date, visitor, act)) filter (where act <> 'page-visit' and act <> 'consent')::int as "callsToAction"
          from analytics.visit
          where publisher_id = ${input.publisherId} and at >= ${input.from.toString()}::date and at < ${input.to.add({ days: 1 }).toString()}::date
          group by 1, 2, 3
          order by visits desc, "callsToAction" desc, 1, 2 nulls last, 3 nulls last
          limit 1000`),
      )
    },
  }
}
