import { and, eq, sql, type SQL } from 'drizzle-orm'
import { rowsOf } from '../../kernel/clock.ts'
import type { Tx } from '../../kernel/database.ts'
import type { Store } from '../../kernel/reference-data.ts'
import type { ListingOption } from '../offers/index.ts'
import type { FacetKind, FacetValue } from './facets.ts'
import { linked, page, product, type StoredPrices } from './schema.ts'
import { vocabularyOf, withoutLetters } from './search-words.ts'
import { marketBit } from './shelf.ts'

/** Words among which the ones meant are looked for. */
const mostSimilar = 500

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
  linkedClients: string[]
  price: StoredPrices[string] | null
}

/** The markets as the text of `sold_in`; null for everywhere. */
export function marketBits(markets: readonly string[] | null): string | null {
  if (markets === null) return null
  const bits = Array.from({ length: 676 }, () => '0')
  for (const market of markets) bits[marketBit(market)] = '1'
  return bits.join('')
}

/** An offer of a list as the lists in memory read it. */
export interface ListedRow {
  offer: string
  store: Store
  language: string
  title: string
  facets: number[]
  /** one bit a market; null: everywhere */
  markets: Buffer | null
  dollars: number | null
  /** seconds */
  publishedAt: number
  /** four bytes each, see migration 0185 */
  lexemes: Buffer
}

/** Rows of the lists: those of some offers, or the next ones after a row. */
export async function selectListed(
  tx: Tx,
  which: { offers: readonly string[] } | { after: Pick<ListedRow, 'offer' | 'store' | 'language'> | undefined; limit: number },
): Promise<ListedRow[]> {
  const where =
    'offers' in which
      ? sql`where offer = any(${sql.param(which.offers)}::uuid[])`
      : sql`${which.after ? sql`where (offer, store, language) > (${which.after.offer}::uuid, ${which.after.store}, ${which.after.language})` : sql``}
          order by offer, store, language limit ${which.limit}`
  return rowsOf<ListedRow>(
    await tx.execute(sql`
      select offer, store, language, title, facets, substring(bit_send(sold_in) from 5) as markets, dollars::float8 as dollars,
        extract(epoch from published_at)::float8 as "publishedAt", lexemes
      from catalog.product ${where}`),
  )
}

export async function selectFacets(
  tx: Tx,
  ids: readonly number[],
): Promise<{ id: number; kind: FacetKind; key: string; name: string | null }[]> {
  if (ids.length === 0) return []
  return rowsOf(await tx.execute(sql`select id, kind, key, name from catalog.facet where id = any(${sql.param(ids)}::integer[])`))
}

export async function selectLexemes(tx: Tx, ids: readonly number[]): Promise<{ id: number; lexeme: string }[]> {
  if (ids.length === 0) return []
  return rowsOf(await tx.execute(sql`select id, lexeme from catalog.lexeme where id = any(${sql.param(ids)}::integer[])`))
}

/** The number of the last change, and whether all changes after a known one can still be told. */
export async function selectChange(tx: Tx, known: number): Promise<{ change: number; continues: boolean }> {
  const [row] = rowsOf<{ change: string | null; continues: boolean }>(
    await tx.execute(sql`
      select max(seq) as change, exists (select from catalog.change where seq = ${known}) as continues from catalog.change`),
  )
  return { change: Number(row?.change ?? 0), continues: row?.continues ?? false }
}

/** Offers that have changed since. */
export async function selectChanged(tx: Tx, since: number, limit: number): Promise<string[]> {
  const rows = rowsOf<{ offer: string }>(
    await tx.execute(sql`select distinct offer from catalog.change where seq > ${since} limit ${limit}`),
  )
  return rows.map(({ offer }) => offer)
}

/** The number of the last change of the lists, and the English stems of words: null for one that says nothing by itself ("the"). */
export async function selectStanding(tx: Tx, words: readonly string[]): Promise<{ change: number; stems: Map<string, string | null> }> {
  const [row] = rowsOf<{ change: string | null; stems: Record<string, string[] | null> | null }>(
    await tx.execute(sql`
      select (select max(seq) from catalog.change) as change,
        (select json_object_agg(word, ts_lexize('english_stem', word)) from (select distinct unnest(${sql.param(words)}::text[]) as word) w) as stems`),
  )
  return {
    change: Number(row?.change ?? 0),
    stems: new Map(Object.entries(row?.stems ?? {}).map(([word, stem]) => [word, stem ? (stem[0] ?? null) : word])),
  }
}

/** What the cards of some offers show, in their order. */
export async function selectCards(
  tx: Tx,
  list: { store: Store; language: string; market: string },
  offers: readonly string[],
): Promise<ListRow[]> {
  if (offers.length === 0) return []
  return rowsOf<ListRow>(
    await tx.execute(sql`
      select p.offer, p.publisher_id as "publisherId", p.offer_id as "offerId", p.publisher_name as "publisherName", p.title, p.summary, p.logo,
        p.categories, p.listing_option as "listingOption", p.free_trial as "freeTrial", p.linked_clients as "linkedClients",
        p.starting_prices -> ${list.market}::text as price
      from unnest(${sql.param(offers)}::uuid[]) with ordinality as wanted(offer, place)
      join catalog.product p on p.offer = wanted.offer and p.store = ${list.store} and p.language = ${list.language}
      order by wanted.place`),
  )
}

