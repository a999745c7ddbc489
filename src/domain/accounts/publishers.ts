import { eq } from 'drizzle-orm'
import { z } from 'zod'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { violatedConstraint } from '../../kernel/database.ts'
import { conflict, forbidden, invalid, notFound } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { Decimal } from '../../kernel/money.ts'
import type { OwnersMail } from './agreements.ts'
import { checkedForm, line, mailAddress, neededLine, phoneNumber, withoutEmpty } from './form-shape.ts'
import { isPublisherId, publisherIdRule } from './publisher.ts'
import { nextPublisherStatus, type PublisherTrigger } from './publisher-life-cycle.ts'
import { type Contact, publisher } from './schema.ts'
import { type AccountRow, accountFor, mpnIdsOf, nameOf, resourceOf } from './seller-account.ts'

type PublisherRow = typeof publisher.$inferSelect

/** A publisher as the form of an account sends it. */
export interface PublisherInput {
  /** one of the account's own */
  mpnId: string
  publisherId: string
  name: string
  contactName: string
  contactEmail: string
  contactPhone: string
}

const nameShape = neededLine('A publisher name', 50, 'Give the publisher a name.')
const contactShape = z.object({
  contactName: line('The name', 120),
  contactEmail: z.union([z.literal(''), mailAddress]),
  contactPhone: z.union([z.literal(''), phoneNumber]),
})
const storeFeeShape = z.string().regex(/^\d{1,2}(\.\d{1,4})?$/, 'The store fee is a percentage from 0 to 99.9999.')

/** @throws invalid `InvalidPublisherId` */
function checkPublisherId(publisherId: string): void {
  if (!isPublisherId(publisherId)) throw invalid('InvalidPublisherId', publisherIdRule, { target: 'publisherId' })
}

