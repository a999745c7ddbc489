import { csvFile } from '../../ui/csv.ts'
import { enter } from '../../ui/portal-access.server.ts'
import type { Route } from './+types/file-content.ts'

/** A bank file to upload: account numbers in full, so that every download is written down. */
export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'operator.console')
  // Without a transaction, as reads are: the audit record is one statement.
  const content = await read((ctx) => domain.billing.bankFileContent(ctx, args.params.file, args.params.format))
  if (content.type === 'csv') return csvFile(content.fileName, content.rows)
  return new Response(content.xml, {
    headers: {
      'content-type': 'application/xml; charset=utf-8',
      'content-disposition': `attachment; filename="${content.fileName}"`,
      'cache-control': 'private, no-store',
    },
  })
}
