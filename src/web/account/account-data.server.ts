import type { Invoice, OpenItem, StatementDetail } from '../../domain/billing/index.ts'
import type { DailyUsage } from '../../domain/metering/index.ts'
import type { AgreedDimension, SubscriptionSummary } from '../../domain/subscriptions/index.ts'
import { allows } from '../../kernel/authorization.ts'
import { utcDate } from '../../kernel/clock.ts'
import { type Decimal, formatMoney } from '../../kernel/money.ts'
import { paymentStateOf } from '../ui/payment-state.ts'
import { priceText, termPriceText, termText } from '../ui/money-words.ts'
import type { Visit } from '../ui/portal-access.server.ts'
import { timeLine } from '../ui/subscription-words.ts'

/** Subscriptions on the first page; who has more searches by name in the list of the publisher's own portal. */
const most = 200

/** What the visitor may see: everybody what the own organisation uses, people who buy or pay also what they pay for. */
export async function customerSubscriptions({ user, domain, read }: Visit) {
  const { items, tenants } = await read(async (ctx) => {
    const listed = await domain.subscriptions.listForTenant(ctx, { tenantId: user.tenantId, pageSize: most })
    const foreign = listed.items.filter((row) => row.beneficiaryTenantId !== user.tenantId).map((row) => row.beneficiaryTenantId)
    return { items: listed.items, tenants: await domain.directory.getTenants(ctx, foreign) }
  })
  const names = new Map<string, string>(tenants.map((tenant) => [tenant.tenantId, tenant.name]))
  return items.map((row) => ({
    ...brief(row),
    landing: landingOf(row, user),
    customer: row.beneficiaryTenantId === user.tenantId ? null : (names.get(row.beneficiaryTenantId) ?? row.beneficiaryTenantId),
  }))
}

function brief(row: SubscriptionSummary) {
  return {
    id: row.id,
    name: row.name,
    offerName: row.preview ? `${row.agreement.offerName} (preview)` : row.agreement.offerName,
    planName: row.agreement.planName,
    status: row.status,
    quantity: row.quantity,
    termText: termText(row.termUnit),
    term:
      row.termStart && row.termEnd && row.status !== 'Unsubscribed'
        ? { startDate: row.termStart.toString(), endDate: row.termEnd.toString(), isFreeTrial: row.isFreeTrial }
        : null,
    pricesShown: row.pricesShown,
    nextCharge: row.nextCharge
      ? { date: row.nextCharge.at.toString(), amount: formatMoney(row.nextCharge.amount, row.nextCharge.currency) }
      : null,
  }
}

/** Configure account before the activation, Manage account after it; both for people of the organisations that pay or use. */
function landingOf(row: SubscriptionSummary, user: Visit['user']): 'configure' | 'manage' | null {
  const resource = { tenantId: user.tenantId === row.customerTenantId ? row.customerTenantId : row.beneficiaryTenantId }
  if (row.status === 'Unsubscribed' || !allows(user, 'subscription.configure', resource)) return null
  return row.status === 'PendingFulfillmentStart' ? 'configure' : 'manage'
}

export async function customerSubscription(visit: Visit, id: string) {
  const { user, domain, read } = visit
  return read(async (ctx) => {
    const detail = await domain.subscriptions.detail(ctx, id)
    const row = detail.subscription
    const publisher = await domain.accounts.findPublisher(ctx, row.publisherId)
    const today = utcDate(ctx.now)
    const used = await domain.metering.dailyUsage(ctx, {
      publisherId: row.publisherId,
      resource: row.id,
      from: today.with({ day: 1 }),
      to: today,
    })
    const payer = { tenantId: row.customerTenantId }
    const managesBilling = allows(user, 'billing.manage', payer)
    const billed = managesBilling ? await domain.billing.billedTo(ctx, row.id) : null
    const addresses = managesBilling ? await domain.accounts.billingAddresses(ctx, row.customerTenantId) : []
    const open = allows(user, 'invoice.read', payer) ? await domain.billing.openPeriod(ctx, row.customerTenantId) : null
    return {
      subscription: {
        ...brief(row),
        publisherName: publisher?.name ?? row.publisherId,
        product: `/product/${row.publisherId}.${row.offerId}`,
        price: row.pricesShown ? priceText(row.agreement) : 'As agreed with the reseller',
        seats: seatsText(row),
        autoRenew: row.autoRenew,
        createdAt: row.createdAt.toString(),
        purchaser: row.purchaser.email,
        beneficiary: row.beneficiary.email,
        landing: landingOf(row, user),
        mayChange: allows(user, 'subscription.change', payer),
        mayAsk: allows(user, 'procurement.request', payer),
        mayCancel: row.status !== 'Unsubscribed' && allows(user, 'subscription.cancel', payer),
        cancelCost: row.pricesShown ? cancelCost(row, ctx.now.epochMilliseconds) : '',
        dimensions: row.agreement.dimensions.map((dimension) => ({ sentence: includedText(dimension, row.termUnit) })),
      },
      billed:
        billed === null
          ? null
          : {
              cardOnly: billed.paidBy === 'card',
              address: billed.billAddress ?? '',
              addresses: addresses.map(({ addressId, label }) => ({ value: addressId, label })),
            },
      usage: usageRows(used, row, open?.items ?? null),
      open: open
        ? { nextInvoiceOn: open.nextInvoiceOn.toString(), items: open.items.filter((item) => item.subscription === row.id).map(openRow) }
        : null,
      history: timeLine(detail.history),
    }
  })
}

