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
  sql`select 'What ' || customer_tenant_id || ' owes in the books (' || amount || ' ' || currency || ') is not what is open of its documents (' || open || ').' as problem
      from (
        select customer_tenant_id, currency, sum(amount) as amount, sum(open) as open from (
          select customer_tenant_id, currency, amount, 0 as open from billing.posting where account = 'receivable'
          union all select customer_tenant_id, currency, 0, total from billing.invoice
          union all select i.customer_tenant_id, i.currency, 0, -p.amount from billing.payment p join billing.invoice i on i.id = p.invoice where p.state = 'captured'
          union all select customer_tenant_id, currency, 0, -amount from billing.write_off where state = 'booked') of_customer
        group by 1, 2) o
      where amount <> open`,
  sql`select 'The share of ' || publisher_id || ' that is not collected (' || -amount || ' ' || currency || ') is not that of its lines (' || waiting || ').' as problem
      from (
        select publisher_id, currency, sum(amount) as amount, sum(waiting) as waiting from (
          select publisher_id, currency, amount, 0 as waiting from billing.posting where account = 'revenue-share'
          union all select publisher_id, currency, 0, amount from billing.payout_line where collected_at is null) of_publisher
        group by 1, 2) o
      where -amount <> waiting`,
  sql`select 'Write-off ' || w.number || ' (' || w.amount || ') is not the sum of its lines (' || coalesce(sum(l.net + l.tax), 0) || ').' as problem
      from billing.write_off w left join billing.correction_line l on l.correction = w.id where w.booked_at is not null
      group by w.id having coalesce(sum(l.net + l.tax), 0) <> w.amount`,
  sql`select 'What was taken back as ' || r.stripe_id || ' (' || r.amount || ') is not the sum of its lines (' || coalesce(sum(l.net + l.tax), 0) || ').' as problem
      from billing.card_return r left join billing.correction_line l on l.correction = r.id group by r.id having coalesce(sum(l.net + l.tax), 0) <> r.amount`,
  sql`select r.stripe_id || ' awaits a decision and ' || i.number || ' is ' || i.state || '.' as problem
      from billing.card_return r join billing.invoice i on i.id = r.invoice where r.state = 'open' and i.state not in ('returned', 'open')`,
  sql`select i.number || ' is ' || i.state || ' and ' || count(w.id) || ' write-offs of it are booked.' as problem
      from billing.invoice i left join billing.write_off w on w.invoice = i.id and w.state = 'booked'
      where i.state in ('written-off', 'paid') group by i.id having (count(w.id) > 0) <> (i.state = 'written-off')`,
  sql`select 'Numbers of the series ' || s.code || ' have gaps.' as problem
      from billing.series s where s.next_number - 1 <> case s.code
        when 'payout' then (select count(*) from billing.payout)
        when 'adjustment' then (select count(*) from billing.adjustment)
        when 'bank-file' then (select count(*) from billing.bank_file)
        when 'write-off' then (select count(*) from billing.write_off)
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
