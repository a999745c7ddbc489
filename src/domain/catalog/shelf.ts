import type { FacetKind } from './facets.ts'
import type { Lexicon } from './lexicon.ts'

export type Sort = 'relevance' | 'name' | 'price' | 'newest'

/** An offer on a shelf: what it is found, counted and put in order by. */
export interface Entry {
  offer: string
  title: string
  /** the title in lower case */
  titleTyped: string
  /** places of the facet values, see `FacetPlaces` */
  facets: readonly number[]
  /** one bit a market; null: everywhere */
  markets: Uint8Array | null
  /** the cheapest public price in US dollars; null where nothing is sold */
  dollars: number | null
  /** seconds */
  publishedAt: number
  /** id of a lexeme × 4 + the weightiest place in which it occurs (3 title … 0 description) */
  lexemes: Int32Array
}

/** A word that must occur: one of the lexemes with one of these beginnings. */
export interface Wanted {
  prefixes: readonly string[]
  /** lexemes that are the whole word, not only its beginning */
  whole: ReadonlySet<string>
}

/** Facet values by places from 0, without gaps. */
export interface FacetPlaces {
  readonly size: number
  kindAt(place: number): FacetKind | undefined
}

export interface Selection {
  /** a market's bit, see `marketBit` */
  market: number
  /** the place of what of each kind the list is narrowed by */
  chosen: ReadonlyMap<FacetKind, number>
  /** Any of these combinations of words is found; absent: everything. */
  words?: readonly (readonly Wanted[])[]
  /** A title that begins so comes first, by relevance. */
  typed: string
}

export interface Found {
  total: number
  /** entries that have the facet value of this place and meet all choices but that of its kind */
  counts: Int32Array
  /** the page's offers */
  offers: string[]
}

export interface Shelf {
  readonly size: number
  find(selection: Selection, view: { sort: Sort; offset: number; limit: number }): Found
  /** Takes away all entries of these offers and adds others. */
  replace(gone: ReadonlySet<string>, fresh: readonly Entry[]): void
}

/** A market's place in `sold_in`: its two letters as a number of 26 digits. */
export const marketBit = (iso2: string) => (iso2.charCodeAt(0) - 65) * 26 + iso2.charCodeAt(1) - 65

/** What a word is worth in description, summary, names and title: whole, and where only its beginning was typed. */
const worthWhole = [10, 20, 40, 100]
const worthBeginning = [8, 16, 32, 80]
const leastInTitle = 80
/** More than eight words are worth together. */
const titleBegins = 1024
/** Entries that are searched one by one before they are indexed with all others. */
const mostUnindexed = 200

const collator = new Intl.Collator('en')
const inOrder = (a: number | string, b: number | string) => (a < b ? -1 : a > b ? 1 : 0)
const byTitle = (a: Entry, b: Entry) => collator.compare(a.title, b.title) || inOrder(a.offer, b.offer)
const byPrice = (a: Entry, b: Entry) => inOrder(a.dollars ?? Infinity, b.dollars ?? Infinity) || byTitle(a, b)
const byNewest = (a: Entry, b: Entry) => b.publishedAt - a.publishedAt || byTitle(a, b)

/**
 * The offers of one store and language in memory, with an index of their lexemes. Finding, counting and ordering are exact whatever the number
 * of results; the work is proportional to the number of offers, with a few nanoseconds for each.
 */
