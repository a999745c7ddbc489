import { asc, eq } from 'drizzle-orm'
import type { Ctx } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Directory } from '../directory/index.ts'
import { ownersOf } from './owners-mail.ts'
import type { ProfileState } from './profile-life-cycle.ts'
import { publisher } from './schema.ts'

const names = { tax: 'tax profile', payout: 'payout profile' } as const

/** Tells the owners of a seller account what became of its profiles, and that its bank account was changed. */
export function createProfileMail(kernel: Kernel, directory: Directory) {
  const { config, mail } = kernel

  async function tell(ctx: Ctx, accountId: string, template: string, subject: string, lines: string[]): Promise<void> {
    const [first] = await ctx.tx
      .select({ publisherId: publisher.publisherId })
      .from(publisher)
      .where(eq(publisher.accountId, accountId))
      .orderBy(asc(publisher.publisherId))
      .limit(1)
    const page = `${config.publicUrl}/partner/publishers/${first?.publisherId ?? ''}/profiles`
    for (const to of await ownersOf(ctx, directory, accountId)) {
      await mail.send(ctx, {
        to,
        subject,
        text: [...lines, '', `Payout and tax profiles: ${page}`, '', config.brand.name].join('\n'),
        template,
      })
    }
  }

  return {
    owners: (ctx: Ctx, accountId: string) => ownersOf(ctx, directory, accountId),

    async decided(ctx: Ctx, kind: 'tax' | 'payout', accountId: string, status: ProfileState, reason: string | null): Promise<void> {
      if (status === 'validated') {
        await tell(ctx, accountId, `${kind}-profile-validated`, `Your ${names[kind]} is validated`, [
          `Your ${names[kind]} has been checked and is validated. You need not do anything.`,
        ])
      } else if (status === 'failed') {
        await tell(ctx, accountId, `${kind}-profile-failed`, `Your ${names[kind]} could not be validated`, [
          `Your ${names[kind]} could not be validated: ${reason}`,
          'Please correct and submit it again. Until then your earnings are recorded and nothing is paid.',
        ])
      }
    },

    /** Whoever did not do this must hear of it. */
    async accountChanged(ctx: Ctx, accountId: string, end: string): Promise<void> {
      await tell(ctx, accountId, 'payout-profile-submitted', 'Your bank account for payouts was entered', [
        `The bank account ending in ${end} was entered for your payouts. It is verified before anything is paid to it;`,
        'a payout that falls into this time is made with the next one, at most a month later, and nothing is lost.',
        'If nobody of your organisation did this, tell the marketplace at once and hold your payments.',
      ])
    },
  }
}
