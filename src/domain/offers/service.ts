import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { violatedConstraint } from '../../kernel/database.ts'
import { conflict, type ErrorDetail, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { RateTable } from '../../kernel/money.ts'
import { findMarket } from '../../kernel/reference-data.ts'
import type { Accounts } from '../accounts/index.ts'
import { DraftView, type Offer, type Plan } from './draft.ts'
import { type Form, formOf, type FormFacts } from './form.ts'
import { checkOfferId, checkPlanId, checkStorable, type OfferKey, refuse } from './offer.ts'
import {
  lockProblems,
  type OfferType,
  type Page,
  type PageStatus,
  pageStatus,
  readSection,
  sectionProblems,
  shownPages,
} from './offer-type.ts'
import { offerTypeOf, pageOf } from './offer-types.ts'
import { buildPriceList, changedPrices, type Price } from './price-list.ts'
import * as store from './store.ts'

/** Prices of a price list in one market, amounts as decimal text in its currency. */
export interface MarketPrices {
  currency: string
  terms: Partial<Record<'P1M' | 'P1Y', string>>
  dimensions: Record<string, string>
}

export interface PageReport {
  module: string
  label: string
  planId: string | null
  variant: string
  status: PageStatus
  revision: number
  problems: ErrorDetail[]
}

export interface SaveSection {
  offer: string
  module: string
  planId?: string | undefined
  /** Language of a listing; `en` when left out. */
  variant?: string | undefined
  content: Record<string, unknown>
  /** The section's revision that the editor started from, 0 for a new one. Left out, the last save wins. */
  revision?: number | undefined
}

/** English is the language of plans and of listings that name none (spec/06 PL-52). */
const defaultLanguage = 'en'

const maxAudience = 20_000 // spec/05 §1.7, tenant IDs of a private plan

export type Offers = ReturnType<typeof createOffers>

/** Authoring of offers: drafts, plans, prices and audiences. What is live is publishing's. */
export function createOffers(kernel: Kernel, { accounts }: { accounts: Pick<Accounts, 'publisher'> }) {
  const { audit, events } = kernel

  async function open(ctx: Ctx, id: string, action: 'offer.read' | 'offer.write', options: { lock?: boolean } = {}): Promise<Offer> {
    const offer = isUuid(id) ? await store.selectOffer(ctx.tx, id, options) : undefined
    if (!offer) throw notFound('OfferNotFound', 'There is no such offer.', { target: 'offer' })
    authorize(ctx.principal, action, { tenantId: offer.tenantId })
    return offer
  }

  function planOf(plans: Plan[], planId: string): Plan {
    const plan = plans.find((row) => row.planId === planId)
    if (!plan) throw notFound('PlanNotFound', `The offer has no plan ${planId}.`, { target: 'planId' })
    return plan
  }

  async function view(ctx: Ctx, offer: Offer, which: 'current' | 'published' | string[]): Promise<DraftView> {
    const plans = await store.selectPlans(ctx.tx, offer.id)
    const sections = await store.selectSections(ctx.tx, offer.id, which)
    const sizes = await store.selectAudienceSizes(ctx.tx, offer.id)
    if (which === 'current') return new DraftView(offer, plans, sections, sizes)
    const within = new Set(sections.map((section) => section.plan))
    return new DraftView(
      offer,
      plans.filter((plan) => within.has(plan.id)),
      sections,
      sizes,
    )
  }

  function report(type: OfferType, draft: DraftView, published: DraftView): PageReport[] {
    return shownPages(type, draft).flatMap((page) => {
      const planIds = page.scope === 'plan' ? draft.plans.map((plan) => plan.planId) : [undefined]
      return planIds.flatMap((planId) => {
        const found = page.perLanguage ? draft.variants(page.module, planId) : ['']
        const variants = found.length > 0 ? found : [defaultLanguage]
        return variants.map((variant) => {
          const section = draft.find({ module: page.module, plan: planId, variant })
          const problems = sectionProblems(page, section?.content ?? {}, draft, planId)
          const status = pageStatus({
            content: section?.content,
            problems,
            published: published.find({ module: page.module, plan: planId, variant })?.content,
          })
          return {
            module: page.module,
            label: page.label,
            planId: planId ?? null,
            variant,
            status,
            revision: section?.revision ?? 0,
            problems,
          }
        })
      })
    })
  }

  /** Rules about the offer as a whole. */
  function offerProblems(type: OfferType, draft: DraftView): ErrorDetail[] {
    const problems: ErrorDetail[] = []
    if (type.plans.required?.holds(draft, undefined) && draft.plans.length === 0)
      problems.push({ code: 'PlanRequired', target: 'plans', message: 'The offer needs at least one plan.' })
    return problems
  }

  /** Claims the application that a section names now. */
  async function claim(ctx: Ctx, offer: Offer, page: Page, content: Record<string, unknown>): Promise<void> {
    const named = page.application?.(content)
    if (!named) return
    const holder = await store.claimApplication(ctx.tx, named.tenantId, named.applicationId, offer.accountId)
    if (holder === offer.accountId) return
    throw conflict(
      'ApplicationInUse',
      'This application is used by another publisher account. Register one of your own and enter its IDs.',
      {
        target: 'applicationId',
      },
    )
  }

  /** Frees the application that a section named before, unless it still does or others of the account do. */
  async function release(ctx: Ctx, offer: Offer, page: Page, before: Record<string, unknown>): Promise<void> {
    const named = page.application?.(before)
    if (named) await store.releaseApplication(ctx.tx, named.tenantId, named.applicationId, offer.accountId)
  }

  const service = {
    /**
     * Starts the draft of a new offer.
     *
     * @throws `InvalidOfferId`, `UnknownOfferType` (invalid), `OfferIdTaken` (conflict), `not-found` for the publisher
     */
    async createOffer(ctx: Ctx, input: { publisherId: string; offerId: string; offerType: string; alias: string }): Promise<Offer> {
      const publisher = await accounts.publisher(ctx, input.publisherId)
      authorize(ctx.principal, 'offer.write', { tenantId: publisher.tenantId })
      checkOfferId(input.offerId)
      const type = offerTypeOf(input.offerType)
      const alias = input.alias.trim()
      checkStorable(alias, 'alias')
      if (alias === '' || alias.length > 50) throw invalid('InvalidAlias', 'The alias must have 1 to 50 characters.', { target: 'alias' })
      const row = {
        id: newId<'offer'>(),
        publisherId: publisher.publisherId,
        accountId: publisher.accountId,
        tenantId: publisher.tenantId,
        offerId: input.offerId,
        offerType: type.type,
        alias,
        revision: 1,
        createdAt: ctx.now,
        createdBy: actor(ctx),
        modifiedAt: ctx.now,
        publishedAt: null,
      }
      if (await store.selectOfferByName(ctx.tx, row.publisherId, row.offerId)) throw offerIdTaken(row.offerId)
      try {
        await store.insertOffer(ctx.tx, row)
      } catch (error) {
        if (violatedConstraint(error) === 'offer_publisher_id_offer_id_key') throw offerIdTaken(row.offerId)
        throw error
      }
      await events.publish(ctx, {
        type: 'offer.created',
        publisherId: row.publisherId,
        payload: { offer: row.id, publisherId: row.publisherId, offerId: row.offerId, offerType: row.offerType },
      })
      return row
    },

    /**
     * Adds a plan to the draft.
     *
     * @throws `InvalidPlanId`, `TooManyPlans` (invalid), `PlanIdTaken` (conflict)
     */
    async createPlan(ctx: Ctx, input: { offer: string; planId: string; name: string }): Promise<Plan> {
      const offer = await open(ctx, input.offer, 'offer.write', { lock: true })
      const type = offerTypeOf(offer.offerType)
      checkPlanId(input.planId)
      if (type.plans.max === 0 || type.plans.shownWhen?.holds(await view(ctx, offer, 'current'), undefined) === false)
        throw invalid('PlansNotAllowed', 'This offer has no plans: only offers that are sold have them.', { target: 'planId' })
      const plans = await store.selectPlans(ctx.tx, offer.id)
      if (plans.some((plan) => plan.planId === input.planId)) {
        throw conflict('PlanIdTaken', `The offer already has a plan ${input.planId}.`, { target: 'planId' })
      }
      if (plans.length >= type.plans.max)
        throw invalid('TooManyPlans', `An offer has at most ${type.plans.max} plans.`, { target: 'planId' })
      const row = {
        id: newId<'plan'>(),
        offer: offer.id,
        planId: input.planId,
        position: (plans.at(-1)?.position ?? 0) + 1,
        createdAt: ctx.now,
        publishedAt: null,
      }
      await store.insertPlan(ctx.tx, row)
      await events.publish(ctx, {
        type: 'plan.created',
        publisherId: offer.publisherId,
        payload: { offer: offer.id, planId: input.planId, name: input.name, by: displayName(ctx) },
      })
      await service.saveSection(ctx, { offer: offer.id, planId: input.planId, module: 'plan-listing', content: { name: input.name } })
      return row
    },

    /** Removes a plan that was never published. @throws `PlanPublished` (conflict) */
    async deletePlan(ctx: Ctx, input: { offer: string; planId: string }): Promise<void> {
      const offer = await open(ctx, input.offer, 'offer.write', { lock: true })
      const plan = planOf(await store.selectPlans(ctx.tx, offer.id), input.planId)
      if (plan.publishedAt) {
        throw conflict('PlanPublished', 'A published plan cannot be deleted. Stop its distribution instead.', { target: 'planId' })
      }
      await store.retirePlan(ctx.tx, plan.id, ctx.now)
      await store.touchOffer(ctx, offer.id)
      await events.publish(ctx, {
        type: 'plan.deleted',
        publisherId: offer.publisherId,
        payload: { offer: offer.id, planId: plan.planId, by: displayName(ctx) },
      })
    },

    /**
     * Saves one section of the draft as a whole. Missing values are fine, wrong ones are not; nothing is changed when one is wrong.
     *
     * @throws `UnknownModule`, `UnknownField`, `InvalidValue`, `Locked` (invalid, one detail a field), `RevisionConflict` with the
     *   stored content in `data` (conflict) when somebody else saved first, `ApplicationInUse` (conflict)
     */
    async saveSection(
      ctx: Ctx,
      input: SaveSection,
    ): Promise<{ instanceId: string; revision: number; offerRevision: number; problems: ErrorDetail[] }> {
      const offer = await open(ctx, input.offer, 'offer.write', { lock: true })
      const page = pageOf(offerTypeOf(offer.offerType), input.module)
      const draft = await view(ctx, offer, 'current')
      if ((page.scope === 'plan') !== (input.planId !== undefined)) {
        throw invalid(
          'WrongScope',
          page.scope === 'plan' ? 'Name the plan of this section.' : 'This section belongs to the offer, not to a plan.',
          { target: 'planId' },
        )
      }
      const plan = input.planId === undefined ? undefined : planOf(draft.plans, input.planId)
      const variant = page.perLanguage ? (input.variant ?? defaultLanguage) : ''
      if (variant !== '' && !/^[a-z]{2}(-[a-z]{2})?$/.test(variant))
        throw invalid('InvalidLanguage', 'Name a language such as en or de.', { target: 'variant' })
      const address = { module: page.module, plan: plan?.planId, variant }
      const section = draft.find(address) as Awaited<ReturnType<typeof store.selectSections>>[number] | undefined
      if (input.revision !== undefined && input.revision !== (section?.revision ?? 0)) {
        throw conflict(
          'RevisionConflict',
          'Somebody else has saved this page since you opened it. Review what they wrote, then save again.',
          {
            target: 'revision',
            data: { revision: section?.revision ?? 0, content: section?.content ?? {} },
          },
        )
      }

      checkStorable(input.content, '')
      const { content, problems } = readSection(page, input.content, { sandbox: kernel.config.mode === 'sandbox' })
      const published = (await view(ctx, offer, 'published')).find(address)
      if (published) problems.push(...lockProblems(page, published.content, content))
      if (problems.length > 0) refuse(problems)

      await claim(ctx, offer, page, content)
      const priceList = await freezePrices(ctx, page, content, section?.priceList ?? null, published?.priceList ?? null)
      const revision = (section?.revision ?? 0) + 1
      const values = { revision, content, priceList, modifiedAt: ctx.now, modifiedBy: actor(ctx) }
      let instanceId = section?.id
      if (section && instanceId && !section.frozen) {
        await store.updateSection(ctx.tx, instanceId, values)
      } else {
        if (instanceId) await store.updateSection(ctx.tx, instanceId, { current: false })
        instanceId = newId()
        await store.insertSection(ctx.tx, {
          ...values,
          id: instanceId,
          offer: offer.id,
          plan: plan?.id ?? null,
          module: page.module,
          variant,
          current: true,
          frozen: false,
          published: false,
        })
      }
      if (section) await release(ctx, offer, page, section.content)
      const offerRevision = await store.touchOffer(ctx, offer.id)
      const after = await view(ctx, offer, 'current')
      return { instanceId, revision, offerRevision, problems: sectionProblems(page, content, after, plan?.planId) }
    },

    /**
     * Replaces the edited audience of a plan. It is in force once the plan is published or synchronised.
     *
     * @throws `InvalidTenant`, `AudienceTooLarge` (invalid)
     */
    async setAudience(
      ctx: Ctx,
      input: { offer: string; planId: string; members: { tenantId: string; description?: string }[] },
    ): Promise<void> {
      const offer = await open(ctx, input.offer, 'offer.write', { lock: true })
      const plan = planOf(await store.selectPlans(ctx.tx, offer.id), input.planId)
      if (input.members.length > maxAudience) {
        throw invalid('AudienceTooLarge', `An audience has at most ${maxAudience} tenants.`, { target: 'members' })
      }
      const problems = input.members.flatMap((member, index) =>
        isUuid(member.tenantId)
          ? []
          : [{ code: 'InvalidTenant', target: `members.${index}.tenantId`, message: `Row ${index + 1} has no tenant ID: enter a GUID.` }],
      )
      if (problems.length > 0) refuse(problems)
      checkStorable(input.members, 'members')
      const unique = new Map(input.members.map((member) => [member.tenantId.toLowerCase(), member.description ?? '']))
      await store.replaceAudience(
        ctx.tx,
        plan.id,
        [...unique].map(([tenantId, description]) => ({ tenantId, description })),
      )
      await store.touchOffer(ctx, offer.id)
    },

    /** Puts the edited audiences of published plans into force, and nothing else of the draft (spec/06 B4). Returns the plans concerned. */
    async syncAudience(ctx: Ctx, input: { offer: string; planId?: string }): Promise<string[]> {
      const offer = await open(ctx, input.offer, 'offer.write', { lock: true })
      const plans = (await store.selectPlans(ctx.tx, offer.id)).filter(
        (plan) => plan.publishedAt && (input.planId === undefined || plan.planId === input.planId),
      )
      if (plans.length === 0)
        throw conflict('PlanNotPublished', 'Only the audience of a published plan can be synchronised.', { target: 'planId' })
      await store.copyAudience(
        ctx.tx,
        plans.map((plan) => plan.id),
      )
      const planIds = plans.map((plan) => plan.planId)
      await audit.record(ctx, { action: 'offer.audience.sync', target: `${offer.publisherId}.${offer.offerId}`, after: { planIds } })
      await events.publish(ctx, {
        type: 'audience.changed',
        publisherId: offer.publisherId,
        payload: { offer: offer.id, planIds, by: displayName(ctx) },
      })
      return planIds
    },

    /** An offer by its key. @throws `OfferNotFound` */
    async getOffer(ctx: Ctx, id: string): Promise<Offer> {
      return open(ctx, id, 'offer.read')
    },

    /** An offer by its names, or null. */
    async findOffer(ctx: Ctx, publisherId: string, offerId: string): Promise<Offer | null> {
      const offer = await store.selectOfferByName(ctx.tx, publisherId, offerId)
      if (!offer) return null
      authorize(ctx.principal, 'offer.read', { tenantId: offer.tenantId })
      return offer
    },

    /** Offers of publishers, last modified first; `search` looks into alias and offer id (SA-1). */
    async listOffers(ctx: Ctx, input: { publisherIds: string[]; search?: string | undefined }): Promise<(Offer & { typeLabel: string })[]> {
      if (input.publisherIds.length === 0) return []
      const rows = await store.selectOffersOf(ctx.tx, input.publisherIds, input.search?.replaceAll('\u0000', ''))
      for (const row of rows) authorize(ctx.principal, 'offer.read', { tenantId: row.tenantId })
      return rows.map((row) => ({ ...row, typeLabel: offerTypeOf(row.offerType).label }))
    },

    /** The draft with the status of each page. `complete` when it can be submitted. */
    async getDraft(
      ctx: Ctx,
      id: string,
    ): Promise<{ offer: Offer; draft: DraftView; pages: PageReport[]; problems: ErrorDetail[]; complete: boolean }> {
      const offer = await open(ctx, id, 'offer.read')
      const type = offerTypeOf(offer.offerType)
      const draft = await view(ctx, offer, 'current')
      const pages = report(type, draft, await view(ctx, offer, 'published'))
      const problems = offerProblems(type, draft)
      const complete = problems.length === 0 && pages.every((page) => page.status === 'Complete' || page.status === 'Unpublished changes')
      return { offer, draft, pages, problems, complete }
    },

    /** The pages of an offer at present and their fields, as plain data for editors. */
    async form(ctx: Ctx, input: { offer: string }): Promise<Form> {
      const offer = await open(ctx, input.offer, 'offer.read')
      const type = offerTypeOf(offer.offerType)
      return formOf(type, await view(ctx, offer, 'current'), await view(ctx, offer, 'published'), await formFacts(ctx))
    },

    /** Freezes the draft for a submission. The returned instances never change again. */
    async freeze(ctx: Ctx, id: string): Promise<string[]> {
      const offer = await open(ctx, id, 'offer.write', { lock: true })
      await store.freezeSections(ctx.tx, offer.id)
      const draft = await view(ctx, offer, 'current')
      return draft.sections.map((section) => section.id)
    },

    /** The frozen sections of a submission. */
    async viewOf(ctx: Ctx, id: string, instances: string[]): Promise<DraftView> {
      return view(ctx, await open(ctx, id, 'offer.read'), instances)
    },

    /** Takes the lock facts and the audiences of what went live from publishing's event. */
    onPublished: async (ctx: Ctx, event: { payload: { offer: string; instances: string[] } }): Promise<void> => {
      const offer = event.payload.offer as OfferKey
      await store.markPublished(ctx.tx, offer, event.payload.instances, ctx.now)
      const plans = await store.selectPlans(ctx.tx, offer)
      await store.copyAudience(
        ctx.tx,
        plans.filter((plan) => plan.publishedAt).map((plan) => plan.id),
      )
    },

    /** Prices of a list in a market, or null where nothing of it is sold. */
    async prices(ctx: Ctx, priceList: string, market: string): Promise<MarketPrices | null> {
      return (await service.pricesOf(ctx, [priceList], market)).get(priceList) ?? null
    },

    /** Prices of several lists in a market, in one statement. Lists that sell nothing there are absent. */
    async pricesOf(ctx: Ctx, priceLists: string[], market: string): Promise<Map<string, MarketPrices>> {
      const found = new Map<string, MarketPrices>()
      if (priceLists.length === 0 || !findMarket(market)) return found
      for (const { list, item, currency, amount } of await store.selectMarketPrices(ctx.tx, priceLists, market, ctx.now)) {
        let prices = found.get(list)
        if (!prices) {
          prices = { currency, terms: {}, dimensions: {} }
          found.set(list, prices)
        }
        if (item === 'term:P1M') prices.terms.P1M = amount
        else if (item === 'term:P1Y') prices.terms.P1Y = amount
        else prices.dimensions[item.slice('dimension:'.length)] = amount
      }
      return found
    },

    /** All prices of lists, by market and item, in one statement. */
    async allPrices(ctx: Ctx, priceLists: string[]): Promise<Map<string, Price[]>> {
      return store.selectPriceLists(ctx.tx, [...new Set(priceLists)])
    },

    /** Tenants that see a private plan that is live. */
    async audience(ctx: Ctx, offer: string, planId: string): Promise<string[]> {
      const plan = (await store.selectPlans(ctx.tx, offer as OfferKey)).find((row) => row.planId === planId)
      return plan ? (await store.selectAudience(ctx.tx, plan.id, true)).map((member) => member.tenantId) : []
    },

    /** The edited audience of a plan, as its editor shows it. */
    async editedAudience(ctx: Ctx, input: { offer: string; planId: string }): Promise<store.AudienceMember[]> {
      const offer = await open(ctx, input.offer, 'offer.read')
      return store.selectAudience(ctx.tx, planOf(await store.selectPlans(ctx.tx, offer.id), input.planId).id, false)
    },

    /** planIds of an offer that a tenant sees because it is in their live audience. */
    async plansOfTenant(ctx: Ctx, offer: string, tenantId: string): Promise<string[]> {
      return isUuid(tenantId) ? store.selectPlansOfTenant(ctx.tx, offer as OfferKey, tenantId) : []
    },

    /** Offers with private plans for a tenant, with these plans, for its own people. */
    async privateOffersOf(ctx: Ctx, tenantId: string): Promise<{ publisherId: string; offerId: string; planIds: string[] }[]> {
      authorize(ctx.principal, 'account.read', { tenantId })
      return store.selectPrivateOffersOf(ctx.tx, tenantId, 100)
    },

    /** Units of each currency for one dollar, in force now. */
    async rates(ctx: Ctx): Promise<RateTable> {
      return store.selectRates(ctx.tx, ctx.now)
    },

    /** Sets rates from now on. Prices that were converted before stay (SA-149). */
    async setRates(ctx: Ctx, input: { rates: RateTable; source: string; validFrom?: Ctx['now'] }): Promise<void> {
      authorize(ctx.principal, 'operator.console')
      await store.insertRates(ctx.tx, input.rates, input.validFrom ?? ctx.now, input.source)
      await audit.record(ctx, { action: 'rates.set', target: input.source, after: input.rates })
    },
  }
  return service

  async function formFacts(_ctx: Ctx): Promise<FormFacts> {
    return { taxRemitted: new Set() }
  }

  async function freezePrices(
    ctx: Ctx,
    page: Page,
    content: Record<string, unknown>,
    previous: string | null,
    published: string | null,
  ): Promise<string | null> {
    if (!page.prices) return null
    const rates = await store.selectRates(ctx.tx, ctx.now)
    const known = await store.selectPriceLists(
      ctx.tx,
      [previous, published].filter((hash) => hash !== null),
    )
    const pricesOf = (hash: string | null) => (hash === null ? [] : (known.get(hash) ?? []))
    const list = buildPriceList(page.prices(content), rates, ctx.now, pricesOf(previous))
    const [changed] = changedPrices(pricesOf(published), list?.prices ?? [])
    if (changed) {
      const was = `${changed.amount} ${changed.currency}`
      throw invalid('Locked', `The price of ${changed.item} in ${changed.market} has been published at ${was} and cannot change.`, {
        target: 'prices',
      })
    }
    if (!list) return null
    await store.insertPriceList(ctx.tx, list, ctx.now)
    return list.hash
  }
}

function offerIdTaken(offerId: string) {
  return conflict('OfferIdTaken', `This publisher already has an offer ${offerId}.`, { target: 'offerId' })
}

function actor({ principal }: Ctx): string {
  return principal.kind === 'user' ? principal.objectId : principal.kind === 'application' ? principal.clientId : principal.kind
}

/** Name for the History page; empty for the marketplace itself. */
function displayName({ principal }: Ctx): string {
  return principal.kind === 'user' ? principal.displayName : principal.kind === 'application' ? 'Application' : ''
}
