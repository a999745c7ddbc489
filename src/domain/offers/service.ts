import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { violatedConstraint } from '../../kernel/database.ts'
import { conflict, type ErrorDetail, invalid } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { findMarket } from '../../kernel/reference-data.ts'
import type { Accounts } from '../accounts/index.ts'
import { readAudience, writeAudience } from './audience-file.ts'
import { createCopies } from './copies.ts'
import { DraftView, type Offer, type Plan, type Section } from './draft.ts'
import { createExchangeRates } from './exchange-rates.ts'
import { actor, displayName, openOffer, planOf, viewOf } from './drafts.ts'
import { type Form, type FormFacts, formFactsOf, formOf } from './form.ts'
import { type AudienceOptions, type Member, memberDescription } from './kinds/audience.ts'
import { createMedia } from './media.ts'
import { checkOfferId, checkPlanId, checkStorable, type OfferKey, refuse } from './offer.ts'
import {
  defaultLanguage,
  type OfferType,
  type Page,
  type PageStatus,
  pageStatus,
  sectionProblems,
  sectionWarnings,
  shownPages,
  variantsOf,
} from './offer-type.ts'
import { offerTypeOf, offerTypes } from './offer-types.ts'
import { dollarsFor, type Price } from './price-list.ts'
import { priceFileName, readPrices, writePrices } from './price-sheet.ts'
import { createSections, type SavedSection } from './sections.ts'
import * as store from './store.ts'

/** Prices of a price list in one market, amounts as decimal text in its currency. */
export interface MarketPrices {
  currency: string
  terms: Partial<Record<'P1M' | 'P1Y', string>>
  dimensions: Record<string, string>
}

/** A page of one plan and language, as submissions of some pages name it. */
export interface PageAddress {
  module: string
  planId: string | null
  /** language, or empty */
  variant: string
}

export interface PageReport {
  module: string
  label: string
  planId: string | null
  variant: string
  status: PageStatus
  /** complete, and not as it is live: what can be published */
  unpublished: boolean
  revision: number
  problems: ErrorDetail[]
  warnings: ErrorDetail[]
}

export type Offers = ReturnType<typeof createOffers>

const addressText = ({ module, planId, variant }: PageAddress) => `${module}\n${planId ?? ''}\n${variant}`

