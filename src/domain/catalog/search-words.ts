const maxWords = 8

/**
 * What somebody typed as a tsquery in text form: every word must occur, the last letters of a word may be missing.
 *
 * @returns undefined when there is no word in it
 */
export function prefixQuery(text: string): string | undefined {
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  if (words.length === 0) return undefined
  return words
    .slice(0, maxWords)
    .map((word) => `${word}:*`)
    .join(' & ')
}
