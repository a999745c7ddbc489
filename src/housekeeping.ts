import type { Temporal } from 'temporal-polyfill'
import type { Domain } from './domain/domain.ts'
import { type Ctx, system } from './kernel/context.ts'
import { deleteEndedKeys } from './kernel/idempotency.ts'
import type { Kernel } from './kernel/kernel.ts'
import { deleteMailBefore } from './kernel/mail.ts'
import { deleteRequestsBefore } from './kernel/requests.ts'
import type { Retention } from './kernel/retention.ts'

/** Rows of one transaction: it holds its locks for a moment only. */
const perStep = 5000

type Step = (ctx: Ctx, before: Temporal.Instant, most: number) => Promise<number>

/** What is only kept for a while by the machine's clock goes once an hour, in one process of all. */
export function keepHouse(kernel: Kernel, domain: Domain): void {
  kernel.jobs.every('housekeeping', '17 * * * *', async () => void (await forgetWhatIsOld(kernel, domain)))
  kernel.jobs.every('signing-keys', '47 * * * *', async () => void (await kernel.run(system, domain.directory.rotateOldKey)))
}

/** Deletes what is over and what is older than the configuration lets it become (docs/privacy.md). Returns how many rows of each went. */
export async function forgetWhatIsOld(
  kernel: Kernel,
  { directory, notifications, subscriptions }: Domain,
): Promise<Record<keyof Retention, number>> {
  await kernel.run(system, async (ctx) => {
    await directory.sweepExpired(ctx)
    await deleteEndedKeys(ctx.tx, ctx.wall)
  })
  const steps: Record<keyof Retention, Step> = {
    calls: (ctx, before, most) => deleteRequestsBefore(ctx.tx, before, most),
    webhooks: (ctx, before, most) => subscriptions.forgetDeliveries(ctx, before, most),
    mail: (ctx, before, most) => deleteMailBefore(ctx.tx, before, most),
    news: (ctx, before, most) => notifications.forgetBefore(ctx, before, most),
  }
  const gone: Record<keyof Retention, number> = { calls: 0, webhooks: 0, mail: 0, news: 0 }
  for (const [what, step] of Object.entries(steps) as [keyof Retention, Step][]) {
    let deleted: number
    do {
      const hours = 24 * kernel.config.keepDays[what]
      deleted = await kernel.run(system, (ctx) => step(ctx, ctx.wall.subtract({ hours }), perStep))
      gone[what] += deleted
    } while (deleted >= perStep)
  }
  return gone
}
