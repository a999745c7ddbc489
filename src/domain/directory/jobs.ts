import { type Ctx, system } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { issueReset } from './password-reset.ts'
import { sweepExpired } from './sessions.ts'

const sweep = 'directory.sweep'

const resetMail = 'directory.reset-mail'

/** Adds the room's background work. */
export function registerJobs(kernel: Kernel): void {
  kernel.jobs.register<{ email: string }>(resetMail, async ({ email }) => {
    await kernel.run(system, async (ctx) => {
      const issued = await issueReset(ctx, email)
      if (!issued) return
      const { brand, publicUrl } = kernel.config
      const link = `${publicUrl}/signin/reset?token=${issued.token}`
      await kernel.mail.send(ctx, {
        to: issued.to,
        subject: `A new password for ${brand.name}`,
        text: `Somebody, probably you, asked for a new password for ${issued.user.email} at ${brand.name}.\n\nSet it here within the hour:\n${link}\n\nIf it was not you, do nothing: the old password goes on working.\n`,
        template: 'password-reset',
      })
    })
  })
  kernel.jobs.register(sweep, async () => {
    await kernel.run(system, sweepExpired)
  })
}

/** Has what is over deleted. Sent with each sign-in: where nobody signs in, nothing grows. */
export function sendSweep(kernel: Kernel, ctx: Ctx): Promise<void> {
  return kernel.jobs.send(ctx, sweep, {})
}

/** The mail is a job, so that the answer takes as long for addresses that nobody has. */
export function sendResetMail(kernel: Kernel, ctx: Ctx, email: string): Promise<void> {
  return kernel.jobs.send(ctx, resetMail, { email })
}
