import { and, asc, eq, type SQL, sql } from 'drizzle-orm'
import { rowsOf } from '../../kernel/clock.ts'
import type { Tx } from '../../kernel/database.ts'
import type { Store } from '../../kernel/reference-data.ts'
import { page, product, type StoredPrices } from './schema.ts'

export interface ListQuery {
  store: Store
  language: string
  market: string
  /** tsquery text; the words as typed are in `typed` */
  words?: string | undefined
  typed?: string | undefined
  /** find words that are similar to what was typed */
  fuzzy?: boolean
  category?: string | undefined
  sort?: 'name' | 'price' | undefined
  limit: number
  offset: number
}

export interface ListRow {
  offer: string
  publisherId: string
  offerId: string
  publisherName: string
  title: string
  summary: string
  logo: string
  categories: string[]
  freeTrial: boolean
  price: StoredPrices[string] | null
  total: number
}

interface Prepared {
  execute(values: Record<string, unknown>): Promise<unknown>
}

/** Statements prepared on a handle: those of the pool live as long as the pool. */
const prepared = new WeakMap<object, Map<string, Prepared>>()

function statement(tx: Tx, name: string, build: () => Prepared): Prepared {
  let known = prepared.get(tx)
  if (!known) {
    known = new Map()
    prepared.set(tx, known)
  }
  let found = known.get(name)
  if (!found) {
    found = build()
    known.set(name, found)
  }
  return found
}

const query = sql`(to_tsquery('simple', ${sql.placeholder('words')}) || to_tsquery('english', ${sql.placeholder('words')}))`

function conditions(input: Pick<ListQuery, 'words' | 'fuzzy' | 'category'>): SQL[] {
  const found: SQL[] = [
    eq(product.store, sql.placeholder('store')),
    eq(product.language, sql.placeholder('language')),
    sql`${product.markets} @> array[${sql.placeholder('market')}]::text[]`,
  ]
  if (input.words !== undefined && input.fuzzy) found.push(sql`${sql.placeholder('typed')}::text <% ${product.fuzzy}`)
  else if (input.words !== undefined) found.push(sql`${product.search} @@ ${query}`)
  if (input.category !== undefined) found.push(sql`${product.categories} @> array[${sql.placeholder('category')}]::text[]`)
  return found
}

function values(input: ListQuery) {
  return { ...input, typed: input.typed?.toLowerCase() }
}

function variant(input: ListQuery): string {
  return [input.words !== undefined && (input.fuzzy ? 'fuzzy' : 'words'), input.category !== undefined && 'category', input.sort]
    .filter(Boolean)
    .join('_')
}

/** One page of the list: found by words, ranked by where they occur, else by title. Each combination of filters is its own statement, so that each has its own plan. */
export async function selectProducts(tx: Tx, input: ListQuery): Promise<ListRow[]> {
  const name = `catalog_list_${variant(input)}`
  const order =
    input.sort === 'price'
      ? [sql`(${product.startingPrices} -> ${sql.placeholder('market')}::text ->> 0)::numeric asc nulls last`]
      : input.words === undefined || input.sort === 'name'
        ? []
        : input.fuzzy
          ? [sql`word_similarity(${sql.placeholder('typed')}::text, ${product.fuzzy}) desc`]
          : [
              sql`(lower(${product.title}) like ${sql.placeholder('typed')}::text || '%') desc`,
              sql`ts_rank(${product.search}, ${query}) desc`,
            ]
  const build = () =>
    tx
      .select({
        offer: product.offer,
        publisherId: product.publisherId,
        offerId: product.offerId,
        publisherName: product.publisherName,
        title: product.title,
        summary: product.summary,
        logo: product.logo,
        categories: product.categories,
        freeTrial: product.freeTrial,
        price: sql<StoredPrices[string] | null>`${product.startingPrices} -> ${sql.placeholder('market')}::text`,
        total: sql<number>`(count(*) over ())::int`,
      })
      .from(product)
      .where(and(...conditions(input)))
      .orderBy(...order, asc(product.title), asc(product.offer))
      .limit(sql.placeholder('limit'))
      .offset(sql.placeholder('offset'))
      .prepare(name)
  return (await statement(tx, name, build).execute(values(input))) as ListRow[]
}

/** How many products of the store each category has, for the words typed. */
export async function selectFacets(tx: Tx, input: ListQuery): Promise<Map<string, number>> {
  const { category: _category, sort: _sort, ...rest } = input
  const name = `catalog_facets_${variant(rest)}`
  const path = sql<string>`unnest(${product.categories})`
  const build = () =>
    tx
      .select({ path: path.as('path'), n: sql<number>`count(*)::int` })
      .from(product)
      .where(and(...conditions(rest)))
      .groupBy(sql`1`)
      .prepare(name)
  const rows = (await statement(tx, name, build).execute(values(rest))) as { path: string; n: number }[]
  return new Map(rows.map((row) => [row.path, row.n]))
}

export type PageRow = typeof page.$inferSelect

export async function selectPage(tx: Tx, publisherId: string, offerId: string): Promise<PageRow | undefined> {
  const build = () =>
    tx
      .select()
      .from(page)
      .where(and(eq(page.publisherId, sql.placeholder('publisherId')), eq(page.offerId, sql.placeholder('offerId'))))
      .prepare('catalog_page')
  const [row] = (await statement(tx, 'catalog_page', build).execute({ publisherId, offerId })) as PageRow[]
  return row
}

export async function deleteProduct(tx: Tx, offer: string): Promise<void> {
  await tx.delete(product).where(eq(product.offer, offer))
  await tx.delete(page).where(eq(page.offer, offer))
}

export async function insertPage(tx: Tx, row: typeof page.$inferInsert): Promise<void> {
  await tx.insert(page).values(row)
}

export interface NewProduct extends Omit<typeof product.$inferInsert, 'search' | 'fuzzy'> {
  texts: { title: string; names: string; summary: string; description: string }
}

/** Both the words as they are (for prefixes) and their English stems (so that "backups" finds "backup") are indexed. */
export async function insertProduct(tx: Tx, { texts, ...row }: NewProduct): Promise<void> {
  const weighted = (text: string, weight: 'A' | 'B' | 'C' | 'D') =>
    sql`setweight(to_tsvector('simple', ${text}), ${weight}) || setweight(to_tsvector('english', ${text}), ${weight})`
  await tx.insert(product).values({
    ...row,
    search: sql`${weighted(texts.title, 'A')} || ${weighted(texts.names, 'B')} || ${weighted(texts.summary, 'C')} || ${weighted(texts.description, 'D')}`,
    fuzzy: `${texts.title} ${texts.names}`.toLowerCase(),
  })
}

/** Everything publicly listed, for the site map. */
export async function selectAllNames(tx: Tx): Promise<{ publisherId: string; offerId: string }[]> {
  return rowsOf(
    await tx.execute(sql`
      select distinct publisher_id as "publisherId", offer_id as "offerId" from catalog.product order by 1, 2`),
  )
}
