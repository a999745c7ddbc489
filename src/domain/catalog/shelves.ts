import type { Tx } from '../../kernel/database.ts'
import type { Store } from '../../kernel/reference-data.ts'
import type { FacetCount, FacetKind } from './facets.ts'
import { createLexicon } from './lexicon.ts'
import { createShelf, type Entry, type FacetPlaces, type Shelf } from './shelf.ts'
import * as store from './store.ts'

/** Offers that are read again one by one; when more have changed, everything is read anew. */
const mostReread = 2000
const rowsRead = 5000

interface KnownFacet {
  id: number
  kind: FacetKind
  key: string
  name: string | null
}

/** The facet values that any entry has, by places without gaps: numbers are counted in arrays. */
interface FacetIndex extends FacetPlaces {
  put(facet: KnownFacet): void
  /** The place of a value by its id in the database. */
  placeOf(id: number): number | undefined
  find(kind: FacetKind, key: string): number | undefined
  at(place: number): KnownFacet | undefined
}

function createFacetIndex(): FacetIndex {
  const facets: KnownFacet[] = []
  const byId = new Map<number, number>()
  const byKey = new Map<string, number>()
  return {
    get size() {
      return facets.length
    },
    kindAt: (place) => facets[place]?.kind,
    put(facet) {
      const place = byId.get(facet.id) ?? facets.length
      facets[place] = facet
      byId.set(facet.id, place)
      byKey.set(`${facet.kind} ${facet.key}`, place)
    },
    placeOf: (id) => byId.get(id),
    find: (kind, key) => byKey.get(`${kind} ${key}`),
    at: (place) => facets[place],
  }
}

/** Everything that is listed, as of one change of the lists. */
function emptyShelves() {
  const lexicon = createLexicon()
  const facets = createFacetIndex()
  /** Most offers are sold in the same markets: one array for all of them. */
  const markets = new Map<string, Uint8Array>()
  const shelves = new Map<string, Shelf>()
  const nameOf = (of: Store, language: string) => `${of} ${language}`

  async function entriesOf(tx: Tx, rows: readonly store.ListedRow[]): Promise<Map<string, Entry[]>> {
    // Known ones too: a publisher may have another name now.
    for (const facet of await store.selectFacets(tx, [...new Set(rows.flatMap((row) => row.facets))])) facets.put(facet)
    const packed = rows.map(({ lexemes }) => unpacked(lexemes))
    const unknown = new Set<number>()
    for (const lexemes of packed) for (const one of lexemes) if (!lexicon.has(one >>> 2)) unknown.add(one >>> 2)
    lexicon.add(await store.selectLexemes(tx, [...unknown]))
    const found = new Map<string, Entry[]>()
    rows.forEach((row, index) => {
      const name = nameOf(row.store, row.language)
      const bits = row.markets && (markets.get(row.markets.toString('latin1')) ?? new Uint8Array(row.markets))
      if (row.markets && bits) markets.set(row.markets.toString('latin1'), bits)
      const own: Entry = {
        offer: row.offer,
        title: row.title,
        titleTyped: row.title.toLowerCase(),
        facets: row.facets.map((id) => facets.placeOf(id) ?? 0),
        markets: bits,
        dollars: row.dollars,
        publishedAt: row.publishedAt,
        lexemes: packed[index] ?? new Int32Array(0),
      }
      const others = found.get(name)
      if (others) others.push(own)
      else found.set(name, [own])
    })
    return found
  }

  return {
    /** The last change that is known. */
    change: -1,
    lexicon,
    facets,
    of: (wanted: Store, language: string): Shelf | undefined => shelves.get(nameOf(wanted, language)),
    async fill(tx: Tx): Promise<void> {
      const all = new Map<string, Entry[]>()
      let rows: store.ListedRow[] = []
      do {
        rows = await store.selectListed(tx, { after: rows.at(-1), limit: rowsRead })
        for (const [name, entries] of await entriesOf(tx, rows)) all.set(name, [...(all.get(name) ?? []), ...entries])
      } while (rows.length === rowsRead)
      for (const [name, entries] of all) shelves.set(name, createShelf(lexicon, facets, entries))
    },
    async replace(tx: Tx, offers: readonly string[]): Promise<void> {
      const fresh = await entriesOf(tx, await store.selectListed(tx, { offers }))
      const gone = new Set(offers)
      for (const [name, shelf] of shelves) shelf.replace(gone, fresh.get(name) ?? [])
      for (const [name, entries] of fresh) if (!shelves.has(name)) shelves.set(name, createShelf(lexicon, facets, entries))
    },
    /** Counts by kind and key, without those of nothing. */
    named: (counts: Int32Array): FacetCount[] =>
      Array.from(counts).flatMap((count, place) => {
        const facet = facets.at(place)
        return facet && count > 0 ? [{ kind: facet.kind, key: facet.key, name: facet.name, count }] : []
      }),
  }
}

export type Shelves = ReturnType<typeof emptyShelves>

function unpacked(bytes: Buffer): Int32Array {
  const numbers = new Int32Array(bytes.length / 4)
  for (let index = 0; index < numbers.length; index++) numbers[index] = bytes.readInt32BE(index * 4)
  return numbers
}

/**
 * The lists in memory, brought up to date before each answer: whoever asks has read the number of the last change in its transaction, so that no
 * process answers with less than what was committed before it was asked.
 */
export function createShelves() {
  let current = emptyShelves()
  let refreshing: Promise<void> | undefined

  async function refresh(tx: Tx): Promise<void> {
    const { change, continues } = await store.selectChange(tx, current.change)
    if (change === current.change) return
    const offers = continues ? await store.selectChanged(tx, current.change, mostReread + 1) : []
    if (continues && offers.length <= mostReread) {
      await current.replace(tx, offers)
    } else {
      // Change numbers that are gone, or a database that was emptied: nothing known is of use.
      const anew = emptyShelves()
      await anew.fill(tx)
      current = anew
    }
    current.change = change
  }

  return {
    /** The lists with at least the change of this number. */
    async at(tx: Tx, change: number): Promise<Shelves> {
      while (current.change !== change) {
        const waitedFor = refreshing
        if (waitedFor) {
          // Its failure is told to whoever has begun it.
          await waitedFor.catch(() => undefined)
          continue
        }
        refreshing = refresh(tx).finally(() => {
          refreshing = undefined
        })
        await refreshing
        // Now at least as new as asked for; newer when somebody else has published in between.
        break
      }
      return current
    },
  }
}
