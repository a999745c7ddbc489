import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import { beforeAll, expect, test } from 'vitest'
import { type TestKernel, testKernel } from '../../../test/harness.ts'
import * as cardSchema from './card-schema.ts'
import * as payoutSchema from './payout-schema.ts'
import * as schema from './schema.ts'
import * as writeOffSchema from './write-off-schema.ts'

let kernel: TestKernel
beforeAll(async () => {
  kernel = await testKernel()
})

const tables = [schema, payoutSchema, cardSchema, writeOffSchema]
  .flatMap((one) => Object.values(one))
  .filter((value) => value instanceof PgTable)

test.each(tables.map((table) => [getTableConfig(table).name, table] as const))(
  'billing.%s is as its migration says',
  async (_name, table) => {
    expect(await kernel.database.db.select().from(table)).toEqual([])
  },
)
