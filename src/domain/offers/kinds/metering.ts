import { z } from 'zod'
import { kind } from './kind.ts'
import { money, unitPriceDecimals } from './price.ts'
import { text } from './text.ts'

interface Dimension {
  id: string
  displayName: string
  unitOfMeasure: string
}

/** Custom meters of an offer: id, name and unit, shared by all plans (spec/05 §5.10). */
export const dimensions = kind(
  (options: { max: number }) =>
    z
      .array(
        z.strictObject({
          id: text({ max: 50 }).regex(/^\S+$/, 'Use an id without spaces.'),
          displayName: text({ max: 100 }).min(1, 'Enter a name.'),
          unitOfMeasure: text({ max: 100 }).min(1, 'Enter a unit.'),
        }),
      )
      .max(options.max, `Use at most ${options.max} dimensions.`)
      .refine((rows) => new Set(rows.map((row) => row.id)).size === rows.length, 'Each dimension needs an id of its own.'),
  {
    rules: ({ max }) => [`At most ${max}: an id without spaces of at most 50 characters, a name and a unit.`],
    readable: (value: Dimension[]) => value.map((row) => `${row.id}: ${row.displayName}, ${row.unitOfMeasure}`).join('\n'),
  },
)

interface PlanDimension {
  dimensionId: string
  enabled: boolean
  infinite: boolean
  pricePerUnit?: string
  included: { P1M?: number; P1Y?: number }
}

/** What a plan makes of the offer's dimensions. An infinite one is never charged and has no price. */
export const planDimensions = kind(
  /** `of` names the field with the offer's dimensions */
  (_options: { of: { module: string; field: string } }) => {
    const included = z.int('Enter a whole number.').min(0, 'Use 0 or more.')
    return z.array(
      z
        .strictObject({
          dimensionId: z.string('Name a dimension.'),
          enabled: z.boolean('Choose yes or no.').default(true),
          infinite: z.boolean('Choose yes or no.').default(false),
          pricePerUnit: money({ decimals: unitPriceDecimals }).optional(),
          included: z.strictObject({ P1M: included.optional(), P1Y: included.optional() }).default({}),
        })
        .refine((row) => !row.enabled || row.infinite || row.pricePerUnit !== undefined, {
          error: 'Enter a price per unit.',
          path: ['pricePerUnit'],
        })
        .refine((row) => !row.infinite || row.pricePerUnit === undefined, {
          error: 'An infinite dimension has no price.',
          path: ['pricePerUnit'],
        }),
    )
  },
  {
    rules: () => [
      `For each dimension of the offer: enabled or not, a price per unit of 0 or more with at most ${unitPriceDecimals} decimals, and what is included by month and by year.`,
      'An infinite dimension is never charged and has no price.',
    ],
    readable: (value: PlanDimension[]) =>
      value
        .map(({ dimensionId, enabled, infinite, pricePerUnit, included }) => {
          if (!enabled) return `${dimensionId}: not enabled`
          if (infinite) return `${dimensionId}: unlimited`
          const parts = [`${pricePerUnit} USD per unit`]
          if (included.P1M !== undefined) parts.push(`${included.P1M} included by month`)
          if (included.P1Y !== undefined) parts.push(`${included.P1Y} included by year`)
          return `${dimensionId}: ${parts.join(', ')}`
        })
        .join('\n'),
  },
)
