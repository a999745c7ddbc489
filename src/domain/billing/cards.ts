import { and, asc, desc, eq, isNull, sql } from 'drizzle-orm'
import type Stripe from 'stripe'
import { Temporal } from 'temporal-polyfill'
import { authorize } from '../../kernel/authorization.ts'
import { isAnyOf } from '../../kernel/bulk.ts'
import { wallNow } from '../../kernel/clock.ts'
import { type Ctx, type Principal, system } from '../../kernel/context.ts'
import { invalid, notFound, unavailable } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { type Decimal, formatMoney } from '../../kernel/money.ts'
import type { Accounts } from '../accounts/index.ts'
import { createCardReturns } from './card-returns.ts'
import { card, cardCharge, cardCustomer, cardRefund, cardSetup, stripeEvent } from './card-schema.ts'
import { invoice, payment } from './schema.ts'
import { isFailure, isInvalidRequest, openStripe, stripeAmount } from './stripe.ts'

export type Card = typeof card.$inferSelect
type PaymentRow = typeof payment.$inferSelect

const charging = 'billing.card'
const settingUp = 'billing.card-setup'
const detaching = 'billing.card-detach'

/** Calls of one kind at Stripe at the same time. */
const perLane = 16
const lane = 'stripe'

/** When we ask what became of a visit to Stripe's page, in minutes after its beginning: its webhook usually comes first. */
const lookAfterMinutes = [1, 5, 20, 60, 6 * 60, 25 * 60]
/** When we ask again about a payment that the bank has not decided. */
const askAgainAfter = { hours: 1 }
/** How old a webhook may be (replay), in seconds. */
const toleratedSeconds = 300

/** What became of a payment by card. */
export interface CardOutcome {
  payment: PaymentRow
  /** the customer asked for it */
  own: boolean
  failure: string | null
}

interface Neighbours {
  accounts: Accounts
  /** The customer is asked again for what was taken back. */
  resume(ctx: Ctx, row: typeof invoice.$inferSelect): Promise<void>
  /** The payment has been captured or has failed: its row says so already. */
  concluded(ctx: Ctx, outcome: CardOutcome): Promise<void>
  /** The customer has another card: what could not be collected before is charged. */
  cardChosen(ctx: Ctx, tenantId: string): Promise<unknown>
}

type Prepared =
  | { do: 'charge'; payment: PaymentRow; units: number; customer: string; method: string; intent: string | null; number: string }
  | { do: 'refund'; payment: PaymentRow; intent: string; units: number }
  | { do: 'refuse'; failure: string }

type Outcome =
  | { state: 'captured'; reference: string }
  | { state: 'failed'; failure: string; intent?: string }
  | { state: 'undecided'; intent: string }

/**
 * Cards through Stripe: saved on its own page, charged without the customer, paid back, with what its webhooks tell. Every call is made between two
 * transactions, and repeated with the same idempotency key when its answer was lost.
 */
