import type { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, type ErrorDetail, invalid, notFound } from '../../kernel/errors.ts'
import { newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { DraftView, Offer, Section } from './draft.ts'
import { actor, addressOf, displayName, openOffer, viewOf } from './drafts.ts'
import { type FormFacts, type FormPage, formPage } from './form.ts'
import type { createMedia } from './media.ts'
import { mergeSections } from './merge.ts'
import { checkStorable, refuse } from './offer.ts'
import {
  defaultLanguage,
  lockProblems,
  type Page,
  type PageStatus,
  pageStatus,
  readSection,
  sectionProblems,
  sectionWarnings,
  shownContent,
} from './offer-type.ts'
import { offerTypeOf, pageOf } from './offer-types.ts'
import { buildPriceList, changedPrices, type PriceList } from './price-list.ts'
import { maskSecrets, sealSecrets } from './secret-fields.ts'
import * as store from './store.ts'

export interface SectionInput {
  offer: string
  module: string
  planId?: string | undefined
  /** Language of a listing; `en` when left out. */
  variant?: string | undefined
}

export interface SaveSection extends SectionInput {
  content: Record<string, unknown>
  /** The section's revision that the editor started from, 0 for a new one. Left out, the last save wins. */
  revision?: number | undefined
}

export interface SavedSection {
  instanceId: string
  revision: number
  offerRevision: number
  problems: ErrorDetail[]
  warnings: ErrorDetail[]
  /** Somebody else had changed other fields since: `content` holds both. */
  merged: boolean
  /** as editors see it */
  content: Record<string, unknown>
}

/** One section as its editing page shows it. */
export interface SectionState {
  page: FormPage
  instanceId: string | null
  /** secrets are `{ kept: true }` */
  content: Record<string, unknown>
  revision: number
  status: PageStatus
  problems: ErrorDetail[]
  warnings: ErrorDetail[]
  modifiedAt: Temporal.Instant | null
  /** hashes of the frozen prices, for `allPrices`; null where nothing is priced */
  priceList: string | null
  publishedPriceList: string | null
  /** states that can be gone back to, newest first; the first is the present one */
  revisions: store.RevisionRow[]
}

/** How a section is written: by hand, from a file (more members of an audience), or as it once was. */
type Origin = 'hand' | 'file' | 'history'

interface Place {
  offer: Offer
  page: Page
  draft: DraftView
  plan: string | undefined
  variant: string
  key: store.SectionKey
  stored: Section | undefined
}

export function createSections(
  { secrets, config }: Pick<Kernel, 'secrets' | 'config'>,
  { media, formFacts }: { media: ReturnType<typeof createMedia>; formFacts: (ctx: Ctx) => Promise<FormFacts> },
) {
  async function placeOf(ctx: Ctx, input: SectionInput, action: 'offer.read' | 'offer.write'): Promise<Place> {
    const offer = await openOffer(ctx, input.offer, action, { lock: action === 'offer.write' })
    const page = pageOf(offerTypeOf(offer.offerType), input.module)
    const draft = await viewOf(ctx, offer, 'current')
    const { row, variant } = addressOf(page, draft, input)
    const plan = row?.planId
    const key = { offer: offer.id, plan: row?.id ?? null, module: page.module, variant }
    return { offer, page, draft, plan, variant, key, stored: draft.find({ module: page.module, plan, variant }) }
  }

  /** What to store when the section is not the one that the editor started from. */
  async function mergeWith(ctx: Ctx, { page, key, stored }: Place, base: number, mine: Record<string, unknown>) {
    const now = stored?.revision ?? 0
    const before = base === 0 ? { content: {} } : await store.selectRevision(ctx.tx, key, base)
    const merge = before && base < now ? mergeSections(page, before.content, stored?.content ?? {}, mine) : undefined
    if (merge && merge.conflicts.length === 0) return merge.content
    const latest = await store.selectRevision(ctx.tx, key, now)
    const labels = (merge?.conflicts ?? []).map((name) => page.fields[name]?.label ?? name)
    const fields = labels.length > 0 ? `: ${labels.join(', ')}` : ''
    throw conflict(
      'RevisionConflict',
      `${latest?.modifiedByName || 'Somebody else'} has changed this page since you opened it${fields}. Review what they wrote, then save again.`,
      {
        target: 'revision',
        details: labels.map((label, index) => ({
          code: 'RevisionConflict',
          target: merge?.conflicts[index] ?? '',
          message: `${label} was changed by somebody else too.`,
        })),
        data: {
          revision: now,
          content: maskSecrets(page, stored?.content ?? {}),
          fields: merge?.conflicts ?? [],
          by: latest?.modifiedByName ?? '',
          at: (latest?.modifiedAt ?? stored?.modifiedAt)?.toString() ?? null,
        },
      },
    )
  }

  /** Lists that are kept in a section take a few members by hand and more from a file (SA-25). */
  function handProblems(page: Page, content: Record<string, unknown>, stored: Record<string, unknown>): ErrorDetail[] {
    return Object.entries(page.fields).flatMap(([name, { label, kind, options }]) => {
      if (kind !== 'audience') return []
      const sizeOf = (value: unknown) => (Array.isArray(value) ? value.length : 0)
      const manual = Number(options.manual)
      if (sizeOf(content[name]) <= Math.max(manual, sizeOf(stored[name]))) return []
      return [{ code: 'TooManyByHand', target: name, message: `${label}: Enter at most ${manual} by hand. Import a CSV file for more.` }]
    })
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
      { target: 'applicationId' },
    )
  }

  /** Frees the application that a section named before, unless it still does or others of the account do. */
  async function release(ctx: Ctx, offer: Offer, page: Page, before: Record<string, unknown>): Promise<void> {
    const named = page.application?.(before)
    if (named) await store.releaseApplication(ctx.tx, named.tenantId, named.applicationId, offer.accountId)
  }

  /** The prices that a section asks for, frozen. Undefined when it asks for none. */
  async function freezePrices(
    ctx: Ctx,
    page: Page,
    content: Record<string, unknown>,
    previous: string | null,
    published: string | null,
  ): Promise<PriceList | undefined> {
    if (!page.prices) return undefined
    const rates = await store.selectRates(ctx.tx, ctx.now)
    const known = await store.selectPriceLists(
      ctx.tx,
      [...new Set([previous, published])].filter((hash) => hash !== null),
    )
    const pricesOf = (hash: string | null) => (hash === null ? [] : (known.get(hash) ?? []))
    // A market that comes back is priced as it was published: what customers have seen there stays.
    const list = buildPriceList(page.prices(content), rates, ctx.now, [...pricesOf(published), ...pricesOf(previous)])
    const [changed] = changedPrices(pricesOf(published), list?.prices ?? [])
    if (changed) {
      const was = `${changed.amount} ${changed.currency}`
      throw invalid('Locked', `The price of ${changed.item} in ${changed.market} has been published at ${was} and cannot change.`, {
        target: 'prices',
      })
    }
    return list
  }

  /** Warning that applications differ between the offers of an account (spec/05 C-16). */
  async function applicationWarnings(ctx: Ctx, { offer, page }: Place, content: Record<string, unknown>): Promise<ErrorDetail[]> {
    const named = page.application?.(content)
    if (!named) return []
    const others = (await store.selectApplications(ctx.tx, offer.accountId)).filter((row) => row.applicationId !== named.applicationId)
    if (others.length === 0) return []
    return [
      {
        code: 'ApplicationsDiffer',
        target: 'applicationId',
        message: 'Other offers of this account use another application. That is fine for a test offer; otherwise use one for all.',
      },
    ]
  }

  /** One private plan too many (AC-168). */
  function privatePlanProblems({ offer, page, draft, plan, stored, key }: Place, content: Record<string, unknown>): ErrorDetail[] {
    const { privateWhen, maxPrivate } = offerTypeOf(offer.offerType).plans
    if (privateWhen?.module !== page.module || !privateWhen.is.includes(content[privateWhen.field])) return []
    if (stored && privateWhen.is.includes(stored.content[privateWhen.field])) return []
    const others = draft.plans.filter(({ planId, id }) => id !== key.plan && planId !== plan && privateWhen.holds(draft, planId))
    if (others.length < maxPrivate) return []
    return [{ code: 'TooManyPrivatePlans', target: privateWhen.field, message: `An offer has at most ${maxPrivate} private plans.` }]
  }

  /** Stores a section that was read and checked. */
  async function write(ctx: Ctx, place: Place, content: Record<string, unknown>, merged: boolean): Promise<SavedSection> {
    const { offer, page, draft, plan, key, stored } = place
    const published = await store.selectPublishedSection(ctx.tx, key)
    const problems = await media.fileProblems(ctx, page, content)
    if (published) problems.push(...lockProblems(page, published.content, content))
    if (problems.length === 0) problems.push(...privatePlanProblems(place, content))
    if (problems.length > 0) refuse(problems)

    await claim(ctx, offer, page, content)
    // A language that was removed and comes back goes on counting.
    const last = stored?.revision ?? (await store.selectRevisions(ctx.tx, key))[0]?.revision ?? 0
    const revision = last + 1
    const section: Section = {
      id: stored && !stored.frozen ? stored.id : newId(),
      plan: key.plan,
      module: page.module,
      variant: key.variant,
      revision,
      content,
      priceList: null,
      modifiedAt: ctx.now,
      frozen: false,
    }
    const after = draft.with(section)
    const list = await freezePrices(
      ctx,
      page,
      shownContent(page, content, after, plan),
      stored?.priceList ?? null,
      published?.priceList ?? null,
    )
    if (list) await store.insertPriceList(ctx.tx, list, ctx.now)
    section.priceList = list?.hash ?? null
    const values = { revision, content, priceList: section.priceList, modifiedAt: ctx.now, modifiedBy: actor(ctx) }
    if (section.id === stored?.id) {
      await store.updateSection(ctx.tx, section.id, values)
    } else {
      if (stored) await store.updateSection(ctx.tx, stored.id, { current: false })
      await store.insertSection(ctx.tx, { ...values, ...key, id: section.id, current: true, frozen: false, published: false })
    }
    await store.insertRevision(ctx.tx, {
      ...key,
      id: newId(),
      revision,
      content,
      modifiedAt: ctx.now,
      modifiedBy: actor(ctx),
      modifiedByName: displayName(ctx),
    })
    if (stored) await release(ctx, offer, page, stored.content)
    const offerRevision = await store.touchOffer(ctx, offer.id)
    return {
      instanceId: section.id,
      revision,
      offerRevision,
      problems: sectionProblems(page, content, after, plan),
      warnings: [...sectionWarnings(page, content, after, plan), ...(await applicationWarnings(ctx, place, content))],
      merged,
      content: maskSecrets(page, content),
    }
  }

  async function save(ctx: Ctx, input: SaveSection, origin: Origin): Promise<SavedSection> {
    const place = await placeOf(ctx, input, 'offer.write')
    const { page, stored } = place
    checkStorable(input.content, '')
    const { content: read, problems } = readSection(page, input.content, { sandbox: config.mode === 'sandbox' })
    const { content: mine, missing } = sealSecrets(page, read, stored?.content ?? {}, secrets)
    for (const name of missing) {
      problems.push({
        code: 'InvalidValue',
        target: name,
        message: `${page.fields[name]?.label}: There is no stored value to keep. Enter it.`,
      })
    }
    if (origin === 'hand') problems.push(...handProblems(page, mine, stored?.content ?? {}))
    if (problems.length > 0) refuse(problems)
    const stale = input.revision !== undefined && input.revision !== (stored?.revision ?? 0)
    const content = stale ? await mergeWith(ctx, place, input.revision ?? 0, mine) : mine
    return write(ctx, place, content, stale)
  }

  return {
    /**
     * Saves one section of the draft as a whole. Missing values are fine, wrong ones are not; nothing is changed when one is wrong.
     * When somebody else saved since `revision`, fields that only one of the two changed are brought together.
     *
     * @throws `UnknownModule`, `UnknownField`, `InvalidValue`, `TooManyByHand`, `Locked` (invalid, one detail a field), `RevisionConflict`
     *   (conflict) when both changed the same fields, with `revision`, `content`, `fields`, `by` and `at` in `data`, `ApplicationInUse`
     *   (conflict)
     */
    saveSection: (ctx: Ctx, input: SaveSection): Promise<SavedSection> => save(ctx, input, 'hand'),

    /** The same for content that came from a file: lists may be longer than by hand. */
    saveFromFile: (ctx: Ctx, input: SaveSection): Promise<SavedSection> => save(ctx, input, 'file'),

    /**
     * Takes a language out of the draft of a page that is written in several. Its texts can be brought back by adding it again and going back
     * to an earlier version; what is live stays until the next publishing.
     *
     * @param input.revision the section's revision that the editor sees
     * @throws `OneLanguage` (invalid), `LanguageNotFound`, `RevisionConflict` (conflict) when the section has changed since
     */
    async removeLanguage(ctx: Ctx, input: SectionInput & { variant: string; revision?: number | undefined }): Promise<void> {
      const place = await placeOf(ctx, input, 'offer.write')
      const { offer, page, stored, variant } = place
      if (!page.perLanguage || variant === defaultLanguage)
        throw invalid('OneLanguage', `${page.label} in English (United States) cannot be removed.`, { target: 'variant' })
      if (!stored) throw notFound('LanguageNotFound', 'The page does not exist in this language.', { target: 'variant' })
      if (input.revision !== undefined && input.revision !== stored.revision) await mergeWith(ctx, place, stored.revision, {})
      await store.removeSection(ctx.tx, stored)
      await store.touchOffer(ctx, offer.id)
    },

    /** One section as its editing page needs it. @throws `UnknownModule` (invalid), `OfferNotFound`, `PlanNotFound` */
    async section(ctx: Ctx, input: SectionInput): Promise<SectionState> {
      const place = await placeOf(ctx, input, 'offer.read')
      const { offer, page, draft, plan, variant, key, stored } = place
      const published = await store.selectPublishedSection(ctx.tx, key)
      const content = stored?.content ?? {}
      const problems = sectionProblems(page, content, draft, plan)
      return {
        page: formPage(page, plan, draft, published?.content, await formFacts(ctx)),
        instanceId: stored?.id ?? null,
        content: maskSecrets(page, content),
        revision: stored?.revision ?? 0,
        status: pageStatus({ content: stored?.content, problems, published: published?.content }),
        problems,
        warnings: [...sectionWarnings(page, content, draft, plan), ...(await applicationWarnings(ctx, place, content))],
        modifiedAt: stored?.modifiedAt ?? null,
        priceList: stored?.priceList ?? null,
        publishedPriceList: published?.priceList ?? null,
        revisions: await store.selectRevisions(ctx.tx, { ...key, offer: offer.id, variant }),
      }
    },

    /**
     * Goes back to an earlier state of a section, as a new revision: going back can be undone too.
     *
     * @param input.revision the present revision that the editor sees
     * @throws `RevisionNotFound`, `RevisionConflict` (conflict) when the section has changed since
     */
    async revertSection(ctx: Ctx, input: SectionInput & { to: number; revision: number }): Promise<SavedSection> {
      const place = await placeOf(ctx, input, 'offer.write')
      if (input.revision !== (place.stored?.revision ?? 0)) await mergeWith(ctx, place, place.stored?.revision ?? 0, {})
      const before = await store.selectRevision(ctx.tx, place.key, input.to)
      if (!before) throw notFound('RevisionNotFound', 'This state of the page is not kept any more.', { target: 'to' })
      return write(ctx, place, before.content, false)
    },
  }
}
