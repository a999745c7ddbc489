import type { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { Decimal, type RateTable } from '../../kernel/money.ts'
import { findMarket, type Store, storeCategories, type TreeNode } from '../../kernel/reference-data.ts'
import type { Accounts } from '../accounts/index.ts'
import type { ListingOption, Offers, PricingModel, SaasContent, TermUnit } from '../offers/index.ts'
import { linkedProductId } from '../offers/index.ts'
import type { Publishing, Snapshot } from '../publishing/index.ts'
import { checkCatalog, repairCatalog } from './doctor.ts'
import { type FacetKind, type Facets, facetKinds, facetsOf, presentFacets } from './facets.ts'
import { createFeatured, qualityOf } from './featured.ts'
import type { Lexicon } from './lexicon.ts'
import {
  type CategoryName,
  clientIds,
  type IndustryName,
  inLanguage,
  type PageContent,
  pageContent,
  type ResellerFacts,
  type StartingPrice,
  searchTexts,
} from './product.ts'
import type { StoredPrices } from './schema.ts'
import { likelyMeant, wanted, wordsOf } from './search-words.ts'
import { marketBit } from './shelf.ts'
import { placesOf, withParents } from './places.ts'
import { createShelves, type Shelves } from './shelves.ts'
import * as store from './store.ts'
import { storesOf } from './store-rules.ts'

export interface Card {
  offer: string
  publisherId: string
  offerId: string
  publisherName: string
  title: string
  summary: string
  /** file hash of the logo of 90 pixels */
  logo: string
  categories: CategoryName[]
  listingOption: ListingOption
  freeTrial: boolean
  /** ids of the Microsoft 365 clients that belong to it, by rank */
  linkedClients: string[]
  /** null where no public plan is sold in the market, and where the offer is listed only */
  startingPrice: StartingPrice | null
}

export interface CatalogList {
  items: Card[]
  total: number
  page: number
  pages: number
  facets: Facets
  /** The results were found by similar words, because nothing has the words themselves. */
  similar: boolean
}

export interface ProductPlan {
  planId: string
  name: string
  description: string
  visibility: 'public' | 'private'
  freeTrial: 'P1M' | null
  /** per user: how many can be bought; max null without limit */
  seats: { min: number; max: number | null } | null
  /** null where the plan is not sold in the market */
  prices: { currency: string; terms: { termUnit: TermUnit; amount: string }[] } | null
  dimensions: {
    id: string
    displayName: string
    unitOfMeasure: string
    /** never charged */
    infinite: boolean
    included: { P1M?: number | undefined; P1Y?: number | undefined }
    /** decimal text; null when infinite or not sold here */
    pricePerUnit: string | null
  }[]
}

export interface ProductPage {
  offer: string
  publisherId: string
  offerId: string
  snapshotId: string
  kind: 'live' | 'preview'
  publisherName: string
  listingOption: ListingOption
  /** where Get it now or Free trial leads when the offer is not sold here */
  targetUrl: string | null
  /** Microsoft 365 apps that belong to it, by rank */
  linkedProducts: string[]
  /** Why it cannot be deployed together with them in one process; empty when it can, null without such apps */
  deploymentObstacles: DeploymentObstacle[] | null
  /** public stores that list it; none when only an audience sees it */
  stores: Store[]
  language: string
  market: string
  name: string
  summary: string
  shortDescription: string
  /** sanitised HTML */
  description: string
  /** sanitised HTML */
  gettingStarted: string
  links: { title: string; url: string }[]
  privacyPolicyUrl: string
  supportUrl: string
  logos: { small: string; medium: string; large: string }
  screenshots: { file: string; caption: string }[]
  videos: { title: string; url: string; thumbnail: string }[]
  documents: { name: string; file: string }[]
  categories: CategoryName[]
  industries: IndustryName[]
  appVersion: string | null
  terms: PageContent['terms']
  /** null when it is listed only */
  pricingModel: PricingModel | null
  plans: ProductPlan[]
  startingPrice: StartingPrice | null
  /** null for everybody but the resellers that may sell it */
  reseller: Pick<ResellerFacts, 'contact' | 'materialsUrl'> | null
  publishedAt: Temporal.Instant
}

/** Why an offer and its Microsoft 365 clients cannot be deployed together (spec/05 §5.2). */
export type DeploymentObstacle = 'contact-me' | 'client-shared' | 'no-application' | 'application-shared'

export interface ListInput {
  store: Store
  q?: string | undefined
  /** What the list is narrowed by: a category or industry as a path `parent` or `parent/child`, a listing option … */
  filters?: Partial<Record<FacetKind, string>> | undefined
  /** ISO 3166-1 alpha-2; US when left out */
  market?: string | undefined
  language?: string | undefined
  /** absent: by relevance when words are searched for, else by name. Prices are compared in US dollars. */
  sort?: 'name' | 'price' | 'newest' | undefined
  /** from 1 */
  page?: number | undefined
  pageSize?: number | undefined
}

const defaultMarket = 'US'
const defaultLanguage = 'en'
const defaultPageSize = 24
/** Featured cards above a list. */
const mostFeatured = 6
const maxPageSize = 100
const maxPage = 10_000
const maxQuery = 200
/** The shape of the rows that `rebuild` writes. Rows of an earlier shape are written anew at start. */
const model = 8
/** publisher and offer ids */
const namePattern = /^[a-z0-9_-]{1,50}$/

/** What storefronts show: read models of live snapshots, fed by events in the publishing transaction. */
export function createCatalog(
  kernel: Kernel,
  { accounts, offers, publishing }: { accounts: Pick<Accounts, 'publisher'>; offers: Offers; publishing: Publishing },
) {
  kernel.doctor.register('catalog', checkCatalog, (ctx) => repairCatalog(ctx, rebuild))

  const shelves = createShelves()
  const featuring = createFeatured(kernel)

  async function rebuild(ctx: Ctx, offer: string): Promise<void> {
    await store.markChanged(ctx.tx, model)
    await store.deleteProduct(ctx.tx, offer)
    const live = await publishing.getLive(ctx, offer)
    if (!live || (await publishing.isStopped(ctx, offer))) return
    const stopped = new Set(await publishing.stoppedPlans(ctx, offer))
    const { name: publisherName } = await accounts.publisher(ctx, live.publisherId)
    const content = { ...live.content, plans: live.content.plans.filter((plan) => !stopped.has(plan.planId)) }
    const stores = storesOf(live.content, stopped)
    await store.insertPage(ctx.tx, {
      offer,
      publisherId: live.publisherId,
      offerId: live.offerId,
      snapshot: live.id,
      stores,
      content: pageContent(content, placesOf(live.offerType, content.properties), publisherName),
      publishedAt: live.createdAt,
    })
    const { graphApplicationId } = live.content.setup
    await store.insertLinked(ctx.tx, [
      ...clientIds(live.content).map((id) => ({ offer, kind: 'client' as const, id })),
      ...(graphApplicationId ? [{ offer, kind: 'application' as const, id: graphApplicationId.toLowerCase() }] : []),
    ])
    const rows = await rowsOf(ctx, { ...live, content, publisherName, stores })
    if (rows.length > 0) await store.insertProducts(ctx.tx, rows)
  }

  /** The rows of a live offer in the lists: one a store and language. */
  async function rowsOf(
    ctx: Ctx,
    live: Pick<Snapshot, 'id' | 'offer' | 'publisherId' | 'offerId' | 'offerType' | 'content' | 'createdAt'> & {
      publisherName: string
      stores: Store[]
    },
  ): Promise<store.NewProduct[]> {
    const { content, publisherName, publisherId } = live
    if (live.stores.length === 0) return []
    const sold = content.setup.listingOption === 'transact'
    const startingPrices = sold ? await startingPricesOf(ctx, content) : {}
    const dollars = sold ? dollarsOf(startingPrices, await offers.rates(ctx)) : null
    const stands = placesOf(live.offerType, content.properties)
    const languages = [...new Set([defaultLanguage, ...Object.keys(content.listing)])]
    return languages.flatMap((language) => {
      const listing = inLanguage(content.listing, language)
      if (!listing) return []
      return live.stores.map((name) => ({
        offer: live.offer,
        store: name,
        language,
        publisherId,
        offerId: live.offerId,
        snapshot: live.id,
        publisherName,
        title: listing.name,
        summary: listing.summary,
        logo: listing.logos.medium,
        listingOption: content.setup.listingOption,
        categories: withParents(stands.categories[name]),
        facets: facetsOf(content, stands, name, publisherId),
        markets: sold ? Object.keys(startingPrices) : null,
        freeTrial: content.plans.some((plan) => plan.visibility === 'public' && plan.freeTrial !== undefined),
        dollars,
        startingPrices,
        linkedClients: clientIds(content),
        quality: qualityOf(content, name),
        publishedAt: live.createdAt.toString(),
        texts: searchTexts(content, language, publisherName),
      }))
    })
  }

  /** For every market the cheapest public plan, by month where any is sold by month. */
  async function startingPricesOf(ctx: Ctx, content: SaasContent): Promise<StoredPrices> {
    const cheapest: StoredPrices = {}
    const perUser = content.pricingModel === 'per-user'
    const plans = content.plans.filter((plan) => plan.visibility === 'public')
    const lists = await offers.allPrices(
      ctx,
      plans.map((plan) => plan.priceList),
    )
    for (const plan of plans) {
      const markets = new Set(plan.markets)
      const metered = plan.dimensions.some((row) => row.enabled && !row.infinite)
      for (const price of lists.get(plan.priceList) ?? []) {
        if (!price.item.startsWith('term:') || !markets.has(price.market)) continue
        const term = price.item.slice('term:'.length) as TermUnit
        const best = cheapest[price.market]
        const better = !best || (term === best[2] ? new Decimal(price.amount).lessThan(best[0]) : term === 'P1M')
        if (better) cheapest[price.market] = [price.amount, price.currency, term, perUser, metered]
      }
    }
    return cheapest
  }

  async function present(
    ctx: Ctx,
    row: {
      offer: string
      publisherId: string
      offerId: string
      snapshot: string
      stores: Store[]
      content: PageContent
      publishedAt: Temporal.Instant
    },
    options: {
      market: string
      language: string
      kind: 'live' | 'preview'
      visible: (plan: PageContent['plans'][number]) => boolean
      /** the reader's tenant, when it is a reseller */
      resellerTenantId?: string | undefined
    },
  ): Promise<ProductPage | null> {
    const { content } = row
    const { market, language } = options
    const texts = inLanguage(content.listing, language)
    if (!texts) return null
    const plans = content.plans.filter(options.visible)
    if (plans.length === 0 && content.listingOption === 'transact') return null
    const sold = plans.filter((plan) => plan.markets.includes(market))
    const prices = await offers.pricesOf(
      ctx,
      sold.map((plan) => plan.priceList),
      market,
    )
    const shown = plans.map((plan): ProductPlan => {
      const price = sold.includes(plan) ? prices.get(plan.priceList) : undefined
      const names = inLanguage(plan.listing, language)
      return {
        planId: plan.planId,
        name: names?.name ?? plan.planId,
        description: names?.description ?? '',
        visibility: plan.visibility,
        freeTrial: plan.freeTrial ?? null,
        seats: plan.seats ? { min: plan.seats.min, max: plan.seats.max ?? null } : null,
        prices: price
          ? {
              currency: price.currency,
              terms: plan.terms.flatMap((termUnit) =>
                price.terms[termUnit] === undefined ? [] : [{ termUnit, amount: price.terms[termUnit] }],
              ),
            }
          : null,
        dimensions: plan.dimensions.flatMap((own) => {
          const dimension = content.dimensions.find((known) => known.id === own.dimensionId)
          if (!own.enabled || !dimension) return []
          return [
            {
              ...dimension,
              infinite: own.infinite,
              included: own.included,
              pricePerUnit: own.infinite ? null : (price?.dimensions[own.dimensionId] ?? null),
            },
          ]
        }),
      }
    })
    return {
      offer: row.offer,
      publisherId: row.publisherId,
      offerId: row.offerId,
      snapshotId: row.snapshot,
      kind: options.kind,
      publisherName: content.publisherName,
      listingOption: content.listingOption,
      targetUrl: content.targetUrl,
      linkedProducts: content.linkedProducts,
      deploymentObstacles: await obstaclesOf(ctx, row.offer, content),
      stores: row.stores,
      language,
      market,
      ...texts,
      categories: content.categories,
      industries: content.industries,
      appVersion: content.appVersion,
      terms: content.terms,
      pricingModel: content.pricingModel,
      plans: shown,
      startingPrice: startingPriceOf(shown, content.pricingModel === 'per-user'),
      reseller: maySell(content.resell, options.resellerTenantId)
        ? { contact: content.resell.contact, materialsUrl: content.resell.materialsUrl }
        : null,
      publishedAt: row.publishedAt,
    }
  }

  async function obstaclesOf(ctx: Ctx, offer: string, content: PageContent): Promise<DeploymentObstacle[] | null> {
    if (content.linkedProducts.length === 0) return null
    const shared = new Set((await store.selectShared(ctx.tx, offer)).map(({ kind }) => kind))
    return [
      ...(content.listingOption === 'contact-me' ? (['contact-me'] as const) : []),
      ...(shared.has('client') ? (['client-shared'] as const) : []),
      ...(content.graphApplicationId ? [] : (['no-application'] as const)),
      ...(shared.has('application') ? (['application-shared'] as const) : []),
    ]
  }

  /** Cards of some offers, in their order. */
  async function cardsOf(
    ctx: Ctx,
    list: { store: Store; language: string; market: string },
    wantedOffers: readonly string[],
  ): Promise<Card[]> {
    const tree = storeCategories[list.store]
    const rows = await store.selectCards(ctx.tx, list, wantedOffers)
    return rows.map(({ price, categories, ...row }) => ({
      ...row,
      categories: namesOf(list.store, categories, tree),
      startingPrice: price && toStartingPrice(price),
    }))
  }

  /** Rebuilds everything from the live snapshots. */
  async function rebuildAll(ctx: Ctx): Promise<number> {
    const live = await publishing.livePublications(ctx)
    for (const { offer } of live) await rebuild(ctx, offer)
    return live.length
  }

  /** What a list is narrowed by. Undefined when a filter is unknown: then there is nothing to find. */
  function chosenOf(known: Shelves, filters: ListInput['filters']): Map<FacetKind, number> | undefined {
    const chosen = new Map<FacetKind, number>()
    for (const kind of facetKinds) {
      const key = filters?.[kind]
      if (!key) continue
      const place = known.facets.find(kind, key)
      if (place === undefined) return undefined
      chosen.set(kind, place)
    }
    return chosen
  }

  /** The words as somebody most likely meant them. Undefined when there is nothing like them, or when all are words that occur. */
  async function meantBy(ctx: Ctx, lexicon: Lexicon, typed: string[]): Promise<string[][] | undefined> {
    const meant: string[][] = []
    for (const word of typed) {
      const alternatives = lexicon.knows(word) ? [word] : likelyMeant(word, await store.similarWords(ctx.tx, word))
      if (alternatives.length === 0) return undefined
      meant.push(alternatives)
    }
    return meant.every(([first], index) => first === typed[index]) ? undefined : meant
  }

  return {
    /**
     * A page of a store's list. Words are searched in title, publisher, keywords, summary and description, in this order of weight; the
     * last letters of a word may be missing; when nothing is found, words are tried that look like those typed.
     */
    async list(ctx: Ctx, input: ListInput): Promise<CatalogList> {
      const pageSize = Math.min(Math.max(1, Math.trunc(input.pageSize ?? defaultPageSize)), maxPageSize)
      const page = Math.min(Math.max(1, Math.trunc(input.page ?? 1)), maxPage)
      const typed = wordsOf((input.q ?? '').slice(0, maxQuery))
      const market = input.market ?? defaultMarket
      if (findMarket(market) === undefined) return nothing(input.store)
      const { change, stems } = await store.selectStanding(ctx.tx, typed)
      const known = await shelves.at(ctx.tx, change)
      const chosen = chosenOf(known, input.filters)
      const language = languageOf(input.language)
      const shelf = known.of(input.store, language)
      if (!chosen || !shelf) return nothing(input.store)
      const view = {
        sort: input.sort ?? (typed.length > 0 ? ('relevance' as const) : ('name' as const)),
        limit: pageSize,
        offset: (page - 1) * pageSize,
      }
      const selection = { market: marketBit(market), chosen, typed: typed.join(' ') }
      const one = typed.map((word) => [word])
      let found = shelf.find(typed.length > 0 ? { ...selection, words: wanted(one, stems) } : selection, view)
      let similar = false
      if (found.total === 0 && typed.length > 0) {
        const meant = await meantBy(ctx, known.lexicon, typed)
        if (meant) {
          const other = await store.selectStanding(ctx.tx, meant.flat())
          found = shelf.find({ ...selection, words: wanted(meant, other.stems) }, view)
          similar = found.total > 0
        }
      }
      return {
        items: await cardsOf(ctx, { store: input.store, language, market }, found.offers),
        total: found.total,
        page,
        pages: Math.max(1, Math.ceil(found.total / pageSize)),
        facets: presentFacets(input.store, known.named(found.counts)),
        similar,
      }
    },

    /**
     * The product page of a live offer, or null when there is none for this visitor: public plans for everybody, private ones for the
     * tenants of their audience (SA-27, SA-154), but not in the cloud store, whose pages are the same for everybody (spec/01 §13). Stopped
     * plans and offers are absent.
     */
    async product(
      ctx: Ctx,
      input: {
        publisherId: string
        offerId: string
        tenantId?: string | undefined
        /** The reader's organisation resells. */
        reseller?: boolean | undefined
        /** the store in which it is looked at; absent: the own portal */
        store?: Store | undefined
        market?: string | undefined
        language?: string | undefined
      },
    ): Promise<ProductPage | null> {
      if (!namePattern.test(input.publisherId) || !namePattern.test(input.offerId)) return null
      const row = await store.selectPage(ctx.tx, input.publisherId, input.offerId)
      if (!row) return null
      const hasPrivate = input.store !== 'cloud' && row.content.plans.some((plan) => plan.visibility === 'private')
      const own = new Set(hasPrivate && input.tenantId ? await offers.plansOfTenant(ctx, row.offer, input.tenantId) : [])
      return present(ctx, row, {
        market: input.market ?? defaultMarket,
        language: languageOf(input.language),
        kind: 'live',
        visible: (plan) => plan.visibility === 'public' || own.has(plan.planId),
        ...(input.reseller && { resellerTenantId: input.tenantId }),
      })
    },

    /** The page of a preview with all its plans, private ones too (SA-26). Whoever shows it has checked who looks. */
    async preview(
      ctx: Ctx,
      input: { snapshot: Snapshot; market?: string | undefined; language?: string | undefined },
    ): Promise<ProductPage | null> {
      const { snapshot } = input
      const { name } = await accounts.publisher(ctx, snapshot.publisherId)
      const row = {
        offer: snapshot.offer,
        publisherId: snapshot.publisherId,
        offerId: snapshot.offerId,
        snapshot: snapshot.id,
        stores: storesOf(snapshot.content),
        content: pageContent(snapshot.content, placesOf(snapshot.offerType, snapshot.content.properties), name),
        publishedAt: snapshot.createdAt,
      }
      return present(ctx, row, {
        market: input.market ?? defaultMarket,
        language: languageOf(input.language),
        kind: 'preview',
        visible: () => true,
      })
    },

    /** Names of all publicly listed products, for the site map. */
    async names(ctx: Ctx): Promise<{ publisherId: string; offerId: string }[]> {
      return store.selectAllNames(ctx.tx)
    },

    /** Brings the read model of one offer up to date with publishing's event. */
    onPublicationChanged: async (ctx: Ctx, event: { payload: { offer: string } }): Promise<void> => {
      await rebuild(ctx, event.payload.offer)
      await featuring.schedule(ctx)
    },

    onPurchase: featuring.onPurchase,
    ...featuring.operator,

    /**
     * The offers that stand first in a store, or in one of its categories: benefits, then those that the week's score has chosen (spec/06 C3).
     * What is not sold in the market is left out.
     */
    async featured(
      ctx: Ctx,
      input: { store: Store; category?: string | undefined; market?: string | undefined; language?: string | undefined },
    ): Promise<Card[]> {
      const list = { store: input.store, language: languageOf(input.language), market: input.market ?? defaultMarket }
      const cards = await cardsOf(ctx, list, await featuring.selectFeatured(ctx, input.store, input.category, 4 * mostFeatured))
      return cards.filter((card) => card.startingPrice !== null || card.listingOption !== 'transact').slice(0, mostFeatured)
    },

    /** A Microsoft 365 client with the offers to which it belongs; null where it belongs to none that is listed (SA-111). */
    async client(
      ctx: Ctx,
      input: { id: string; market?: string | undefined },
    ): Promise<{ id: string; url: string; offers: Card[] } | null> {
      const id = input.id.toUpperCase()
      const url = `https://appsource.microsoft.com/product/office/${id}`
      if (linkedProductId(url) === undefined) return null
      const found = await store.selectWithClient(ctx.tx, id)
      const market = input.market ?? defaultMarket
      const inStore = (name: Store) =>
        cardsOf(
          ctx,
          { store: name, language: defaultLanguage, market },
          found.filter((row) => row.store === name).map((row) => row.offer),
        )
      return found.length === 0 ? null : { id, url, offers: [...(await inStore('business')), ...(await inStore('cloud'))] }
    },

    rebuildAll,

    /** After an update of Stoa: rows that an earlier release wrote in another shape are written anew, by one process. */
    async bringUpToDate(ctx: Ctx): Promise<void> {
      if ((await store.selectModel(ctx.tx)) >= model || (await store.selectModel(ctx.tx, { lock: true })) >= model) return
      await rebuildAll(ctx)
      await store.setModel(ctx.tx, model)
    },

    /** Reads the lists, so that the first visitor after a start does not wait for it. */
    async warm(ctx: Ctx): Promise<void> {
      await shelves.at(ctx.tx, (await store.selectStanding(ctx.tx, [])).change)
    },
  }
}

function languageOf(language: string | undefined): string {
  return language !== undefined && /^[a-z]{2}(-[a-z]{2})?$/.test(language) ? language : defaultLanguage
}

function toStartingPrice([amount, currency, termUnit, perUser, metered]: StoredPrices[string]): StartingPrice {
  return { amount, currency, termUnit, perUser, metered }
}

function startingPriceOf(plans: ProductPlan[], perUser: boolean): StartingPrice | null {
  let best: StartingPrice | null = null
  for (const plan of plans) {
    for (const { termUnit, amount } of plan.prices?.terms ?? []) {
      const better = best === null || (termUnit === best.termUnit ? new Decimal(amount).lessThan(best.amount) : termUnit === 'P1M')
      if (better) {
        const metered = plan.dimensions.some((row) => !row.infinite)
        best = { amount, currency: plan.prices?.currency ?? 'USD', termUnit, perUser, metered }
      }
    }
  }
  return best
}

function namesOf(storeName: Store, paths: string[], tree: readonly TreeNode[]): CategoryName[] {
  return tree.flatMap((node) => {
    const own = paths.filter((path) => path.split('/')[0] === node.key)
    const children = own.filter((path) => path.includes('/'))
    const chosen = children.length > 0 ? children : own
    return chosen.map((key) => ({
      store: storeName,
      key,
      name: node.children.find((child) => `${node.key}/${child.key}` === key)?.name ?? node.name,
      parent: node.name,
    }))
  })
}

function nothing(storeName: Store): CatalogList {
  return { items: [], total: 0, page: 1, pages: 1, facets: presentFacets(storeName, []), similar: false }
}

/** The cheapest price in US dollars: that of the US where it is sold there, else that of the first market. */
function dollarsOf(prices: StoredPrices, rates: RateTable): string | null {
  const price = prices[defaultMarket] ?? Object.values(prices)[0]
  if (!price) return null
  const [amount, currency] = price
  return new Decimal(amount).dividedBy(currency === 'USD' ? 1 : (rates[currency] ?? 1)).toFixed(4)
}

function maySell({ partners, tenantIds }: ResellerFacts, resellerTenantId: string | undefined): boolean {
  return resellerTenantId !== undefined && (partners === 'any' || (partners === 'selected' && tenantIds.includes(resellerTenantId)))
}