export function createShelf(lexicon: Lexicon, places: FacetPlaces, initial: readonly Entry[] = []): Shelf {
  /** Sorted by title. A slot is a place in it, so that hits in the order of slots are in the order of titles. */
  let entries: Entry[] = []
  let prices: Int32Array | undefined
  let newest: Int32Array | undefined
  /** Where the postings of a lexeme begin, by id; a posting is slot × 4 + place of occurrence. */
  let starts = new Int32Array(1)
  let postings = new Int32Array(0)
  /** The slot that an indexed entry has now, by the slot it had when it was indexed; -1: gone. */
  let slotNow = new Int32Array(0)
  let unindexed: number[] = []
  let indexed: Entry[] = []
  /** What every list reads of every entry, close together: where its facet values begin, and which set of markets it has. */
  let facetStarts = new Int32Array(1)
  let facetValues = new Int32Array(0)
  let soldIn = new Int32Array(0)
  let marketSets: (Uint8Array | null)[] = []

  function index(): void {
    let highest = 0
    let count = 0
    for (const { lexemes } of entries) {
      count += lexemes.length
      for (const packed of lexemes) if (packed >>> 2 > highest) highest = packed >>> 2
    }
    starts = new Int32Array(highest + 2)
    for (const { lexemes } of entries) for (const packed of lexemes) starts[(packed >>> 2) + 1] = (starts[(packed >>> 2) + 1] ?? 0) + 1
    for (let id = 1; id < starts.length; id++) starts[id] = (starts[id] ?? 0) + (starts[id - 1] ?? 0)
    const next = starts.slice()
    postings = new Int32Array(count)
    entries.forEach(({ lexemes }, slot) => {
      for (const packed of lexemes) {
        const id = packed >>> 2
        const place = next[id] ?? 0
        postings[place] = slot * 4 + (packed & 3)
        next[id] = place + 1
      }
    })
    indexed = entries
    slotNow = Int32Array.from(entries, (_, slot) => slot)
    unindexed = []
  }

  /** After a change of the entries: where those of the index are now, and which are not in it. */
  function relocate(): void {
    const slots = new Map(entries.map((entry, slot) => [entry, slot]))
    slotNow = Int32Array.from(indexed, (entry) => slots.get(entry) ?? -1)
    for (const entry of indexed) slots.delete(entry)
    unindexed = [...slots.values()]
    if (unindexed.length > mostUnindexed || entries.length < indexed.length / 2) index()
  }

  function replace(gone: ReadonlySet<string>, fresh: readonly Entry[]): void {
    const kept = entries.filter(({ offer }) => !gone.has(offer))
    if (kept.length === entries.length && fresh.length === 0) return
    entries = merged(kept, [...fresh].sort(byTitle))
    prices = undefined
    newest = undefined
    pack()
    relocate()
  }

  function pack(): void {
    facetStarts = new Int32Array(entries.length + 1)
    entries.forEach(({ facets }, slot) => {
      facetStarts[slot + 1] = (facetStarts[slot] ?? 0) + facets.length
    })
    facetValues = new Int32Array(facetStarts.at(-1) ?? 0)
    const sets = new Map<Uint8Array | null, number>()
    soldIn = new Int32Array(entries.length)
    entries.forEach(({ facets, markets }, slot) => {
      facetValues.set(facets, facetStarts[slot])
      const set = sets.get(markets) ?? sets.size
      sets.set(markets, set)
      soldIn[slot] = set
    })
    marketSets = [...sets.keys()]
  }

  /** What each entry is worth in which one of the wanted words' lexemes occurs. */
  function worthOf({ prefixes, whole }: Wanted): Uint16Array {
    const worth = new Uint16Array(entries.length)
    const ids = new Map<number, number[]>()
    for (const prefix of prefixes)
      for (const id of lexicon.beginning(prefix)) ids.set(id, whole.has(lexicon.text(id)) ? worthWhole : worthBeginning)
    for (const [id, worthAt] of ids) {
      const end = starts[id + 1] ?? 0
      for (let place = starts[id] ?? 0; place < end; place++) {
        const posting = postings[place] ?? 0
        const slot = slotNow[posting >>> 2] ?? -1
        const own = worthAt[posting & 3] ?? 0
        if (slot >= 0 && own > (worth[slot] ?? 0)) worth[slot] = own
      }
    }
    for (const slot of unindexed) {
      for (const packed of entries[slot]?.lexemes ?? []) {
        const own = ids.get(packed >>> 2)?.[packed & 3] ?? 0
        if (own > (worth[slot] ?? 0)) worth[slot] = own
      }
    }
    return worth
  }

  /** The sum of what the words are worth, by slot; 0 where not all of them occur. */
  function together(wanted: readonly Wanted[]): Uint16Array {
    const [first = new Uint16Array(entries.length), ...others] = wanted.map(worthOf)
    for (const worth of others)
      for (let slot = 0; slot < first.length; slot++) {
        const own = worth[slot] ?? 0
        first[slot] = own === 0 || first[slot] === 0 ? 0 : (first[slot] ?? 0) + own
      }
    return first
  }

  function worthOfAny(combinations: readonly (readonly Wanted[])[]): Uint16Array {
    const [first = new Uint16Array(entries.length), ...others] = combinations.map(together)
    for (const worth of others)
      for (let slot = 0; slot < first.length; slot++) if ((worth[slot] ?? 0) > (first[slot] ?? 0)) first[slot] = worth[slot] ?? 0
    return first
  }

  const orders: Record<'price' | 'newest', () => Int32Array> = {
    price: () => (prices ??= orderedBy(entries, byPrice)),
    newest: () => (newest ??= orderedBy(entries, byNewest)),
  }

  /** The page of the hits (slots, ascending). */
  function pageOf(
    hits: Int32Array,
    { sort, offset, limit }: { sort: Sort; offset: number; limit: number },
    worth: Uint16Array | undefined,
    typed: string,
  ): number[] {
    if (sort === 'price' || sort === 'newest') {
      const hit = new Uint8Array(entries.length)
      for (const slot of hits) hit[slot] = 1
      return Array.from(
        orders[sort]()
          .filter((slot) => hit[slot] === 1)
          .subarray(offset, offset + limit),
      )
    }
    if (sort === 'name' || !worth) return Array.from(hits.subarray(offset, offset + limit))
    // How many hits are worth how much; then those that are worth what the page is made of, which are in the order of titles already.
    const worths = new Uint16Array(hits.length)
    const counts = new Uint32Array(2 * titleBegins)
    hits.forEach((slot, index) => {
      const own = worth[slot] ?? 0
      // Only what has the first word in its title can begin with it.
      const begins = own >= leastInTitle && entries[slot]?.titleTyped.startsWith(typed)
      const key = Math.min(own, titleBegins - 1) + (begins ? titleBegins : 0)
      worths[index] = key
      counts[key] = (counts[key] ?? 0) + 1
    })
    const page: number[] = []
    let before = 0
    for (let key = counts.length - 1; key >= 0 && before < offset + limit; key--) {
      const count = counts[key] ?? 0
      if (count > 0 && before + count > offset) {
        let place = before
        for (let index = 0; index < hits.length && page.length < limit; index++) {
          if (worths[index] === key && place++ >= offset) page.push(hits[index] ?? 0)
        }
      }
      before += count
    }
    return page
  }

  replace(new Set(), initial)

  return {
    get size() {
      return entries.length
    },
    replace,
    find({ market, chosen, words, typed }, view) {
      const worth = words && worthOfAny(words)
      const choices = [...chosen].map(([kind, place]) => ({ kind, place }))
      const sold = marketSets.map((bits) => bits === null || ((bits[market >>> 3] ?? 0) & (0x80 >>> (market & 7))) !== 0)
      const counts = new Int32Array(places.size)
      const hits = new Int32Array(entries.length)
      let total = 0
      for (let slot = 0; slot < entries.length; slot++) {
        if (worth && worth[slot] === 0) continue
        if (!sold[soldIn[slot] ?? 0]) continue
        const start = facetStarts[slot] ?? 0
        const end = facetStarts[slot + 1] ?? 0
        let missing = 0
        let missed: FacetKind | undefined
        for (const { kind, place } of choices) {
          let has = false
          for (let at = start; at < end && !has; at++) has = facetValues[at] === place
          if (has) continue
          missing++
          missed = kind
        }
        if (missing > 1) continue
        if (missing === 0) hits[total++] = slot
        for (let at = start; at < end; at++) {
          const place = facetValues[at] ?? 0
          if (missing === 0 || places.kindAt(place) === missed) counts[place] = (counts[place] ?? 0) + 1
        }
      }
      const page = pageOf(hits.subarray(0, total), view, worth, typed)
      return { total, counts, offers: page.map((slot) => entries[slot]?.offer ?? '') }
    },
  }
}

function orderedBy(entries: readonly Entry[], compare: (a: Entry, b: Entry) => number): Int32Array {
  const slots = Int32Array.from(entries, (_, slot) => slot)
  return slots.sort((a, b) => compare(entries[a] as Entry, entries[b] as Entry))
}

/** Two lists in the order of titles as one. */
function merged(one: readonly Entry[], other: readonly Entry[]): Entry[] {
  if (one.length < other.length) return merged(other, one)
  const all: Entry[] = []
  let next = 0
  for (const entry of one) {
    for (let own = other[next]; own && byTitle(own, entry) < 0; own = other[++next]) all.push(own)
    all.push(entry)
  }
  return [...all, ...other.slice(next)]
}
