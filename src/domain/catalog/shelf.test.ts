import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FacetKind } from './facets.ts'
import { createLexicon } from './lexicon.ts'
import { createShelf, type Entry, marketBit, type Sort } from './shelf.ts'

const kinds: FacetKind[] = ['category', 'category', 'category', 'option', 'option', 'trial']
const places = { size: kinds.length, kindAt: (place: number) => kinds[place] }
const words = ['ant', 'antelope', 'bear', 'bee', 'beetle', 'cat', 'caterpillar', 'dog']
const lexicon = createLexicon()
lexicon.add(words.map((lexeme, id) => ({ id: id + 1, lexeme })))

let made = 0
const entryOf = (seed: { title: string; facets: number[]; abroad: boolean; dollars: number | null; words: [number, number][] }): Entry => {
  const bits = new Uint8Array(85)
  const bit = marketBit(seed.abroad ? 'DE' : 'US')
  bits[bit >>> 3] = 0x80 >>> (bit & 7)
  return {
    offer: `offer-${made++}`,
    title: seed.title,
    titleTyped: seed.title.toLowerCase(),
    facets: [...new Set(seed.facets)],
    markets: seed.abroad ? bits : null,
    dollars: seed.dollars,
    publishedAt: made % 7,
    lexemes: Int32Array.from(new Map(seed.words), ([word, place]) => (word + 1) * 4 + place),
  }
}
const anEntry = fc
  .record({
    title: fc.constantFrom('Alpha', 'Beta bee', 'bear trap', 'Gamma', 'Catalogue'),
    facets: fc.array(fc.nat(kinds.length - 1), { maxLength: 4 }),
    abroad: fc.boolean(),
    dollars: fc.option(fc.nat(5)),
    words: fc.array(fc.tuple(fc.nat(words.length - 1), fc.nat(3)), { maxLength: 5 }),
  })
  .map(entryOf)

const aSelection = fc.record({
  market: fc.constantFrom(marketBit('US'), marketBit('DE')),
  chosen: fc.subarray<[FacetKind, number]>([
    ['category', 1],
    ['option', 3],
    ['trial', 5],
  ]),
  typed: fc.array(fc.constantFrom('b', 'bee', 'ant', 'cat', 'zebra'), { maxLength: 2 }),
})

/** What a list must hold, by looking at every entry. */
function expected(
  entries: readonly Entry[],
  { market, chosen, typed }: { market: number; chosen: [FacetKind, number][]; typed: string[] },
) {
  const matching = entries.filter(
    ({ markets, lexemes }) =>
      (!markets || ((markets[market >>> 3] ?? 0) & (0x80 >>> (market & 7))) !== 0) &&
      typed.every((word) => Array.from(lexemes).some((packed) => words[(packed >>> 2) - 1]?.startsWith(word))),
  )
  const meets = (entry: Entry, but?: FacetKind) => chosen.every(([kind, place]) => kind === but || entry.facets.includes(place))
  const counts = kinds.map((kind, place) => matching.filter((entry) => entry.facets.includes(place) && meets(entry, kind)).length)
  return { offers: matching.filter((entry) => meets(entry)).map(({ offer }) => offer), counts }
}

test('found and counted is what looking at every entry finds and counts, also after changes', () => {
  fc.assert(
    fc.property(
      fc.array(anEntry, { minLength: 0, maxLength: 40 }),
      fc.array(anEntry, { maxLength: 10 }),
      fc.nat(3),
      fc.array(aSelection, { minLength: 1, maxLength: 4 }),
      // More than are searched one by one, so that there is an index.
      fc.constantFrom(0, 250),
      (initial, added, leave, selections, crowd) => {
        const others = Array.from({ length: crowd }, () =>
          entryOf({ title: 'Other', facets: [0], abroad: false, dollars: 1, words: [[made % words.length, made % 4]] }),
        )
        let entries = [...initial, ...others]
        const shelf = createShelf(lexicon, places, entries)
        for (const change of [false, true]) {
          if (change) {
            const gone = new Set(entries.filter((_, index) => index % 4 === leave).map(({ offer }) => offer))
            entries = [...entries.filter(({ offer }) => !gone.has(offer)), ...added]
            shelf.replace(gone, added)
          }
          for (const { market, chosen, typed } of selections) {
            const wanted = expected(entries, { market, chosen, typed })
            const all = typed.length > 0 ? [typed.map((word) => ({ prefixes: [word], whole: new Set([word]) }))] : undefined
            const selection = { market, chosen: new Map(chosen), typed: typed.join(' '), ...(all && { words: all }) }
            for (const sort of ['relevance', 'name', 'price', 'newest'] satisfies Sort[]) {
              const found = shelf.find(selection, { sort, offset: 0, limit: 1000 })
              expect([...found.offers].sort()).toEqual([...wanted.offers].sort())
              expect(found.total).toBe(wanted.offers.length)
              expect(Array.from(found.counts)).toEqual(wanted.counts)
              const pages = [0, 1, 2].flatMap((page) => shelf.find(selection, { sort, offset: page * 5, limit: 5 }).offers)
              expect(pages).toEqual(found.offers.slice(0, 15))
            }
          }
        }
      },
    ),
    { numRuns: 60 },
  )
})

const listed = (title: string, dollars: number | null, at: number, ...lexemes: [string, number][]) => ({
  ...entryOf({ title, facets: [], abroad: false, dollars, words: lexemes.map(([word, place]) => [words.indexOf(word), place]) }),
  offer: title,
  publishedAt: at,
})
const shelf = createShelf(lexicon, places, [
  listed('in description', 1, 1, ['bee', 0]),
  listed('in keywords', null, 4, ['bee', 2]),
  listed('in title, only begun', 3, 2, ['beetle', 3]),
  listed('in title', 2, 3, ['bee', 3], ['bear', 0]),
  listed('Bee first', 9, 0, ['bee', 3]),
])
const order = (sort: Sort, typed = 'bee') =>
  shelf.find(
    { market: marketBit('US'), chosen: new Map(), typed, words: [[{ prefixes: [typed], whole: new Set([typed]) }]] },
    { sort, offset: 0, limit: 10 },
  ).offers

test('a title that begins with what was typed comes first, then whole words before beginnings, by where they occur', () => {
  expect(order('relevance')).toEqual(['Bee first', 'in title', 'in title, only begun', 'in keywords', 'in description'])
})

test('by name, by price with what has none last, by newest', () => {
  expect(order('name')).toEqual(['Bee first', 'in description', 'in keywords', 'in title', 'in title, only begun'])
  expect(order('price')).toEqual(['in description', 'in title', 'in title, only begun', 'Bee first', 'in keywords'])
  expect(order('newest')).toEqual(['in keywords', 'in title', 'in title, only begun', 'in description', 'Bee first'])
})
