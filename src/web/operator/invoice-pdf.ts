import { enter } from '../ui/portal-access.server.ts'
import { pdfFile } from '../ui/pdf-file.ts'
import type { Route } from './+types/invoice-pdf.ts'

/** The document as its customer gets it. */
export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'operator.console')
  return pdfFile(await read((ctx) => domain.billing.invoicePdf(ctx, args.params.invoice)))
}
