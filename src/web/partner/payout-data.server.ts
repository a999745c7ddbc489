import { refuse } from '../ui/portal-access.server.ts'
import type { PublisherVisit } from './publisher-access.server.ts'

/** A payout of this publisher with its lines; another publisher's does not exist here. */
export async function payoutStatement({ domain, publisher, read }: PublisherVisit, id: string) {
  const statement = await read((ctx) => domain.billing.payoutStatement(ctx, id))
  if (statement.payout.publisherId !== publisher.publisherId) throw refuse(404, 'There is no such payout.')
  return statement
}
