import { allows } from '../../../kernel/authorization.ts'
import { wallNow } from '../../../kernel/clock.ts'
import { isDomainError } from '../../../kernel/errors.ts'
import { refuse } from '../../ui/portal-access.server.ts'
import type { Content, Problem, SavedSection, SaveAnswer } from './form.ts'
import { languageName } from './language-names.ts'
import type { OfferVisit } from './offer-access.server.ts'
import type { FrozenPrice } from './section-context.tsx'

/** A page in the offer's navigation. */
export interface ShellPage {
  module: string
  planId: string | null
  label: string
  status: string
}

/** What the frame of an offer's pages shows: its name, how far it is, its pages. */
export async function offerShell({ domain, offer, user, publisher, read }: OfferVisit) {
  return read(async (ctx) => {
    const form = await domain.offers.form(ctx, { offer: offer.id })
    const { draft, pages } = await domain.offers.getDraft(ctx, offer.id)
    const { status, isLive } = await domain.publishing.status(ctx, { offer: offer.id })
    const listing = draft.content<{ name: string }>({ module: 'listing', variant: 'en' })
    return {
      offerId: offer.offerId,
      alias: offer.alias,
      name: listing.name ?? offer.alias,
      type: form.typeLabel,
      status,
      product: isLive ? `/product/${offer.publisherId}.${offer.offerId}` : null,
      mayWrite: allows(user, 'offer.write', { tenantId: publisher.tenantId }),
      hasPlans: form.plans.shown,
      pages: form.pages.map(
        (page): ShellPage => ({
          module: page.module,
          planId: page.planId,
          label: page.label,
          status: worstStatus(pages.filter((one) => one.module === page.module && one.planId === page.planId).map((one) => one.status)),
        }),
      ),
      plans: draft.plans.map(({ planId }) => ({
        planId,
        name: draft.content<{ name: string }>({ module: 'plan-listing', plan: planId, variant: 'en' }).name ?? planId,
      })),
    }
  })
}

/** A page with several languages is as far as its least finished one. */
function worstStatus(statuses: string[]): string {
  const order = ['Incomplete', 'Not started', 'Unpublished changes', 'Complete']
  return order.find((status) => statuses.includes(status)) ?? 'Not started'
}

interface SectionPlace {
  module: string
  planId: string | undefined
  variant: string | undefined
}

/** One editing page: its fields, what is stored, what it lacks. */
export async function sectionPage(visit: OfferVisit, { module, planId, variant }: SectionPlace) {
  const { domain, offer, publisher, user, read } = visit
  return read(async (ctx) => {
    const form = await domain.offers.form(ctx, { offer: offer.id })
    const page = form.pages.find((one) => one.module === module && one.planId === (planId ?? null))
    if (!page)
      throw refuse(
        404,
        planId === undefined ? 'The offer has no such page.' : `The offer has no plan ${planId}, or the plan has no such page.`,
      )
    const { draft } = await domain.offers.getDraft(ctx, offer.id)
    const languages = page.perLanguage ? draft.variants(module, planId) : []
    if (page.perLanguage && !languages.includes('en')) languages.unshift('en')
    const language = page.perLanguage ? (variant ?? 'en') : ''
    if (language !== '' && !languages.includes(language)) throw refuse(404, `The page has no texts in ${languageName(language)}.`)
    const section = await domain.offers.section(ctx, { offer: offer.id, module, planId, variant: language === '' ? undefined : language })
    const priceList = page.prices ? draft.find({ module, plan: planId, variant: language })?.priceList : null
    const hasAudience = planId !== undefined && page.fields.some((field) => field.kind === 'live-audience')
    const overview = hasAudience ? await domain.publishing.planOverview(ctx, { offer: offer.id }) : []
    const prices = priceList ? ((await domain.offers.allPrices(ctx, [priceList])).get(priceList) ?? []) : []
    return {
      page: section.page,
      language,
      languages,
      saved: { revision: section.revision, content: section.content } satisfies SavedSection,
      missing: section.problems as Problem[],
      warnings: section.warnings as Problem[],
      revisions: section.revisions.map(({ revision, at, by }) => ({ revision, at: at.toString(), by })),
      prices: byMarket(prices),
      syncs:
        allows(user, 'offer.publish', { tenantId: publisher.tenantId }) &&
        overview.some((plan) => plan.planId === planId && plan.actions.includes('Sync private audience')),
      planName:
        planId === undefined
          ? null
          : (draft.content<{ name: string }>({ module: 'plan-listing', plan: planId, variant: 'en' }).name ?? planId),
      mayWrite: allows(user, 'offer.write', { tenantId: publisher.tenantId }),
    }
  })
}

function byMarket(prices: { market: string; item: string; amount: string; currency: string; usd: string | null }[]) {
  const found: Record<string, Record<string, FrozenPrice>> = {}
  for (const { market, item, amount, currency, usd } of prices) {
    found[market] ??= {}
    found[market][item] = { amount: plainAmount(amount), currency, own: usd === null }
  }
  return found
}

/** `10.5000000000` as somebody would type it. Two decimals stay. */
function plainAmount(amount: string): string {
  return amount.includes('.') ? amount.replace(/(\.\d\d\d*?)0+$/, '$1') : amount
}

/** Sections are counted with the database's integers. */
const mostRevisions = 2 ** 31 - 1

function isRevision(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= mostRevisions
}

/** Stores one section that an editing page sent, or goes back to an earlier state of it. */
export async function saveSection({ domain, offer, run }: OfferVisit, input: unknown): Promise<{ answer: SaveAnswer; status: number }> {
  const { module, planId, variant, revision, content, revertTo } = (typeof input === 'object' && input !== null ? input : {}) as Record<
    string,
    unknown
  >
  const reverts = isRevision(revertTo)
  const isSection = typeof content === 'object' && content !== null && !Array.isArray(content)
  if (typeof module !== 'string' || !isRevision(revision) || !(reverts || (isSection && revertTo === undefined))) {
    return { answer: { kind: 'failed', final: true, message: 'what was sent is no section of an offer.' }, status: 400 }
  }
  const place = {
    offer: offer.id,
    module,
    planId: typeof planId === 'string' && planId !== '' ? planId : undefined,
    variant: typeof variant === 'string' && variant !== '' ? variant : undefined,
    revision,
  }
  try {
    const stored = await run((ctx) =>
      reverts
        ? domain.offers.revertSection(ctx, { ...place, to: revertTo })
        : domain.offers.saveSection(ctx, { ...place, content: content as Content }),
    )
    return {
      status: 200,
      answer: {
        kind: 'saved',
        revision: stored.revision,
        content: stored.content,
        at: wallNow().toString(),
        missing: stored.problems,
        merged: stored.merged,
      },
    }
  } catch (error) {
    if (!isDomainError(error)) throw error
    if (error.code === 'RevisionConflict') {
      const theirs = error.data as { revision: number; content: Content; by?: string | null }
      return { status: 409, answer: { kind: 'conflict', revision: theirs.revision, content: theirs.content, by: theirs.by || null } }
    }
    const problems = error.details.length > 0 ? [...error.details] : [{ code: error.code, target: error.target, message: error.message }]
    if (error.kind === 'invalid' || error.kind === 'conflict')
      return { status: 400, answer: { kind: 'refused', message: error.message, problems } }
    return { status: error.kind === 'forbidden' ? 403 : 404, answer: { kind: 'failed', final: true, message: error.message } }
  }
}
