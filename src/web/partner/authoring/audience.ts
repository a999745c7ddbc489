import type { ActionFunctionArgs, LoaderFunctionArgs } from 'react-router'
import { enterOffer, type OfferArgs } from './offer-access.server.ts'
import { refusal } from './refusal.server.ts'

/** The edited audience of a private plan. */
export async function loader(args: LoaderFunctionArgs) {
  const { domain, offer, read } = await enterOffer(args as unknown as OfferArgs, 'offer.read')
  const members = await read((ctx) => domain.offers.editedAudience(ctx, { offer: offer.id, planId: args.params.plan ?? '' }))
  return Response.json({ members: members.map(({ tenantId, description }) => ({ id: tenantId, ...(description ? { description } : {}) })) })
}

interface SentMember {
  id?: unknown
  description?: unknown
}

/** Replaces it by what was entered by hand. */
export async function action(args: ActionFunctionArgs) {
  const { domain, offer, run } = await enterOffer(args as unknown as OfferArgs, 'offer.write')
  const input = (await args.request.json().catch(() => undefined)) as { members?: unknown } | undefined
  if (!Array.isArray(input?.members)) return Response.json({ message: 'What was sent is no list of tenants.' }, { status: 400 })
  const members = (input.members as (SentMember | null)[]).map((member) => ({
    tenantId: typeof member?.id === 'string' ? member.id.trim() : '',
    ...(typeof member?.description === 'string' && member.description !== '' ? { description: member.description } : {}),
  }))
  try {
    await run((ctx) => domain.offers.setAudience(ctx, { offer: offer.id, planId: args.params.plan ?? '', members }))
    return Response.json({})
  } catch (error) {
    return refusal(error)
  }
}
