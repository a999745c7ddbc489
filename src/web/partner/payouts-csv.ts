import { payoutCsv } from '../ui/payout-csv.server.ts'
import { enterPublisher } from './publisher-access.server.ts'
import type { Route } from './+types/payouts-csv.ts'

const most = 100_000

/** All transactions of the publisher, newest first. */
export async function loader(args: Route.LoaderArgs) {
  const { domain, publisher, read } = await enterPublisher(args, 'payout.read')
  const lines = await read((ctx) => domain.billing.listPayoutLines(ctx, publisher.publisherId, { limit: most }))
  return payoutCsv(`transactions-${publisher.publisherId}.csv`, lines)
}
