import { invoicesCsv } from '../ui/invoice-csv.server.ts'
import { enter } from '../ui/portal-access.server.ts'
import type { Route } from './+types/statement-csv.ts'

/** The lines of all documents of a statement for spreadsheets. */
export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'invoice.read')
  const { number, documents } = await read(async (ctx) => ({
    number: (await domain.billing.getStatement(ctx, args.params.statement)).number,
    documents: await domain.billing.statementInvoices(ctx, args.params.statement),
  }))
  return invoicesCsv(`${number}.csv`, documents)
}
