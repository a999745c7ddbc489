import { type Cell, csvStream } from '../ui/csv.ts'
import { publisherSubscriptionPages, subscriptionFilter } from './partner-data.server.ts'
import { enterPublisher } from './publisher-access.server.ts'
import type { Route } from './+types/subscriptions-csv.ts'

const header = [
  'Subscription id',
  'Name',
  'Customer',
  'Customer tenant',
  'Offer',
  'Plan',
  'Seats',
  'State',
  'Term start',
  'Term end',
  'Automatic renewal',
  'Bought',
  'From the preview',
]

/** The filtered list of subscriptions, all of it, as a file for spreadsheets. */
export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'subscription.sell')
  const pages = publisherSubscriptionPages(visit, subscriptionFilter(new URL(args.request.url).searchParams))
  async function* rows(): AsyncGenerator<Cell[][]> {
    for await (const page of pages) {
      yield page.map(({ row, customer }) => [
        row.id,
        row.name,
        customer,
        row.beneficiaryTenantId,
        row.offerId,
        row.planId,
        row.quantity,
        row.status,
        row.termStart?.toString() ?? null,
        row.termEnd?.toString() ?? null,
        row.autoRenew ? 'on' : 'off',
        row.createdAt.toString(),
        row.preview ? 'yes' : 'no',
      ])
    }
  }
  return csvStream(`subscriptions-${visit.publisher.publisherId}.csv`, [header], rows())
}
