import { csvFile } from '../../ui/csv.ts'
import { enterPublisher } from '../publisher-access.server.ts'
import { usageEventsForExport, usageSearch } from './usage-data.server.ts'
import type { Route } from './+types/events-csv.ts'

/** The events of the page's search as a file for spreadsheets. */
export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'subscription.sell')
  const rows = await usageEventsForExport(visit, usageSearch(new URL(args.request.url).searchParams))
  return csvFile(`usage-events-${visit.publisher.publisherId}.csv`, rows)
}
