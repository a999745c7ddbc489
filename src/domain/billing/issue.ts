import { and, eq, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { insertAll, isAnyOf } from '../../kernel/bulk.ts'
import { utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import type { Decimal } from '../../kernel/money.ts'
import type { Accounts, BillingAccount, BillingAddress } from '../accounts/index.ts'
import { type BillableItem, type DraftDocument, draftDocument } from './document.ts'
import { linePostings, post } from './ledger.ts'
import { takeNumbers } from './series.ts'
import { statementDay, statementDue } from './statements.ts'
import { type BillTo, type InvoiceReason, type PaidBy, invoice, invoiceLine, payoutLine, usageTaken } from './schema.ts'
import { taxOfCustomer, taxRules } from './tax.ts'

export interface IssueOptions {
  accounts: Accounts
  mode: 'sandbox' | 'production'
  /** Lets customers know, after the transaction. */
  announce(ctx: Ctx, invoices: string[]): Promise<void>
  /** Asks for the money. */
  collect(ctx: Ctx, issued: (typeof invoice.$inferSelect)[]): Promise<void>
  /** Has the quarter's statements of these days made. */
  present(ctx: Ctx, days: readonly Temporal.PlainDate[]): Promise<void>
}

/** Days until an invoice must be paid. */
export const daysToPay = 30

/** One row a run, customer and currency: repeating a run issues nothing twice. */
export interface RunOf {
  run: string
  reason: InvoiceReason
  periodStart: Temporal.PlainDate
  periodEnd: Temporal.PlainDate
}

/**
 * Issues one document a customer and currency for these items: number, lines, tax, ledger, payment, publishers' earnings, all in
 * this transaction. Items that were charges become settled, also where no document was worth issuing.
 */
export async function issue(
  ctx: Ctx,
  { accounts, mode, announce, collect, present }: IssueOptions,
  items: BillableItem[],
  { run, reason, periodStart, periodEnd }: RunOf,
): Promise<void> {
  if (items.length === 0) return
  const groups = Map.groupBy(items, (item) => `${item.customerTenantId} ${item.currency} ${item.paidBy ?? ''} ${item.billAddress ?? ''}`)
  const customers = new Map(
    (await accounts.getBillingAccounts(ctx, [...new Set(items.map((item) => item.customerTenantId))])).map((account) => [
      account.tenantId,
      account,
    ]),
  )
  const addresses = new Map(
    (await accounts.getBillingAddresses(ctx, [...new Set(items.flatMap((item) => item.billAddress ?? []))])).map((one) => [
      one.addressId,
      one,
    ]),
  )
  const taxOf = await taxRules(
    ctx,
    [...customers.values()].map((customer) => customer.country),
    mode,
  )
  const fees = new Map(
    (await accounts.getPublishers(ctx, [...new Set(items.map((item) => item.publisherId))])).map((publisher) => [
      publisher.publisherId,
      publisher.storeFeePercent,
    ]),
  )
  const feeOf = (publisherId: string): Decimal => {
    const fee = fees.get(publisherId)
    if (!fee) throw new Error(`Billing knows no publisher ${publisherId}.`)
    return fee
  }

  const drafts: {
    document: DraftDocument
    billTo: BillTo
    customerTenantId: string
    currency: string
    paidBy: PaidBy | null
    billAddress: string | null
    statementOn: Temporal.PlainDate | null
  }[] = []
  for (const group of groups.values()) {
    const [{ customerTenantId, currency, paidBy, billAddress }] = group as [BillableItem]
    const customer = customers.get(customerTenantId)
    if (!customer) throw new Error(`Customer ${customerTenantId} has no billing account.`)
    const { country, agreementKind } = customer
    const document = draftDocument(group, (store) => taxOfCustomer(taxOf({ country, store, agreementKind }), customer), feeOf)
    // A card is charged when the document is issued, also on an enterprise agreement.
    const statementOn = agreementKind === 'enterprise' && paidBy === null ? statementDay(utcDate(ctx.now), reason) : null
    const billTo = billToOf(customer, billAddress === null ? undefined : addresses.get(billAddress))
    if (document) drafts.push({ document, billTo, customerTenantId, currency, paidBy, billAddress, statementOn })
  }

  const numbers = {
    invoice: await takeNumbers(ctx, 'invoice', drafts.filter((draft) => draft.document.kind === 'invoice').length),
    'credit-note': await takeNumbers(ctx, 'credit-note', drafts.filter((draft) => draft.document.kind === 'credit-note').length),
  }
  const issued = drafts.map(({ document, ...of }) => {
    const row: typeof invoice.$inferSelect = {
      id: newId<'invoice'>(),
      number: numbers[document.kind].shift() as string,
      kind: document.kind,
      reason,
      run,
      ...of,
      state: 'open',
      issuedAt: ctx.now,
      dueOn: of.statementOn ? statementDue(of.statementOn) : utcDate(ctx.now).add({ days: daysToPay }),
      periodStart,
      periodEnd,
      net: document.net,
      tax: document.tax,
      total: document.total,
      mailedAt: null,
      attempts: 0,
      nextAttemptAt: null,
      suspendedAt: null,
      statement: null,
    }
    return { row, lines: document.lines }
  })
  await store(ctx, issued)
  await settle(ctx, items, issued)
  await post(
    ctx,
    issued.map(({ row, lines }) => ({
      kind: 'invoice' as const,
      reference: row.id,
      description: row.number,
      postings: lines.flatMap(linePostings),
    })),
  )
  await present(
    ctx,
    issued.flatMap(({ row }) => row.statementOn ?? []),
  )
  const presented = issued.filter(({ row }) => row.statementOn === null).map(({ row }) => row)
  await collect(ctx, presented)
  await announce(
    ctx,
    presented.map((row) => row.id),
  )
}

/** The recipient as it is today, at its own or a further address. */
function billToOf(account: BillingAccount, at?: BillingAddress): BillTo {
  const { country, taxId } = account
  const legalName = at?.legalName ?? account.legalName
  const address = at?.address ?? account.address
  const purchaseOrder = at?.purchaseOrder ?? account.purchaseOrder
  return {
    legalName,
    country,
    ...(Object.keys(address).length > 0 ? { address } : {}),
    ...(taxId === null ? {} : { taxId }),
    ...(purchaseOrder === null ? {} : { purchaseOrder }),
  }
}

async function store(ctx: Ctx, issued: { row: typeof invoice.$inferSelect; lines: DraftDocument['lines'] }[]): Promise<void> {
  await insertAll(
    ctx,
    invoice,
    issued.map(({ row }) => row),
  )
  const lines = issued.flatMap(({ row, lines }) => lines.map((line) => ({ row, line })))
  await insertAll(
    ctx,
    invoiceLine,
    lines.map(({ row, line }) => ({
      id: line.id,
      invoice: row.id,
      position: line.position,
      kind: line.kind,
      subscription: line.subscription,
      publisherId: line.publisherId,
      offerId: line.offerId,
      offerName: line.offerName,
      planId: line.planId,
      planName: line.planName,
      description: line.description,
      serviceStart: line.serviceStart,
      serviceEnd: line.serviceEnd,
      dimension: line.dimension ?? null,
      unitOfMeasure: line.unitOfMeasure ?? null,
      charge: line.charge ?? null,
      quantity: line.quantity,
      unitPrice: line.unitPrice,
      net: line.net,
      taxCountry: line.taxRule.country,
      taxName: line.taxRule.name,
      taxRate: line.taxRule.rate,
      tax: line.tax,
      feeRate: line.feeRate,
      fee: line.fee,
      publisherShare: line.publisherShare,
    })),
  )
  const taken = lines.flatMap(({ line }) =>
    (line.taken ?? []).map((part) => ({
      line: line.id,
      subscription: line.subscription,
      planId: line.planId,
      dimension: line.dimension as string,
      month: part.month,
      quantity: part.quantity,
      events: part.events,
    })),
  )
  await insertAll(ctx, usageTaken, taken)
  const earned = lines.filter(({ line }) => !line.net.isZero())
  await insertAll(
    ctx,
    payoutLine,
    earned.map(({ row, line }) => ({
      line: line.id,
      invoice: row.id,
      publisherId: line.publisherId,
      currency: line.currency,
      net: line.net,
      feeRate: line.feeRate,
      fee: line.fee,
      amount: line.publisherShare,
      earnedAt: ctx.now,
    })),
  )
}

async function settle(
  ctx: Ctx,
  items: BillableItem[],
  issued: { row: typeof invoice.$inferSelect; lines: DraftDocument['lines'] }[],
): Promise<void> {
  const onDocument = new Map(
    issued.flatMap(({ row, lines }) => lines.flatMap((line) => (line.charge ? [[line.charge, row.id] as const] : []))),
  )
  const charges = items.flatMap((item) => (item.charge ? [item.charge] : []))
  if (charges.length === 0) return
  await ctx.tx.execute(sql`
    update billing.charge c set settled_at = ${ctx.now.toString()}::timestamptz, invoice = s.invoice
    from unnest(${sql.param(charges)}::uuid[], ${sql.param(charges.map((id) => onDocument.get(id) ?? null))}::uuid[]) as s(id, invoice)
    where c.id = s.id and c.settled_at is null`)
}

/** Accounts (of these customers) that this run has served before. */
export async function servedBefore(ctx: Ctx, run: string, customers: string[]): Promise<Set<string>> {
  if (customers.length === 0) return new Set()
  const rows = await ctx.tx
    .select({ tenant: invoice.customerTenantId, currency: invoice.currency })
    .from(invoice)
    .where(and(eq(invoice.run, run), isAnyOf(invoice.customerTenantId, customers)))
  return new Set(rows.map((row) => `${row.tenant} ${row.currency}`))
}

/** Whether these charges are on a document already, with the rates of their lines. */
export async function linesOfCharges(ctx: Ctx, charges: string[]): Promise<(typeof invoiceLine.$inferSelect)[]> {
  if (charges.length === 0) return []
  return ctx.tx.select().from(invoiceLine).where(isAnyOf(invoiceLine.charge, charges))
}
