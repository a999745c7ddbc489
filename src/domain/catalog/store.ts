import { and, eq, sql, type SQL } from 'drizzle-orm'
import { rowsOf } from '../../kernel/clock.ts'
import type { Tx } from '../../kernel/database.ts'
import type { Store } from '../../kernel/reference-data.ts'
import type { ListingOption } from '../offers/index.ts'
import type { FacetCount, FacetKind, FacetValue } from './facets.ts'
import { page, product, type StoredPrices } from './schema.ts'
import { vocabularyOf, withoutLetters } from './search-words.ts'

/** Candidates that a search ranks and counts; more are answered as "more than". It bounds the work of a search for a word that occurs everywhere. */
export const mostCounted = 5000
/** Words among which the ones meant are looked for. */
const mostSimilar = 500
/** Publishers that are offered as filters. */
const publishersShown = 10

export type Sort = 'relevance' | 'name' | 'price' | 'newest'

/** The rows of a list, before they are put in order. */
export interface Selection {
  store: Store
  language: string
  market: string
  /** ids of catalog.facet, all of which a row has */
  facets: readonly number[]
  /** tsquery text */
  words?: string | undefined
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
  listingOption: ListingOption
  freeTrial: boolean
  price: StoredPrices[string] | null
}

export interface Found {
  rows: ListRow[]
  /** at most `mostCounted` + 1 */
  total: number
  counts: FacetCount[]
}

/** A market's place in `sold_in`: its two letters as a number of 26 digits. */
const marketBit = (iso2: string) => (iso2.charCodeAt(0) - 65) * 26 + iso2.charCodeAt(1) - 65

/** The markets as the text of `sold_in`; null for everywhere. */
export function marketBits(markets: readonly string[] | null): string | null {
  if (markets === null) return null
  const bits = Array.from({ length: 676 }, () => '0')
  for (const market of markets) bits[marketBit(market)] = '1'
  return bits.join('')
}

const tsquery = (words: string) => sql`(to_tsquery('simple', ${words}) || to_tsquery('english', ${words}))`

function conditions({ store, language, market, facets }: Omit<Selection, 'words'>): SQL {
  const listed = sql`p.store = ${store} and p.language = ${language} and (p.sold_in is null or get_bit(p.sold_in, ${marketBit(market)}) = 1)`
  return facets.length === 0 ? listed : sql`${listed} and p.facets @> ${sql.param(facets)}::integer[]`
}

const card = sql`p.offer, p.publisher_id as "publisherId", p.offer_id as "offerId", p.publisher_name as "publisherName", p.title, p.summary, p.logo,
  p.categories, p.listing_option as "listingOption", p.free_trial as "freeTrial"`

const counted = (hits: SQL) => sql`
  select kind, key, name, n as count from (
    select f.kind, f.key, f.name, c.n, row_number() over (partition by f.kind order by c.n desc, f.key) as place
    from (select id, count(*)::int as n from ${hits} cross join unnest(hits.facets) as id group by id) c join catalog.facet f using (id)) ranked
  where kind <> 'publisher' or place <= ${publishersShown}
  order by kind, place`

