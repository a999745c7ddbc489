import type { Happening } from '../../domain/subscriptions/index.ts'
import type { TimeLineEntry } from './portal-time-line.tsx'
import { timeLine } from './subscription-words.ts'
import { attemptText } from './webhook-words.ts'

/** Something that happened as an entry of a time line; `named` where it lists several subscriptions. */
export function happeningEntry(base: string, happening: Happening, named: boolean): TimeLineEntry {
  const about = named ? `${happening.name}: ` : ''
  if (happening.kind === 'attempt') {
    const { attempt, delivery } = happening
    return {
      id: `${delivery.id} ${attempt.number}`,
      at: happening.at.toString(),
      title: `${about}webhook ${delivery.action}, attempt ${attempt.number}`,
      detail: attemptText(attempt),
      to: `${base}/webhooks/${delivery.id}`,
    }
  }
  const [entry] = timeLine([happening.row])
  const { operation } = happening.row
  return {
    id: `history ${happening.row.id}`,
    at: happening.at.toString(),
    title: `${about}${entry?.title ?? happening.row.kind}`,
    ...(entry?.detail === undefined ? {} : { detail: entry.detail }),
    ...(operation ? { to: `${base}/operations/${operation}` } : {}),
  }
}
