import { z } from 'zod'
import type { Field, Fields } from '../offer-type.ts'
import { kind } from './kind.ts'

export interface RepeatedOptions {
  max: number
  /** what one of them is called: `Contact` */
  itemLabel: string
  fields: Fields
}

function itemSchema(fields: Fields) {
  const shape = Object.fromEntries(
    Object.entries(fields).map(([name, { schema, label, required }]) => [
      name,
      required === true ? schema.refine((value) => value !== '', `Enter ${label.toLowerCase()}.`) : schema.optional(),
    ]),
  )
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `There is no field ${issue.keys.join(', ')}.` : undefined),
  })
}

const factsOf = (field: Field) => field.facts

/** A group of fields, several times, in the order that the publisher gave them. */
export const repeated = kind(
  (options: RepeatedOptions) =>
    z.array(itemSchema(options.fields)).max(options.max, `Use at most ${options.max}.`) as unknown as z.ZodType<Record<string, unknown>[]>,
  {
    rules: ({ max, itemLabel, fields }) => [
      `At most ${max} of: ${itemLabel}.`,
      ...Object.values(fields).flatMap((field) =>
        factsOf(field)
          .rules(field.options as never)
          .map((rule) => `${field.label}: ${rule}`),
      ),
    ],
    readable: (value: Record<string, unknown>[], { fields }) =>
      value
        .map((row) =>
          Object.entries(fields)
            .filter(([name]) => row[name] !== undefined)
            .map(
              ([name, field]) =>
                `${field.label}: ${factsOf(field).readable?.(row[name] as never, field.options as never) ?? String(row[name])}`,
            )
            .join('; '),
        )
        .join('\n'),
    files: (value: Record<string, unknown>[], { fields }) =>
      value.flatMap((row, index) =>
        Object.entries(fields).flatMap(([name, field]) =>
          row[name] === undefined
            ? []
            : (factsOf(field).files?.(row[name] as never, field.options as never) ?? []).map((use) => ({
                ...use,
                path: [index, name, ...use.path],
              })),
        ),
      ),
  },
)
