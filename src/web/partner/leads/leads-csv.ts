import { csvFile } from '../../ui/csv.ts'
import { enterPublisher } from '../publisher-access.server.ts'
import type { Route } from './+types/leads-csv.ts'
import { leadFilter, leadRows } from './lead-data.server.ts'

/** The filtered list of leads as a file for spreadsheets. */
export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'lead.read')
  const rows = await leadRows(visit, leadFilter(new URL(args.request.url).searchParams))
  return csvFile(`leads-${visit.publisher.publisherId}.csv`, rows)
}
