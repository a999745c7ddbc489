import { expect, test } from 'vitest'
import { testKernel } from '../../test/harness.ts'
import { system } from './context.ts'

test('a worker does what was sent, and what failed waits for another try; both are counted', async () => {
  const kernel = await testKernel()
  const done: unknown[] = []
  kernel.jobs.register('test.good', async (data) => void done.push(data))
  kernel.jobs.register('test.bad', () => Promise.reject(new Error('not yet')))
  await kernel.run(system, async (ctx) => {
    await kernel.jobs.send(ctx, 'test.good', { of: 1 })
    await kernel.jobs.send(ctx, 'test.bad', { of: 2 })
  })
  await kernel.jobs.start({ work: true })
  await expect.poll(() => done, { timeout: 10_000 }).toEqual([{ of: 1 }])
  await expect
    .poll(async () => (await kernel.database.pool.query(`select name, state from pgboss.job where name = 'test.bad'`)).rows, {
      timeout: 10_000,
    })
    .toEqual([{ name: 'test.bad', state: 'retry' }])
  const counted = await kernel.metrics.registry.metrics()
  expect(counted).toContain('stoa_job_seconds_count{queue="test.good",outcome="done"} 1')
  expect(counted).toContain('stoa_job_seconds_count{queue="test.bad",outcome="failed"} 1')
})
