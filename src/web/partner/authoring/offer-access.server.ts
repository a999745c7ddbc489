import type { RouterContextProvider } from 'react-router'
import type { Offer } from '../../../domain/offers/index.ts'
import type { Action } from '../../../kernel/authorization.ts'
import { refuse } from '../../ui/portal-access.server.ts'
import { enterPublisher, type PublisherVisit } from '../publisher-access.server.ts'

export interface OfferVisit extends PublisherVisit {
  offer: Offer
  /** Address of the offer's pages. */
  offerBase: string
}

export interface OfferArgs {
  request: Request
  context: Readonly<RouterContextProvider>
  params: { publisher: string; offer: string }
}

/** A visit to one offer's page. The offer in the address is one of the publisher's, or the answer is 404. */
export async function enterOffer(args: OfferArgs, action: Action): Promise<OfferVisit> {
  const visit = await enterPublisher(args, action)
  const { publisher, domain, read, base } = visit
  const offer = await read((ctx) => domain.offers.findOffer(ctx, publisher.publisherId, args.params.offer))
  if (!offer) throw refuse(404, `${publisher.name} has no offer ${args.params.offer}.`)
  return { ...visit, offer, offerBase: `${base}/offers/${offer.offerId}` }
}
