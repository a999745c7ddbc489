import type { ActionFunctionArgs } from 'react-router'
import { fieldText, readForm } from '../../form.ts'
import { enterOffer, type OfferArgs } from './offer-access.server.ts'
import { refusal } from './refusal.server.ts'

/** Where pictures and documents of a page are sent, one at a time. The field decides what the file must be. */
export async function action(args: ActionFunctionArgs) {
  const { kernel, domain, offer, run } = await enterOffer(args as unknown as OfferArgs, 'offer.write')
  const form = await readForm(args.request)
  const file = form.get('file')
  if (!(file instanceof File)) return Response.json({ message: 'Choose a file.' }, { status: 400 })
  const bytes = new Uint8Array(await file.arrayBuffer())
  const part = fieldText(form, 'part', 20)
  try {
    await kernel.files.check(bytes)
    const stored = await run((ctx) =>
      domain.offers.upload(ctx, {
        offer: offer.id,
        module: fieldText(form, 'module'),
        field: fieldText(form, 'field'),
        part: part === '' ? undefined : part,
        bytes,
        fileName: file.name,
      }),
    )
    return Response.json({ file: stored })
  } catch (error) {
    return refusal(error)
  }
}
