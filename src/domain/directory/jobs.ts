import { type Ctx, system } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { sweepExpired } from './sessions.ts'

const sweep = 'directory.sweep'

/** Adds the room's background work. */
export function registerJobs(kernel: Kernel): void {
  kernel.jobs.register(sweep, async () => {
    await kernel.run(system, sweepExpired)
  })
}

/** Has what is over deleted. Sent with each sign-in: where nobody signs in, nothing grows. */
export function sendSweep(kernel: Kernel, ctx: Ctx): Promise<void> {
  return kernel.jobs.send(ctx, sweep, {})
}