/** Use cases that make publishers and decide whether they sell. */
export function createPublishers(kernel: Kernel, tellOwners: (ctx: Ctx, accountId: string, mail: OwnersMail) => Promise<void>) {
  const { audit, events } = kernel

  /** Ids are never given twice, not even after a publisher was closed (spec/01 §5). @throws conflict `PublisherIdTaken` */
  async function insert(ctx: Ctx, row: PublisherRow): Promise<void> {
    try {
      await ctx.tx.insert(publisher).values(row)
    } catch (error) {
      if (violatedConstraint(error) === 'publisher_pkey') {
        throw conflict('PublisherIdTaken', `The publisher ID ${row.publisherId} is or was in use. Choose another one.`, {
          target: 'publisherId',
        })
      }
      throw error
    }
    await audit.record(ctx, {
      action: 'publisher.create',
      target: row.publisherId,
      after: { accountId: row.accountId, tenantId: row.tenantId, name: row.name, mpnId: row.mpnId },
    })
  }

  const rowOf = (ctx: Ctx, account: Pick<AccountRow, 'accountId' | 'tenantId'>, given: Pick<PublisherRow, 'publisherId' | 'name'>) => ({
    ...given,
    accountId: account.accountId,
    tenantId: account.tenantId,
    storeFeePercent: null,
    status: 'active' as const,
    createdAt: ctx.now,
    mpnId: null,
    contact: {},
    statusReason: null,
    statusChangedAt: null,
    statusChangedBy: null,
  })

  /**
   * A publisher of an account that is there. Whoever calls has checked who may.
   * @throws invalid `InvalidPublisherId` or `InvalidValue`, conflict `PublisherIdTaken`
   */
  async function makePublisher(
    ctx: Ctx,
    account: Pick<AccountRow, 'accountId' | 'tenantId'>,
    input: { publisherId: string; name: string; mpnId?: string | null; contact?: Contact; storeFeePercent?: string | undefined },
  ): Promise<PublisherRow> {
    checkPublisherId(input.publisherId)
    const values = z.object({ name: nameShape, storeFeePercent: storeFeeShape.optional() }).safeParse(input)
    if (!values.success) {
      const [issue] = values.error.issues
      throw invalid('InvalidValue', issue?.message ?? 'The input is not valid.', { target: issue?.path.join('.') ?? '' })
    }
    const { name, storeFeePercent } = values.data
    const row: PublisherRow = {
      ...rowOf(ctx, account, { publisherId: input.publisherId, name }),
      storeFeePercent: storeFeePercent === undefined ? null : new Decimal(storeFeePercent),
      mpnId: input.mpnId ?? null,
      contact: input.contact ?? {},
    }
    await insert(ctx, row)
    return row
  }

  async function locked(ctx: Ctx, publisherId: string): Promise<PublisherRow> {
    const [row] = await ctx.tx.select().from(publisher).where(eq(publisher.publisherId, publisherId)).for('update')
    if (!row) throw notFound('UnknownPublisher', `There is no publisher ${publisherId}.`, { target: 'publisherId' })
    return row
  }

  /** Suspends, reinstates or closes; what is sold and shown follows in the same transaction. */
  async function change(ctx: Ctx, publisherId: string, trigger: PublisherTrigger, given: string, mail: Omit<OwnersMail, 'page'>) {
    authorize(ctx.principal, 'operator.console')
    const reason = given.trim()
    if (!/^\P{Cc}{1,300}$/u.test(reason))
      throw invalid('ReasonMissing', 'Say why, in at most 300 characters: the publisher reads it.', { target: 'reason' })
    const row = await locked(ctx, publisherId)
    const status = nextPublisherStatus(row.status, trigger)
    await ctx.tx
      .update(publisher)
      .set({ status, statusReason: reason, statusChangedAt: ctx.now, statusChangedBy: nameOf(ctx) })
      .where(eq(publisher.publisherId, publisherId))
    await audit.record(ctx, {
      action: `publisher.${trigger}`,
      target: publisherId,
      before: { status: row.status },
      after: { status },
      reason,
    })
    await events.publish(ctx, { type: 'publisher.changed', publisherId, payload: { publisherId, status } })
    await tellOwners(ctx, row.accountId, { ...mail, lines: [...mail.lines, `Reason: ${reason}`], page: 'publishers' })
  }

  return {
    makePublisher,

    useCases: {
      /**
       * Adds a publisher to an account, by one of its owners or managers.
       * @throws invalid `PublisherInvalid` naming each field, `InvalidPublisherId`, conflict `PublisherIdTaken`, forbidden, not-found `UnknownAccount`
       */
      async addPublisher(ctx: Ctx, accountId: string, input: PublisherInput): Promise<{ publisherId: string }> {
        const account = await accountFor(ctx, accountId, 'publisher.create')
        // The first one comes with enrolment: members of an account without any belong to no publisher (spec/01 §5, AC-292).
        const [first] = await ctx.tx
          .select({ publisherId: publisher.publisherId })
          .from(publisher)
          .where(eq(publisher.accountId, accountId))
          .limit(1)
        if (!first) throw forbidden('NoPublisher', 'Who adds a publisher belongs to one of the account: enrol in the marketplace first.')
        const { contactName, contactEmail, contactPhone } = checkedForm(contactShape, input, 'PublisherInvalid')
        const own = (await mpnIdsOf(ctx, accountId)).some((one) => one.mpnId === input.mpnId)
        if (!own) throw invalid('MpnIdUnknown', 'Choose one of the account’s partner IDs.', { target: 'mpnId' })
        const contact = withoutEmpty({ name: contactName, email: contactEmail, phone: contactPhone })
        const { publisherId } = await makePublisher(ctx, account, { ...input, contact })
        return { publisherId }
      },

      /**
       * Changes what is shown of a publisher.
       * @throws invalid `PublisherInvalid` naming each field, forbidden, not-found `UnknownPublisher`
       */
      async changePublisher(ctx: Ctx, publisherId: string, input: Omit<PublisherInput, 'mpnId' | 'publisherId'>): Promise<void> {
        const row = await locked(ctx, publisherId)
        authorize(ctx.principal, 'seller-account.manage', resourceOf(row))
        const { name, contactName, contactEmail, contactPhone } = checkedForm(
          contactShape.extend({ name: nameShape }),
          input,
          'PublisherInvalid',
        )
        const contact = withoutEmpty({ name: contactName, email: contactEmail, phone: contactPhone })
        await ctx.tx.update(publisher).set({ name, contact }).where(eq(publisher.publisherId, publisherId))
        await audit.record(ctx, { action: 'publisher.change', target: publisherId, before: { name: row.name }, after: { name } })
        if (name !== row.name) {
          await events.publish(ctx, { type: 'publisher.changed', publisherId, payload: { publisherId, status: row.status } })
        }
      },

      /**
       * Stops a publisher's sales: its offers leave the stores and nobody buys them any more. Customers who have bought keep their
       * subscriptions; payouts wait.
       * @throws invalid `ReasonMissing`, conflict `IllegalTransition`, not-found `UnknownPublisher`, forbidden
       */
      suspendPublisher(ctx: Ctx, publisherId: string, reason: string): Promise<void> {
        return change(ctx, publisherId, 'suspend', reason, {
          template: 'publisher-suspended',
          subject: `Your publisher ${publisherId} is suspended`,
          lines: [
            `The marketplace has suspended your publisher ${publisherId}.`,
            'Its offers are not shown or sold until it is reinstated. Customers who have bought keep their subscriptions; payouts wait.',
          ],
        })
      },

      /** Lets a suspended publisher sell again: its offers are back in the stores at once. @throws as {@link suspendPublisher} */
      reinstatePublisher(ctx: Ctx, publisherId: string, reason: string): Promise<void> {
        return change(ctx, publisherId, 'reinstate', reason, {
          template: 'publisher-reinstated',
          subject: `Your publisher ${publisherId} sells again`,
          lines: [`The marketplace has reinstated your publisher ${publisherId}: its offers are shown and sold again.`],
        })
      },

      /** Ends a publisher for good. Its id is never given to another one. @throws as {@link suspendPublisher} */
      closePublisher(ctx: Ctx, publisherId: string, reason: string): Promise<void> {
        return change(ctx, publisherId, 'close', reason, {
          template: 'publisher-closed',
          subject: `Your publisher ${publisherId} is closed`,
          lines: [`The marketplace has closed your publisher ${publisherId}. Its offers are not sold any more.`],
        })
      },
    },
  }
}
