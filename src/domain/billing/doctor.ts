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
      from billing.payout p left join (select payout, sum(amount) as amount, sum(net) as net, sum(fee) as fee from billing.payout_line where payout is not null group by 1) l
        on l.payout = p.id
      where coalesce(l.amount, 0) <> p.amount or coalesce(l.net, 0) <> p.net or coalesce(l.fee, 0) <> p.fee`,
  sql`select 'What is payable to ' || publisher_id || ' (' || -sum(amount) || ' ' || currency || ') is not what it waits for.' as problem
      from billing.posting o where account = 'payable' group by publisher_id, currency
      having -sum(amount) <> (select coalesce(sum(l.amount), 0) from billing.payout_line l left join billing.payout p on p.id = l.payout
        where l.publisher_id = o.publisher_id and l.currency = o.currency and l.collected_at is not null and (l.payout is null or p.state in ('prepared', 'held', 'returned')))`,
  sql`select 'Numbers of the series ' || s.code || ' have gaps.' as problem
      from billing.series s where s.next_number - 1 <> case s.code
        when 'payout' then (select count(*) from billing.payout)
        else (select count(*) from billing.invoice where kind = s.code) end`,
]

export async function checkBilling(tx: Tx): Promise<string[]> {
  const problems: string[] = []
  for (const check of checks) {
    problems.push(...rowsOf<{ problem: string }>(await tx.execute(sql`${check} limit 100`)).map((row) => row.problem))
  }
  return problems
}