export function createCards(kernel: Kernel, { accounts, concluded, cardChosen, resume }: Neighbours) {
  const { config, due } = kernel
  const stripe = config.stripe && openStripe(config.stripe, kernel.outbound)

  function client(): Promise<Stripe> {
    if (!stripe) throw unavailable('CardsNotConfigured', 'Cards cannot be used here: the marketplace has no account with Stripe.')
    return stripe()
  }

  const returns = createCardReturns(kernel, { client, resume })

  /** The card that is charged, of those of these tenants that have one. */
  async function cardsInUse(ctx: Ctx, tenantIds: string[]): Promise<Map<string, Card>> {
    if (!stripe || tenantIds.length === 0) return new Map()
    const rows = await ctx.tx
      .select()
      .from(card)
      .where(and(isAnyOf(card.tenantId, tenantIds), isNull(card.removedAt)))
      .orderBy(asc(card.chosenAt), asc(card.id))
    return new Map(rows.map((row) => [row.tenantId, row]))
  }

  /** Has these payments (state `processing`, already stored) made with the customer's card, below zero paid back to it. */
  async function begin(ctx: Ctx, payments: { row: PaymentRow; card: Card; own: boolean }[]): Promise<void> {
    for (const { row, card: of, own } of payments) {
      if (row.amount.isNegative()) await allocate(ctx, row, of.tenantId)
      else await ctx.tx.insert(cardCharge).values({ payment: row.id, card: of.id, own, intent: null })
    }
    await due.scheduleAll(
      ctx,
      payments.map(({ row }) => ({ kind: charging, key: row.id, at: ctx.now, lane })),
    )
  }

  /** The newest charge that covers a refund: one call pays it back, wholly or not at all. Without one it is left to the operator. */
  async function allocate(ctx: Ctx, row: PaymentRow, tenantId: string): Promise<void> {
    const amount = row.amount.negated()
    await ctx.tx.execute(sql`
      insert into billing.card_refund (payment, charge, amount)
      select ${row.id}::uuid, c.payment, ${amount.toFixed()}::numeric
      from billing.card_charge c join billing.payment p on p.id = c.payment join billing.invoice i on i.id = p.invoice
      where i.customer_tenant_id = ${tenantId}::uuid and p.currency = ${row.currency} and p.state = 'captured' and c.intent is not null
        and p.amount - coalesce((select sum(r.amount) from billing.card_refund r where r.charge = c.payment), 0)
          - coalesce((select sum(b.amount) from billing.card_return b where b.payment = c.payment and b.state <> 'won'), 0) >= ${amount.toFixed()}::numeric
      order by p.at desc, p.id desc limit 1`)
  }

  due.register<object, Prepared, Outcome>(charging, {
    perLane,
    async prepare(ctx, item) {
      const [row] = await ctx.tx.select().from(payment).where(eq(payment.id, item.key))
      if (row?.state !== 'processing') return null
      const { currency } = row
      const refuse = (amount: Decimal) => ({
        do: 'refuse' as const,
        failure: `A card cannot be charged ${formatMoney(amount, currency)} exactly: pay by bank transfer.`,
      })
      if (row.amount.isNegative()) {
        const [part] = await ctx.tx
          .select({ intent: cardCharge.intent })
          .from(cardRefund)
          .innerJoin(cardCharge, eq(cardCharge.payment, cardRefund.charge))
          .where(eq(cardRefund.payment, row.id))
        if (!part?.intent) return { do: 'refuse', failure: 'No card was charged as much as is to be paid back: it is transferred.' }
        const units = stripeAmount(row.amount.negated(), currency)
        return units === null ? refuse(row.amount.negated()) : { do: 'refund', payment: row, intent: part.intent, units }
      }
      const [found] = await ctx.tx
        .select({ intent: cardCharge.intent, method: card.method, customer: cardCustomer.customer, number: invoice.number })
        .from(cardCharge)
        .innerJoin(card, eq(card.id, cardCharge.card))
        .innerJoin(cardCustomer, eq(cardCustomer.tenantId, card.tenantId))
        .innerJoin(invoice, eq(invoice.id, row.invoice))
        .where(eq(cardCharge.payment, row.id))
      if (!found) return { do: 'refuse', failure: 'The card has been removed.' }
      const units = stripeAmount(row.amount, currency)
      return units === null ? refuse(row.amount) : { do: 'charge', payment: row, units, ...found }
    },
    async perform(prepared) {
      if (prepared.do === 'refuse') return { state: 'failed', failure: prepared.failure }
      return prepared.do === 'charge' ? chargeCard(await client(), prepared) : refundCard(await client(), prepared)
    },
    async finish(ctx, item, prepared, outcome) {
      const [row] = await ctx.tx.select().from(payment).where(eq(payment.id, item.key)).for('update')
      if (row?.state !== 'processing') return
      const intent = outcome.state === 'captured' ? outcome.reference : outcome.intent
      if (prepared.do === 'charge' && intent !== undefined) {
        await ctx.tx.update(cardCharge).set({ intent }).where(eq(cardCharge.payment, row.id))
      }
      if (outcome.state === 'undecided') {
        await due.schedule(ctx, { kind: charging, key: row.id, at: ctx.now.add(askAgainAfter), lane })
        return
      }
      if (prepared.do === 'refund' && outcome.state === 'captured') {
        await ctx.tx.update(cardRefund).set({ refund: outcome.reference }).where(eq(cardRefund.payment, row.id))
      } else if (prepared.do !== 'charge') {
        // Nothing was paid back: the charge may be used for another refund.
        await ctx.tx.delete(cardRefund).where(eq(cardRefund.payment, row.id))
      }
      const [made] = await ctx.tx.select({ own: cardCharge.own }).from(cardCharge).where(eq(cardCharge.payment, row.id))
      const failure = outcome.state === 'failed' ? outcome.failure : null
      await concluded(ctx, {
        payment: { ...row, reference: outcome.state === 'captured' ? outcome.reference : null },
        own: made?.own ?? false,
        failure,
      })
    },
  })

  due.register<object, { session: string; tenantId: string }, Stripe.Checkout.Session>(settingUp, {
    perLane,
    async prepare(ctx, item) {
      const [row] = await ctx.tx.select().from(cardSetup).where(eq(cardSetup.session, item.key))
      return row && row.endedAt === null ? row : null
    },
    async perform({ session }) {
      return (await client()).checkout.sessions.retrieve(session, { expand: ['setup_intent.payment_method'] })
    },
    async finish(ctx, item, { session, tenantId }, found) {
      const [row] = await ctx.tx.select().from(cardSetup).where(eq(cardSetup.session, session)).for('update')
      if (!row || row.endedAt !== null) return
      const intent = typeof found.setup_intent === 'object' ? found.setup_intent : null
      const method = intent && typeof intent.payment_method === 'object' ? intent.payment_method : null
      if (found.status === 'complete' && intent?.status === 'succeeded' && method?.card) {
        const saved = await saveCard(ctx, tenantId, { id: method.id, card: method.card })
        await ctx.tx.update(cardSetup).set({ endedAt: ctx.now, card: saved }).where(eq(cardSetup.session, session))
        await useCard({ ...ctx, principal: system }, tenantId)
        return
      }
      const minutes = lookAfterMinutes[row.looked + 1]
      if (found.status === 'expired' || minutes === undefined) {
        await ctx.tx.update(cardSetup).set({ endedAt: ctx.now }).where(eq(cardSetup.session, session))
        return
      }
      await ctx.tx
        .update(cardSetup)
        .set({ looked: row.looked + 1 })
        .where(eq(cardSetup.session, session))
      const at = row.begunAt.add({ minutes })
      await due.schedule(ctx, {
        kind: settingUp,
        key: session,
        at: Temporal.Instant.compare(at, ctx.now) > 0 ? at : ctx.now.add({ minutes: 1 }),
        lane,
      })
    },
  })

  due.register<object, { method: string }, boolean>(detaching, {
    perLane,
    async prepare(ctx, item) {
      const [row] = await ctx.tx.select({ method: card.method }).from(card).where(eq(card.id, item.key))
      return row ?? null
    },
    async perform({ method }) {
      try {
        await (await client()).paymentMethods.detach(method)
      } catch (error) {
        if (!isInvalidRequest(error)) throw error // It is detached already.
      }
      return true
    },
    async finish() {},
  })

  async function saveCard(ctx: Ctx, tenantId: string, { id, card: of }: { id: string; card: Stripe.PaymentMethod.Card }): Promise<string> {
    const expiresOn = Temporal.PlainDate.from({ year: of.exp_year, month: of.exp_month, day: 1 }).add({ months: 1 }).subtract({ days: 1 })
    const facts = { brand: of.display_brand ?? of.brand, last4: of.last4 ?? '', expiresOn, chosenAt: ctx.now, removedAt: null }
    const [row] = await ctx.tx
      .insert(card)
      .values({ id: newId<'card'>(), tenantId, method: id, savedAt: ctx.now, ...facts })
      .onConflictDoUpdate({ target: card.method, set: facts })
      .returning({ id: card.id })
    const saved = (row as { id: string }).id
    await kernel.audit.record(ctx, {
      action: 'card.save',
      target: `tenant:${tenantId}`,
      after: { card: saved, brand: facts.brand, last4: facts.last4 },
    })
    return saved
  }

  async function useCard(ctx: Ctx, tenantId: string): Promise<void> {
    await accounts.setPaymentMethod(ctx, tenantId, 'card')
    await cardChosen(ctx, tenantId)
  }

  async function ownCard(ctx: Ctx, tenantId: string, id: string): Promise<Card> {
    authorize(ctx.principal, 'billing.manage', { tenantId })
    const [row] = isUuid(id)
      ? await ctx.tx
          .select()
          .from(card)
          .where(and(eq(card.id, id), eq(card.tenantId, tenantId), isNull(card.removedAt)))
          .for('update')
      : []
    if (!row) throw notFound('UnknownCard', 'There is no such card.', { target: 'card' })
    return row
  }

  /** Stripe's id of the tenant, asked for once. */
  async function customerOf(principal: Principal, tenantId: string): Promise<{ customer: string; currency: string }> {
    const { known, account } = await kernel.run(principal, async (ctx) => {
      authorize(ctx.principal, 'billing.manage', { tenantId })
      const [row] = await ctx.tx.select().from(cardCustomer).where(eq(cardCustomer.tenantId, tenantId))
      return { known: row?.customer, account: await accounts.ensureBillingAccount(ctx, tenantId) }
    })
    const { currency } = account
    if (known !== undefined) return { customer: known, currency }
    const made = await asked(async () =>
      (await client()).customers.create(
        { name: account.legalName, metadata: { tenant: tenantId } },
        { idempotencyKey: `stoa-customer-${tenantId}` },
      ),
    )
    await kernel.run(principal, async (ctx) => {
      await ctx.tx.insert(cardCustomer).values({ tenantId, customer: made.id, createdAt: ctx.now }).onConflictDoNothing()
    })
    return { customer: made.id, currency }
  }

  async function lookNow(ctx: Ctx, session: string): Promise<void> {
    const [row] = await ctx.tx.select().from(cardSetup).where(eq(cardSetup.session, session))
    if (row && row.endedAt === null) await due.schedule(ctx, { kind: settingUp, key: session, at: ctx.now, lane })
  }

  return {
    configured: stripe !== undefined,
    /** Payments by card that were taken back. */
    returns: { list: returns.list, decide: returns.decide },
    cardsInUse,
    begin,

    /**
     * Begins a visit to Stripe's page, where a person enters a card. Returns the page's address. Calls Stripe: outside of any transaction.
     * @throws unavailable `CardsNotConfigured`, `StripeUnavailable`, forbidden
     */
    async beginSetup(principal: Principal, tenantId: string): Promise<string> {
      const { customer, currency } = await customerOf(principal, tenantId)
      const page = `${config.publicUrl}/account/billing`
      const session = await asked(async () =>
        (await client()).checkout.sessions.create({
          mode: 'setup',
          customer,
          allowed_payment_method_types: ['card'],
          currency: currency.toLowerCase(),
          success_url: `${page}?card={CHECKOUT_SESSION_ID}`,
          cancel_url: page,
          metadata: { tenant: tenantId },
        }),
      )
      if (!session.url) throw unavailable('StripeUnavailable', 'Stripe has made no page to enter the card on. Try again.')
      await kernel.run(principal, async (ctx) => {
        const begunBy = principal.kind === 'user' ? principal.email : principal.kind
        await ctx.tx
          .insert(cardSetup)
          .values({ session: session.id, tenantId, begunBy, begunAt: ctx.now, looked: 0, endedAt: null, card: null })
        const [minutes = 1] = lookAfterMinutes
        await due.schedule(ctx, { kind: settingUp, key: session.id, at: ctx.now.add({ minutes }), lane })
      })
      return session.url
    },

    /** Cards of a customer, the one that is charged first. @throws forbidden */
    async list(ctx: Ctx, tenantId: string): Promise<Card[]> {
      authorize(ctx.principal, 'billing.manage', { tenantId })
      return ctx.tx
        .select()
        .from(card)
        .where(and(eq(card.tenantId, tenantId), isNull(card.removedAt)))
        .orderBy(desc(card.chosenAt), desc(card.id))
    },

    /** Whether a visit to Stripe's page has brought a card; asks at once, in the background, while it has not. @throws forbidden */
    async setupState(ctx: Ctx, tenantId: string, session: string): Promise<'saved' | 'waiting' | 'nothing'> {
      authorize(ctx.principal, 'billing.manage', { tenantId })
      const [row] = await ctx.tx
        .select()
        .from(cardSetup)
        .where(and(eq(cardSetup.session, session), eq(cardSetup.tenantId, tenantId)))
      if (!row) return 'nothing'
      return row.card ? 'saved' : row.endedAt ? 'nothing' : 'waiting'
    },
    /** Asks Stripe at once what became of a visit to its page. @throws forbidden */
    async look(ctx: Ctx, tenantId: string, session: string): Promise<void> {
      authorize(ctx.principal, 'billing.manage', { tenantId })
      const [row] = await ctx.tx
        .select()
        .from(cardSetup)
        .where(and(eq(cardSetup.session, session), eq(cardSetup.tenantId, tenantId)))
      if (row) await lookNow(ctx, session)
    },

    /** This card is charged from now on. @throws not-found `UnknownCard`, forbidden */
    async use(ctx: Ctx, tenantId: string, id: string): Promise<void> {
      const row = await ownCard(ctx, tenantId, id)
      await ctx.tx.update(card).set({ chosenAt: ctx.now }).where(eq(card.id, row.id))
      await useCard(ctx, tenantId)
    },

    /** Forgets a card, here and at Stripe. Without another the customer pays as is usual. @throws not-found `UnknownCard`, forbidden */
    async remove(ctx: Ctx, tenantId: string, id: string, usual: string): Promise<void> {
      const row = await ownCard(ctx, tenantId, id)
      await ctx.tx.update(card).set({ removedAt: ctx.now }).where(eq(card.id, row.id))
      await due.schedule(ctx, { kind: detaching, key: row.id, at: ctx.now, lane })
      await kernel.audit.record(ctx, { action: 'card.remove', target: `tenant:${tenantId}`, before: { card: row.id, last4: row.last4 } })
      const account = await accounts.billingAccount(ctx, tenantId)
      if (account?.paymentMethod === 'card' && (await cardsInUse(ctx, [tenantId])).size === 0) {
        await accounts.setPaymentMethod(ctx, tenantId, usual)
      }
    },

    /**
     * Takes a webhook of Stripe: its signature and age are checked, a repeated one changes nothing. What it says is not believed: due work asks.
     * @throws invalid `SignatureInvalid`, unavailable `CardsNotConfigured`
     */
    async receive(body: string, signature: string | undefined): Promise<void> {
      const { webhooks, secret } = { webhooks: (await client()).webhooks, secret: config.stripe?.webhookSecret ?? '' }
      let event: Stripe.Event
      try {
        event = webhooks.constructEvent(body, signature ?? '', secret, toleratedSeconds, undefined, wallNow().epochMilliseconds)
      } catch {
        throw invalid('SignatureInvalid', 'The signature is not Stripe’s, or the webhook is more than five minutes old.', {
          target: 'Stripe-Signature',
        })
      }
      await kernel.run(system, (ctx) => take(ctx, event))
    },
  }

  async function take(ctx: Ctx, event: Stripe.Event): Promise<void> {
    const fresh = await ctx.tx
      .insert(stripeEvent)
      .values({ id: event.id, type: event.type, wallAt: ctx.wall })
      .onConflictDoNothing()
      .returning({ id: stripeEvent.id })
    if (fresh.length === 0) return
    switch (event.type) {
      case 'checkout.session.completed':
      case 'checkout.session.expired':
        return lookNow(ctx, event.data.object.id)
      case 'payment_intent.succeeded':
      case 'payment_intent.payment_failed':
      case 'payment_intent.canceled': {
        const id = event.data.object.metadata.payment
        if (id === undefined || !isUuid(id)) return
        const [row] = await ctx.tx.select({ state: payment.state }).from(payment).where(eq(payment.id, id))
        if (row?.state === 'processing') await due.schedule(ctx, { kind: charging, key: id, at: ctx.now, lane })
        return
      }
      case 'payment_method.detached': {
        await ctx.tx
          .update(card)
          .set({ removedAt: ctx.now })
          .where(and(eq(card.method, event.data.object.id), isNull(card.removedAt)))
        return
      }
      case 'charge.dispute.created':
      case 'charge.dispute.updated':
      case 'charge.dispute.funds_withdrawn':
      case 'charge.dispute.funds_reinstated':
      case 'charge.dispute.closed':
        return returns.look(ctx, 'dispute', event.data.object.id)
      case 'charge.refunded':
      case 'refund.created':
      case 'refund.updated':
      case 'refund.failed': {
        const { payment_intent: of } = event.data.object
        const intent = typeof of === 'string' ? of : of?.id
        return intent === undefined ? undefined : returns.look(ctx, 'refund', intent)
      }
      default:
    }
  }
}

