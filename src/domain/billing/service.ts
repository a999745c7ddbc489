import { and, asc, desc, eq } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { allows, authorize } from '../../kernel/authorization.ts'
import { startOfDay, utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import type { DomainEvent } from '../../kernel/events.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { isUuid } from '../../kernel/ids.ts'
import type { Store } from '../../kernel/reference-data.ts'
import type { Accounts } from '../accounts/index.ts'
import type { Offers } from '../offers/index.ts'
import { storesOf } from '../catalog/index.ts'
import type { Metering } from '../metering/index.ts'
import type { Publishing } from '../publishing/index.ts'
import type { CancelledPayload, SubscriptionPayload, Subscriptions } from '../subscriptions/index.ts'
import { getCharges, lockContract, lockContracts, openContract, recordEvent, recordEvents, settleWithoutInvoice } from './charges.ts'
import { contacts } from './contacts.ts'
import { createCollection } from './collect.ts'
import type { BillableItem } from './document.ts'
import { explain, type InvoiceExplanation } from './explain.ts'
import { checkBilling } from './doctor.ts'
import { createInvoiceMail } from './invoice-mail.ts'
import { issue, linesOfCharges } from './issue.ts'
import { chargeItem, dimensionPrices } from './open-items.ts'
import { createPayouts, type Payouts } from './payout-service.ts'
import { createPayers } from './payers.ts'
import { createPreviewRefunds } from './preview-refunds.ts'
import { cardMethod, methodLabel, methodOf, methodsIn, type PaymentMethod } from './payment.ts'
import { renderInvoice, renderStatement } from './pdf.ts'
import { createWriteOffs } from './write-offs.ts'
import { createRuns } from './runs.ts'
import { createStatements, findStatement, statementsOf } from './statements.ts'
import { contract, invoice, taxRate } from './schema.ts'
import { checkedTaxRate, type TaxRateInput, type TaxRateRow } from './tax.ts'
import {
  openInvoices,
  type OpenInvoice,
  type Payment,
  type Invoice,
  type InvoiceDetail,
  invoiceDetail,
  invoicesOf,
  type OpenPeriod,
  openPeriod,
  type StatementDetail,
  usageBilledUntil,
} from './views.ts'

/** From what was agreed, done and used to invoices, payments, the ledger and payouts. */
export interface Billing
  extends Payouts,
    ReturnType<typeof createWriteOffs>,
    ReturnType<typeof createPayers>,
    ReturnType<typeof createPreviewRefunds> {
  onSubscriptionEvent(ctx: Ctx, event: DomainEvent<SubscriptionPayload>): Promise<void>
  onRenewals(ctx: Ctx, events: DomainEvent<SubscriptionPayload>[]): Promise<void>
  /** Documents of a customer, newest first. @throws forbidden */
  listInvoices(ctx: Ctx, customerTenantId: string, limit?: number): Promise<Invoice[]>
  /** By id or number. @throws not-found `UnknownInvoice`, also for another customer's */
  getInvoice(ctx: Ctx, id: string): Promise<InvoiceDetail>
  /** The document as PDF (A4), made when it is asked for. @throws not-found `UnknownInvoice` */
  invoicePdf(ctx: Ctx, id: string): Promise<{ fileName: string; bytes: Buffer }>
  /** The document (id or number) calculated again from history. @throws not-found `UnknownInvoice` */
  explainInvoice(ctx: Ctx, id: string): Promise<InvoiceExplanation>
  /** What a customer will be billed for so far: fees and usage with their cost, before tax. @throws forbidden */
  openPeriod(ctx: Ctx, customerTenantId: string): Promise<OpenPeriod>
  /** Quarterly statements of a customer on an enterprise agreement, newest first. @throws forbidden */
  listStatements(ctx: Ctx, customerTenantId: string): Promise<StatementDetail[]>
  /** @throws not-found `UnknownStatement`, also for another customer's */
  getStatement(ctx: Ctx, id: string): Promise<StatementDetail>
  /** Every line that a statement presents. @throws not-found `UnknownStatement` */
  statementInvoices(ctx: Ctx, id: string): Promise<InvoiceDetail[]>
  /** The statement as PDF (A4). @throws not-found `UnknownStatement` */
  statementPdf(ctx: Ctx, id: string): Promise<{ fileName: string; bytes: Buffer }>
  /** Marks all invoices of a statement paid by one bank transfer. @throws invalid `ReferenceMissing`, conflict `NotPayable`, not-found `UnknownStatement`, forbidden */
  markStatementPaid(ctx: Ctx, id: string, reference: string): Promise<void>
  /** Marks an invoice paid by bank transfer, also one that was written off: everything given up is taken up again. @throws invalid `ReferenceMissing`, conflict `NotPayable`, not-found `UnknownInvoice`, forbidden */
  markInvoicePaid(ctx: Ctx, id: string, reference: string): Promise<void>
  /**
   * The customer has its method charged now, instead of waiting for the next attempt. The payment may have failed.
   * @throws conflict `NotPayable`, not-found `UnknownInvoice`, forbidden
   */
  payInvoice(ctx: Ctx, id: string): Promise<Payment | null>
  /** Methods that customers may choose in this mode. */
  paymentMethods(): PaymentMethod[]
  /** What a payment's method is called. */
  methodLabel(id: string): string
  /** Id of the method of customers who have chosen none. */
  usualPaymentMethod(): string
  /** Cards through Stripe. */
  cards: Omit<ReturnType<typeof createCollection>['cards'], 'begin' | 'cardsInUse'>
  /** Sets how a customer pays and charges at once what could not be collected before. @throws invalid `UnknownPaymentMethod`, forbidden */
  setPaymentMethod(ctx: Ctx, tenantId: string, method: string): Promise<Payment[]>
  /** Documents that were not settled at the end of a day, today's by default, the longest due first (operator). @throws forbidden */
  aging(ctx: Ctx, on?: Temporal.PlainDate): Promise<OpenInvoice[]>
  /** Documents of all customers, newest first (operator). @throws forbidden */
  newestInvoices(ctx: Ctx, limit?: number): Promise<Invoice[]>
  /** Tax rates that the operator has entered, by country and day (operator). @throws forbidden */
  taxRates(ctx: Ctx): Promise<TaxRateRow[]>
  /**
   * Enters a rate that holds from a day on, where wanted for one store or kind of agreement only; the same again replaces it. Issued documents keep theirs.
   * @throws invalid `TaxRateInvalid` naming each field, forbidden
   */
  setTaxRate(ctx: Ctx, input: TaxRateInput): Promise<TaxRateRow>
  /** What was mailed to one address goes to another; '' to nobody. Returns how many contracts it were. */
  changeContact: (typeof contacts)['changeContact']
  /** Whether a customer has something that goes on being billed. */
  hasOpenContracts: (typeof contacts)['hasOpenContracts']
  /** Until when usage of these subscriptions is billed, where it is at all. */
  usageBilledUntil: typeof usageBilledUntil
  /** What usage costs, as agreed, by `subscription plan dimension`; also on plans that a subscription had before. */
  usagePrices: typeof dimensionPrices
}

export interface BillingNeighbours {
  accounts: Accounts
  offers: Offers
  publishing: Publishing
  subscriptions: Subscriptions
  metering: Metering
}

export function createBilling(kernel: Kernel, { accounts, offers, publishing, subscriptions, metering }: BillingNeighbours): Billing {
  const { mode } = kernel.config
  const collection = createCollection(kernel, { accounts, subscriptions })
  const statements = createStatements(kernel, collection.collect)
  const options = { accounts, mode, collect: collection.collect, present: statements.scheduleFor, ...createInvoiceMail(kernel) }
  const payers = createPayers(kernel.config, {
    accounts,
    audit: kernel.audit,
    hasSavedCard: async (ctx, tenantId) => (await collection.cards.cardsInUse(ctx, [tenantId])).has(tenantId),
  })
  const runs = createRuns(kernel, metering, options)

  const payouts = createPayouts(kernel, { accounts, offers, metering })
  kernel.doctor.register('billing', checkBilling)

  async function cancelled(ctx: Ctx, event: DomainEvent<SubscriptionPayload>): Promise<void> {
    const payload = event.payload as CancelledPayload
    const fresh = await recordEvent(ctx, event)
    if (payload.reason === 'suspended-30-days') await collection.endedUnpaid(ctx, payload)
    await takeBack(ctx, fresh)
    if (payload.previousStatus === 'PendingFulfillmentStart') {
      // Never activated: nothing was charged and nothing can be reported.
      await ctx.tx.update(contract).set({ endedAt: ctx.now, closedAt: ctx.now }).where(eq(contract.subscription, payload.subscription))
      return
    }
    await runs.scheduleClosing(ctx, payload.subscription, ctx.now)
  }

  /** Reversals: what was billed goes on a credit note at once; what was not never reaches an invoice. */
  async function takeBack(ctx: Ctx, reversals: Awaited<ReturnType<typeof recordEvent>>): Promise<void> {
    if (reversals.length === 0) return
    const originals = new Map(
      (
        await getCharges(
          ctx,
          reversals.flatMap((row) => row.reverses ?? []),
        )
      ).map((row) => [row.id, row]),
    )
    const billed = reversals.filter((row) => originals.get(row.reverses ?? '')?.invoice)
    const unbilled = reversals.filter((row) => !billed.includes(row))
    await settleWithoutInvoice(
      ctx,
      unbilled.flatMap((row) => [row.id, ...(row.reverses ? [row.reverses] : [])]),
    )
    if (billed.length === 0) return
    const [first] = billed
    const of = first ? await lockContract(ctx, first.subscription) : null
    if (!of) return
    const lines = new Map(
      (
        await linesOfCharges(
          ctx,
          billed.flatMap((row) => row.reverses ?? []),
        )
      ).map((line) => [line.charge, line]),
    )
    const items = billed.map((row): BillableItem => {
      const line = lines.get(row.reverses)
      const rates = line && { tax: { country: line.taxCountry, name: line.taxName, rate: line.taxRate }, feeRate: line.feeRate }
      return { ...chargeItem(of, row), ...(rates ? { rates } : {}) }
    })
    const today = utcDate(ctx.now)
    await issue(ctx, options, items, {
      run: `reversal:${of.subscription}`,
      reason: 'cancelled-in-free-period',
      periodStart: today,
      periodEnd: today,
    })
  }

  /** The store in which an offer is sold, as its snapshot says; where it is in both, the cloud store. */
  async function storeOf(ctx: Ctx, snapshotId: string): Promise<Store | null> {
    const { content } = await publishing.getSnapshot(ctx, snapshotId)
    const stores = storesOf(content)
    return stores.includes('cloud') ? 'cloud' : (stores[0] ?? null)
  }

  async function statementFor(ctx: Ctx, id: string): Promise<StatementDetail> {
    const found = isUuid(id) ? await findStatement(ctx, id) : null
    if (!found || !allows(ctx.principal, 'invoice.read', { tenantId: found.customerTenantId })) {
      throw notFound('UnknownStatement', 'There is no such statement.', { target: 'statement' })
    }
    return found
  }

  async function invoiceFor(ctx: Ctx, id: string): Promise<InvoiceDetail> {
    const detail = await invoiceDetail(ctx, id)
    if (!detail || !allows(ctx.principal, 'invoice.read', { tenantId: detail.customerTenantId })) {
      throw notFound('UnknownInvoice', 'There is no such invoice.', { target: 'invoice' })
    }
    return detail
  }

  async function lockInvoice(ctx: Ctx, id: string): Promise<Invoice> {
    const [row] = isUuid(id) ? await ctx.tx.select().from(invoice).where(eq(invoice.id, id)).for('update') : []
    if (!row) throw notFound('UnknownInvoice', 'There is no such invoice.', { target: 'invoice' })
    return row
  }

  return {
    ...payouts,
    ...contacts,
    ...payers,
    ...createPreviewRefunds(kernel, { subscriptions, options }),
    ...createWriteOffs(kernel, offers),
    async onSubscriptionEvent(ctx, event) {
      const { payload } = event
      switch (event.type) {
        case 'subscription.purchased':
          await accounts.ensureBillingAccount(ctx, payload.customerTenantId)
          return openContract(ctx, payload, await storeOf(ctx, payload.agreement.snapshotId))
        case 'subscription.activated':
        case 'subscription.renewed':
        case 'subscription.plan-changed':
        case 'subscription.quantity-changed':
          await lockContract(ctx, payload.subscription)
          await recordEvent(ctx, event)
          return runs.ensureNextMonth(ctx)
        case 'subscription.cancelled':
          await lockContract(ctx, payload.subscription)
          return cancelled(ctx, event)
        default:
      }
    },

    async onRenewals(ctx, events) {
      await lockContracts(
        ctx,
        events.map(({ payload }) => payload.subscription),
      )
      await recordEvents(ctx, events)
      await runs.ensureNextMonth(ctx)
    },

    async listInvoices(ctx, customerTenantId, limit = 100) {
      authorize(ctx.principal, 'invoice.read', { tenantId: customerTenantId })
      return invoicesOf(ctx, customerTenantId, limit)
    },
    getInvoice: invoiceFor,
    async invoicePdf(ctx, id) {
      const detail = await invoiceFor(ctx, id)
      return { fileName: `${detail.number}.pdf`, bytes: await renderInvoice(detail, kernel.config.brand) }
    },
    async listStatements(ctx, customerTenantId) {
      authorize(ctx.principal, 'invoice.read', { tenantId: customerTenantId })
      return statementsOf(ctx, customerTenantId)
    },
    getStatement: statementFor,
    async statementInvoices(ctx, id) {
      const { documents } = await statementFor(ctx, id)
      return Promise.all(documents.map((row) => invoiceFor(ctx, row.id)))
    },
    async statementPdf(ctx, id) {
      const found = await statementFor(ctx, id)
      return { fileName: `${found.number}.pdf`, bytes: await renderStatement(found, kernel.config.brand) }
    },
    async markStatementPaid(ctx, id, reference) {
      authorize(ctx.principal, 'operator.console')
      checkReference(reference)
      const found = await statementFor(ctx, id)
      const open = found.documents.filter((row) => row.kind === 'invoice' && row.state === 'open')
      if (open.length === 0) throw conflict('NotPayable', `${found.number} is settled: no payment is expected.`)
      for (const row of open) await collection.receive(ctx, await lockInvoice(ctx, row.id), reference)
      await kernel.audit.record(ctx, {
        action: 'statement.paid',
        target: found.number,
        after: { reference, invoices: open.map((row) => row.number) },
      })
    },
    async explainInvoice(ctx, id) {
      return explain(ctx, await invoiceFor(ctx, id))
    },
    async openPeriod(ctx, customerTenantId) {
      authorize(ctx.principal, 'invoice.read', { tenantId: customerTenantId })
      return openPeriod(ctx, metering, customerTenantId)
    },

    async markInvoicePaid(ctx, id, reference) {
      authorize(ctx.principal, 'operator.console')
      checkReference(reference)
      const row = await lockInvoice(ctx, id)
      await collection.receive(ctx, row, reference)
      await kernel.audit.record(ctx, { action: 'invoice.paid', target: row.number, before: { state: row.state }, after: { reference } })
    },
    async payInvoice(ctx, id) {
      const found = await invoiceFor(ctx, id)
      authorize(ctx.principal, 'billing.manage', { tenantId: found.customerTenantId })
      const row = await lockInvoice(ctx, found.id)
      const made = await collection.payNow(ctx, row)
      await kernel.audit.record(ctx, { action: 'invoice.pay', target: row.number, after: { method: made?.method, state: made?.state } })
      return made
    },

    methodLabel,
    paymentMethods: () => methodsIn(kernel.config),
    usualPaymentMethod: () => methodOf(null, kernel.config).id,
    cards: collection.cards,
    async setPaymentMethod(ctx, tenantId, method) {
      const known = methodsIn(kernel.config).some((one) => one.id === method)
      if (!known || (method === cardMethod.id && (await collection.cards.list(ctx, tenantId)).length === 0)) {
        throw invalid('UnknownPaymentMethod', 'Choose one of the payment methods.', { target: 'method' })
      }
      await accounts.setPaymentMethod(ctx, tenantId, method)
      return collection.chargeFailed(ctx, tenantId)
    },
    async aging(ctx, on = utcDate(ctx.now)) {
      authorize(ctx.principal, 'operator.console')
      return openInvoices(ctx, startOfDay(on.add({ days: 1 })))
    },

    async newestInvoices(ctx, limit = 100) {
      authorize(ctx.principal, 'operator.console')
      return ctx.tx.select().from(invoice).orderBy(desc(invoice.issuedAt), desc(invoice.number)).limit(limit)
    },

    async taxRates(ctx) {
      authorize(ctx.principal, 'operator.console')
      return ctx.tx.select().from(taxRate).orderBy(asc(taxRate.country), desc(taxRate.validFrom))
    },
    async setTaxRate(ctx, input) {
      authorize(ctx.principal, 'operator.console')
      const row = checkedTaxRate(input)
      const [before] = await ctx.tx
        .select()
        .from(taxRate)
        .where(
          and(
            eq(taxRate.country, row.country),
            eq(taxRate.validFrom, row.validFrom),
            eq(taxRate.store, row.store),
            eq(taxRate.agreementKind, row.agreementKind),
          ),
        )
      await ctx.tx
        .insert(taxRate)
        .values({ ...row, name: row.name ?? '' })
        .onConflictDoUpdate({
          target: [taxRate.country, taxRate.validFrom, taxRate.store, taxRate.agreementKind],
          set: { ...row, name: row.name ?? '' },
        })
      const target = `${row.country} (store ${row.store}, agreement ${row.agreementKind}) from ${row.validFrom.toString()}`
      await kernel.audit.record(ctx, { action: 'tax-rate.set', target, ...(before ? { before } : {}), after: row })
      return row
    },
    usageBilledUntil,
    usagePrices: dimensionPrices,
  }
}

function checkReference(reference: string): void {
  if (/^[^\p{Cc}]{1,100}$/u.test(reference)) return
  throw invalid('ReferenceMissing', 'Give the reference of the transfer, at most 100 characters.', { target: 'reference' })
}
