import type { ActionFunctionArgs } from 'react-router'
import { saveSection } from './authoring-data.server.ts'
import { enterOffer, type OfferArgs } from './offer-access.server.ts'

/** Where editing pages save: one section, as JSON, because its values are trees. */
export async function action(args: ActionFunctionArgs) {
  const visit = await enterOffer(args as unknown as OfferArgs, 'offer.write')
  const input: unknown = await args.request.json().catch(() => undefined)
  const { answer, status } = await saveSection(visit, input)
  return Response.json(answer, { status })
}
