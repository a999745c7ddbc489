import { pdfFile } from '../ui/pdf-file.ts'
import { enter } from '../ui/portal-access.server.ts'
import { invoiceDocument } from './account-data.server.ts'
import type { Route } from './+types/invoice-pdf.ts'

/** The invoice as a PDF file. */
export async function loader(args: Route.LoaderArgs) {
  return pdfFile(await invoiceDocument(await enter(args, 'invoice.read'), args.params.invoice))
}
