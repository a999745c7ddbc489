import { inArray, type SQL, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { rowsOf } from '../../kernel/clock.ts'
import type { Tx } from '../../kernel/database.ts'
import type { DueRequest } from '../../kernel/due.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { dueKinds } from './due-kinds.ts'
import { suspensionGrace } from './life-cycle.ts'
import { subscription } from './schema.ts'
import { nextTermStart, startOfDay } from './term.ts'

const shown = 20

/** Checks of subscriptions that must hold at any moment between transactions. Each statement returns the ids that break the rule. */
const checks: {
  name: string
  problem: string
  broken: SQL
  /** the work that must be ahead, from the facts of the subscription */
  repair?: (row: Row, now: Temporal.Instant) => DueRequest | null
}[] = [
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
    repair: ({ id, termEnd, termIndex }) =>
      termEnd && { kind: dueKinds.termEnd, key: id, at: startOfDay(nextTermStart(termEnd)), payload: { termIndex } },
  },
  {
    name: 'subscriptions: a suspension ends',
    problem: 'it is suspended and the end of its grace period is not due',
    broken: sql`
      select s.id from subscriptions.subscription s where s.status = 'Suspended'
        and not exists (select 1 from kernel.due d where d.kind = ${dueKinds.graceEnd} and d.key = s.id::text)`,
    repair: ({ id, suspendedAt }) => suspendedAt && { kind: dueKinds.graceEnd, key: id, at: suspendedAt.add(suspensionGrace) },
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
    repair: ({ id, publisherId }, now) => ({ kind: dueKinds.webhook, key: id, at: now, lane: publisherId }),
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
export function registerChecks({ doctor, due }: Kernel): void {
  for (const { name, problem, broken, repair } of checks) {
    const check = async (tx: Tx) => {
      const rows = rowsOf<{ id: string }>(await tx.execute(sql`${broken} limit ${shown}`))
      return rows.map(({ id }) => `Subscription ${id}: ${problem}.`)
    }
    if (!repair) {
      doctor.register(name, check)
      continue
    }
    doctor.register(name, check, async (ctx) => {
      const ids = rowsOf<{ id: string }>(await ctx.tx.execute(broken)).map(({ id }) => id)
      const rows = await selectSubscriptions(ctx.tx, ids)
      const items = rows.flatMap((row) => repair(row, ctx.now) ?? [])
      await due.scheduleAll(ctx, items)
      return items.map(({ key, kind, at }) => `Subscription ${key}: ${kind} is due at ${at.toString()}.`)
    })
  }
}

type Row = Awaited<ReturnType<typeof selectSubscriptions>>[number]

const selectSubscriptions = (tx: Tx, ids: string[]) =>
  tx
    .select({
      id: subscription.id,
      publisherId: subscription.publisherId,
      termEnd: subscription.termEnd,
      termIndex: subscription.termIndex,
      suspendedAt: subscription.suspendedAt,
    })
    .from(subscription)
    .where(inArray(subscription.id, ids))
