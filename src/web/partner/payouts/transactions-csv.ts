import { payoutCsv } from '../../ui/payout-csv.server.ts'
import { enterPublisher } from '../publisher-access.server.ts'
import { transactionFilter, transactionQuery } from './payouts-data.server.ts'
import type { Route } from './+types/transactions-csv.ts'

const most = 100_000

/** The transactions that fit the filter in the address, newest first. */
export async function loader(args: Route.LoaderArgs) {
  const { domain, publisher, read } = await enterPublisher(args, 'payout.read')
  const query = transactionQuery(transactionFilter(new URL(args.request.url).searchParams))
  const lines = await read((ctx) => domain.billing.listPayoutLines(ctx, publisher.publisherId, { ...query, limit: most }))
  return payoutCsv(`transactions-${publisher.publisherId}.csv`, lines)
}
