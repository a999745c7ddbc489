import { insertAll } from '../../kernel/bulk.ts'
import type { Ctx } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import type { Decimal } from '../../kernel/money.ts'
import { type LedgerAccount, ledgerTransaction, posting } from './schema.ts'

export interface Posting {
  account: LedgerAccount
  currency: string
  /** Debit above, credit below zero. */
  amount: Decimal
  customerTenantId?: string
  publisherId?: string
  line?: string
}

export interface LedgerEntry {
  kind:
    | 'invoice'
    | 'payment'
    | 'payout-prepared'
    | 'payout'
    | 'payout-returned'
    | 'adjustment'
    | 'write-off'
    | 'write-off-recovered'
    | 'payment-returned'
    | 'payment-cost'
  /** The invoice, payment, payout, adjustment, write-off or return. */
  reference: string
  description: string
  postings: Posting[]
}

/** What an invoice line books: the customer owes net and tax; the publisher, the marketplace and the tax office get theirs. */
export function linePostings(line: {
  id: string
  currency: string
  customerTenantId: string
  publisherId: string
  net: Decimal
  tax: Decimal
  fee: Decimal
  publisherShare: Decimal
}): Posting[] {
  const of = (account: LedgerAccount, amount: Decimal): Posting => ({ account, amount, currency: line.currency, line: line.id })
  return [
    { ...of('receivable', line.net.plus(line.tax)), customerTenantId: line.customerTenantId },
    { ...of('revenue-share', line.publisherShare.negated()), publisherId: line.publisherId },
    of('store-fee', line.fee.negated()),
    of('tax', line.tax.negated()),
  ]
}

/** Writes entries; those without any amount are left out. The database refuses what does not balance (deferred trigger). */
export async function post(ctx: Ctx, entries: LedgerEntry[]): Promise<void> {
  const transactions: (typeof ledgerTransaction.$inferInsert)[] = []
  const postings: (typeof posting.$inferInsert)[] = []
  for (const entry of entries) {
    const rows = entry.postings.filter((p) => !p.amount.isZero())
    if (rows.length === 0) continue
    const id = newId<'ledger-transaction'>()
    transactions.push({ id, at: ctx.now, wallAt: ctx.wall, kind: entry.kind, reference: entry.reference, description: entry.description })
    rows.forEach((row, position) => {
      const { customerTenantId = null, publisherId = null, line = null, account, currency, amount } = row
      postings.push({ transaction: id, position, account, currency, amount, customerTenantId, publisherId, line })
    })
  }
  await insertAll(ctx, ledgerTransaction, transactions)
  await insertAll(ctx, posting, postings)
}
