import { pdfFile } from '../ui/pdf-file.ts'
import { enter } from '../ui/portal-access.server.ts'
import type { Route } from './+types/statement-pdf.ts'

/** A customer's quarterly statement as a PDF file. */
export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'operator.console')
  return pdfFile(await read((ctx) => domain.billing.statementPdf(ctx, args.params.statement)))
}
