import { sql } from 'drizzle-orm'
import { startOfDay, utcDate } from '../../kernel/clock.ts'
import { type Ctx, system } from '../../kernel/context.ts'
import type { DomainEvent } from '../../kernel/events.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { SaasContent } from '../offers/index.ts'
import type { Publishing } from '../publishing/index.ts'
import type { SubscriptionPayload } from '../subscriptions/index.ts'
import { archivedMonths, archiveMonths, type WriteMonth, type WrittenMonth } from './archive.ts'
import { checkMetering } from './doctor.ts'
import { createGroupCommit, type Reporter } from './group-commit.ts'
import { hasReporter, project, projectRenewals, setReporter } from './projection.ts'
import {
  acceptedBefore,
  acceptedTotals,
  dailyUsage,
  refusedCounts,
  refusedRecords,
  reportable,
  usageRecords,
  usageTotals,
} from './store.ts'
import { closeDays, rollUp } from './usage-days.ts'
import type { MalformedUsage, ReportedUsage, Verdict } from './usage-event.ts'

const housekeeping = 'metering.housekeeping'
const addingUp = 'metering.add-up'
/** Months whose partition exists ahead of time. */
const monthsAhead = 3
/** Refused events can be looked at this long (issue: the publisher's page of the last 30 days). */
const refusedKept = { hours: 30 * 24 }

interface OfferPublished {
  offer: string
  publisherId: string
  offerId: string
  snapshotId: string
  technicalConfiguration?: SaasContent['technicalConfiguration']
}

/** Usage events: taken from publishers, kept for ever the same, shown and totalled. */
export interface Metering {
  /** Judges and stores events; the verdicts come in the order of the reports, when what is accepted has been committed. */
  accept(reporter: Reporter, reports: (ReportedUsage | MalformedUsage)[]): Promise<Verdict[]>
  onSubscriptionEvent(ctx: Ctx, event: DomainEvent<SubscriptionPayload>): Promise<void>
  onRenewals(ctx: Ctx, events: DomainEvent<SubscriptionPayload>[]): Promise<void>
  onOfferPublished(ctx: Ctx, event: DomainEvent<OfferPublished>): Promise<void>
  /** The preview's application may report the usage of what is bought from the preview. */
  onOfferPreviewed(ctx: Ctx, event: DomainEvent<OfferPublished>): Promise<void>
  dailyUsage: typeof dailyUsage
  acceptedBefore: typeof acceptedBefore
  usageRecords: typeof usageRecords
  usageTotals: typeof usageTotals
  reportable: typeof reportable
  refusedRecords: typeof refusedRecords
  refusedCounts: typeof refusedCounts
  acceptedTotals: typeof acceptedTotals
  /** Takes months out of the database that ended more than `keepMonths` months ago. @throws invalid `MonthsKept` */
  archive(ctx: Pick<Ctx, 'now'>, keepMonths: number, write: WriteMonth): Promise<WrittenMonth[]>
  archivedMonths: typeof archivedMonths
}

export function createMetering(kernel: Kernel, { publishing }: { publishing: Publishing }): Metering {
  const marketNow = async () => Number((await kernel.clock.marketNow(kernel.database.db)).epochNanoseconds / 1000n)
  const { accept } = createGroupCommit(kernel.database.pool, marketNow, () => kernel.run(system, prepare))

  async function offerOf(ctx: Ctx, snapshotId: string, fallbackName: string) {
    const { content } = await publishing.getSnapshot(ctx, snapshotId)
    return {
      name: (content.listing.en ?? Object.values(content.listing)[0])?.name ?? fallbackName,
      technical: content.technicalConfiguration,
    }
  }

  async function rememberReporter(
    ctx: Ctx,
    at: { offer: string; preview: boolean; publisherId: string; offerId: string; snapshotId: string },
  ): Promise<void> {
    const { name, technical } = await offerOf(ctx, at.snapshotId, at.offerId)
    if (!technical) return // listed only: nobody reports usage
    await setReporter(ctx, {
      offer: at.offer,
      preview: at.preview,
      publisherId: at.publisherId,
      offerId: at.offerId,
      offerName: name,
      tenantId: technical.tenantId,
      applicationId: technical.applicationId,
    })
  }

  /** Partitions of the months around now (an event may be of yesterday's month), and the next housekeeping. */
  async function prepare(ctx: Ctx): Promise<void> {
    const today = utcDate(ctx.now)
    for (let n = -1; n <= monthsAhead; n++) {
      await ctx.tx.execute(sql`select metering.add_month(${startOfDay(today.with({ day: 1 }).add({ months: n })).toString()}::timestamptz)`)
    }
    await kernel.due.schedule(ctx, { kind: housekeeping, key: 'daily', at: startOfDay(today.add({ days: 1 })) })
  }

  async function publish(ctx: Ctx, { payload }: DomainEvent<OfferPublished>, preview: boolean): Promise<void> {
    await rememberReporter(ctx, { ...payload, preview })
    // Before anything of it can be sold.
    await prepare(ctx)
  }

  kernel.due.register(housekeeping, {
    async run(ctx) {
      await ctx.tx.execute(sql`delete from metering.refused_event where at < ${ctx.now.subtract(refusedKept).toString()}::timestamptz`)
      await prepare(ctx)
      for (const month of await closeDays(ctx)) await kernel.due.schedule(ctx, { kind: addingUp, key: month, at: ctx.now })
    },
  })
  kernel.due.register(addingUp, {
    async run(ctx, { key }) {
      await rollUp(ctx, key)
    },
  })

  kernel.doctor.register('metering', checkMetering)

  return {
    accept,
    async onSubscriptionEvent(ctx, event) {
      const { payload } = event
      const { preview = false } = payload
      if (event.type === 'subscription.purchased' && !(await hasReporter(ctx, payload.offer, preview))) {
        await rememberReporter(ctx, { ...payload, preview, snapshotId: payload.agreement.snapshotId })
      }
      await project(ctx, event)
    },
    onRenewals: projectRenewals,
    onOfferPreviewed: (ctx, event) => publish(ctx, event, true),
    onOfferPublished: (ctx, event) => publish(ctx, event, false),
    dailyUsage,
    acceptedBefore,
    usageRecords,
    usageTotals,
    reportable,
    refusedRecords,
    refusedCounts,
    acceptedTotals,
    archive: (ctx, keepMonths, write) => archiveMonths(kernel, ctx, keepMonths, write),
    archivedMonths,
  }
}
