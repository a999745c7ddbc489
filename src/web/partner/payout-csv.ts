import { payoutCsv } from '../ui/payout-csv.server.ts'
import { payoutStatement } from './payout-data.server.ts'
import { enterPublisher } from './publisher-access.server.ts'
import type { Route } from './+types/payout-csv.ts'

/** The transactions of one payout. */
export async function loader(args: Route.LoaderArgs) {
  const { payout, lines } = await payoutStatement(await enterPublisher(args, 'payout.read'), args.params.payout)
  return payoutCsv(`${payout.number}.csv`, lines)
}
