import { payoutCsv } from '../../ui/payout-csv.server.ts'
import { enterPublisher } from '../publisher-access.server.ts'
import { payoutStatement } from './payouts-data.server.ts'
import type { Route } from './+types/statement-csv.ts'

/** The transactions of one payout. */
export async function loader(args: Route.LoaderArgs) {
  const { payout, lines, adjustments } = await payoutStatement(await enterPublisher(args, 'payout.read'), args.params.payout)
  return payoutCsv(`${payout.number}.csv`, lines, adjustments, payout)
}
