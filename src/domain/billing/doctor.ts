import { sql } from 'drizzle-orm'
import { rowsOf } from '../../kernel/clock.ts'
import type { Tx } from '../../kernel/database.ts'

/** What must always hold: each row of each query is a problem in one sentence. */
const checks = [
  sql`select 'Ledger transaction ' || transaction || ' does not balance: ' || sum(amount) || ' ' || currency || '.' as problem
      from billing.posting group by transaction, currency having sum(amount) <> 0`,
  sql`select 'The totals of ' || number || ' are not the sums of its lines.' as problem
      from billing.invoice i join (select invoice, sum(net) as net, sum(tax) as tax from billing.invoice_line group by 1) l on l.invoice = i.id
      where i.net <> l.net or i.tax <> l.tax or i.total <> i.net + i.tax`,
  sql`select number || ' has no lines.' as problem from billing.invoice i where not exists (select from billing.invoice_line l where l.invoice = i.id)`,
  sql`select 'Postings of line ' || l.id || ' are not its amounts.' as problem
      from billing.invoice_line l left join (
        select line, sum(amount) filter (where account = 'receivable') as receivable, sum(amount) filter (where account = 'revenue-share') as share,
          sum(amount) filter (where account = 'store-fee') as fee, sum(amount) filter (where account = 'tax') as tax
        from billing.posting where line is not null group by 1) p on p.line = l.id
      where coalesce(p.receivable, 0) <> l.net + l.tax or coalesce(p.share, 0) <> -l.publisher_share or coalesce(p.fee, 0) <> -l.fee or coalesce(p.tax, 0) <> -l.tax`,
  sql`select 'Charge ' || c.id || ' is settled by an invoice that has ' || count(l.id) || ' lines for it.' as problem
      from billing.charge c left join billing.invoice_line l on l.charge = c.id where c.invoice is not null group by c.id having count(l.id) <> 1`,
  sql`select 'Usage line ' || l.id || ' took another quantity than it bills.' as problem
      from billing.invoice_line l left join (select line, sum(quantity) as quantity from billing.usage_taken group by 1) t on t.line = l.id
      where l.kind = 'usage' and coalesce(t.quantity, 0) <> l.quantity`,
  sql`select 'Payout ' || p.number || ' is not the sum of its lines.' as problem
      from billing.payout p
      left join (select payout, sum(paid) as paid, count(*) as lines from billing.payout_line where payout is not null group by 1) l on l.payout = p.id
      left join (select payout, sum(paid) as paid from billing.adjustment where payout is not null group by 1) a on a.payout = p.id
      where coalesce(l.paid, 0) + coalesce(a.paid, 0) <> p.amount or coalesce(a.paid, 0) <> p.adjusted or coalesce(l.lines, 0) <> p.lines`,
  sql`select 'What is payable to ' || publisher_id || ' (' || -amount || ' ' || currency || ') is not what it waits for (' || waiting || ').' as problem
      from (
        select publisher_id, currency, sum(amount) as amount, sum(waiting) as waiting from (
          select publisher_id, currency, amount, 0 as waiting from billing.posting where account = 'payable'
          union all select publisher_id, currency, 0, amount from billing.payout_line where payout is null and collected_at is not null
          union all select publisher_id, currency, 0, amount from billing.adjustment where payout is null and state = 'approved'
          union all select publisher_id, currency, 0, amount from billing.payout where state in ('prepared', 'held', 'returned')) of_publisher
        group by 1, 2) o
      where -amount <> waiting`,
  sql`select 'Numbers of the series ' || s.code || ' have gaps.' as problem
      from billing.series s where s.next_number - 1 <> case s.code
        when 'payout' then (select count(*) from billing.payout)
        when 'adjustment' then (select count(*) from billing.adjustment)
        when 'bank-file' then (select count(*) from billing.bank_file)
        when 'statement' then (select count(*) from billing.statement)
        else (select count(*) from billing.invoice where kind = s.code) end`,
]

export async function checkBilling(tx: Tx): Promise<string[]> {
  const problems: string[] = []
  for (const check of checks) {
    problems.push(...rowsOf<{ problem: string }>(await tx.execute(sql`${check} limit 100`)).map((row) => row.problem))
  }
  return problems
}
