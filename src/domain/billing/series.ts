import { sql } from 'drizzle-orm'
import { rowsOf } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'

/** Prefixes of the legal series. */
const prefixes = {
  invoice: 'INV-',
  'credit-note': 'CN-',
  payout: 'PO-',
  statement: 'ST-',
  adjustment: 'ADJ-',
  'bank-file': 'BF-',
  'write-off': 'WO-',
} as const

/** The next `n` numbers of a series; the row stays locked until the transaction ends, so that there are no gaps. */
export async function takeNumbers(ctx: Ctx, code: keyof typeof prefixes, n: number): Promise<string[]> {
  if (n === 0) return []
  const rows = rowsOf<{ first: string }>(
    await ctx.tx.execute(sql`
      insert into billing.series (code, next_number) values (${code}, 1 + ${n}::bigint)
      on conflict (code) do update set next_number = series.next_number + ${n}::bigint
      returning (next_number - ${n}::bigint)::text as first`),
  )
  const first = Number(rows[0]?.first)
  return Array.from({ length: n }, (_, k) => `${prefixes[code]}${String(first + k).padStart(6, '0')}`)
}
