import { and, asc, eq, gt, inArray, lte, sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { insertAll, isAnyOf } from '../../kernel/bulk.ts'
import { startOfDay } from '../../kernel/clock.ts'
import { type Ctx, system } from '../../kernel/context.ts'
import { conflict, isDomainError } from '../../kernel/errors.ts'
import { newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { Decimal } from '../../kernel/money.ts'
import type { Accounts, BillingAccount } from '../accounts/index.ts'
import type { Subscriptions } from '../subscriptions/index.ts'

import { type CardOutcome, createCards } from './cards.ts'
import { createCollectionMail } from './collection-mail.ts'
import { nextReminder, nextRetry } from './dunning.ts'
import { next, paymentStates } from './life-cycle.ts'
import { bankTransfer, cardMethod, cardOf, methodOf, missingCard, setOff } from './payment.ts'
import { invoice, invoiceLine, payment } from './schema.ts'
import { leftOf, markCollected, paymentsUnderWay, pendingPayments } from './settlement.ts'

type InvoiceRow = typeof invoice.$inferSelect
type PaymentRow = typeof payment.$inferSelect

/** Open invoices of one sweep. */
const perSweep = 200
const sweep = 'billing.collect'

/** Getting the money: charging, setting off, trying again, reminding, and what happens to subscriptions when it does not come. */
export function createCollection(kernel: Kernel, { accounts, subscriptions }: { accounts: Accounts; subscriptions: Subscriptions }) {
  const { config, due } = kernel
  const mail = createCollectionMail(kernel)
  const cards = createCards(kernel, { accounts, concluded, cardChosen: chargeFailed, resume })

  async function accountsOf(ctx: Ctx, rows: InvoiceRow[]): Promise<Map<string, BillingAccount>> {
    const found = await accounts.getBillingAccounts(
      ctx,
      rows.map((row) => row.customerTenantId),
    )
    return new Map(found.map((account) => [account.tenantId, account]))
  }

  /** One attempt with the customer's method for what is left to pay of each; inserts the payments and returns them. */
  async function charge(ctx: Ctx, rows: InvoiceRow[], left: Map<string, Decimal>, own = false): Promise<PaymentRow[]> {
    const customers = await accountsOf(ctx, rows)
    const cardsOf = await cards.cardsInUse(ctx, [
      ...[...customers.values()].filter((customer) => customer.paymentMethod === cardMethod.id).map((customer) => customer.tenantId),
      ...rows.filter((row) => row.paidBy === 'card').map((row) => row.customerTenantId),
    ])
    const byCard: Parameters<typeof cards.begin>[1] = []
    const payments = rows.flatMap((row): PaymentRow[] => {
      const amount = left.get(row.id) ?? row.total
      if (amount.isZero()) return []
      const customer = customers.get(row.customerTenantId)
      const card = cardsOf.get(row.customerTenantId)
      const chosen = customer?.paymentMethod ?? null
      const method =
        row.paidBy === 'card'
          ? (cardOf({ chosen, hasSaved: card !== undefined }, config) ?? missingCard)
          : methodOf(chosen === cardMethod.id && !card ? null : chosen, config)
      const id = newId<'payment'>()
      const outcome = method.settle({
        id,
        invoiceNumber: row.number,
        customerTenantId: row.customerTenantId,
        currency: row.currency,
        amount,
        now: ctx.now,
        since: customer?.paymentMethodSince ?? null,
      })
      const made: PaymentRow = {
        id,
        invoice: row.id,
        method: method.id,
        currency: row.currency,
        amount,
        state: outcome.state,
        reference: outcome.state === 'captured' ? outcome.reference : null,
        failure: outcome.state === 'failed' ? outcome.failure : null,
        at: ctx.now,
      }
      if (made.state === 'processing' && card) byCard.push({ row: made, card, own })
      return [made]
    })
    await insertAll(ctx, payment, payments)
    await cards.begin(ctx, byCard)
    return payments
  }

  /** Asks the customers' payment methods for what these new documents come to; below zero it is set off against what is open, then paid back. */
  async function collect(ctx: Ctx, issued: InvoiceRow[]): Promise<void> {
    const left = await setOffCredits(
      ctx,
      issued.filter((row) => row.kind === 'credit-note'),
    )
    const payments = await charge(ctx, issued, left)
    await follow(ctx, issued, payments, left)
  }

  /** What comes after an attempt: those that are settled are closed, the others get their next date. */
  async function follow(ctx: Ctx, rows: InvoiceRow[], payments: PaymentRow[], left: Map<string, Decimal>): Promise<void> {
    const of = new Map(payments.map((row) => [row.invoice, row]))
    const settled = rows.filter((row) => (left.get(row.id) ?? row.total).isZero() || of.get(row.id)?.state === 'captured')
    await markCollected(ctx, settled, of)
    await release(ctx, settled)
    const waiting = rows.filter((row) => row.kind === 'invoice' && row.state === 'open' && !settled.includes(row))
    const failed = waiting.filter((row) => of.get(row.id)?.state === 'failed').map((row) => ({ ...row, attempts: row.attempts + 1 }))
    const pending = waiting.filter((row) => of.get(row.id)?.state === 'pending')
    const underWay = waiting.filter((row) => of.get(row.id)?.state === 'processing')
    await plan(ctx, [
      // What comes next is decided when the provider has answered.
      ...underWay.map((row) => ({ row, at: null })),
      ...failed.map((row) => ({ row, at: nextRetry(presentedAt(row), row.attempts) })),
      ...pending.map((row) => ({ row: { ...row, attempts: 0 }, at: nextReminder(row.dueOn, 0) })),
    ])
    for (const row of failed) {
      // The invoice's own mail tells of the first attempt.
      if (row.attempts > 1) await mail.paymentFailed(ctx, row, of.get(row.id)?.failure ?? '', nextRetry(presentedAt(row), row.attempts))
      if (nextRetry(presentedAt(row), row.attempts) === null) await suspend(ctx, row)
    }
  }

  /** A provider has answered: the same as after an attempt that was decided at once. */
  async function concluded(ctx: Ctx, { payment: made, own, failure }: CardOutcome): Promise<void> {
    const [row] = await ctx.tx.select().from(invoice).where(eq(invoice.id, made.invoice)).for('update')
    if (!row) throw new Error(`Payment ${made.id} belongs to no invoice.`)
    const state = next(paymentStates, 'payment', made.state, failure === null ? 'capture' : 'fail')
    // The books know of it from now on, whenever the provider was asked.
    await ctx.tx.update(payment).set({ state, reference: made.reference, failure, at: ctx.now }).where(eq(payment.id, made.id))
    if (failure === null) {
      const left = (await leftOf(ctx, [row])).get(row.id)
      if (!left?.isZero()) return
      await markCollected(ctx, [row], new Map([[row.id, made]]))
      return release(ctx, [row])
    }
    if (row.kind === 'credit-note' || row.state !== 'open') return
    // A try of the customer's own does not use up one of the schedule.
    const attempts = own && row.attempts > 0 ? row.attempts : row.attempts + 1
    const at = nextRetry(presentedAt(row), attempts)
    await plan(ctx, [{ row: { id: row.id, attempts }, at }])
    await mail.paymentFailed(ctx, row, failure, at)
    if (at === null && row.suspendedAt === null) await suspend(ctx, row)
  }

  /** The customer has chosen how to pay: charges at once what could not be collected before. */
  async function chargeFailed(ctx: Ctx, tenantId: string): Promise<PaymentRow[]> {
    const open = await ctx.tx
      .select()
      .from(invoice)
      .where(and(eq(invoice.customerTenantId, tenantId), eq(invoice.state, 'open'), eq(invoice.kind, 'invoice'), gt(invoice.attempts, 0)))
      .orderBy(asc(invoice.issuedAt))
      .for('update')
    const busy = await paymentsUnderWay(
      ctx,
      open.map((row) => row.id),
    )
    const made: PaymentRow[] = []
    for (const row of open.filter(({ id }) => !busy.has(id))) {
      const one = await payNow(ctx, row)
      if (one) made.push(one)
    }
    return made
  }

  /** What was taken back is asked for again, from tomorrow on, as if it had never been paid. */
  async function resume(ctx: Ctx, row: InvoiceRow): Promise<void> {
    await plan(ctx, [{ row: { id: row.id, attempts: 0 }, at: ctx.now.add({ hours: 24 }) }])
  }

  /** Notes when collection goes on; one due row an instant, however many invoices wait for it. */
  async function plan(ctx: Ctx, steps: { row: Pick<InvoiceRow, 'id' | 'attempts'>; at: Temporal.Instant | null }[]): Promise<void> {
    const byStep = Map.groupBy(steps, ({ row, at }) => `${row.attempts} ${at?.toString() ?? ''}`)
    for (const of of byStep.values()) {
      const [{ row, at }] = of as [(typeof steps)[number]]
      const when = at && Temporal.Instant.compare(at, ctx.now) <= 0 ? ctx.now.add({ hours: 24 }) : at
      await ctx.tx
        .update(invoice)
        .set({ attempts: row.attempts, nextAttemptAt: when })
        .where(
          isAnyOf(
            invoice.id,
            of.map((step) => step.row.id),
          ),
        )
      if (when) await due.schedule(ctx, { kind: sweep, key: when.toString(), at: when })
    }
  }

  due.register(sweep, {
    async run(ctx, item) {
      const rows = await ctx.tx
        .select()
        .from(invoice)
        .where(and(eq(invoice.state, 'open'), lte(invoice.nextAttemptAt, ctx.now)))
        .orderBy(asc(invoice.id))
        .limit(perSweep)
        .for('update')
      if (rows.length === perSweep) await due.schedule(ctx, { kind: sweep, key: item.key, at: item.at })
      const pending = new Set(
        (
          await pendingPayments(
            ctx,
            rows.map((row) => row.id),
          )
        ).map((row) => row.invoice),
      )
      await remind(
        ctx,
        rows.filter((row) => pending.has(row.id)),
      )
      const busy = await paymentsUnderWay(
        ctx,
        rows.map((row) => row.id),
      )
      const again = rows.filter((row) => !pending.has(row.id) && !busy.has(row.id))
      const left = await leftOf(ctx, again)
      await follow(ctx, again, await charge(ctx, again, left), left)
    },
  })

  async function remind(ctx: Ctx, rows: InvoiceRow[]): Promise<void> {
    const reminded = rows.map((row) => ({ ...row, attempts: row.attempts + 1 }))
    await plan(
      ctx,
      reminded.map((row) => ({ row, at: nextReminder(row.dueOn, row.attempts) })),
    )
    for (const row of reminded) {
      const last = nextReminder(row.dueOn, row.attempts) === null
      await mail.reminder(ctx, row, last)
      if (last) await suspend(ctx, row)
    }
  }

  /** Subscriptions on these documents. */
  async function subscriptionsOn(ctx: Ctx, ids: string[]): Promise<string[]> {
    if (ids.length === 0) return []
    const rows = await ctx.tx
      .selectDistinct({ subscription: invoiceLine.subscription })
      .from(invoiceLine)
      .where(isAnyOf(invoiceLine.invoice, ids))
      .orderBy(asc(invoiceLine.subscription))
    return rows.map((row) => row.subscription)
  }

  /** The last attempt was in vain: what the invoice bills is suspended; 30 days later the subscriptions room cancels it. */
  async function suspend(ctx: Ctx, row: InvoiceRow): Promise<void> {
    await ctx.tx.update(invoice).set({ suspendedAt: ctx.now }).where(eq(invoice.id, row.id))
    const asMarketplace: Ctx = { ...ctx, principal: system }
    // Each subscription has a life of its own, with its events and webhooks: one after the other.
    for (const id of await subscriptionsOn(ctx, [row.id])) {
      const { status } = await subscriptions.get(asMarketplace, id)
      if (status === 'Subscribed') await subscriptions.paymentFailed(asMarketplace, id)
    }
    await mail.suspended(ctx, row)
  }

  /** The money has come: what was suspended for these and for no other open invoice is brought back. */
  async function release(ctx: Ctx, rows: InvoiceRow[]): Promise<void> {
    if (rows.length > 0) {
      await ctx.tx
        .update(invoice)
        .set({ nextAttemptAt: null })
        .where(
          isAnyOf(
            invoice.id,
            rows.map((row) => row.id),
          ),
        )
    }
    const blocking = rows.filter((row) => row.suspendedAt !== null)
    if (blocking.length === 0) return
    const asMarketplace: Ctx = { ...ctx, principal: system }
    const others = await ctx.tx
      .select({ id: invoice.id })
      .from(invoice)
      .where(
        and(
          // What is written off is owed all the same.
          inArray(invoice.state, ['open', 'written-off']),
          sql`${invoice.suspendedAt} is not null`,
          isAnyOf(
            invoice.customerTenantId,
            blocking.map((row) => row.customerTenantId),
          ),
        ),
      )
    const stillOwed = new Set(
      await subscriptionsOn(
        ctx,
        others.map((row) => row.id),
      ),
    )
    for (const id of await subscriptionsOn(
      ctx,
      blocking.map((row) => row.id),
    )) {
      if (stillOwed.has(id)) continue
      const { status } = await subscriptions.get(asMarketplace, id)
      if (status !== 'Suspended') continue
      try {
        await subscriptions.paymentRecovered(asMarketplace, id)
      } catch (error) {
        // Its reinstatement is under way already.
        if (!isDomainError(error) || error.code !== 'OperationPending') throw error
      }
    }
    for (const row of blocking) await mail.received(ctx, row)
  }

  /**
   * A credit is first kept back from what the customer has not paid yet, oldest first, so that nothing is paid back that never came.
   * Both sides are the same account of the same customer: the ledger needs no entry for it.
   * @returns what is left to pay back of each credit note
   */
  async function setOffCredits(ctx: Ctx, credits: InvoiceRow[]): Promise<Map<string, Decimal>> {
    const left = new Map(credits.map((row) => [row.id, row.total]))
    if (credits.length === 0) return left
    const open = await ctx.tx
      .select()
      .from(invoice)
      .where(
        and(
          eq(invoice.state, 'open'),
          eq(invoice.kind, 'invoice'),
          isAnyOf(
            invoice.customerTenantId,
            credits.map((row) => row.customerTenantId),
          ),
        ),
      )
      .orderBy(asc(invoice.issuedAt), asc(invoice.id))
      .for('update')
    const owed = await leftOf(ctx, open)
    // What a provider is being asked for cannot be made less.
    for (const id of await paymentsUnderWay(
      ctx,
      open.map((row) => row.id),
    )) {
      owed.set(id, new Decimal(0))
    }
    const payments: PaymentRow[] = []
    for (const credit of credits) {
      for (const bill of open) {
        if (bill.customerTenantId !== credit.customerTenantId || bill.currency !== credit.currency) continue
        const amount = Decimal.min((left.get(credit.id) as Decimal).negated(), owed.get(bill.id) as Decimal)
        if (!amount.greaterThan(0)) continue
        left.set(credit.id, (left.get(credit.id) as Decimal).plus(amount))
        owed.set(bill.id, (owed.get(bill.id) as Decimal).minus(amount))
        const both = { method: setOff.id, currency: bill.currency, state: 'captured' as const, failure: null, at: ctx.now }
        payments.push(
          { ...both, id: newId<'payment'>(), invoice: bill.id, amount, reference: credit.number },
          { ...both, id: newId<'payment'>(), invoice: credit.id, amount: amount.negated(), reference: bill.number },
        )
      }
    }
    await insertAll(ctx, payment, payments)
    const touched = open.filter((row) => payments.some((one) => one.invoice === row.id))
    const settled = touched.filter((row) => owed.get(row.id)?.isZero())
    for (const wait of await pendingPayments(
      ctx,
      touched.map((row) => row.id),
    )) {
      const rest = owed.get(wait.invoice) as Decimal
      const change = rest.isZero()
        ? { state: next(paymentStates, 'payment', wait.state, 'fail'), failure: 'Settled by a credit note.' }
        : { amount: rest }
      await ctx.tx.update(payment).set(change).where(eq(payment.id, wait.id))
    }
    await markCollected(ctx, settled, new Map())
    await release(ctx, settled)
    return left
  }

  async function refuseWhileUnderWay(ctx: Ctx, row: InvoiceRow): Promise<void> {
    if ((await paymentsUnderWay(ctx, [row.id])).has(row.id)) {
      throw conflict('NotPayable', `${row.number} is being charged at this moment. Look again in a minute.`)
    }
  }

  function refuseWhereNothingIsOwed({ number, state }: InvoiceRow): void {
    if (state !== 'open' && state !== 'written-off') throw conflict('NotPayable', `${number} is ${state}: no payment is expected.`)
  }

  /** Charges the customer's method now. @throws conflict `NotPayable` when the invoice is not open, waits for a transfer, or is being charged */
  async function payNow(ctx: Ctx, row: InvoiceRow): Promise<PaymentRow | null> {
    if (row.kind !== 'invoice') throw conflict('NotPayable', `${row.number} is a credit note: no payment is expected.`)
    refuseWhereNothingIsOwed(row)
    await refuseWhileUnderWay(ctx, row)
    const account = await accounts.billingAccount(ctx, row.customerTenantId)
    const method = methodOf(account?.paymentMethod ?? null, config)
    const [pending] = await pendingPayments(ctx, [row.id])
    if (pending) {
      if (method.id === pending.method) {
        throw conflict('NotPayable', `${row.number} is to be paid by bank transfer. Choose another payment method to have it charged.`)
      }
      const state = next(paymentStates, 'payment', pending.state, 'fail')
      await ctx.tx
        .update(payment)
        .set({ state, failure: `Paid by ${method.label} instead.` })
        .where(eq(payment.id, pending.id))
    }
    const left = await leftOf(ctx, [row])
    const [made] = await charge(ctx, [row], left, true)
    if (made?.state === 'failed') return made // A try of the customer's own does not use up one of the schedule.
    await follow(ctx, [row], made ? [made] : [], left)
    return made ?? null
  }

  return {
    collect,

    /**
     * Money has arrived by bank transfer for this invoice, also when it was written off, or was transferred back for this credit note.
     * @throws conflict `NotPayable`
     */
    async receive(ctx: Ctx, row: InvoiceRow, reference: string): Promise<void> {
      const [pending] = await pendingPayments(ctx, [row.id])
      refuseWhereNothingIsOwed(row)
      await refuseWhileUnderWay(ctx, row)
      const left = (await leftOf(ctx, [row])).get(row.id) as Decimal
      const made: PaymentRow = pending
        ? { ...pending, state: next(paymentStates, 'payment', pending.state, 'capture'), reference, at: ctx.now }
        : {
            // After a failed charge customers may transfer the money instead.
            id: newId<'payment'>(),
            invoice: row.id,
            method: bankTransfer.id,
            currency: row.currency,
            amount: left,
            state: 'captured',
            reference,
            failure: null,
            at: ctx.now,
          }
      if (pending) await ctx.tx.update(payment).set(made).where(eq(payment.id, made.id))
      else await ctx.tx.insert(payment).values(made)
      await markCollected(ctx, [row], new Map([[row.id, made]]))
      await release(ctx, [row])
    },

    payNow,
    chargeFailed,
    cards,
    /** A subscription ended because nobody paid: its payer is told. */
    endedUnpaid: mail.endedUnpaid,
  }
}

/** When the customer was first asked for the money. */
const presentedAt = (row: InvoiceRow) => (row.statementOn ? startOfDay(row.statementOn) : row.issuedAt)
