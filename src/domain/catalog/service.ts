import type { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { Decimal } from '../../kernel/money.ts'
import { categoryTree, findInTree, findMarket, type Store } from '../../kernel/reference-data.ts'
import type { Accounts } from '../accounts/index.ts'
import type { Offers, PricingModel, SaasContent, TermUnit } from '../offers/index.ts'
import type { Publishing, Snapshot } from '../publishing/index.ts'
import { checkCatalog } from './doctor.ts'
import { type CategoryName, categoryPaths, inLanguage, type PageContent, pageContent, type StartingPrice, searchTexts } from './product.ts'
import type { StoredPrices } from './schema.ts'
import { prefixQuery, wordsOf } from './search-words.ts'
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
  freeTrial: boolean
  /** null where no public plan is sold in the market */
  startingPrice: StartingPrice | null
}

export interface Facet {
  key: string
  name: string
  count: number
  children: { key: string; name: string; count: number }[]
}

export interface CatalogList {
  items: Card[]
  total: number
  page: number
  pages: number
  facets: { categories: Facet[] }
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
  categories: CategoryName[]
  industries: string[]
  appVersion: string | null
  terms: PageContent['terms']
  /** null when it is listed only */
  pricingModel: PricingModel | null
  plans: ProductPlan[]
  startingPrice: StartingPrice | null
  publishedAt: Temporal.Instant
}

export interface ListInput {
  store: Store
  q?: string | undefined
  /** path `parent` or `parent/child` of the store's tree */
  category?: string | undefined
  /** ISO 3166-1 alpha-2; US when left out */
  market?: string | undefined
  language?: string | undefined
  /** absent: by relevance when words are searched for, else by name. All starting prices of a market are in one currency. */
  sort?: 'name' | 'price' | undefined
  /** from 1 */
  page?: number | undefined
  pageSize?: number | undefined
}

const defaultMarket = 'US'
const defaultLanguage = 'en'
const defaultPageSize = 24
const maxPageSize = 100
const maxPage = 10_000
const maxQuery = 200
/** publisher and offer ids */
const namePattern = /^[a-z0-9_-]{1,50}$/

