import { and, asc, desc, eq, isNull, ne, sql } from 'drizzle-orm'
import type Stripe from 'stripe'
import { authorize } from '../../kernel/authorization.ts'
import { rowsOf } from '../../kernel/clock.ts'
import { type Ctx, system } from '../../kernel/context.ts'
import { conflict, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { Decimal } from '../../kernel/money.ts'
import { cardCharge, cardReturn } from './card-schema.ts'
import { type CardReturnKind, cardReturnStates, type CardReturnTrigger } from './card-return-states.ts'
import { addEarnings, bookedParts, bookWriteOff, keepParts, partsOf, type WriteOff } from './correction-books.ts'
import { type LinePart, negated } from './correction.ts'
import { post, type Posting } from './ledger.ts'
import { invoiceStates, next } from './life-cycle.ts'
import { sum } from './line.ts'
import { takenBack } from './payment.ts'
import { invoice, payment, payoutLine } from './schema.ts'
import { identityOf } from './second-person.ts'
import { takeNumbers } from './series.ts'
import { leftOf, markCollected } from './settlement.ts'
import { amountOfStripe, isInvalidRequest } from './stripe.ts'
import { writeOff } from './write-off-schema.ts'

type InvoiceRow = typeof invoice.$inferSelect
type ReturnRow = typeof cardReturn.$inferSelect

const looking = 'billing.card-return'
const perLane = 16

/** A return as a page shows it. */
export interface CardReturn extends ReturnRow {
  invoiceNumber: string
  customerName: string
}

/** What an operator decides about a refund that somebody made at Stripe. */
export type CardReturnDecision = 'accept' | 'collect'

/** What Stripe says of one dispute or refund, in the marketplace's words. */
interface Standing {
  stripeId: string
  kind: CardReturnKind
  intent: string
  amount: Decimal
  currency: string
  reason: string
  state: 'open' | 'won' | 'lost'
  /** what Stripe has taken for it, by currency */
  costs: { currency: string; amount: Decimal }[]
}

interface Neighbours {
  client(): Promise<Stripe>
  /** The customer is asked for the money again. */
  resume(ctx: Ctx, row: InvoiceRow): Promise<void>
}

/** Disputes before money moves: the bank only asks. */
const inquiries = new Set(['warning_needs_response', 'warning_under_review', 'warning_closed', 'prevented'])

/**
 * Payments by card that were taken back without the marketplace: disputes of the bank, refunds made at Stripe. A webhook only makes us look; what is
 * found is compared with what is booked, so that webhooks may come twice, late and in any order.
 */
export function createCardReturns(kernel: Kernel, { client, resume }: Neighbours) {
  const { due, audit, events } = kernel

  due.register<object, { kind: CardReturnKind; id: string }, Standing[]>(looking, {
    perLane,
    async prepare(_ctx, item) {
      const [kind, id] = item.key.split(' ')
      return id === undefined ? null : { kind: kind as CardReturnKind, id }
    },
    async perform({ kind, id }) {
      const stripe = await client()
      try {
        return await (kind === 'dispute' ? disputeAt(stripe, id) : refundsAt(stripe, id))
      } catch (error) {
        if (isInvalidRequest(error)) return [] // Of another account, or gone.
        throw error
      }
    },
    async finish(ctx, _item, _prepared, found) {
      for (const standing of found) await compare({ ...ctx, principal: system }, standing)
    },
  })

  /** Books what Stripe says and the books do not know yet. */
  async function compare(ctx: Ctx, standing: Standing): Promise<void> {
    const [charged] = await ctx.tx
      .select({ payment })
      .from(cardCharge)
      .innerJoin(payment, eq(payment.id, cardCharge.payment))
      .where(eq(cardCharge.intent, standing.intent))
    if (!charged || charged.payment.state !== 'captured' || charged.payment.currency !== standing.currency) {
      // Somebody else's payment, with the same account at Stripe.
      return audit.record(ctx, { action: `card-return.unknown`, target: standing.stripeId, after: { intent: standing.intent } })
    }
    const row = await lock(ctx, charged.payment.invoice)
    const known = await find(ctx, standing.stripeId)
    if (!known && standing.state === 'won') return // Nothing was taken, or it was back before we looked.
    const of = known ?? (await open(ctx, row, charged.payment, standing))
    if (!of) return
    await bookCosts(ctx, of, standing.costs)
    if (standing.state === 'open') return
    if (of.state !== 'open') {
      // Decided here, and then the bank refused the refund: a person looks at it.
      if (standing.state === 'won' && of.state !== 'won') await audit.record(ctx, { action: 'card-return.came-back', target: of.stripeId })
      return
    }
    const now = await lock(ctx, row.id)
    if (standing.state === 'won') await win(ctx, now, of)
    else await lose(ctx, now, of, { id: 'marketplace', name: 'the marketplace' }, `Dispute lost: ${standing.reason}`)
  }

  async function lock(ctx: Ctx, id: string): Promise<InvoiceRow> {
    const [row] = await ctx.tx.select().from(invoice).where(eq(invoice.id, id)).for('update')
    if (!row) throw new Error(`There is no invoice ${id}.`)
    return row
  }

  async function find(ctx: Ctx, stripeId: string): Promise<ReturnRow | undefined> {
    const [row] = await ctx.tx.select().from(cardReturn).where(eq(cardReturn.stripeId, stripeId))
    return row
  }

  /** The money has left: the customer owes it again, and publishers owe what they had of it. */
  async function open(ctx: Ctx, row: InvoiceRow, of: typeof payment.$inferSelect, standing: Standing): Promise<ReturnRow | null> {
    const amount = Decimal.min(standing.amount, await returnable(ctx, of))
    if (!amount.greaterThan(0)) {
      await audit.record(ctx, { action: `card-return.unknown`, target: standing.stripeId, after: { intent: standing.intent } })
      return null
    }
    const made: ReturnRow = {
      id: newId<'card-return'>(),
      stripeId: standing.stripeId,
      kind: standing.kind,
      payment: of.id,
      invoice: row.id,
      currency: row.currency,
      amount,
      reason: standing.reason,
      state: 'open',
      openedAt: ctx.now,
      closedAt: null,
      closedBy: null,
    }
    const parts = await partsOf(ctx, row, amount)
    await ctx.tx.insert(cardReturn).values(made)
    await keepParts(ctx, made.id, parts)
    const earnings = { invoice: row.id, currency: row.currency, correction: made.id }
    await addEarnings(ctx, { ...earnings, collected: true }, negated(parts))
    await addEarnings(ctx, { ...earnings, collected: false }, parts)
    const moved = await move(ctx, made, amount.negated())
    if (row.state !== 'open') {
      await ctx.tx
        .update(invoice)
        .set({ state: next(invoiceStates, 'invoice', row.state, 'return') })
        .where(eq(invoice.id, row.id))
    }
    await postMove(ctx, row, 'payment-returned', moved, amount.negated(), negated(parts))
    await tell(ctx, 'payment.returned', row, made, parts)
    return made
  }

  /** What of a payment has not been given or taken back yet. */
  async function returnable(ctx: Ctx, of: typeof payment.$inferSelect): Promise<Decimal> {
    const [row] = rowsOf<{ amount: string }>(
      await ctx.tx.execute(sql`
        select coalesce(sum(amount), 0)::text as amount from (
          select amount from billing.card_refund where charge = ${of.id}::uuid and refund is not null
          union all select amount from billing.card_return where payment = ${of.id}::uuid and state <> 'won') b`),
    )
    return of.amount.minus(row?.amount ?? 0)
  }

  /** The payment that a return makes, below zero, or that undoes it. */
  async function move(ctx: Ctx, of: ReturnRow, amount: Decimal): Promise<string> {
    const id = newId<'payment'>()
    await ctx.tx.insert(payment).values({
      id,
      invoice: of.invoice,
      method: takenBack.id,
      currency: of.currency,
      amount,
      state: 'captured',
      reference: of.stripeId,
      failure: null,
      at: ctx.now,
    })
    return id
  }

  /** Cash moves, and with it what customers owe and what is due to publishers. */
  async function postMove(
    ctx: Ctx,
    row: InvoiceRow,
    kind: 'payment' | 'payment-returned',
    reference: string,
    amount: Decimal,
    parts: readonly LinePart[],
  ): Promise<void> {
    const { currency, customerTenantId } = row
    const shares = [...Map.groupBy(parts, (part) => part.publisherId)].flatMap(([publisherId, of]): Posting[] => {
      const share = sum(of.map((part) => part.publisherShare))
      return [
        { account: 'revenue-share', currency, amount: share, publisherId },
        { account: 'payable', currency, amount: share.negated(), publisherId },
      ]
    })
    const postings: Posting[] = [
      { account: 'cash', currency, amount },
      { account: 'receivable', currency, amount: amount.negated(), customerTenantId },
      ...shares,
    ]
    await post(ctx, [{ kind, reference, description: row.number, postings }])
  }

  /** What Stripe has taken for a dispute beyond what is booked; the marketplace bears it. */
  async function bookCosts(ctx: Ctx, of: ReturnRow, costs: Standing['costs']): Promise<void> {
    const booked = rowsOf<{ currency: string; amount: string }>(
      await ctx.tx.execute(sql`
        select p.currency, sum(p.amount)::text as amount from billing.posting p join billing.ledger_transaction t on t.id = p.transaction
        where t.kind = 'payment-cost' and t.reference = ${of.id}::uuid and p.account = 'payment-cost' group by 1`),
    )
    for (const { currency, amount } of costs) {
      const more = amount.minus(booked.find((row) => row.currency === currency)?.amount ?? 0)
      const postings: Posting[] = [
        { account: 'payment-cost', currency, amount: more },
        { account: 'cash', currency, amount: more.negated() },
      ]
      await post(ctx, [{ kind: 'payment-cost', reference: of.id, description: of.stripeId, postings }])
    }
  }

  async function close(ctx: Ctx, of: ReturnRow, trigger: CardReturnTrigger, by: string): Promise<ReturnRow> {
    const state = cardReturnStates[of.state][trigger]
    if (state === undefined) throw conflict('IllegalTransition', `${of.stripeId} is ${of.state}: that is decided.`)
    const closed: ReturnRow = { ...of, state, closedAt: ctx.now, closedBy: by }
    await ctx.tx.update(cardReturn).set(closed).where(eq(cardReturn.id, of.id))
    return closed
  }

  /** The invoice is as its last return leaves it. */
  async function settleState(ctx: Ctx, row: InvoiceRow): Promise<void> {
    if (row.state !== 'returned') return
    const [other] = await ctx.tx
      .select({ id: cardReturn.id })
      .from(cardReturn)
      .where(and(eq(cardReturn.invoice, row.id), eq(cardReturn.state, 'open')))
    if (other) return
    const [given] = await ctx.tx
      .select({ id: writeOff.id })
      .from(writeOff)
      .where(and(eq(writeOff.invoice, row.id), eq(writeOff.state, 'booked')))
    const state = next(invoiceStates, 'invoice', row.state, given ? 'write-off' : 'collect')
    await ctx.tx.update(invoice).set({ state }).where(eq(invoice.id, row.id))
  }

  /** The money has come back. */
  async function win(ctx: Ctx, row: InvoiceRow, of: ReturnRow): Promise<void> {
    const closed = await close(ctx, of, 'win', 'Stripe')
    const parts = await bookedParts(ctx, of.id)
    const moved = await move(ctx, of, of.amount)
    await ctx.tx
      .update(payoutLine)
      .set({ collectedAt: ctx.now })
      .where(and(eq(payoutLine.correction, of.id), isNull(payoutLine.collectedAt)))
    await postMove(ctx, row, 'payment', moved, of.amount, parts)
    await settleState(ctx, row)
    if (row.state === 'open') await lessOwed(ctx, row)
    await tell(ctx, 'payment.restored', row, closed, parts)
  }

  /** The customer is being asked for something that has come back: it owes less, or nothing any more. */
  async function lessOwed(ctx: Ctx, row: InvoiceRow): Promise<void> {
    const left = (await leftOf(ctx, [row])).get(row.id) as Decimal
    const waiting = and(eq(payment.invoice, row.id), eq(payment.state, 'pending'))
    if (!left.isZero()) {
      await ctx.tx.update(payment).set({ amount: left }).where(waiting)
      return
    }
    await ctx.tx.update(payment).set({ state: 'failed', failure: 'The payment by card has come back.' }).where(waiting)
    await markCollected(ctx, [row], new Map())
    await ctx.tx.update(invoice).set({ nextAttemptAt: null }).where(eq(invoice.id, row.id))
  }

  /** The customer keeps the money: what it paid for is written off. Where it is being asked for the rest anyway, it is asked for this too. */
  async function lose(ctx: Ctx, row: InvoiceRow, of: ReturnRow, who: { id: string; name: string }, reason: string): Promise<void> {
    const parts = await bookedParts(ctx, of.id)
    if (row.state === 'open') {
      await tell(ctx, 'payment.lost', row, await close(ctx, of, 'owe', who.name), parts)
      return
    }
    const closed = await close(ctx, of, 'lose', who.name)
    const [number] = await takeNumbers(ctx, 'write-off', 1)
    const made: WriteOff = {
      id: newId<'write-off'>(),
      number: number as string,
      invoice: row.id,
      customerTenantId: row.customerTenantId,
      currency: row.currency,
      amount: of.amount,
      reason,
      state: 'booked',
      needsApproval: false,
      requestedAt: ctx.now,
      requestedBy: who.id,
      requestedName: who.name,
      decidedAt: null,
      decidedBy: null,
      decidedName: null,
      note: null,
      bookedAt: ctx.now,
      recoveredAt: null,
    }
    await bookWriteOff(ctx, row, made, parts)
    await ctx.tx.insert(writeOff).values(made)
    const [other] = await ctx.tx
      .select({ id: cardReturn.id })
      .from(cardReturn)
      .where(and(eq(cardReturn.invoice, row.id), eq(cardReturn.state, 'open')))
    if (other) {
      await ctx.tx
        .update(invoice)
        .set({ state: next(invoiceStates, 'invoice', 'written-off', 'return') })
        .where(eq(invoice.id, row.id))
    }
    await tell(ctx, 'payment.lost', row, closed, parts)
  }

  async function tell(
    ctx: Ctx,
    type: 'payment.returned' | 'payment.restored' | 'payment.lost',
    row: InvoiceRow,
    of: ReturnRow,
    parts: readonly LinePart[],
  ): Promise<void> {
    const { stripeId, kind, currency, state, reason } = of
    await audit.record(ctx, {
      action: `card-return.${state}`,
      target: stripeId,
      after: { invoice: row.number, kind, currency, amount: of.amount },
      reason,
    })
    await events.publishAll(
      ctx,
      type,
      [...Map.groupBy(parts, (part) => part.publisherId)].map(([publisherId, lines]) => ({
        publisherId,
        payload: { invoice: row.number, kind, currency, amount: sum(lines.map((part) => part.publisherShare)).toFixed() },
      })),
    )
  }

  return {
    /** A webhook told of a dispute, or of a refund of this payment: it is looked at soon. */
    async look(ctx: Ctx, kind: CardReturnKind, id: string): Promise<void> {
      await due.schedule(ctx, { kind: looking, key: `${kind} ${id}`, at: ctx.now, lane: 'stripe' })
    },

    /** Payments by card that were taken back, undecided ones first, then the newest (operator). @throws forbidden */
    async list(ctx: Ctx, limit = 200): Promise<CardReturn[]> {
      authorize(ctx.principal, 'operator.console')
      const rows = await ctx.tx
        .select({ of: cardReturn, number: invoice.number, billTo: invoice.billTo })
        .from(cardReturn)
        .innerJoin(invoice, eq(invoice.id, cardReturn.invoice))
        .orderBy(asc(ne(cardReturn.state, 'open')), desc(cardReturn.openedAt), desc(cardReturn.id))
        .limit(limit)
      return rows.map(({ of, number, billTo }) => ({ ...of, invoiceNumber: number, customerName: billTo.legalName }))
    },

    /**
     * Decides about a refund that somebody made at Stripe: the customer keeps the money (it is written off), or still owes it (it is collected again).
     * About disputes the bank decides.
     * @throws conflict `BankDecides` or `IllegalTransition`, not-found `UnknownReturn`, forbidden
     */
    async decide(ctx: Ctx, id: string, decision: CardReturnDecision): Promise<void> {
      authorize(ctx.principal, 'operator.console')
      const [known] = isUuid(id) ? await ctx.tx.select().from(cardReturn).where(eq(cardReturn.id, id)) : []
      if (!known) throw notFound('UnknownReturn', 'No payment was taken back under this id.', { target: 'return' })
      if (known.kind === 'dispute') throw conflict('BankDecides', `The bank decides about ${known.stripeId}: answer it at Stripe.`)
      const row = await lock(ctx, known.invoice)
      const of = (await find(ctx, known.stripeId)) as ReturnRow
      if (of.state !== 'open') throw conflict('IllegalTransition', `${of.stripeId} is ${of.state}: that is decided.`)
      const who = identityOf(ctx.principal)
      if (decision === 'accept') return lose(ctx, row, of, who, 'Refunded at Stripe')
      const closed = await close(ctx, of, 'owe', who.name)
      if (row.state === 'returned') {
        await ctx.tx
          .update(invoice)
          .set({ state: next(invoiceStates, 'invoice', row.state, 'reopen') })
          .where(eq(invoice.id, row.id))
      }
      await resume(ctx, row)
      await tell(ctx, 'payment.lost', row, closed, await bookedParts(ctx, of.id))
    },
  }
}

async function disputeAt(stripe: Stripe, id: string): Promise<Standing[]> {
  const found = await stripe.disputes.retrieve(id)
  const intent = typeof found.payment_intent === 'string' ? found.payment_intent : found.payment_intent?.id
  if (intent === undefined || inquiries.has(found.status)) return []
  const currency = found.currency.toUpperCase()
  const costs = new Map<string, Decimal>()
  for (const { fee, currency: of } of found.balance_transactions) {
    const code = of.toUpperCase()
    costs.set(code, (costs.get(code) ?? new Decimal(0)).plus(amountOfStripe(fee, code)))
  }
  return [
    {
      stripeId: found.id,
      kind: 'dispute',
      intent,
      amount: amountOfStripe(found.amount, currency),
      currency,
      reason: found.reason.replaceAll('_', ' '),
      state: found.status === 'won' ? 'won' : found.status === 'lost' ? 'lost' : 'open',
      costs: [...costs].map(([code, amount]) => ({ currency: code, amount })),
    },
  ]
}

/** Refunds of a payment that were not asked for here. */
async function refundsAt(stripe: Stripe, intent: string): Promise<Standing[]> {
  const found = await stripe.refunds.list({ payment_intent: intent, limit: 100 })
  return found.data
    .filter((refund) => refund.metadata?.payment === undefined)
    .map((refund): Standing => {
      const currency = refund.currency.toUpperCase()
      return {
        stripeId: refund.id,
        kind: 'refund',
        intent,
        amount: amountOfStripe(refund.amount, currency),
        currency,
        reason: (refund.reason ?? 'no reason given').replaceAll('_', ' '),
        state: refund.status === 'failed' || refund.status === 'canceled' ? 'won' : 'open',
        costs: [],
      }
    })
}
