import { z } from 'zod'
import { kind } from './kind.ts'
import { text } from './text.ts'
import { email, guid } from './web.ts'

/** What spreadsheets would run as a formula is refused in descriptions: they are exported to them. */
export const formula = /^[=+\-@\t\r]/

export interface AudienceOptions {
  /** people by e-mail address or sign-in name, or whole tenants by their ID */
  id: 'person' | 'tenant'
  /** how many can be entered by hand (SA-25) */
  manual: number
  max: number
  /** value of the column Type in the CSV file, the preferred spelling first */
  csvType: readonly string[]
}

export interface Member {
  id: string
  description?: string | undefined
}

/** One identifier of an audience, in the form in which it is compared. */
export function memberId(options: Pick<AudienceOptions, 'id'>) {
  return options.id === 'tenant' ? guid({}) : email({}).transform((address) => address.toLowerCase())
}

export const memberDescription = text({ max: 255 }).refine((value) => !formula.test(value), 'A description must not begin with = + - or @.')

function schemaOf(options: AudienceOptions) {
  const member = z.strictObject({ id: memberId(options), description: memberDescription.optional() })
  return z
    .array(z.preprocess((one) => (typeof one === 'string' ? { id: one } : one), member))
    .max(options.max, `Name at most ${options.max.toLocaleString('en')}.`)
    .refine((members) => new Set(members.map((one) => one.id)).size === members.length, 'Name each once.')
}

function rulesOf(options: AudienceOptions): string[] {
  const who = options.id === 'tenant' ? 'tenant IDs' : 'e-mail addresses or sign-in names'
  return [
    `At most ${options.manual} ${who} by hand and ${options.max.toLocaleString('en')} by CSV file, each with a description or without.`,
  ]
}

/** Who may see something, kept in the section: with a CSV file when there are many. */
export const audience = kind((options: AudienceOptions) => schemaOf(options), {
  rules: rulesOf,
  readable: (value: Member[]) => value.map((one) => (one.description ? `${one.id} (${one.description})` : one.id)).join('\n'),
})

/** The same, in force apart from publishing: kept in a table of its own and synchronised on its own. */
export const liveAudience = kind((options: AudienceOptions) => schemaOf(options), { rules: rulesOf, apart: true })
