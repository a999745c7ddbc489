import { type Ctx, system } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { answerPersonal, type NewPersonal } from './personal.ts'
import { issueReset } from './password-reset.ts'
import { sweepExpired } from './sessions.ts'

const sweep = 'directory.sweep'

const resetMail = 'directory.reset-mail'
const personalMail = 'directory.personal-mail'

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
  kernel.jobs.register<NewPersonal>(personalMail, async (asked) => {
    await kernel.run(system, async (ctx) => {
      const answer = await answerPersonal(ctx, kernel.secrets, asked)
      const { brand, publicUrl } = kernel.config
      const { email, displayName } = asked
      const ticket = answer.kind === 'link' ? answer.ticket : ''
      const link = `${publicUrl}/signin/join/finish?${new URLSearchParams({ email, name: displayName, ticket }).toString()}`
      const text = {
        link: `Somebody, probably you, asked for a personal account at ${brand.name} for ${email}.\n\nChoose a password here within the hour:\n${link}\n\nIf it was not you, do nothing: there will be no account.\n`,
        'has-account': `Somebody, probably you, asked for a personal account at ${brand.name} for ${email}. There is an account with this address already: sign in at ${publicUrl}/signin, or set a new password at ${publicUrl}/signin/forgot.\n`,
        organisation: `Somebody, probably you, asked for a personal account at ${brand.name} for ${email}. This address belongs to an organisation that is here already: ask its administrator for an account.\n`,
      }[answer.kind]
      await kernel.mail.send(ctx, { to: email, subject: `Your account at ${brand.name}`, text, template: 'personal-account' })
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

/** The same for who asks for an account. */
export function sendPersonalMail(kernel: Kernel, ctx: Ctx, asked: NewPersonal): Promise<void> {
  return kernel.jobs.send(ctx, personalMail, asked)
}
