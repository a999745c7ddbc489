import type { ActionFunctionArgs, LoaderFunctionArgs } from 'react-router'
import { readForm } from '../../form.ts'
import { refuse } from '../../ui/portal-access.server.ts'
import { enterOffer, type OfferArgs } from './offer-access.server.ts'
import { refusal } from './refusal.server.ts'

const spreadsheet = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

/** All stored prices of a plan as a spreadsheet. */
export async function loader(args: LoaderFunctionArgs) {
  const { domain, offer, read } = await enterOffer(args as unknown as OfferArgs, 'offer.read')
  const { fileName, bytes } = await read((ctx) => domain.offers.exportPrices(ctx, { offer: offer.id, planId: args.params.plan ?? '' }))
  return new Response(new Uint8Array(bytes), {
    headers: { 'content-type': spreadsheet, 'content-disposition': `attachment; filename="${fileName}"`, 'cache-control': 'no-store' },
  })
}

/** Takes the prices of a spreadsheet. */
export async function action(args: ActionFunctionArgs) {
  const { domain, offer, run } = await enterOffer(args as unknown as OfferArgs, 'offer.write')
  const file = (await readForm(args.request)).get('file')
  if (!(file instanceof File)) throw refuse(400, 'Choose a file.')
  const bytes = new Uint8Array(await file.arrayBuffer())
  try {
    await run((ctx) => domain.offers.importPrices(ctx, { offer: offer.id, planId: args.params.plan ?? '', bytes }))
    return Response.json({})
  } catch (error) {
    return refusal(error)
  }
}
