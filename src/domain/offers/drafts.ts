import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { invalid, notFound } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import { DraftView, type Offer, type Plan, type SectionAddress } from './draft.ts'
import { defaultLanguage, type Page } from './offer-type.ts'
import * as store from './store.ts'

/** An offer for which somebody may do something. Throws `OfferNotFound`, `Forbidden`. */
export async function openOffer(
  ctx: Ctx,
  id: string,
  action: 'offer.read' | 'offer.write',
  options: { lock?: boolean } = {},
): Promise<Offer> {
  const offer = isUuid(id) ? await store.selectOffer(ctx.tx, id, options) : undefined
  if (!offer) throw notFound('OfferNotFound', 'There is no such offer.', { target: 'offer' })
  authorize(ctx.principal, action, { tenantId: offer.tenantId })
  return offer
}

export function planOf(plans: Plan[], planId: string): Plan {
  const plan = plans.find((row) => row.planId === planId)
  if (!plan) throw notFound('PlanNotFound', `The offer has no plan ${planId}.`, { target: 'planId' })
  return plan
}

/** The sections of an offer: as they are edited, as they are live, or those of a submission. */
export async function viewOf(ctx: Ctx, offer: Offer, which: 'current' | 'published' | string[], known?: DraftView): Promise<DraftView> {
  const plans = known?.plans ?? (await store.selectPlans(ctx.tx, offer.id))
  const sections = await store.selectSections(ctx.tx, offer.id, which)
  const sizes = known?.audienceSizes ?? (await store.selectAudienceSizes(ctx.tx, offer.id))
  if (which === 'current') return new DraftView(offer, plans, sections, sizes)
  const within = new Set(sections.map((section) => section.plan))
  return new DraftView(
    offer,
    plans.filter((plan) => within.has(plan.id)),
    sections,
    sizes,
  )
}

/**
 * The address of a section in a draft, with its plan.
 *
 * @throws `WrongScope`, `InvalidLanguage` (invalid), `PlanNotFound`
 */
export function addressOf(
  page: Page,
  draft: DraftView,
  input: { planId?: string | undefined; variant?: string | undefined },
): SectionAddress & { variant: string; row: Plan | undefined } {
  if ((page.scope === 'plan') !== (input.planId !== undefined)) {
    throw invalid(
      'WrongScope',
      page.scope === 'plan' ? 'Name the plan of this section.' : 'This section belongs to the offer, not to a plan.',
      { target: 'planId' },
    )
  }
  const row = input.planId === undefined ? undefined : planOf(draft.plans, input.planId)
  if (page.language !== undefined && input.variant !== undefined && input.variant !== page.language)
    throw invalid('InvalidLanguage', `${page.label} is written in English (United States) only.`, { target: 'variant' })
  const variant = page.perLanguage ? (input.variant ?? defaultLanguage) : (page.language ?? '')
  if (variant !== '' && !/^[a-z]{2}(-[a-z]{2})?$/.test(variant))
    throw invalid('InvalidLanguage', 'Name a language such as en or de.', { target: 'variant' })
  return { module: page.module, plan: row?.planId, variant, row }
}

export function actor({ principal }: Ctx): string {
  return principal.kind === 'user' ? principal.objectId : principal.kind === 'application' ? principal.clientId : principal.kind
}

/** Name for the History page and for other editors; empty for the marketplace itself. */
export function displayName({ principal }: Ctx): string {
  return principal.kind === 'user' ? principal.displayName : principal.kind === 'application' ? 'Application' : ''
}