function seatsText(row: SubscriptionSummary): string {
  const { seats } = row.agreement
  if (!seats) return String(row.quantity)
  return `${row.quantity} (sold from ${seats.min} to ${seats.max})`
}

const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
const minute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })

/** What cancelling now costs (spec/05 §7): nothing before activation, in a free month and in the first 24 hours or 14 days; else the term is paid. */
function cancelCost(row: SubscriptionSummary, now: number): string {
  const price = termPriceText(row.agreement, row.quantity)
  if (row.status === 'PendingFulfillmentStart') return 'Nothing has been billed. Cancelling costs nothing.'
  if (row.isFreeTrial) return 'This is the free month: cancelling costs nothing. Access ends at once.'
  const usage = row.agreement.dimensions.length > 0 ? ' Usage that was reported before is billed.' : ''
  if (row.freeCancellationUntil && now <= row.freeCancellationUntil.epochMilliseconds) {
    return `Until ${minute.format(row.freeCancellationUntil.epochMilliseconds)} UTC cancelling is free: the ${price} of this term is not charged.${usage} Access ends at once.`
  }
  const end = row.termEnd ? ` until ${day.format(Date.parse(row.termEnd.toString()))}` : ''
  return `The current term${end} stays paid: ${price} are not refunded, also not in part.${usage} Access ends at once, and nothing is charged for later terms.`
}

function includedText(dimension: AgreedDimension, termUnit: string): string {
  if (dimension.infinite) return `${dimension.displayName} without limit`
  const included = dimension.included[termUnit === 'P1Y' ? 'P1Y' : 'P1M'] ?? 0
  return `${included.toLocaleString('en-US')} × ${dimension.displayName} (${dimension.unitOfMeasure}) a ${termUnit === 'P1Y' ? 'year' : 'month'}`
}

/** What was used this month, with its cost for those who may see costs: at the price of the plan on which it was used. */
function usageRows(used: DailyUsage[], row: SubscriptionSummary, open: OpenItem[] | null) {
  const totals = Map.groupBy(used, (one) => `${one.planId} ${one.dimension}`)
  return [...totals].map(([key, [first, ...more]]) => {
    const { planId, planName, dimension, displayName, unitOfMeasure, quantity } = first as DailyUsage
    const total = more.reduce((sum, one) => sum.plus(one.quantity), quantity)
    const price = open?.find((item) => item.subscription === row.id && item.planId === planId && item.dimension === dimension)?.unitPrice
    return {
      key,
      name: planId === row.planId ? displayName : `${displayName} (plan ${planName})`,
      unit: unitOfMeasure,
      quantity: quantityText(total),
      unitPrice: price ? formatMoney(price, row.agreement.currency) : '–',
      amount: price ? formatMoney(total.times(price), row.agreement.currency) : '–',
    }
  })
}

/** Dates of a service, both inclusive. */
function periodText(start: { toString(): string }, end: { toString(): string }): string {
  const [from, to] = [start.toString(), end.toString()]
  return from === to ? day.format(Date.parse(from)) : `${day.format(Date.parse(from))} to ${day.format(Date.parse(to))}`
}

function openRow(item: OpenItem, index: number) {
  return {
    id: String(index),
    offer: `${item.offerName}, ${item.planName}`,
    description: item.description,
    period: periodText(item.serviceStart, item.serviceEnd),
    quantity: quantityText(item.quantity),
    net: formatMoney(item.net, item.currency),
  }
}

function quantityText(quantity: Decimal): string {
  return quantity.toNumber().toLocaleString('en-US', { maximumFractionDigits: 10 })
}

function invoiceRow(row: Invoice) {
  return {
    id: row.id,
    number: row.number,
    credit: row.kind === 'credit-note',
    date: row.issuedAt.toString(),
    period: periodText(row.periodStart, row.periodEnd),
    // What is written off is owed all the same: that is between the marketplace and its books.
    status: row.state === 'written-off' ? 'open' : row.state,
    total: formatMoney(row.total, row.currency),
  }
}

