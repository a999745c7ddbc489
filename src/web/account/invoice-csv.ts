import { invoiceCsv } from '../ui/invoice-csv.server.ts'
import { enter } from '../ui/portal-access.server.ts'
import type { Route } from './+types/invoice-csv.ts'

/** The lines of an invoice for spreadsheets. */
export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'invoice.read')
  return invoiceCsv(await read((ctx) => domain.billing.getInvoice(ctx, args.params.invoice)))
}