/** A page of what the words find, its facets and its number, in one statement: each candidate is read once. */
export async function search(
  tx: Tx,
  selection: Selection & { words: string; typed: string },
  { sort, limit, offset, titlesOnly = false }: { sort: Sort; limit: number; offset: number; titlesOnly?: boolean },
): Promise<Found> {
  const query = tsquery(selection.words)
  const order: Record<Sort, SQL> = {
    relevance: sql`starts_with(lower(title), ${selection.typed}) desc, ts_rank(head, ${query}) desc`,
    name: sql`title`,
    price: sql`dollars asc nulls last`,
    newest: sql`published_at desc`,
  }
  const where = sql`${titlesOnly ? sql`p.title_words` : sql`p.search`} @@ ${query} and ${conditions(selection)}`
  const result = await tx.execute(sql`
    with matching as materialized (select p.offer, p.title, p.facets, p.head, p.dollars, p.published_at from catalog.product p where ${where}),
    -- Apart, so that the rows are looked for as if all were wanted, by the index; reading still ends with the last one counted.
    hits as materialized (select * from matching limit ${mostCounted + 1}),
    top as (
      select offer, row_number() over (order by ${order[sort]}, title, offer) as place from hits
      order by ${order[sort]}, title, offer limit ${limit} offset ${offset})
    select (select count(*)::int from hits) as total,
      (select coalesce(json_agg(c), '[]') from (${counted(sql`hits`)}) c) as counts,
      (select coalesce(json_agg(r order by r.place), '[]') from (
        select top.place, ${card}, p.starting_prices -> ${selection.market}::text as price
        from top join catalog.product p on p.offer = top.offer and p.store = ${selection.store} and p.language = ${selection.language}) r) as rows`)
  const [found] = rowsOf<Found>(result)
  return found ?? { rows: [], total: 0, counts: [] }
}

/**
 * A page of a list without words, by an index in its order. The page's rows are chosen first: prices are long, and those of the pages before are
 * not read.
 */
export async function browse(
  tx: Tx,
  selection: Selection,
  { sort, limit, offset }: { sort: Sort; limit: number; offset: number },
): Promise<ListRow[]> {
  const order: Record<Sort, SQL> = {
    relevance: sql`p.title`,
    name: sql`p.title`,
    price: sql`p.dollars, p.title`,
    newest: sql`p.published_at desc, p.title`,
  }
  return rowsOf<ListRow>(
    await tx.execute(sql`
      with top as materialized (
        select p.offer, row_number() over (order by ${order[sort]}, p.offer) as place from catalog.product p
        where ${conditions(selection)} order by ${order[sort]}, p.offer limit ${limit} offset ${offset})
      select ${card}, p.starting_prices -> ${selection.market}::text as price
      from top join catalog.product p on p.offer = top.offer and p.store = ${selection.store} and p.language = ${selection.language}
      order by top.place`),
  )
}

/** How many rows a selection has, and how many of them each facet. Without words all are counted, with words at most `mostCounted` + 1. */
export async function countFacets(tx: Tx, selection: Selection): Promise<Omit<Found, 'rows'>> {
  const words = selection.words === undefined ? sql`` : sql`p.search @@ ${tsquery(selection.words)} and `
  const most = selection.words === undefined ? sql`` : sql`limit ${mostCounted + 1}`
  const [found] = rowsOf<Omit<Found, 'rows'>>(
    await tx.execute(sql`
      with matching as materialized (select p.facets from catalog.product p where ${words}${conditions(selection)}),
      hits as materialized (select * from matching ${most})
      select (select count(*)::int from hits) as total, (select coalesce(json_agg(c), '[]') from (${counted(sql`hits`)}) c) as counts`),
  )
  return found ?? { total: 0, counts: [] }
}

/** Ids of facet values; those that no offer ever had are absent. */
export async function facetIds(tx: Tx, values: readonly FacetValue[]): Promise<Map<FacetKind, number>> {
  if (values.length === 0) return new Map()
  const rows = rowsOf<{ id: number; kind: FacetKind }>(
    await tx.execute(sql`
      select f.id, f.kind from catalog.facet f
      join unnest(${sql.param(values.map(({ kind }) => kind))}::text[], ${sql.param(values.map(({ key }) => key))}::text[]) as v(kind, key) using (kind, key)`),
  )
  return new Map(rows.map(({ kind, id }) => [kind, id]))
}

