import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { testKernel } from '../../test/harness.ts'
import { type Principal, system, type UserPrincipal } from './context.ts'
import { measureHealth } from './health.ts'

const operator: UserPrincipal = {
  kind: 'user',
  tenantId: 'b5f7a1c2-0000-4000-8000-000000000001',
  objectId: 'b5f7a1c2-0000-4000-8000-0000000000aa',
  email: 'operator@market.example',
  displayName: 'Operator',
  roles: ['operator'],
}
const nobody: Principal = { ...operator, roles: ['owner'] }

test('operators see due work and jobs, why some failed, and let them run again', async () => {
  const kernel = await testKernel()
  const { background } = kernel
  let broken = true
  const ran: string[] = []
  kernel.due.register('bill', {
    run: async (_ctx, { key }) => {
      if (broken) throw new Error('the printer is empty')
      ran.push(key)
    },
  })
  kernel.jobs.register<{ n: number }>('paper', async () => {}, { retries: 0 })
  await kernel.run(system, async (ctx) => {
    await kernel.due.schedule(ctx, { kind: 'bill', key: 'one', at: ctx.now })
    await kernel.due.schedule(ctx, { kind: 'bill', key: 'later', at: ctx.now.add({ hours: 1 }) })
    await kernel.jobs.send(ctx, 'paper', { n: 1 })
  })
  await kernel.due.runDue()
  const as = <T>(use: Parameters<typeof kernel.run<T>>[1]) => kernel.run(operator, use)

  expect(await as((ctx) => background.dueKinds(ctx))).toMatchObject([{ kind: 'bill', waiting: 2, overdue: 1, failing: 1 }])
  expect((await as((ctx) => background.dueItems(ctx, { kind: 'bill' }, 10))).map(({ key }) => key)).toEqual(['one', 'later'])
  expect(await as((ctx) => background.dueItems(ctx, { failing: true }, 10))).toMatchObject([
    { key: 'one', attempts: 1, error: 'the printer is empty' },
  ])
  expect((await as((ctx) => measureHealth(ctx, kernel))).vitals.find(({ name }) => name === 'Due work')).toMatchObject({
    state: 'attention',
  })

  broken = false
  // Not before its time, unless somebody says so.
  await kernel.due.runDue()
  await as((ctx) => background.retryDue(ctx, { kind: 'bill', key: 'one' }))
  await kernel.due.runDue()
  expect(ran).toEqual(['one'])
  await expect(as((ctx) => background.retryDue(ctx, { kind: 'bill', key: 'one' }))).rejects.toMatchObject({ code: 'NotFailing' })
  await expect(as((ctx) => background.retryDue(ctx, { kind: 'bill', key: 'later' }))).rejects.toMatchObject({ code: 'NotFailing' })

  expect(await as((ctx) => background.queues(ctx))).toContainEqual({
    name: 'paper',
    waiting: 1,
    running: 0,
    retrying: 0,
    failed: 0,
    done: 0,
  })
  await kernel.database.db.execute(
    sql`update pgboss.job set state = 'failed', output = '{"message":"no paper"}', completed_on = clock_timestamp() where name = 'paper'`,
  )
  const [job] = await as((ctx) => background.failedJobs(ctx, 10))
  expect(job).toMatchObject({ queue: 'paper', error: 'no paper', tries: 1 })
  expect((await as((ctx) => measureHealth(ctx, kernel))).vitals.find(({ name }) => name === 'Jobs')).toMatchObject({ state: 'bad' })
  await as((ctx) => background.retryJob(ctx, { queue: 'paper', id: job?.id ?? '' }))
  expect(await as((ctx) => background.queues(ctx))).toContainEqual({
    name: 'paper',
    waiting: 1,
    running: 0,
    retrying: 0,
    failed: 0,
    done: 0,
  })
  await expect(as((ctx) => background.retryJob(ctx, { queue: 'paper', id: job?.id ?? '' }))).rejects.toMatchObject({ code: 'NotFailed' })
  const audited = await as((ctx) => kernel.audit.search(ctx, { action: 'background.retry' }, { limit: 10 }))
  expect(audited.map(({ target }) => target)).toEqual([`job:paper/${job?.id}`, 'due:bill/one'])

  const refused = { kind: 'forbidden' }
  await expect(kernel.run(nobody, (ctx) => background.dueKinds(ctx))).rejects.toMatchObject(refused)
  await expect(kernel.run(nobody, (ctx) => background.queues(ctx))).rejects.toMatchObject(refused)
  await expect(kernel.run(nobody, (ctx) => background.retryDue(ctx, { kind: 'bill', key: 'later' }))).rejects.toMatchObject(refused)
  expect((await as((ctx) => kernel.doctor.examine(ctx.tx))).every(({ problems }) => problems.length === 0)).toBe(true)
})
