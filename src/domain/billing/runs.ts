import { and, asc, eq, sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { isAnyOf } from '../../kernel/bulk.ts'
import { rowsOf, startOfDay, utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Metering } from '../metering/index.ts'
import { lockContract } from './charges.ts'
import { type IssueOptions, issue, servedBefore } from './issue.ts'
import { mayHaveOpen, openItems } from './open-items.ts'
import { monthRun, contract } from './schema.ts'

const monthly = 'billing.month'
const closing = 'billing.closing'
export const payouts = 'billing.payouts'

/** A cancelled subscription's last usage may arrive 24 h after its end; one hour more for what is still being stored. */
export const closingAfter = { hours: 25 }
/** Customers of one transaction of the monthly run. */
const accountsPerChunk = 500
/** Day of the month on which publishers are paid. */
export const payoutDay = 15

interface ChunkPayload {
  /** The last account of the chunk before. */
  after?: { customerTenantId: string; currency: string }
}

/** When invoices are made: on the 1st of each month for the month before, and 25 h after a subscription has ended. */
export function createRuns(kernel: Kernel, metering: Metering, options: IssueOptions) {
  const { due } = kernel

  /** Makes the run of the next 1st due, once. */
  async function ensureNextMonth(ctx: Ctx): Promise<void> {
    const month = utcDate(ctx.now).with({ day: 1 }).add({ months: 1 })
    const key = month.toString()
    const [known] = await ctx.tx.select().from(monthRun).where(eq(monthRun.month, key))
    if (known) return
    const added = await ctx.tx
      .insert(monthRun)
      .values({ month: key, begunAt: startOfDay(month) })
      .onConflictDoNothing()
      .returning()
    if (added.length > 0) await due.schedule(ctx, { kind: monthly, key, at: startOfDay(month), payload: {} })
  }

  due.register<ChunkPayload>(monthly, {
    async run(ctx, item) {
      const month = item.key.slice(0, 10)
      const { after } = item.payload
      if (!after) {
        await ensureNextMonth(ctx)
        await due.schedule(ctx, { kind: payouts, key: month, at: startOfDay(Temporal.PlainDate.from(month).with({ day: payoutDay })) })
      }
      const accounts = await accountsAfter(ctx, after)
      await billAccounts(ctx, accounts, Temporal.PlainDate.from(month))
      const last = accounts.at(-1)
      if (accounts.length === accountsPerChunk && last) {
        const payload: ChunkPayload = { after: last }
        await due.schedule(ctx, { kind: monthly, key: `${month} after ${last.customerTenantId} ${last.currency}`, at: item.at, payload })
      }
    },
  })

  async function accountsAfter(ctx: Ctx, after: ChunkPayload['after']) {
    return rowsOf<{ customerTenantId: string; currency: string }>(
      await ctx.tx.execute(sql`
        select distinct customer_tenant_id as "customerTenantId", currency from billing.contract where ${mayHaveOpen(ctx.now)}
        ${after ? sql`and (customer_tenant_id, currency) > (${after.customerTenantId}::uuid, ${after.currency})` : sql``}
        order by 1, 2 limit ${accountsPerChunk}`),
    )
  }

  async function billAccounts(
    ctx: Ctx,
    accounts: { customerTenantId: string; currency: string }[],
    month: Temporal.PlainDate,
  ): Promise<void> {
    if (accounts.length === 0) return
    const run = `month:${month.toString()}`
    const customers = accounts.map((account) => account.customerTenantId)
    const wanted = new Set(accounts.map((account) => `${account.customerTenantId} ${account.currency}`))
    const served = await servedBefore(ctx, run, customers)
    const contracts = (
      await ctx.tx
        .select()
        .from(contract)
        .where(and(isAnyOf(contract.customerTenantId, customers), mayHaveOpen(ctx.now)))
        .orderBy(asc(contract.subscription))
        .for('update')
    ).filter((row) => {
      const key = `${row.customerTenantId} ${row.currency}`
      return wanted.has(key) && !served.has(key)
    })
    const items = await openItems(ctx, metering, contracts, ctx.now)
    await issue(ctx, options, items, {
      run,
      reason: 'monthly',
      periodStart: month.subtract({ months: 1 }),
      periodEnd: month.subtract({ days: 1 }),
    })
    await markBilled(
      ctx,
      contracts.map((row) => row.subscription),
      false,
    )
  }

  due.register(closing, {
    async run(ctx, item) {
      const row = await lockContract(ctx, item.key)
      if (!row || row.closedAt) return
      const today = utcDate(ctx.now)
      await issue(ctx, options, await openItems(ctx, metering, [row], ctx.now), {
        run: `closing:${row.subscription}`,
        reason: 'closing',
        periodStart: today.with({ day: 1 }),
        periodEnd: today,
      })
      await markBilled(ctx, [row.subscription], true)
    },
  })

  async function markBilled(ctx: Ctx, subscriptions: string[], closed: boolean): Promise<void> {
    if (subscriptions.length === 0) return
    await ctx.tx
      .update(contract)
      .set({ usageBilledUntil: ctx.now, ...(closed ? { closedAt: ctx.now } : {}) })
      .where(isAnyOf(contract.subscription, subscriptions))
  }

  return {
    ensureNextMonth,
    /** The subscription has ended at `at`: its last invoice follows once nothing more can be reported. */
    async scheduleClosing(ctx: Ctx, subscription: string, at: Temporal.Instant): Promise<void> {
      await ctx.tx.update(contract).set({ endedAt: at }).where(eq(contract.subscription, subscription))
      await due.schedule(ctx, { kind: closing, key: subscription, at: at.add(closingAfter) })
    },
  }
}
