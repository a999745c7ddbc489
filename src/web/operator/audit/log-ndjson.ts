import { downloadHeaders, fileStream } from '../../ui/file-stream.ts'
import { enter } from '../../ui/portal-access.server.ts'
import { auditForm, auditRecords } from './audit-data.server.ts'
import type { Route } from './+types/log-ndjson.ts'

/** The filtered log, one JSON object a line, for programs. */
export async function loader(args: Route.LoaderArgs) {
  const records = auditRecords(await enter(args, 'audit.read'), auditForm(new URL(args.request.url).searchParams))
  return fileStream(downloadHeaders('audit-log.ndjson', 'application/x-ndjson'), '', records, (page) =>
    page.map((record) => `${JSON.stringify(record)}\n`).join(''),
  )
}
