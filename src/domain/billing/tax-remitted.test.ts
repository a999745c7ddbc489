import { beforeAll, expect, test } from 'vitest'
import { type TestKernel, testKernel } from '../../../test/harness.ts'
import { system } from '../../kernel/context.ts'
import { taxRemittedIn } from './tax-remitted.ts'

let kernel: TestKernel

beforeAll(async () => {
  kernel = await testKernel()
})

test('RF-06 tax is remitted where the operator has a rate of its own; in sandbox mode also where only the demo data have one', async () => {
  const remitted = (mode: 'sandbox' | 'production') => kernel.run(system, (ctx) => taxRemittedIn(ctx, mode))
  expect(await remitted('production')).toEqual([])
  expect(await remitted('sandbox')).toContain('DE')
  // A rate of zero in the demo data is no tax that anybody remits.
  expect(await remitted('sandbox')).not.toContain('US')
  await kernel.database.pool.query(
    `insert into billing.tax_rate (country, store, agreement_kind, name, rate, valid_from, managed_by)
     values ('IN', 'any', 'any', 'GST', 18, '2020-01-01', 'platform'), ('DE', 'any', 'any', 'VAT', 19, '2020-01-01', 'publisher')`,
  )
  expect(await remitted('production')).toEqual(['IN'])
  expect(await remitted('sandbox')).not.toContain('DE')
})
