import { z } from 'zod'
import { plainText } from '../rich-text.ts'
import { kind } from './kind.ts'
import { multiline, richText, text } from './text.ts'
import { guid, url } from './web.ts'

/** A universal amendment has no documented limit (spec/05 C-14); this one only keeps a request within reason. */
const universalAmendment = 1_000_000
const customAmendment = 4000
const customAmendments = 10
const tenantsOfAmendment = 20

const tenants = z
  .array(z.strictObject({ tenantId: guid({}), description: text({ max: 255 }).optional() }))
  .min(1, 'Name at least one tenant.')
  .max(tenantsOfAmendment, `Name at most ${tenantsOfAmendment} tenants.`)
  .refine((rows) => new Set(rows.map((row) => row.tenantId)).size === rows.length, 'Name each tenant once.')

interface Terms {
  kind: 'standard' | 'own'
  amendment?: string
  custom?: { text: string; tenants: { tenantId: string }[] }[]
  html?: string
  url?: string
}

/** The marketplace's standard contract, with amendments for everybody and for single customers, or the publisher's own terms. */
export const terms = kind(
  (options: { max: number; consequence?: string }) =>
    z.discriminatedUnion(
      'kind',
      [
        z.strictObject({
          kind: z.literal('standard'),
          amendment: multiline({ max: universalAmendment }).optional(),
          custom: z
            .array(z.strictObject({ text: multiline({ max: customAmendment }).min(1, 'Enter the terms.'), tenants }))
            .max(customAmendments, `Use at most ${customAmendments} custom amendments.`)
            .optional(),
        }),
        z.strictObject({ kind: z.literal('own'), html: richText({ max: options.max }), url: url({}).optional() }),
      ],
      'Choose the standard contract or terms of your own.',
    ),
  {
    rules: ({ max }) => [
      'The standard contract or terms of your own.',
      `The standard contract takes one amendment for all customers and at most ${customAmendments} for single ones: ${customAmendment} characters and ${tenantsOfAmendment} tenant IDs each.`,
      `Terms of your own have at most ${max} characters, markup and spaces included.`,
    ],
    readable: (value: Terms) =>
      value.kind === 'own'
        ? ['Own terms', plainText(value.html ?? ''), value.url ?? ''].filter((line) => line !== '').join('\n')
        : [
            'Standard contract',
            ...(value.amendment ? [`Amendment: ${value.amendment}`] : []),
            ...(value.custom ?? []).map((row) => `For ${row.tenants.map((tenant) => tenant.tenantId).join(', ')}: ${row.text}`),
          ].join('\n'),
  },
)
