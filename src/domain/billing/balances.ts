import { sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { rowsOf } from '../../kernel/clock.ts'
import { toInstant } from '../../kernel/columns.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Decimal } from '../../kernel/money.ts'
import type { LedgerAccount } from './schema.ts'

/** What stood on an account at a moment. Debit above, credit below zero. */
export interface Balance {
  account: LedgerAccount
  currency: string
  /** of revenue-share, payable and withholding, when asked for by publisher */
  publisherId: string | null
  amount: Decimal
}

/** Balances of all accounts just before `before`, of postings made until then; one publisher's where one is given. */
export async function balancesBefore(
  ctx: Ctx,
  before: Temporal.Instant,
  { publisherId, byPublisher = false }: { publisherId?: string; byPublisher?: boolean } = {},
): Promise<Balance[]> {
  const publisher = byPublisher || publisherId !== undefined ? sql`p.publisher_id` : sql`null::text`
  const rows = rowsOf<{ account: LedgerAccount; currency: string; publisher_id: string | null; amount: string }>(
    await ctx.tx.execute(sql`
      select p.account, p.currency, ${publisher} as publisher_id, sum(p.amount)::text as amount
      from billing.posting p join billing.ledger_transaction t on t.id = p.transaction
      where t.at < ${before.toString()}::timestamptz ${publisherId === undefined ? sql`` : sql`and p.publisher_id = ${publisherId}`}
        ${byPublisher ? sql`and p.publisher_id is not null and p.account in ('payable', 'revenue-share', 'withholding')` : sql``}
      group by 1, 2, 3 having sum(p.amount) <> 0 order by 1, 2, 3`),
  )
  return rows.map((row) => ({
    account: row.account,
    currency: row.currency,
    publisherId: row.publisher_id,
    amount: new Decimal(row.amount),
  }))
}

/** One transaction of the ledger with its postings. */
export interface LedgerTransaction {
  id: string
  at: Temporal.Instant
  kind: string
  description: string
  postings: { account: LedgerAccount; currency: string; amount: Decimal; publisherId: string | null }[]
}

/** The newest transactions before a moment; postings of one transaction on the same account are added up. */
export async function ledgerTransactions(ctx: Ctx, before: Temporal.Instant, limit: number): Promise<LedgerTransaction[]> {
  const rows = rowsOf<
    Record<'id' | 'kind' | 'description' | 'account' | 'currency' | 'amount', string> & { at: unknown; publisher_id: string | null }
  >(
    await ctx.tx.execute(sql`
      select t.id, t.at, t.kind, t.description, p.account, p.currency, p.publisher_id, sum(p.amount)::text as amount
      from (select * from billing.ledger_transaction where at < ${before.toString()}::timestamptz order by at desc, id desc limit ${limit}) t
      join billing.posting p on p.transaction = t.id
      group by 1, 2, 3, 4, 5, 6, 7 order by t.at desc, t.id desc, p.currency, p.account`),
  )
  return [...Map.groupBy(rows, (row) => row.id).values()].map((of) => {
    const [{ id, at, kind, description }] = of as [(typeof rows)[number]]
    return {
      id,
      at: toInstant(at),
      kind,
      description,
      postings: of.map((row) => ({
        account: row.account as LedgerAccount,
        currency: row.currency,
        amount: new Decimal(row.amount),
        publisherId: row.publisher_id,
      })),
    }
  })
}