/** Calls Stripe for somebody who waits. @throws unavailable `StripeUnavailable` */
async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof Error && 'type' in error && String(error.type).startsWith('Stripe')) {
      throw unavailable('StripeUnavailable', 'Stripe does not answer as expected. Try again in a minute.', { cause: error })
    }
    throw error
  }
}

async function chargeCard(
  client: Stripe,
  { payment: row, units, customer, method, intent, number }: Prepared & { do: 'charge' },
): Promise<Outcome> {
  try {
    const made = intent
      ? await client.paymentIntents.retrieve(intent)
      : await client.paymentIntents.create(
          {
            amount: units,
            currency: row.currency.toLowerCase(),
            customer,
            payment_method: method,
            allowed_payment_method_types: ['card'],
            off_session: true,
            confirm: true,
            description: number,
            metadata: { payment: row.id, invoice: row.invoice },
          },
          { idempotencyKey: `stoa-charge-${row.id}` },
        )
    if (made.status === 'succeeded') return { state: 'captured', reference: made.id }
    if (made.status === 'processing') return { state: 'undecided', intent: made.id }
    return { state: 'failed', failure: made.last_payment_error?.message ?? 'The card was declined.', intent: made.id }
  } catch (error) {
    if (isFailure(error, 'StripeCardError')) {
      const failure =
        error.code === 'authentication_required'
          ? 'The bank wants the card’s owner to confirm the payment. Enter the card anew, or pay by bank transfer.'
          : error.message
      return { state: 'failed', failure, ...(error.payment_intent ? { intent: error.payment_intent.id } : {}) }
    }
    if (isInvalidRequest(error)) return { state: 'failed', failure: 'The card cannot be charged any more. Enter it anew.' }
    throw error // Nobody knows what became of it: the same call is made again.
  }
}

async function refundCard(client: Stripe, { payment: row, units, intent }: Prepared & { do: 'refund' }): Promise<Outcome> {
  const refused: Outcome = { state: 'failed', failure: 'The card does not take the money back: it is transferred.' }
  try {
    const made = await client.refunds.create(
      { payment_intent: intent, amount: units, metadata: { payment: row.id } },
      { idempotencyKey: `stoa-refund-${row.id}` },
    )
    return made.status === 'failed' || made.status === 'canceled' ? refused : { state: 'captured', reference: made.id }
  } catch (error) {
    if (isInvalidRequest(error) || isFailure(error, 'StripeCardError')) return refused
    throw error
  }
}