export async function customerInvoices({ user, domain, read }: Visit) {
  return read(async (ctx) => {
    const invoices = await domain.billing.listInvoices(ctx, user.tenantId)
    const open = await domain.billing.openPeriod(ctx, user.tenantId)
    const statements = await domain.billing.listStatements(ctx, user.tenantId)
    return {
      invoices: invoices.map(invoiceRow),
      statements: statements.map(statementRow),
      open: {
        nextInvoiceOn: open.nextInvoiceOn.toString(),
        items: open.items.map(openRow),
        totals: open.totals.map(({ currency, net }) => formatMoney(net, currency)).join(' and '),
      },
    }
  })
}

function statementRow(found: StatementDetail) {
  const open = found.documents
    .filter((row) => row.state === 'open' || row.state === 'written-off')
    .reduce((sum, row) => sum.plus(row.total), found.total.times(0))
  return {
    id: found.id,
    number: found.number,
    period: periodText(found.statementOn.subtract({ months: 3 }), found.statementOn.subtract({ days: 1 })),
    date: found.statementOn.toString(),
    dueOn: found.dueOn.toString(),
    total: formatMoney(found.total, found.currency),
    open: formatMoney(open, found.currency),
  }
}

export async function customerStatement({ domain, read }: Visit, id: string) {
  const found = await read((ctx) => domain.billing.getStatement(ctx, id))
  return {
    ...statementRow(found),
    net: formatMoney(found.net, found.currency),
    tax: formatMoney(found.tax, found.currency),
    documents: found.documents.map(invoiceRow),
  }
}

export async function customerInvoice({ domain, read }: Visit, id: string) {
  const invoice = await read((ctx) => domain.billing.getInvoice(ctx, id))
  const money = (amount: Decimal) => formatMoney(amount, invoice.currency)
  const { legalName, address, country, taxId, purchaseOrder } = invoice.billTo
  const transfer = invoice.payments.some((payment) => payment.state === 'pending')
  const charging = invoice.payments.some((payment) => payment.state === 'processing')
  const open = (invoice.state === 'open' || invoice.state === 'written-off') && invoice.kind === 'invoice'
  return {
    ...invoiceRow(invoice),
    customerTenantId: invoice.customerTenantId,
    billedTo: [
      legalName,
      address?.line1,
      address?.line2,
      [address?.postalCode, address?.city].filter(Boolean).join(' '),
      address?.region,
      country,
    ]
      .filter(Boolean)
      .join(', '),
    taxId,
    purchaseOrder,
    left: money(invoice.left),
    payable: open && !transfer && !charging && (invoice.statementOn === null || invoice.statement !== null),
    owes: open ? owesText({ ...invoice, charging }, transfer) : null,
    presentedOn: invoice.statementOn?.toString() ?? null,
    statement: invoice.statement,
    net: money(invoice.net),
    tax: money(invoice.tax),
    dueOn: invoice.dueOn.toString(),
    payments: invoice.payments.map((payment) => ({
      id: payment.id,
      at: payment.at.toString(),
      amount: formatMoney(payment.amount, payment.currency),
      state: paymentStateOf(payment),
      failure: payment.failure ?? (payment.method === 'set-off' ? `Against ${payment.reference}` : null),
      method: domain.billing.methodLabel(payment.method),
    })),
    lines: invoice.lines.map((line) => ({
      id: line.id,
      description: line.description,
      offer: `${line.offerName}, ${line.planName}`,
      period: periodText(line.serviceStart, line.serviceEnd),
      quantity: quantityText(line.quantity),
      unitPrice: money(line.unitPrice),
      net: money(line.net),
      tax: line.taxName === null ? money(line.tax) : `${money(line.tax)} (${line.taxName} ${line.taxRate.toFixed()} %)`,
    })),
  }
}

/** What happens with an invoice that is not paid. */
function owesText(invoice: Invoice & { charging: boolean }, transfer: boolean): string {
  const date = (at: { toString(): string }) => day.format(Date.parse(at.toString()))
  if (invoice.suspendedAt) return 'are overdue. The subscriptions on this invoice are suspended until it is paid.'
  if (invoice.statementOn && invoice.statement === null)
    return `are presented with the statement of ${date(invoice.statementOn)}, and due then in 30 days.`
  if (invoice.charging) return 'are being charged to your card.'
  if (transfer) return `by bank transfer until ${date(invoice.dueOn)}, stating ${invoice.number}.`
  return invoice.nextAttemptAt
    ? `could not be collected. We try again on ${date(invoice.nextAttemptAt)}.`
    : 'could not be collected. Choose another payment method or pay now.'
}

/** The invoice as a PDF file and its name. */
export async function invoiceDocument({ domain, read }: Visit, id: string): Promise<{ bytes: Uint8Array; fileName: string }> {
  return read((ctx) => domain.billing.invoicePdf(ctx, id))
}
