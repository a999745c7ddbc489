import type { Wanted } from './shelf.ts'

const maxWords = 8

/** The words in what somebody typed, in lower case, without anything that is neither letter nor digit. */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  ).slice(0, maxWords)
}

/**
 * What to look for: every word must occur, or one of the words that stand for it; the last letters of a word may be missing. The same with the
 * words' English stems, where words that say nothing by themselves ("the") need not occur.
 *
 * @param words several for one: any of them
 * @param stems of each word; null for one that says nothing by itself
 */
export function wanted(words: readonly (readonly string[])[], stems: ReadonlyMap<string, string | null>): Wanted[][] {
  const asTyped = words.map((alternatives) => ({ prefixes: alternatives, whole: new Set(alternatives) }))
  const stemmed = words.flatMap((alternatives) => {
    const prefixes = alternatives.flatMap((word) => stems.get(word) ?? [])
    return prefixes.length > 0 ? [{ prefixes, whole: new Set([...prefixes, ...alternatives]) }] : []
  })
  const wider =
    stemmed.length === words.length && asTyped.every(({ prefixes }) => prefixes.every((word) => word.startsWith(stems.get(word) ?? ' ')))
  if (wider) return [stemmed]
  return stemmed.length > 0 ? [asTyped, stemmed] : [asTyped]
}

const shortestKept = 3
const longestKept = 24

/** The words of a text that are worth knowing. */
export function vocabularyOf(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  ).filter((word) => word.length >= shortestKept && word.length <= longestKept)
}

/**
 * A word and what it becomes without one of its letters, or without two where it may hold two slips. Two words with a slip between them,
 * swapped letters too, have one of these in common.
 */
export function withoutLetters(word: string): string[] {
  const found = new Set([word])
  let last = [word]
  for (let depth = 0; depth < slipsIn(word.length); depth++) {
    last = last.flatMap((text) => Array.from(text, (_, index) => text.slice(0, index) + text.slice(index + 1)))
    for (const text of last) found.add(text)
  }
  return [...found]
}

/** How many slips a word of so many letters may hold. */
const slipsIn = (length: number) => (length < 5 ? 1 : 2)
const mostAlternatives = 3

/**
 * Those of the known words that somebody most likely meant: with the fewest slips, at most three of them, the shortest first. Letters that are
 * left out, doubled, wrong or swapped count as one slip each; what is typed may also be the beginning of a longer word.
 */
export function likelyMeant(typed: string, known: readonly string[]): string[] {
  const candidates = known
    .map((word) => ({ word, count: Math.min(slips(typed, word), slips(typed, word.slice(0, typed.length)) + 0.5) }))
    .filter(({ count }) => count <= slipsIn(typed.length))
  const fewest = Math.min(...candidates.map(({ count }) => count))
  return candidates
    .filter(({ count }) => count === fewest)
    .map(({ word }) => word)
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
    .slice(0, mostAlternatives)
}

/** Edits between two words: a letter inserted, removed, replaced, or swapped with its neighbour (optimal string alignment). */
export function slips(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let least = Math.min((rows[i - 1]?.[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (rows[i - 1]?.[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (rows[i - 2]?.[j - 2] ?? 0) + 1)
      row.push(least)
    }
    rows.push(row)
  }
  return rows[a.length]?.[b.length] ?? 0
}
