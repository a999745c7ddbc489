import { and, eq, isNull, ne } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { authorize } from '../../kernel/authorization.ts'
import { isAnyOf } from '../../kernel/bulk.ts'
import { utcDate } from '../../kernel/clock.ts'
import { type Ctx, system } from '../../kernel/context.ts'
import { conflict } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { Decimal, minorUnits } from '../../kernel/money.ts'
import type { Subscriptions } from '../subscriptions/index.ts'
import { lockContract, settleWithoutInvoice } from './charges.ts'
import type { BillableItem } from './document.ts'
import { type IssueOptions, issue } from './issue.ts'
import { charge, contract, invoiceLine } from './schema.ts'

/** Days after a purchase of a preview within which its refund is usual (spec/05 §5.13, C-23); later it must be wanted expressly. */
export const usualRefundDays = 7

export interface PreviewRefund {
  /** net amounts that were paid back, by currency; none where nothing had been billed */
  net: { currency: string; amount: string } | null
}

interface Neighbours {
  subscriptions: Pick<Subscriptions, 'get' | 'cancelByCustomer'>
  options: IssueOptions
}

/** Purchases of previews are processed like all others; whoever only tried them is paid back in full. */
export function createPreviewRefunds(kernel: Kernel, { subscriptions, options }: Neighbours) {
  /** What was billed and not taken back, as lines that take it back at the rates of then: tax and the marketplace's fee too. */
  async function takenBack(ctx: Ctx, of: typeof contract.$inferSelect): Promise<BillableItem[]> {
    const lines = await ctx.tx.select().from(invoiceLine).where(eq(invoiceLine.subscription, of.subscription))
    const charges = await ctx.tx.select().from(charge).where(eq(charge.subscription, of.subscription))
    const reversed = new Set(charges.flatMap((row) => row.reverses ?? []))
    return lines
      .filter((line) => line.kind !== 'reversal' && !line.net.isZero() && !reversed.has(line.charge ?? ''))
      .map((line) => ({
        kind: 'reversal',
        subscription: line.subscription,
        publisherId: line.publisherId,
        customerTenantId: of.customerTenantId,
        currency: of.currency,
        store: of.store,
        paidBy: of.paidBy,
        billAddress: of.billAddress,
        offerId: line.offerId,
        offerName: line.offerName,
        planId: line.planId,
        planName: line.planName,
        description: `Purchase of a preview, paid back: ${line.description}`,
        serviceStart: line.serviceStart,
        serviceEnd: line.serviceEnd,
        quantity: line.quantity,
        unitPrice: line.unitPrice.negated(),
        net: line.net.negated(),
        rates: { tax: { country: line.taxCountry, name: line.taxName, rate: line.taxRate }, feeRate: line.feeRate },
      }))
  }

  return {
    usualRefundDays,

    /** Those of these subscriptions that were paid back, with the time. */
    async refundedAmong(ctx: Ctx, ids: readonly string[]): Promise<Map<string, Temporal.Instant>> {
      if (ids.length === 0) return new Map()
      const rows = await ctx.tx
        .select({ id: contract.subscription, at: contract.refundedAt })
        .from(contract)
        .where(isAnyOf(contract.subscription, [...ids]))
      return new Map(rows.flatMap(({ id, at }) => (at ? [[id, at] as const] : [])))
    },

    /**
     * Ends a subscription that was bought from a preview and pays all of it back, with tax and without the marketplace's fee (SA-192). What was not
     * billed yet never is.
     * @param late said expressly once the purchase is more than 7 days old
     * @throws forbidden, conflict `NotAPreview`, `AlreadyRefunded`, `RefundIsLate`; not-found
     */
    async refundPreview(ctx: Ctx, subscription: string, { late }: { late: boolean }): Promise<PreviewRefund> {
      authorize(ctx.principal, 'operator.console')
      const asMarketplace: Ctx = { ...ctx, principal: system }
      const row = await subscriptions.get(asMarketplace, subscription)
      if (!row.preview) throw conflict('NotAPreview', 'Only a purchase of an offer’s preview is paid back in full.')
      if (row.status !== 'Unsubscribed') await subscriptions.cancelByCustomer(asMarketplace, row.id)
      const of = await lockContract(ctx, row.id)
      if (!of) throw new Error(`Subscription ${row.id} has no contract.`)
      if (of.refundedAt) throw conflict('AlreadyRefunded', 'This purchase has been paid back already.')
      const latest = row.createdAt.add({ hours: 24 * usualRefundDays })
      if (!late && Temporal.Instant.compare(ctx.now, latest) > 0) {
        throw conflict(
          'RefundIsLate',
          `The purchase is more than ${usualRefundDays} days old. Confirm that it shall be paid back all the same.`,
        )
      }
      const open = await ctx.tx
        .select({ id: charge.id })
        .from(charge)
        .where(and(eq(charge.subscription, row.id), isNull(charge.settledAt), ne(charge.kind, 'reversal')))
      await settleWithoutInvoice(
        ctx,
        open.map(({ id }) => id),
      )
      const items = await takenBack(ctx, of)
      await ctx.tx
        .update(contract)
        .set({ refundedAt: ctx.now, closedAt: ctx.now, endedAt: of.endedAt ?? ctx.now })
        .where(eq(contract.subscription, row.id))
      const today = utcDate(ctx.now)
      await issue(ctx, options, items, { run: `preview-refund:${row.id}`, reason: 'preview-refund', periodStart: today, periodEnd: today })
      const sum = items.reduce((total, item) => total.minus(item.net), new Decimal(0))
      const net = sum.isZero() ? null : { currency: of.currency, amount: sum.toFixed(minorUnits(of.currency)) }
      await kernel.audit.record(ctx, {
        action: 'preview.refund',
        target: `subscription:${row.id}`,
        after: { offer: `${of.publisherId}/${of.offerId}`, net, late },
      })
      return { net }
    },
  }
}
