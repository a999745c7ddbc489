import type { Domain } from './domain/domain.ts'
import { system } from './kernel/context.ts'
import { deleteEndedKeys } from './kernel/idempotency.ts'
import type { Kernel } from './kernel/kernel.ts'
import { deleteRequestsBefore } from './kernel/requests.ts'

/** How long calls of the wire contracts are kept (design.md, Privacy). */
const requestDays = 30

/** What is only kept for a while by the machine's clock goes once an hour, in one process of all. */
export function keepHouse(kernel: Kernel, { directory }: Domain): void {
  kernel.jobs.every('housekeeping', '17 * * * *', async () => {
    await kernel.run(system, async (ctx) => {
      await directory.sweepExpired(ctx)
      await deleteEndedKeys(ctx.tx, ctx.wall)
      await deleteRequestsBefore(ctx.tx, ctx.wall.subtract({ hours: 24 * requestDays }))
    })
  })
}
