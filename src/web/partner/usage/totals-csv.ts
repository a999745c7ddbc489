import { csvFile } from '../../ui/csv.ts'
import { enterPublisher } from '../publisher-access.server.ts'
import { usageSearch, usageTotalsForExport } from './usage-data.server.ts'
import type { Route } from './+types/totals-csv.ts'

/** The totals of the page as a file for spreadsheets. */
export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'subscription.sell')
  const rows = await usageTotalsForExport(visit, usageSearch(new URL(args.request.url).searchParams))
  return csvFile(`usage-${visit.publisher.publisherId}.csv`, rows)
}
