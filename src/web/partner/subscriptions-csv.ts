import { subscriptionRowsForExport, subscriptionFilter } from './partner-data.server.ts'
import { csv } from '../ui/csv.ts'
import { enterPublisher } from './publisher-access.server.ts'
import type { Route } from './+types/subscriptions-csv.ts'

/** The filtered list of subscriptions as a file for spreadsheets. */
export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'subscription.sell')
  const rows = await subscriptionRowsForExport(visit, subscriptionFilter(new URL(args.request.url).searchParams))
  return new Response(csv(rows), {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="subscriptions-${visit.publisher.publisherId}.csv"`,
      'cache-control': 'private, no-store',
    },
  })
}
