import { type SQL, sql } from 'drizzle-orm'
import { rowsOf } from '../../kernel/clock.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { dueKinds } from './due-kinds.ts'

const shown = 20

/** Checks of subscriptions that must hold at any moment between transactions. Each statement returns the ids that break the rule. */
const checks: { name: string; problem: string; broken: SQL }[] = [
  {
    name: 'subscriptions: terms follow each other without gap or overlap',
    problem: 'the term does not begin on the day after the one before it',
    broken: sql`
      select t.subscription as id from subscriptions.term t
      join subscriptions.term p on p.subscription = t.subscription and p.index = t.index - 1
      where t.start_date <> p.end_date + 1`,
  },
  {
    name: 'subscriptions: the current term is the last one',
    problem: 'the current term is not the last of its terms',
    broken: sql`
      select s.id from subscriptions.subscription s
      left join subscriptions.term t on t.subscription = s.id and t.index = s.term_index
      where s.term_index is not null and (t.index is null or t.start_date <> s.term_start or t.end_date <> s.term_end
        or exists (select 1 from subscriptions.term later where later.subscription = s.id and later.index > s.term_index))`,
  },
  {
    name: 'subscriptions: one change at a time',
    problem: 'its pending change is not the operation that is under way',
    broken: sql`
      select s.id from subscriptions.subscription s
      left join subscriptions.operation o on o.subscription = s.id and o.status in ('NotStarted', 'InProgress')
      where s.pending_operation is distinct from o.id`,
  },
  {
    name: 'subscriptions: a renewal is planned',
    problem: 'it is active and nothing is due at the end of its term',
    broken: sql`
      select s.id from subscriptions.subscription s where s.status = 'Subscribed'
        and not exists (select 1 from kernel.due d where d.kind = ${dueKinds.termEnd} and d.key = s.id::text)`,
  },
  {
    name: 'subscriptions: a suspension ends',
    problem: 'it is suspended and the end of its grace period is not due',
    broken: sql`
      select s.id from subscriptions.subscription s where s.status = 'Suspended'
        and not exists (select 1 from kernel.due d where d.kind = ${dueKinds.graceEnd} and d.key = s.id::text)`,
  },
  {
    name: 'subscriptions: no webhook is lost',
    problem: 'a webhook waits and no attempt is due, although the endpoint is not paused',
    broken: sql`
      select w.subscription as id from (select distinct subscription from subscriptions.delivery where state = 'waiting') w
      join subscriptions.subscription s on s.id = w.subscription
      join subscriptions.offer_binding b on b.offer = s.offer and b.preview = s.preview
      where b.webhook_paused_at is null
        and not exists (select 1 from kernel.due d where d.kind in (${dueKinds.webhook}, ${dueKinds.webhookGivenUp}) and d.key = w.subscription::text)`,
  },
  {
    name: 'subscriptions: webhooks are delivered in order',
    problem: 'a webhook was delivered before an older one',
    broken: sql`
      select d.subscription as id from subscriptions.delivery d
      join subscriptions.delivery older on older.subscription = d.subscription and older.seq < d.seq
      where d.state = 'delivered' and older.state in ('delivered', 'failed', 'rejected') and older.finished_at > d.finished_at`,
  },
  {
    name: 'subscriptions: operations that wait for an answer can end',
    problem: 'its operation is under way, but neither a webhook nor an answer window is ahead',
    broken: sql`
      select o.subscription as id from subscriptions.operation o
      where o.status in ('NotStarted', 'InProgress')
        and not exists (select 1 from subscriptions.delivery d where d.operation = o.id and d.state = 'waiting')
        and not exists (select 1 from kernel.due d where d.kind = ${dueKinds.answerWindow} and d.key = o.subscription::text)`,
  },
]

/** Adds this room's checks to `stoa doctor`. */
export function registerChecks({ doctor }: Kernel): void {
  for (const { name, problem, broken } of checks) {
    doctor.register(name, async (tx) => {
      const rows = rowsOf<{ id: string }>(await tx.execute(sql`${broken} limit ${shown}`))
      return rows.map(({ id }) => `Subscription ${id}: ${problem}.`)
    })
  }
}
