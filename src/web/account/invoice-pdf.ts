import { enter } from '../ui/portal-access.server.ts'
import { invoiceDocument } from './account-data.server.ts'
import type { Route } from './+types/invoice-pdf.ts'

/** The invoice as a PDF file. */
export async function loader(args: Route.LoaderArgs) {
  const { bytes, fileName } = await invoiceDocument(await enter(args, 'invoice.read'), args.params.invoice)
  return new Response(new Uint8Array(bytes), {
    headers: {
      'content-type': 'application/pdf',
      'content-disposition': `attachment; filename="${fileName}"`,
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
    },
  })
}