/** Authoring of offers: drafts, plans, prices and audiences. What is live is publishing's. */
export function createOffers(kernel: Kernel, { accounts }: { accounts: Pick<Accounts, 'publisher'> }) {
  const { audit, events } = kernel

  function report(type: OfferType, draft: DraftView, published: DraftView): PageReport[] {
    return shownPages(type, draft).flatMap((page) => {
      const planIds = page.scope === 'plan' ? draft.plans.map((plan) => plan.planId) : [undefined]
      return planIds.flatMap((planId) => {
        const variants = variantsOf(page, draft, planId)
        // A language that has been removed is told at the first one.
        const [first] = variants
        return variants.map((variant) => {
          const section = draft.find({ module: page.module, plan: planId, variant })
          const problems = sectionProblems(page, section?.content ?? {}, draft, planId)
          const live = published.find({ module: page.module, plan: planId, variant })
          const own = pageStatus({ content: section?.content, problems, published: live?.content })
          const lost = variant === first && published.variants(page.module, planId).some((one) => !variants.includes(one))
          const status = lost && own === 'Complete' ? ('Unpublished changes' as const) : own
          return {
            module: page.module,
            label: page.label,
            planId: planId ?? null,
            variant,
            status,
            unpublished: status === 'Unpublished changes' || (status === 'Complete' && section !== undefined && live === undefined),
            revision: section?.revision ?? 0,
            problems,
            warnings: sectionWarnings(page, section?.content ?? {}, draft, planId),
          }
        })
      })
    })
  }

  /**
   * The draft as some of its changed pages would publish it: all other pages as they are live. A language that was removed goes with the first
   * language of its page.
   *
   * @throws `UnknownPage` (invalid) for a page without changes
   */
  async function partOf(ctx: Ctx, offer: Offer, draft: DraftView, only: readonly PageAddress[]): Promise<DraftView> {
    const published = await viewOf(ctx, offer, 'published', draft)
    const changed = new Set(
      report(offerTypeOf(offer.offerType), draft, published)
        .filter(({ unpublished }) => unpublished)
        .map(addressText),
    )
    if (only.length === 0) throw invalid('NoPages', 'Select at least one page.', { target: 'pages' })
    for (const page of only) {
      if (!changed.has(addressText(page)))
        throw invalid('UnknownPage', `${page.module} has no unpublished changes that are complete.`, { target: 'pages' })
    }
    const chosen = new Set(only.map(addressText))
    const planIds = new Map(draft.plans.map(({ id, planId }) => [id, planId]))
    const textOf = ({ module, plan, variant }: Pick<Section, 'module' | 'plan' | 'variant'>) =>
      addressText({ module, planId: plan === null ? null : (planIds.get(plan) ?? ''), variant })
    const drafted = new Set(draft.sections.map(textOf))
    const kept = published.sections.filter((section) => {
      if (chosen.has(textOf(section))) return false
      return drafted.has(textOf(section)) || !chosen.has(textOf({ ...section, variant: defaultLanguage }))
    })
    const sections = [...draft.sections.filter((section) => chosen.has(textOf(section))), ...kept]
    const within = new Set(sections.map((section) => section.plan))
    return new DraftView(
      offer,
      draft.plans.filter((plan) => within.has(plan.id)),
      sections,
      draft.audienceSizes,
    )
  }

  /** Rules about the offer as a whole. */
  function offerProblems(type: OfferType, draft: DraftView): ErrorDetail[] {
    const problems: ErrorDetail[] = []
    if (type.plans.required?.holds(draft, undefined) && draft.plans.length === 0)
      problems.push({ code: 'PlanRequired', target: 'plans', message: 'The offer needs at least one plan.' })
    return problems
  }

  /** The list of people or tenants that an offer or one of its plans has, with the page and the field that hold it. */
  function audienceOf(type: OfferType, kind: 'audience' | 'live-audience'): { page: Page; field: string; options: AudienceOptions } {
    for (const page of type.pages) {
      const found = Object.entries(page.fields).find(([, field]) => field.kind === kind)
      if (found) return { page, field: found[0], options: found[1].options as unknown as AudienceOptions }
    }
    throw invalid('NoAudience', `${type.label} has no such audience.`, { target: 'offer' })
  }

  async function replaceAudience(
    ctx: Ctx,
    offer: Offer,
    plan: Plan,
    members: { id: string; description?: string | undefined }[],
  ): Promise<void> {
    await store.replaceAudience(
      ctx.tx,
      plan.id,
      members.map(({ id, description = '' }) => ({ tenantId: id, description })),
    )
    await store.touchOffer(ctx, offer.id)
  }

  /** The page of plans that asks for money, with the plan's section of it. */
  async function pricesOfPlan(ctx: Ctx, input: { offer: string; planId: string }, action: 'offer.read' | 'offer.write') {
    const offer = await openOffer(ctx, input.offer, action, { lock: action === 'offer.write' })
    const type = offerTypeOf(offer.offerType)
    const page = type.pages.find(({ prices, scope }) => prices !== undefined && scope === 'plan')
    const field = Object.entries(page?.fields ?? {}).find(([, { kind }]) => kind === 'market-prices')?.[0]
    if (!page || field === undefined) throw invalid('NoPrices', `${type.label} has no prices.`, { target: 'offer' })
    const plan = planOf(await store.selectPlans(ctx.tx, offer.id), input.planId)
    const key = { offer: offer.id, plan: plan.id, module: page.module, variant: '' }
    const section = await store.selectCurrentSection(ctx.tx, key)
    const published = await store.selectPublishedSection(ctx.tx, key)
    const hashes = [section?.priceList, published?.priceList].filter((hash) => hash !== null && hash !== undefined)
    const lists = await store.selectPriceLists(ctx.tx, [...new Set(hashes)])
    const listOf = (hash: string | null | undefined) => (hash ? (lists.get(hash) ?? []) : [])
    return { page, field, section, prices: listOf(section?.priceList), published: listOf(published?.priceList) }
  }

  const formFacts = async (ctx: Ctx): Promise<FormFacts> => formFactsOf(await remitted(ctx))
  const media = createMedia(kernel)
  const sections = createSections(kernel, { media, formFacts })
  const copies = createCopies(kernel)
  let remitted: (ctx: Ctx) => Promise<readonly string[]> = async () => []

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
        deletedAt: null,
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
      const offer = await openOffer(ctx, input.offer, 'offer.write', { lock: true })
      const type = offerTypeOf(offer.offerType)
      checkPlanId(input.planId)
      if (type.plans.max === 0 || type.plans.shownWhen?.holds(await viewOf(ctx, offer, 'current'), undefined) === false)
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
      await sections.saveSection(ctx, { offer: offer.id, planId: input.planId, module: 'plan-listing', content: { name: input.name } })
      return row
    },

    /** Removes a plan that was never published. @throws `PlanPublished` (conflict) */
    async deletePlan(ctx: Ctx, input: { offer: string; planId: string }): Promise<void> {
      const offer = await openOffer(ctx, input.offer, 'offer.write', { lock: true })
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
     * Replaces the edited audience of a plan by hand. It is in force once the plan is published or synchronised.
     *
     * @throws `InvalidTenant`, `AudienceTooLarge` (invalid): a list that grows by hand has at most 10, a larger one is imported
     */
    async setAudience(
      ctx: Ctx,
      input: { offer: string; planId: string; members: { tenantId: string; description?: string | undefined }[] },
    ): Promise<void> {
      const offer = await openOffer(ctx, input.offer, 'offer.write', { lock: true })
      const plan = planOf(await store.selectPlans(ctx.tx, offer.id), input.planId)
      const { options } = audienceOf(offerTypeOf(offer.offerType), 'live-audience')
      const size = (await store.selectAudienceSizes(ctx.tx, offer.id)).get(plan.planId) ?? 0
      if (input.members.length > Math.max(options.manual, size)) {
        throw invalid('AudienceTooLarge', `Enter at most ${options.manual} tenants by hand. Import a CSV file for more.`, {
          target: 'members',
        })
      }
      checkStorable(input.members, 'members')
      const unique = new Map<string, Member>()
      const problems: ErrorDetail[] = []
      for (const [index, { tenantId, description = '' }] of input.members.entries()) {
        const target = `members.${index}`
        if (!isUuid(tenantId))
          problems.push({
            code: 'InvalidTenant',
            target: `${target}.tenantId`,
            message: `Row ${index + 1} has no tenant ID: enter a GUID.`,
          })
        const about = memberDescription.safeParse(description)
        if (!about.success)
          problems.push({
            code: 'InvalidValue',
            target: `${target}.description`,
            message: `Row ${index + 1}: ${about.error.issues[0]?.message}`,
          })
        unique.set(tenantId.toLowerCase(), { id: tenantId.toLowerCase(), description: about.data ?? '' })
      }
      if (problems.length > 0) refuse(problems)
      await replaceAudience(ctx, offer, plan, [...unique.values()])
    },

    /**
     * Replaces an audience by a CSV file: that of a plan, or without `planId` the preview audience.
     *
     * @returns how many the file names
     * @throws `UnreadableFile`, `InvalidAudience`, `AudienceTooLarge` (invalid) with one detail for each row that is wrong
     */
    async importAudience(ctx: Ctx, input: { offer: string; planId?: string | undefined; bytes: Uint8Array }): Promise<number> {
      const offer = await openOffer(ctx, input.offer, 'offer.write', { lock: true })
      const { page, field, options } = audienceOf(offerTypeOf(offer.offerType), input.planId === undefined ? 'audience' : 'live-audience')
      const members = await readAudience(options, Buffer.from(input.bytes))
      checkStorable(members, 'rows')
      if (input.planId === undefined) {
        const stored = await store.selectCurrentSection(ctx.tx, { offer: offer.id, plan: null, module: page.module, variant: '' })
        await sections.saveFromFile(ctx, { offer: offer.id, module: page.module, content: { ...stored?.content, [field]: members } })
      } else {
        await replaceAudience(ctx, offer, planOf(await store.selectPlans(ctx.tx, offer.id), input.planId), members)
      }
      return members.length
    },

    /** An edited audience as a CSV file: that of a plan, or without `planId` the preview audience. */
    async exportAudience(ctx: Ctx, input: { offer: string; planId?: string | undefined }): Promise<{ fileName: string; bytes: Buffer }> {
      const offer = await openOffer(ctx, input.offer, 'offer.read')
      const { page, field, options } = audienceOf(offerTypeOf(offer.offerType), input.planId === undefined ? 'audience' : 'live-audience')
      if (input.planId !== undefined) {
        const plan = planOf(await store.selectPlans(ctx.tx, offer.id), input.planId)
        const members = (await store.selectAudience(ctx.tx, plan.id, false)).map(({ tenantId, description }) => ({
          id: tenantId,
          description,
        }))
        return { fileName: `${offer.offerId}-${plan.planId}-audience.csv`, bytes: writeAudience(options, members) }
      }
      const stored = await store.selectCurrentSection(ctx.tx, { offer: offer.id, plan: null, module: page.module, variant: '' })
      const members = ((stored?.content[field] ?? []) as (string | Member)[]).map((one) => (typeof one === 'string' ? { id: one } : one))
      return { fileName: `${offer.offerId}-preview-audience.csv`, bytes: writeAudience(options, members) }
    },

    /** The saved prices of a plan as a spreadsheet. @throws `SaveFirst` (conflict) while nothing is priced */
    async exportPrices(ctx: Ctx, input: { offer: string; planId: string }): Promise<{ fileName: string; bytes: Buffer }> {
      const { prices } = await pricesOfPlan(ctx, input, 'offer.read')
      if (prices.length === 0) throw conflict('SaveFirst', 'Enter prices and markets and save them first.', { target: 'prices' })
      return { fileName: priceFileName, bytes: await writePrices(prices) }
    },

    /**
     * Sets the prices of a plan's markets from an edited spreadsheet (xlsx or CSV). Prices that the file leaves as they were stay converted.
     *
     * @throws `SaveFirst` (conflict), `UnreadableFile`, `InvalidPrices` (invalid) with one detail for each row that is wrong or missing
     */
    async importPrices(ctx: Ctx, input: { offer: string; planId: string; bytes: Uint8Array }): Promise<SavedSection> {
      const { page, field, section, prices, published } = await pricesOfPlan(ctx, input, 'offer.write')
      if (!section || prices.length === 0)
        throw conflict('SaveFirst', 'Enter prices and markets and save them first.', { target: 'prices' })
      const before = (section.content[field] ?? {}) as Record<string, Record<string, string>>
      const overrides = await readPrices(Buffer.from(input.bytes), { prices, before, published })
      const content = { ...section.content, [field]: overrides }
      return sections.saveFromFile(ctx, { offer: input.offer, planId: input.planId, module: page.module, content })
    },

    /**
     * Deletes a draft that was never published. Its offer ID is free again.
     *
     * @throws `OfferPublished` (conflict)
     */
    async deleteOffer(ctx: Ctx, input: { offer: string }): Promise<void> {
      const offer = await openOffer(ctx, input.offer, 'offer.write', { lock: true })
      if (offer.publishedAt) {
        throw conflict('OfferPublished', 'A published offer cannot be deleted. Stop its distribution instead.', { target: 'offer' })
      }
      const draft = await viewOf(ctx, offer, 'current')
      await events.publish(ctx, {
        type: 'offer.deleted',
        publisherId: offer.publisherId,
        payload: { offer: offer.id, publisherId: offer.publisherId, offerId: offer.offerId, by: displayName(ctx) },
      })
      await store.retireOffer(ctx.tx, offer.id, ctx.now)
      for (const page of offerTypeOf(offer.offerType).pages) {
        const named = page.application?.(draft.content({ module: page.module }))
        if (named) await store.releaseApplication(ctx.tx, named.tenantId, named.applicationId, offer.accountId)
      }
      await audit.record(ctx, { action: 'offer.delete', target: `${offer.publisherId}.${offer.offerId}`, before: { alias: offer.alias } })
    },

    /** A copy of a plan in the same offer: everything but its ID and name. @throws as `createPlan` */
    async copyPlan(ctx: Ctx, input: { offer: string; from: string; planId: string; name: string }): Promise<Plan> {
      const offer = await openOffer(ctx, input.offer, 'offer.write', { lock: true })
      const source = planOf(await store.selectPlans(ctx.tx, offer.id), input.from)
      const plan = await service.createPlan(ctx, input)
      await copies.plan(ctx, offer, source, plan, input.name)
      return plan
    },

    /**
     * A copy of an offer as another draft of the same publisher (spec/05 §5.13: an offer to test with, or the one to sell from it). Plan IDs
     * get the ending `_test`, or lose it, as asked for.
     *
     * @throws as `createOffer`; `InvalidPlanId` when an ID would become too long
     */
    async copyOffer(
      ctx: Ctx,
      input: { offer: string; offerId: string; alias: string; planIds?: 'same' | 'add-test' | 'remove-test' | undefined },
    ): Promise<Offer> {
      const source = await openOffer(ctx, input.offer, 'offer.read')
      const { publisherId, offerType } = source
      const copy = await service.createOffer(ctx, { publisherId, offerType, offerId: input.offerId, alias: input.alias })
      await copies.offer(ctx, await viewOf(ctx, source, 'current'), copy, input.planIds ?? 'same')
      return copy
    },

    /** The types of the + New offer menu, in its order. */
    types(): { type: string; label: string }[] {
      return offerTypes().map(({ type, label }) => ({ type, label }))
    },

    /** Where the marketplace remits taxes, for the filter of markets: asked of the room that knows (spec/09 RF-06). */
    remitsTaxIn(source: (ctx: Ctx) => Promise<readonly string[]>): void {
      remitted = source
    },

    /** Puts the edited audiences of published plans into force, and nothing else of the draft (spec/06 B4). Returns the plans concerned. */
    async syncAudience(ctx: Ctx, input: { offer: string; planId?: string }): Promise<string[]> {
      const offer = await openOffer(ctx, input.offer, 'offer.write', { lock: true })
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
      return openOffer(ctx, id, 'offer.read')
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
      only?: readonly PageAddress[],
    ): Promise<{ offer: Offer; draft: DraftView; pages: PageReport[]; problems: ErrorDetail[]; complete: boolean }> {
      const offer = await openOffer(ctx, id, 'offer.read')
      const type = offerTypeOf(offer.offerType)
      const whole = await viewOf(ctx, offer, 'current')
      const draft = only ? await partOf(ctx, offer, whole, only) : whole
      const pages = report(type, draft, await viewOf(ctx, offer, 'published'))
      const problems = offerProblems(type, draft)
      const complete = problems.length === 0 && pages.every((page) => page.status === 'Complete' || page.status === 'Unpublished changes')
      return { offer, draft, pages, problems, complete }
    },

    /** The pages of an offer at present and their fields, as plain data for editors. */
    async form(ctx: Ctx, input: { offer: string }): Promise<Form> {
      const offer = await openOffer(ctx, input.offer, 'offer.read')
      const type = offerTypeOf(offer.offerType)
      return formOf(type, await viewOf(ctx, offer, 'current'), await viewOf(ctx, offer, 'published'), await formFacts(ctx))
    },

    /**
     * Freezes the draft for a submission, or some of its changed pages beside all others as they are live. The returned instances never change
     * again.
     *
     * @throws `NoPages`, `UnknownPage` (invalid)
     */
    async freeze(ctx: Ctx, id: string, only?: readonly PageAddress[]): Promise<string[]> {
      const offer = await openOffer(ctx, id, 'offer.write', { lock: true })
      const whole = await viewOf(ctx, offer, 'current')
      const instances = (only ? await partOf(ctx, offer, whole, only) : whole).sections.map((section) => section.id)
      await store.freezeSections(ctx.tx, instances)
      return instances
    },

    /** The frozen sections of a submission. */
    async viewOf(ctx: Ctx, id: string, instances: string[]): Promise<DraftView> {
      return viewOf(ctx, await openOffer(ctx, id, 'offer.read'), instances)
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
    async pricesOf(ctx: Ctx, priceLists: string[], market: string, { inDollars = false } = {}): Promise<Map<string, MarketPrices>> {
      const found = new Map<string, MarketPrices>()
      if (priceLists.length === 0 || !findMarket(market)) return found
      const rates = inDollars ? await store.selectRates(ctx.tx, ctx.now) : {}
      for (const row of await store.selectMarketPrices(ctx.tx, priceLists, market, ctx.now)) {
        const { list, item } = row
        const { currency, amount } = inDollars ? dollarsFor(row, rates) : row
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
      const offer = await openOffer(ctx, input.offer, 'offer.read')
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

    ...createExchangeRates(audit),
  }
  return Object.assign(service, {
    saveSection: sections.saveSection,
    section: sections.section,
    revertSection: sections.revertSection,
    removeLanguage: sections.removeLanguage,
    upload: media.upload,
  })
}

function offerIdTaken(offerId: string) {
  return conflict('OfferIdTaken', `This publisher already has an offer ${offerId}.`, { target: 'offerId' })
}
