import { expect, test } from 'vitest'
import { startTestStoa } from '../../../test/harness.ts'
import type { UserPrincipal } from '../../kernel/context.ts'
import { memberOf } from '../../../test/people.ts'

const stoa = await startTestStoa({ demo: true, worker: true })
const { kernel, domain } = stoa

const contoso: UserPrincipal = {
  kind: 'user',
  tenantId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002',
  objectId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1a003',
  email: 'developer@contoso.example',
  displayName: 'Contoso Developer',
  roles: [],
  memberships: memberOf('7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002', 'developer'),
}
const fabrikam: UserPrincipal = {
  ...contoso,
  tenantId: '5d3f8b16-90c4-4f0b-a2c7-7b8e61d20003',
  email: 'owner@fabrikam.example',
  roles: [],
  memberships: memberOf('5d3f8b16-90c4-4f0b-a2c7-7b8e61d20003', 'owner'),
}

const asked = {
  publisherId: 'contoso',
  offerId: 'contoso-crm',
  landingPageUrl: 'http://localhost:9/signup',
  webhookUrl: 'http://localhost:9/webhook',
  moveClock: true,
}
const ask = (input: Partial<typeof asked> = {}, who = contoso) =>
  kernel.run(who, (ctx) => domain.integrationCheck.ask(ctx, { ...asked, ...input }))
const list = (who = contoso) => kernel.read(who, (ctx) => domain.integrationCheck.list(ctx, 'contoso'))

/** The latest run, when it has ended. */
async function ended() {
  for (;;) {
    const [latest] = await list()
    if (latest?.state !== 'queued' && latest?.state !== 'running') return latest
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

test("another publisher's people neither ask nor see", async () => {
  await expect(ask({}, fabrikam)).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(list(fabrikam)).rejects.toMatchObject({ kind: 'forbidden' })
})

test.each(['landingPageUrl', 'webhookUrl'] as const)('what is no address is refused: %s', async (target) => {
  await expect(ask({ [target]: 'javascript:alert(1)' })).rejects.toMatchObject({ code: 'AddressInvalid', target })
  expect(await list()).toEqual([])
})

test('one run at a time; the job reports on every point', { timeout: 60_000 }, async () => {
  const { id } = await ask()
  await expect(ask()).rejects.toMatchObject({ code: 'CheckRunning' })
  const run = await ended()
  expect(run).toMatchObject({ id, state: 'done', askedBy: contoso.email, problem: null })
  expect(run?.report?.points.find((point) => point.id === 'landing-page')).toMatchObject({
    outcome: 'failed',
    seen: expect.stringContaining('http://localhost:9/signup did not answer'),
  })
})

test('a run that cannot begin says why', async () => {
  await ask({ offerId: 'contoso-draft' })
  expect(await ended()).toMatchObject({ state: 'stopped', report: null, problem: expect.stringContaining('contoso.contoso-draft') })
})

test('a run whose process is gone has been stopped', async () => {
  const { id } = await ask()
  await ended()
  await kernel.database.pool.query(
    `update integration_check.run set state = 'running', wall_at = wall_at - interval '1 hour' where id = $1`,
    [id],
  )
  expect((await list())[0]).toMatchObject({ id, state: 'stopped' })
})
