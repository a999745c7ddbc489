import { plainText } from './rich-text.ts'

/** Words that hardly any English text of some length does without, and that other languages hardly share. */
const englishWords = new Set(
  'the and of to for with is are your you that this it as by from or be can have has on at not all we our their will when how what which'.split(
    ' ',
  ),
)

/** Below it nothing can be told. */
const leastWords = 20

/** Share of the words above in a text: English prose has 25 to 45 of 100, other languages next to none. */
const leastShare = 0.08

/** Whether a text reads as English; undefined when it is too short to tell. */
export function isEnglish(text: string): boolean | undefined {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? []
  // Scripts without spaces have few words, however long the text is.
  if (words.length < leastWords && !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]{20,}/u.test(text))
    return undefined
  return words.filter((word) => englishWords.has(word)).length / Math.max(words.length, 1) >= leastShare
}

/** What a listing in another language has to begin with (spec/05 §1.5). */
const disclosure = 'This application is available only in'

/** Whether a description (HTML) is in another language than English and does not say so. */
export function hidesItsLanguage(description: string): boolean {
  const text = plainText(description)
  if (text.toLowerCase().startsWith(disclosure.toLowerCase())) return false
  return isEnglish(text) === false
}

export const disclosureAdvice = `The description seems not to be in English. Begin it with “${disclosure} …” and the language, or link to content in that language.`