/** Known words that may have been meant by one that does not occur. */
export async function similarWords(tx: Tx, typed: string): Promise<string[]> {
  const rows = rowsOf<{ word: string }>(
    await tx.execute(sql`
      select distinct word from catalog.variant where variant = any(${sql.param(withoutLetters(typed))}::text[]) limit ${mostSimilar}`),
  )
  return rows.map(({ word }) => word)
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
  await tx.delete(linked).where(eq(linked.offer, offer))
}

/** The clients and the application that a live offer names. */
export async function insertLinked(tx: Tx, rows: readonly (typeof linked.$inferInsert)[]): Promise<void> {
  if (rows.length > 0)
    await tx
      .insert(linked)
      .values([...rows])
      .onConflictDoNothing()
}

/** Which of an offer's clients and applications another live offer names too. */
export async function selectShared(tx: Tx, offer: string): Promise<{ kind: 'client' | 'application'; id: string }[]> {
  return rowsOf(
    await tx.execute(sql`
      select l.kind, l.id from catalog.linked l
      where l.offer = ${offer} and exists (select from catalog.linked o where o.kind = l.kind and o.id = l.id and o.offer <> l.offer)`),
  )
}

/** The stores' offers to which a client belongs. */
export async function selectWithClient(tx: Tx, client: string): Promise<{ offer: string; store: Store }[]> {
  return rowsOf(
    await tx.execute(sql`
      select p.offer, min(p.store) as store from catalog.linked l join catalog.product p on p.offer = l.offer and p.language = 'en'
      where l.kind = 'client' and l.id = ${client} group by p.offer order by min(p.title), p.offer limit 100`),
  )
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
  linkedClients: string[]
  quality: number
  publishedAt: string
  texts: { title: string; names: string; summary: string; description: string }
}

const weighted = (text: SQL, weight: 'A' | 'B' | 'C' | 'D') =>
  sql`setweight(to_tsvector('simple', ${text}), ${sql.raw(`'${weight}'`)}) || setweight(to_tsvector('english', ${text}), ${sql.raw(`'${weight}'`)})`

/** The lexemes of a record `r` with the places in which they occur. */
const vector = sql`(${weighted(sql`r."textTitle"`, 'A')} || ${weighted(sql`r."textNames"`, 'B')} || ${weighted(sql`r."textSummary"`, 'C')} || ${weighted(sql`r."textDescription"`, 'D')})`

/** Adds rows to the lists. Both the words as they are (for prefixes) and their English stems (so that "backups" finds "backup") are indexed. */
export async function insertProducts(tx: Tx, rows: readonly NewProduct[]): Promise<void> {
  const facets = rows.flatMap((row) =>
    row.facets.map(({ kind, key }) => ({ kind, key, name: kind === 'publisher' ? row.publisherName : null })),
  )
  await keepFacets(tx, facets)
  await keepLexemes(tx, rows)
  const records = rows.map(({ markets, texts, facets: values, ...row }) => ({
    ...row,
    ...textColumns(texts),
    values,
    soldIn: marketBits(markets),
  }))
  await tx.execute(sql`
    insert into catalog.product (offer, store, language, publisher_id, offer_id, snapshot, publisher_name, title, summary, logo, listing_option, categories,
      facets, sold_in, free_trial, dollars, starting_prices, linked_clients, quality, lexemes, published_at)
    select r.offer, r.store, r.language, r."publisherId", r."offerId", r.snapshot, r."publisherName", r.title, r.summary, r.logo, r."listingOption", r.categories,
      (select array_agg(f.id order by f.id) from catalog.facet f join jsonb_to_recordset(r.values) as v(kind text, key text) using (kind, key)),
      r."soldIn"::bit(676), r."freeTrial", r.dollars, r."startingPrices", r."linkedClients", r.quality,
      coalesce((select string_agg(int4send(l.id * 4 + case when 'A' = any(w.weights) then 3 when 'B' = any(w.weights) then 2 when 'C' = any(w.weights) then 1 else 0 end), '')
        from unnest(${vector}) as w join catalog.lexeme l using (lexeme)), ''),
      r."publishedAt"
    from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as r(offer uuid, store text, language text, "publisherId" text, "offerId" text, snapshot uuid,
        "publisherName" text, title text, summary text, logo text, "listingOption" text, categories text[], values jsonb, "soldIn" text, "freeTrial" boolean,
        dollars numeric, "startingPrices" jsonb, "linkedClients" text[], quality integer, "textTitle" text, "textNames" text, "textSummary" text, "textDescription" text, "publishedAt" timestamptz)`)
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

/** Gives the lexemes of texts their numbers; those that have one use none up. In their order, for the same reason. */
async function keepLexemes(tx: Tx, rows: readonly NewProduct[]): Promise<void> {
  const records = [...new Set(rows.map(({ texts }) => texts))].map(textColumns)
  await tx.execute(sql`
    insert into catalog.lexeme (lexeme)
    select distinct w.lexeme from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as r("textTitle" text, "textNames" text, "textSummary" text, "textDescription" text)
      cross join lateral unnest(${vector}) as w
    where not exists (select from catalog.lexeme l where l.lexeme = w.lexeme)
    order by w.lexeme
    on conflict do nothing`)
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
