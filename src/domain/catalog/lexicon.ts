/** The lexemes that occur in listings, by their ids and in alphabetical order, so that those with a common beginning lie together. */
export interface Lexicon {
  has(id: number): boolean
  text(id: number): string
  add(lexemes: readonly { id: number; lexeme: string }[]): void
  /** Whether any lexeme begins so. */
  knows(prefix: string): boolean
  /** Ids of the lexemes that begin so. */
  beginning(prefix: string): number[]
}

export function createLexicon(): Lexicon {
  const texts = new Map<number, string>()
  let sorted: { id: number; lexeme: string }[] = []

  /** Where the first lexeme lies that is not before `text`. */
  function placeOf(text: string): number {
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((sorted[middle]?.lexeme ?? '') < text) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    has: (id) => texts.has(id),
    text: (id) => texts.get(id) ?? '',
    add(lexemes) {
      const fresh = lexemes.filter(({ id }) => !texts.has(id))
      if (fresh.length === 0) return
      for (const { id, lexeme } of fresh) texts.set(id, lexeme)
      sorted = [...sorted, ...fresh].sort((a, b) => (a.lexeme < b.lexeme ? -1 : 1))
    },
    knows: (prefix) => sorted[placeOf(prefix)]?.lexeme.startsWith(prefix) ?? false,
    beginning(prefix) {
      const ids: number[] = []
      for (let place = placeOf(prefix); sorted[place]?.lexeme.startsWith(prefix); place++) ids.push(sorted[place]?.id ?? 0)
      return ids
    },
  }
}
