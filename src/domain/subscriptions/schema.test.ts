import { getTableName } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { beforeAll, expect, test } from 'vitest'
import { type TestKernel, testKernel } from '../../../test/harness.ts'
import * as checkout from '../checkout/schema.ts'
import * as subscriptions from './schema.ts'

let kernel: TestKernel

beforeAll(async () => {
  kernel = await testKernel()
})

const tables = [...Object.values(subscriptions), ...Object.values(checkout)] as PgTable[]

test.each(tables.map((table) => [getTableName(table), table] as const))(
  'the columns of %s are those of the migration',
  async (_name, table) => {
    expect(await kernel.database.db.select().from(table)).toEqual([])
  },
)
