import type { ActionFunctionArgs } from 'react-router'
import { fieldText, readForm } from '../../form.ts'
import { enterOffer, type OfferArgs } from './offer-access.server.ts'
import { refusal } from './refusal.server.ts'

/** Sends a test lead to the endpoint that was entered (spec/05 §1.3, Validate). */
export async function action(args: ActionFunctionArgs) {
  const { domain, offer } = await enterOffer(args as unknown as OfferArgs, 'offer.write')
  const url = fieldText(await readForm(args.request), 'url', 2048)
  try {
    // Outside of any transaction: another server answers, and takes its time.
    return Response.json(await domain.leads.validateDestination({ url, offerTitle: offer.alias }))
  } catch (error) {
    return refusal(error)
  }
}
