import { customType } from 'drizzle-orm/pg-core'
import { Temporal } from 'temporal-polyfill'
import { Decimal } from './money.ts'

/** timestamptz ↔ Temporal.Instant. PostgreSQL keeps microseconds; finer digits are cut. */
export const instant = customType<{ data: Temporal.Instant; driverData: string }>({
  dataType: () => 'timestamptz',
  toDriver: (value) => value.toString(),
  fromDriver: (value) => toInstant(value),
})

/** date ↔ Temporal.PlainDate */
export const plainDate = customType<{ data: Temporal.PlainDate; driverData: string }>({
  dataType: () => 'date',
  toDriver: (value) => value.toString(),
  fromDriver: (value) => Temporal.PlainDate.from(value),
})

/** numeric ↔ Decimal: never a float. */
export const decimal = customType<{ data: Decimal; driverData: string }>({
  dataType: () => 'numeric',
  toDriver: (value) => value.toFixed(),
  fromDriver: (value) => new Decimal(value),
})

/** A timestamptz as the driver gives it (its text, or a Date on a raw query) as an instant. */
export function toInstant(value: unknown): Temporal.Instant {
  if (value instanceof Date) return Temporal.Instant.fromEpochMilliseconds(value.getTime())
  return Temporal.Instant.from(String(value))
}
