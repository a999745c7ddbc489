import type { Ctx } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { formatMoney } from '../../kernel/money.ts'
import type { Accounts } from '../accounts/index.ts'
import type { HeldReason, PlannedPayout } from './payout-plan.ts'
import type { adjustment } from './payout-schema.ts'
import type { payout } from './schema.ts'

/** Reasons that the publisher can do something about, with what to do. */
const remedies: Partial<Record<HeldReason, string>> = {
  'tax-profile-missing': 'There is no tax profile yet. Submit one, then your bank account.',
  'tax-profile-failed': 'Your tax profile could not be validated. Correct it and submit it again.',
  'payout-profile-missing': 'There is no bank account yet. Enter one in your payout profile.',
  'payout-profile-failed': 'Your bank account could not be validated. Correct it and submit it again.',
}

export interface PayoutMail {
  /** After a run: those whose profiles keep it from paying are told what to do. */
  held(ctx: Ctx, planned: readonly PlannedPayout[]): Promise<void>
  /** A payout was sent, or came back. */
  transfer(ctx: Ctx, row: typeof payout.$inferSelect): Promise<void>
  adjusted(ctx: Ctx, row: typeof adjustment.$inferSelect): Promise<void>
}

/** Tells the owners of publishers about their money. */
export function createPayoutMail({ config, mail }: Kernel, accounts: Accounts): PayoutMail {
  async function tell(ctx: Ctx, publisherId: string, template: string, subject: string, lines: string[], page: string): Promise<void> {
    const link = `${config.publicUrl}/partner/publishers/${publisherId}/${page}`
    for (const to of await accounts.ownersOf(ctx, publisherId)) {
      await mail.send(ctx, { to, subject, text: [...lines, '', link, '', config.brand.name].join('\n'), template })
    }
  }

  return {
    async held(ctx, planned) {
      const told = new Set<string>()
      for (const { publisherId, reason } of planned) {
        const remedy = reason && remedies[reason]
        if (!remedy || told.has(publisherId)) continue
        told.add(publisherId)
        const lines = ['This month’s payout was not made. Nothing is lost: it is paid with the next one.', remedy]
        await tell(ctx, publisherId, 'payout-held', 'Your payout waits', lines, 'profiles')
      }
    },

    async transfer(ctx, row) {
      const amount = formatMoney(row.amount, row.currency)
      const page = `payouts/${row.id}`
      if (row.state === 'returned') {
        const lines = [
          `Your bank has returned the payout ${row.number} of ${amount}${row.returnReason ? `: ${row.returnReason}` : '.'}`,
          'The amount is due to you again and is paid with the next payout. Please check the bank account of your payout profile.',
        ]
        await tell(ctx, row.publisherId, 'payout-returned', `Payout ${row.number} was returned`, lines, page)
      } else {
        const lines = [
          `The payout ${row.number} of ${amount} is on its way to your bank account.`,
          'The statement says what it consists of.',
        ]
        await tell(ctx, row.publisherId, 'payout-sent', `Payout ${row.number}: ${amount}`, lines, page)
      }
    },

    async adjusted(ctx, row) {
      const amount = formatMoney(row.amount, row.currency)
      const lines = [`Your balance was adjusted by ${amount} (${row.number}): ${row.reason}`, 'It is part of the next payout.']
      await tell(ctx, row.publisherId, 'payout-adjusted', `Adjustment ${row.number}: ${amount}`, lines, 'payouts')
    },
  }
}
