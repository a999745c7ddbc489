import { and, eq } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { utcDate } from '../../kernel/clock.ts'
import type { Config } from '../../kernel/config.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Decimal } from '../../kernel/money.ts'
import type { Accounts, BillingAccount } from '../accounts/index.ts'
import type { Metering } from '../metering/index.ts'
import { daysToPay } from './issue.ts'
import { lineAmounts } from './line.ts'
import { mayHaveOpen, openItems } from './open-items.ts'
import { bankTransfer, methodOf } from './payment.ts'
import { closingAfter } from './runs.ts'
import { contract, type InvoiceReason } from './schema.ts'
import { statementDay, statementDue } from './statements.ts'

/** A publisher's share of something that will be on an invoice, and the day on which the customer is expected to have paid it. */
export interface UnbilledShare {
  currency: string
  expectedOn: Temporal.PlainDate
  amount: Decimal
}

/** What a publisher will get of what is charged or accepted and not invoiced yet, calculated as the invoices will be. */
export async function unbilledShares(
  ctx: Ctx,
  { accounts, metering, config }: { accounts: Accounts; metering: Metering; config: Config },
  publisherId: string,
): Promise<UnbilledShare[]> {
  const contracts = await ctx.tx
    .select()
    .from(contract)
    .where(and(eq(contract.publisherId, publisherId), mayHaveOpen(ctx.now)))
  const items = await openItems(ctx, metering, contracts, ctx.now.add({ nanoseconds: 1000 }))
  if (items.length === 0) return []
  const { storeFeePercent } = await accounts.publisher(ctx, publisherId)
  const customers = await accounts.getBillingAccounts(ctx, [...new Set(items.map((item) => item.customerTenantId))])
  const customerOf = new Map(customers.map((customer) => [customer.tenantId, customer]))
  const contractOf = new Map(contracts.map((row) => [row.subscription, row]))
  return items.map((item) => {
    const { endedAt = null, closedAt = null } = contractOf.get(item.subscription) ?? {}
    const closing = endedAt !== null && closedAt === null
    const issuedOn = closing ? utcDate(endedAt.add(closingAfter)) : utcDate(ctx.now).with({ day: 1 }).add({ months: 1 })
    return {
      currency: item.currency,
      expectedOn: paidOn(
        customerOf.get(item.customerTenantId),
        issuedOn,
        { reason: closing ? 'closing' : 'monthly', byCard: item.paidBy === 'card' },
        config,
      ),
      amount: lineAmounts(item.net, item.currency, new Decimal(0), storeFeePercent).publisherShare,
    }
  })
}

/** When a customer pays what is issued on a day: at once where its method is charged, else when it is due; on an enterprise agreement with the statement. */
function paidOn(
  customer: BillingAccount | undefined,
  issuedOn: Temporal.PlainDate,
  { reason, byCard }: { reason: InvoiceReason; byCard: boolean },
  config: Config,
): Temporal.PlainDate {
  const charged = byCard || methodOf(customer?.paymentMethod ?? null, config).id !== bankTransfer.id
  if (customer?.agreementKind !== 'enterprise') return charged ? issuedOn : issuedOn.add({ days: daysToPay })
  const presented = statementDay(issuedOn, reason)
  return charged ? presented : statementDue(presented)
}
