import { z } from 'zod'
import { plainText, sanitiseRichText } from '../rich-text.ts'
import { kind } from './kind.ts'

// Trademark and copyright signs are pictographs too, but legal in names (spec/05 §5.4).
const pictograph = /(?![©®™])\p{Extended_Pictographic}/u
const control = /\p{Cc}/u
const controlExceptLines = /[^\P{Cc}\t\n\r]/u

export function limited(max: number) {
  return z.string('Enter a text.').trim().max(max, `Use at most ${max} characters.`)
}

/** One line of plain text. */
export const text = kind(
  (options: { max: number; emoji?: boolean; warnAbove?: number; pattern?: string; patternHint?: string }) => {
    let schema = limited(options.max).refine((value) => !control.test(value), 'Use a single line without control characters.')
    if (options.emoji === false) schema = schema.refine((value) => !pictograph.test(value), 'Use no emoji.')
    if (options.pattern !== undefined) {
      const pattern = new RegExp(options.pattern, 'u')
      schema = schema.refine((value) => pattern.test(value), options.patternHint ?? 'The text has not the right form.')
    }
    return schema
  },
  {
    rules: ({ max, emoji, warnAbove, patternHint }) => [
      `One line of at most ${max} characters.`,
      ...(emoji === false ? ['No emoji, except trademark and copyright signs.'] : []),
      ...(warnAbove === undefined ? [] : [`More than ${warnAbove} characters may be cut.`]),
      ...(patternHint === undefined ? [] : [patternHint]),
    ],
  },
)

/** Plain text of several lines. */
export const multiline = kind(
  (options: { max: number }) => limited(options.max).refine((value) => !controlExceptLines.test(value), 'Use no control characters.'),
  { rules: ({ max }) => [`Plain text of at most ${max} characters.`] },
)

/** Rich text: stored sanitised, counted with its markup and spaces (seed 001 L16332). */
export const richText = kind(
  (options: { max: number }) =>
    z
      .string('Enter a text.')
      // Far above every limit: the sanitiser need not read megabytes to refuse them.
      .max(options.max * 20, `Use at most ${options.max} characters, markup and spaces included.`)
      .transform(sanitiseRichText)
      .refine((value) => value.length <= options.max, `Use at most ${options.max} characters, markup and spaces included.`),
  {
    rules: ({ max }) => [
      `At most ${max} characters, markup and spaces included.`,
      'Headings, paragraphs, lists, bold, italic and underlined text. Everything else is taken out when it is saved.',
    ],
    readable: (value: string) => plainText(value),
  },
)

export const integer = kind(
  (options: { min: number; max: number }) =>
    z.int('Enter a whole number.').min(options.min, `Use at least ${options.min}.`).max(options.max, `Use at most ${options.max}.`),
  { rules: ({ min, max }) => [`A whole number from ${min} to ${max}.`] },
)

/** `consequence` is a sentence that the person confirms before yes is taken. */
export const flag = kind((_options: { consequence?: string } | undefined) => z.boolean('Choose yes or no.'), {
  rules: (options) => ['Yes or no.', ...(options?.consequence ? [options.consequence] : [])],
  readable: (value: boolean) => (value ? 'Yes' : 'No'),
})

export const choice = kind(
  (options: { values: Record<string, string> }) =>
    z.enum(Object.keys(options.values) as [string, ...string[]], `Choose one of: ${Object.keys(options.values).join(', ')}.`),
  {
    rules: ({ values }) => [`One of: ${Object.values(values).join('; ')}.`],
    readable: (value: string, { values }) => values[value] ?? value,
  },
)

/** Some of a list of values, in the order of the list. */
export const multiChoice = kind(
  (options: { values: Record<string, string>; max: number }) => {
    const order = Object.keys(options.values)
    return z
      .array(z.enum(order as [string, ...string[]], `Choose among: ${order.join(', ')}.`))
      .refine((values) => new Set(values).size <= options.max, `Choose at most ${options.max}.`)
      .transform((values) => order.filter((value) => values.includes(value)))
  },
  {
    rules: ({ values, max }) => [`At most ${max} of: ${Object.values(values).join('; ')}.`],
    readable: (value: string[], { values }) => value.map((one) => values[one] ?? one).join('\n'),
  },
)

export const keywords = kind(
  (options: { max: number }) =>
    z
      .array(text({ max: 50 }).refine((value) => value !== '', 'A keyword must not be empty.'))
      .max(options.max, `Use at most ${options.max} keywords.`)
      .refine((words) => new Set(words.map((word) => word.toLowerCase())).size === words.length, 'Use each keyword once.'),
  {
    rules: ({ max }) => [`At most ${max} keywords of at most 50 characters, each once.`],
    readable: (value: string[]) => value.join('\n'),
  },
)

/** `{ kept: true }` for a secret that stays as it is stored, else a new one. Errors are those of the new one. */
export function keptOr(fresh: z.ZodType<string>) {
  return z.unknown().transform((value, check): string | { kept: true } => {
    if (typeof value === 'object' && value !== null && 'kept' in value && value.kept === true) return { kept: true }
    const read = fresh.safeParse(value)
    if (read.success) return read.data
    for (const { message } of read.error.issues) check.addIssue({ code: 'custom', message })
    return z.NEVER
  })
}

/** A text that nobody sees again: encrypted when it is saved. `{ kept: true }` keeps what is stored. */
export const secret = kind(
  (options: { max: number }) => keptOr(limited(options.max).refine((value) => !control.test(value), 'Use a single line.')),
  {
    rules: ({ max }) => [`At most ${max} characters. It is encrypted and never shown again.`],
    readable: () => '(secret)',
    secret: { purpose: 'offer-secret', path: [] },
  },
)
