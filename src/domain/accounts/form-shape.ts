import { z } from 'zod'
import { invalid } from '../../kernel/errors.ts'

/** Characters that turn the direction of text around: a name with one of them reads as another name. */
const printable = /^[^\p{Cc}\u202A-\u202E\u2066-\u2069]*$/u

/** One line of text of at most `most` characters, which may be empty. `name` begins a sentence: "The street". */
export const line = (name: string, most: number) =>
  z.string().trim().max(most, `${name} has at most ${most} characters.`).regex(printable, `${name} has characters that cannot be printed.`)

/** The same, not empty. `ask` is what the form says where nothing was given: "Give the street and number." */
export const neededLine = (name: string, most: number, ask: string) => line(name, most).min(1, ask)

/** An e-mail address, in lower case. */
export const mailAddress = z
  .string()
  .trim()
  .toLowerCase()
  .max(254, 'An e-mail address has at most 254 characters.')
  .pipe(z.email('Give an e-mail address like name@company.example.'))

/** A telephone number as people write it. */
export const phoneNumber = z
  .string()
  .trim()
  .regex(/^\+?[\d ()./-]{5,30}$/, 'Give a telephone number of digits, like +49 30 1234567.')

export const postalAddress = z.object({
  line1: neededLine('The street', 100, 'Give the street and number.'),
  line2: line('The second line', 100),
  postalCode: line('The postal code', 20),
  city: neededLine('The city', 80, 'Give the city.'),
  region: line('The region', 80),
})

/**
 * What a form sent, checked; every broken rule becomes a detail that names its field.
 * @throws invalid `code`
 */
export function checkedForm<T>(shape: z.ZodType<T>, input: unknown, code: string): T {
  const parsed = shape.safeParse(input)
  if (parsed.success) return parsed.data
  throw invalid(code, 'Some of this cannot be saved. See the fields.', {
    details: parsed.error.issues.map(({ message, path }) => ({ code: 'InvalidValue', message, target: path.join('.') })),
  })
}

/** Without the lines that were left empty. */
export function withoutEmpty<T extends Record<string, string>>(lines: T): Partial<T> {
  return Object.fromEntries(Object.entries(lines).filter(([, value]) => value !== '')) as Partial<T>
}
