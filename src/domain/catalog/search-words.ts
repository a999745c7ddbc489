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
 * Words as a tsquery in text form: every word must occur, the last letters of a word may be missing.
 *
 * @returns undefined when there is no word
 */
export function prefixQuery(words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : words.map((word) => `${word}:*`).join(' & ')
}
