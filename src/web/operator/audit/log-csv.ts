import { type Cell, csvStream } from '../../ui/csv.ts'
import { enter } from '../../ui/portal-access.server.ts'
import { auditForm, auditRecords } from './audit-data.server.ts'
import type { Route } from './+types/log-csv.ts'

const header = [
  'Machine time',
  'Market time',
  'Kind',
  'Tenant id',
  'Id',
  'Who',
  'In whose place',
  'Action',
  'Target',
  'Reason',
  'Before',
  'After',
  'Request id',
]

const json = (value: unknown) => (value === null ? null : JSON.stringify(value))

/** The filtered log for spreadsheets. */
export async function loader(args: Route.LoaderArgs) {
  const records = auditRecords(await enter(args, 'audit.read'), auditForm(new URL(args.request.url).searchParams))
  async function* rows(): AsyncGenerator<Cell[][], undefined> {
    for await (const page of records) {
      yield page.map((record) => [
        record.wallAt.toString(),
        record.at.toString(),
        record.kind,
        record.tenantId,
        record.whoId,
        record.who,
        record.impersonator,
        record.action,
        record.target,
        record.reason,
        json(record.before),
        json(record.after),
        record.requestId,
      ])
    }
    return undefined
  }
  return csvStream('audit-log.csv', [header], rows())
}