/** What storefronts show: read models of live snapshots, fed by events in the publishing transaction. */
export function createCatalog(
  kernel: Kernel,
  { accounts, offers, publishing }: { accounts: Pick<Accounts, 'publisher'>; offers: Offers; publishing: Publishing },
) {
  kernel.doctor.register('catalog', checkCatalog)

  async function rebuild(ctx: Ctx, offer: string): Promise<void> {
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
      content: pageContent(content, publisherName),
      publishedAt: live.createdAt,
    })
    if (stores.length === 0) return
    const startingPrices = await startingPricesOf(ctx, content)
    for (const language of new Set([defaultLanguage, ...Object.keys(content.listing)])) {
      const listing = inLanguage(content.listing, language)
      if (!listing) continue
      for (const name of stores) {
        await store.insertProduct(ctx.tx, {
          offer,
          store: name,
          language,
          publisherId: live.publisherId,
          offerId: live.offerId,
          snapshot: live.id,
          publisherName,
          title: listing.name,
          summary: listing.summary,
          logo: listing.logos.medium,
          categories: categoryPaths(content.properties.categories[name]),
          markets: Object.keys(startingPrices),
          freeTrial: content.plans.some((plan) => plan.visibility === 'public' && plan.freeTrial !== undefined),
          startingPrices,
          publishedAt: live.createdAt,
          texts: searchTexts(content, language, publisherName),
        })
      }
    }
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
    options: { market: string; language: string; kind: 'live' | 'preview'; visible: (plan: PageContent['plans'][number]) => boolean },
  ): Promise<ProductPage | null> {
    const { content } = row
    const { market, language } = options
    const texts = inLanguage(content.listing, language)
    if (!texts) return null
    const plans = content.plans.filter(options.visible)
    if (plans.length === 0) return null
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
      publishedAt: row.publishedAt,
    }
  }

  return {
    /**
     * A page of a store's list. Words are searched in title, publisher, keywords, summary and description, in this order of weight; the
     * last letters of a word may be missing; when nothing is found, similar words are tried.
     */
    async list(ctx: Ctx, input: ListInput): Promise<CatalogList> {
      const pageSize = Math.min(Math.max(1, Math.trunc(input.pageSize ?? defaultPageSize)), maxPageSize)
      const page = Math.min(Math.max(1, Math.trunc(input.page ?? 1)), maxPage)
      const typed = wordsOf((input.q ?? '').slice(0, maxQuery))
      const words = prefixQuery(typed)
      const tree = categoryTree(input.store, 'saas')
      const market = input.market ?? defaultMarket
      const known = findMarket(market) !== undefined && (!input.category || findInTree(tree, input.category) !== undefined)
      if (!known) return { items: [], total: 0, page: 1, pages: 1, facets: { categories: [] }, similar: false }
      const query: store.ListQuery = {
        store: input.store,
        language: languageOf(input.language),
        market,
        words,
        typed: words === undefined ? undefined : typed.join(' '),
        category: input.category || undefined,
        sort: input.sort,
        limit: pageSize,
        offset: (page - 1) * pageSize,
      }
      let rows = await store.selectProducts(ctx.tx, query)
      let similar = false
      if (rows.length === 0 && words !== undefined) {
        rows = await store.selectProducts(ctx.tx, { ...query, fuzzy: true })
        similar = rows.length > 0
      }
      const counts = await store.selectFacets(ctx.tx, { ...query, fuzzy: similar })
      const total = rows[0]?.total ?? 0
      return {
        items: rows.map(({ price, total: _total, categories, ...row }) => ({
          ...row,
          categories: namesOf(input.store, categories, tree),
          startingPrice: price && toStartingPrice(price),
        })),
        total,
        page,
        pages: Math.max(1, Math.ceil(total / pageSize)),
        facets: { categories: facetsOf(tree, counts) },
        similar,
      }
    },

    /**
     * The product page of a live offer, or null when there is none for this visitor: public plans for everybody, private ones for the
     * tenants of their audience (SA-27, SA-154). Stopped plans and offers are absent.
     */
    async product(
      ctx: Ctx,
      input: {
        publisherId: string
        offerId: string
        tenantId?: string | undefined
        market?: string | undefined
        language?: string | undefined
      },
    ): Promise<ProductPage | null> {
      if (!namePattern.test(input.publisherId) || !namePattern.test(input.offerId)) return null
      const row = await store.selectPage(ctx.tx, input.publisherId, input.offerId)
      if (!row) return null
      const hasPrivate = row.content.plans.some((plan) => plan.visibility === 'private')
      const own = new Set(hasPrivate && input.tenantId ? await offers.plansOfTenant(ctx, row.offer, input.tenantId) : [])
      return present(ctx, row, {
        market: input.market ?? defaultMarket,
        language: languageOf(input.language),
        kind: 'live',
        visible: (plan) => plan.visibility === 'public' || own.has(plan.planId),
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
        content: pageContent(snapshot.content, name),
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
    },

    /** Rebuilds everything from the live snapshots. */
    async rebuildAll(ctx: Ctx): Promise<number> {
      const live = await publishing.livePublications(ctx)
      for (const { offer } of live) await rebuild(ctx, offer)
      return live.length
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

type Tree = ReturnType<typeof categoryTree>

function namesOf(storeName: Store, paths: string[], tree: Tree): CategoryName[] {
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

function facetsOf(tree: Tree, counts: ReadonlyMap<string, number>): Facet[] {
  return tree.flatMap((node) => {
    const count = counts.get(node.key) ?? 0
    if (count === 0) return []
    const children = node.children.flatMap((child) => {
      const key = `${node.key}/${child.key}`
      const n = counts.get(key) ?? 0
      return n > 0 ? [{ key, name: child.name, count: n }] : []
    })
    return [{ key: node.key, name: node.name, count, children }]
  })
}
