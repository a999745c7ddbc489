import { Temporal } from 'temporal-polyfill'
import type { AuditFilter, AuditRecord } from '../../../kernel/audit.ts'
import { fieldText } from '../../form.ts'
import type { Visit } from '../../ui/portal-access.server.ts'

/** Records a page shows, and records read at once for a file. */
const onPage = 50
const atOnce = 1000

/** The form above the log, as its address says it. */
export function auditForm(search: URLSearchParams) {
  const text = (name: string) => fieldText(search, name)
  return { who: text('who'), action: text('action'), target: text('target'), from: text('from'), to: text('to') }
}

type AuditForm = ReturnType<typeof auditForm>

/** A calendar day of the machine's clock (UTC), or undefined where it is none. */
function dayOf(text: string): Temporal.PlainDate | undefined {
  try {
    return text === '' ? undefined : Temporal.PlainDate.from(text, { overflow: 'reject' })
  } catch {
    return undefined
  }
}

const midnight = (day: Temporal.PlainDate) => day.toZonedDateTime('UTC').toInstant()

/** Fields that are no days, by name. */
export function auditErrors({ from, to }: AuditForm): Record<string, string> {
  const errors: Record<string, string> = {}
  for (const [name, text] of Object.entries({ from, to })) {
    if (text !== '' && !dayOf(text)) errors[name] = 'This is not a day, such as 2026-11-21.'
  }
  return errors
}

function filterOf({ who, action, target, from, to }: AuditForm): AuditFilter {
  const [first, last] = [dayOf(from), dayOf(to)]
  return { who, action, target, ...(first ? { from: midnight(first) } : {}), ...(last ? { before: midnight(last.add({ days: 1 })) } : {}) }
}

const kinds: Record<AuditRecord['kind'], string> = {
  anonymous: 'A visitor',
  system: 'The marketplace',
  user: 'A person',
  application: 'An application',
}

/** What pages and files say of a record. */
function shown(record: AuditRecord) {
  return {
    id: record.id,
    wallAt: record.wallAt.toString(),
    at: record.at.toString(),
    who: record.who ?? record.whoId ?? kinds[record.kind],
    impersonator: record.impersonator,
    action: record.action,
    target: record.target,
    reason: record.reason,
  }
}

/** A page of the log. `after` continues below the last record shown. */
export async function auditPage({ kernel, read }: Visit, form: AuditForm, after: string) {
  const found = await read((ctx) => kernel.audit.search(ctx, filterOf(form), { after: after || undefined, limit: onPage + 1 }))
  const records = found.slice(0, onPage).map(shown)
  return { records, next: found.length > onPage ? (records.at(-1)?.id ?? null) : null }
}

/** One record in full, or null. */
export async function auditRecord({ kernel, read }: Visit, id: string) {
  const record = await read((ctx) => kernel.audit.find(ctx, id))
  if (!record) return null
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value))
  return {
    ...shown(record),
    kind: kinds[record.kind],
    tenantId: record.tenantId,
    whoId: record.whoId,
    before: json(record.before),
    after: json(record.after),
    requestId: record.requestId,
  }
}

/** Everything that matches, newest first, a thousand records at a time. */
export async function* auditRecords({ kernel, read }: Visit, form: AuditForm): AsyncGenerator<AuditRecord[], undefined> {
  let after: string | undefined
  for (;;) {
    const found = await read((ctx) => kernel.audit.search(ctx, filterOf(form), { after, limit: atOnce }))
    if (found.length > 0) yield found
    if (found.length < atOnce) return undefined
    after = found.at(-1)?.id
  }
}