/** Whether any known word begins with what was typed, and the known words that may have been meant. */
export async function similarWords(tx: Tx, typed: string): Promise<{ known: boolean; words: string[] }> {
  const beginning = `${typed.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
  const rows = rowsOf<{ word: string; known: boolean }>(
    await tx.execute(sql`
      with near as materialized (select distinct word from catalog.variant where variant = any(${sql.param(withoutLetters(typed))}::text[]))
      (select word, true as known from catalog.word where word like ${beginning} limit 1)
      union all
      (select word, false from near limit ${mostSimilar})`),
  )
  return { known: rows.some(({ known }) => known), words: rows.filter(({ known }) => !known).map(({ word }) => word) }
}

/** Changes with every change of the lists. */
export async function selectVersion(tx: Tx): Promise<number> {
  const [row] = rowsOf<{ version: string | number }>(await tx.execute(sql`select version from catalog.state`))
  return Number(row?.version ?? 0)
}

/** The transaction's own number: unlike a counter it never comes again, also when the tables have been emptied. */
export async function markChanged(tx: Tx, model: number): Promise<void> {
  await tx.execute(sql`
    insert into catalog.state (version, model) values (pg_current_xact_id()::text::bigint, ${model})
    on conflict (single) do update set version = excluded.version`)
}

/** The shape in which the rows were written. */
export async function selectModel(tx: Tx, options: { lock?: boolean } = {}): Promise<number> {
  const [row] = rowsOf<{ model: number }>(await tx.execute(sql`select model from catalog.state ${options.lock ? sql`for update` : sql``}`))
  return row?.model ?? 0
}

export async function setModel(tx: Tx, model: number): Promise<void> {
  await tx.execute(sql`update catalog.state set model = ${model}`)
}

export type PageRow = typeof page.$inferSelect

interface Prepared {
  execute(values: Record<string, unknown>): Promise<unknown>
}

/** The product page's statement, prepared once for each handle: that of the pool lives as long as the pool. */
const prepared = new WeakMap<object, Prepared>()

export async function selectPage(tx: Tx, publisherId: string, offerId: string): Promise<PageRow | undefined> {
  let statement = prepared.get(tx)
  if (!statement) {
    statement = tx
      .select()
      .from(page)
      .where(and(eq(page.publisherId, sql.placeholder('publisherId')), eq(page.offerId, sql.placeholder('offerId'))))
      .prepare('catalog_page')
    prepared.set(tx, statement)
  }
  const [row] = (await statement.execute({ publisherId, offerId })) as PageRow[]
  return row
}

export async function deleteProduct(tx: Tx, offer: string): Promise<void> {
  await tx.delete(product).where(eq(product.offer, offer))
  await tx.delete(page).where(eq(page.offer, offer))
}

export async function insertPage(tx: Tx, row: typeof page.$inferInsert): Promise<void> {
  await tx.insert(page).values(row)
}

export interface NewProduct {
  offer: string
  store: Store
  language: string
  publisherId: string
  offerId: string
  snapshot: string
  publisherName: string
  title: string
  summary: string
  logo: string
  listingOption: ListingOption
  categories: string[]
  facets: FacetValue[]
  /** null: everywhere */
  markets: string[] | null
  freeTrial: boolean
  /** decimal text */
  dollars: string | null
  startingPrices: StoredPrices
  publishedAt: string
  texts: { title: string; names: string; summary: string; description: string }
}

const weighted = (text: SQL, weight: 'A' | 'B' | 'C' | 'D') =>
  sql`setweight(to_tsvector('simple', ${text}), ${sql.raw(`'${weight}'`)}) || setweight(to_tsvector('english', ${text}), ${sql.raw(`'${weight}'`)})`

/** Adds rows to the lists. Both the words as they are (for prefixes) and their English stems (so that "backups" finds "backup") are indexed. */
export async function insertProducts(tx: Tx, rows: readonly NewProduct[]): Promise<void> {
  const facets = rows.flatMap((row) =>
    row.facets.map(({ kind, key }) => ({ kind, key, name: kind === 'publisher' ? row.publisherName : null })),
  )
  await keepFacets(tx, facets)
  const records = rows.map(({ markets, texts, facets: values, ...row }) => ({
    ...row,
    ...textColumns(texts),
    values,
    soldIn: marketBits(markets),
  }))
  await tx.execute(sql`
    insert into catalog.product (offer, store, language, publisher_id, offer_id, snapshot, publisher_name, title, summary, logo, listing_option, categories,
      facets, sold_in, free_trial, dollars, starting_prices, title_words, head, search, published_at)
    select r.offer, r.store, r.language, r."publisherId", r."offerId", r.snapshot, r."publisherName", r.title, r.summary, r.logo, r."listingOption", r.categories,
      (select array_agg(f.id order by f.id) from catalog.facet f join jsonb_to_recordset(r.values) as v(kind text, key text) using (kind, key)),
      r."soldIn"::bit(676), r."freeTrial", r.dollars, r."startingPrices", to_tsvector('simple', r."textTitle") || to_tsvector('english', r."textTitle"), t.head,
      t.head || ${weighted(sql`r."textDescription"`, 'D')}, r."publishedAt"
    from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as r(offer uuid, store text, language text, "publisherId" text, "offerId" text, snapshot uuid,
        "publisherName" text, title text, summary text, logo text, "listingOption" text, categories text[], values jsonb, "soldIn" text, "freeTrial" boolean,
        dollars numeric, "startingPrices" jsonb, "textTitle" text, "textNames" text, "textSummary" text, "textDescription" text, "publishedAt" timestamptz)
      cross join lateral (select ${weighted(sql`r."textTitle"`, 'A')} || ${weighted(sql`r."textNames"`, 'B')} || ${weighted(sql`r."textSummary"`, 'C')} as head) t`)
  await keepWords(tx, [...new Set(rows.flatMap(({ texts }) => Object.values(texts)))])
}

function textColumns({ title, names, summary, description }: NewProduct['texts']) {
  return { textTitle: title, textNames: names, textSummary: summary, textDescription: description }
}

/** In the order of their keys, so that two publishers going live at once wait for each other instead of for ever. */
async function keepFacets(tx: Tx, facets: readonly { kind: string; key: string; name: string | null }[]): Promise<void> {
  await tx.execute(sql`
    insert into catalog.facet (kind, key, name)
    select distinct on (kind, key) kind, key, name from jsonb_to_recordset(${JSON.stringify(facets)}::jsonb) as f(kind text, key text, name text)
    order by kind, key
    on conflict (kind, key) do update set name = excluded.name where facet.name is distinct from excluded.name`)
}

/** Remembers the words of new texts. In their order, for the same reason. */
async function keepWords(tx: Tx, texts: readonly string[]): Promise<void> {
  const words = [...new Set(texts.flatMap(vocabularyOf))].sort()
  const known = rowsOf<{ word: string }>(
    await tx.execute(sql`
      select word from catalog.word where word = any(${sql.param(words)}::text[]) and exists (select from catalog.variant v where v.variant = word.word)`),
  )
  const old = new Set(known.map(({ word }) => word))
  const fresh = words.filter((word) => !old.has(word))
  if (fresh.length === 0) return
  await tx.execute(sql`insert into catalog.word (word) select unnest(${sql.param(fresh)}::text[]) on conflict do nothing`)
  const variants = fresh.flatMap((word) => withoutLetters(word).map((variant) => ({ variant, word })))
  await tx.execute(sql`
    insert into catalog.variant (variant, word) select variant, word from jsonb_to_recordset(${JSON.stringify(variants)}::jsonb) as v(variant text, word text)
    order by variant, word
    on conflict do nothing`)
}

/** Everything publicly listed, for the site map. */
export async function selectAllNames(tx: Tx): Promise<{ publisherId: string; offerId: string }[]> {
  return rowsOf(
    await tx.execute(sql`
      select distinct publisher_id as "publisherId", offer_id as "offerId" from catalog.product order by 1, 2`),
  )
}
