import { sql } from 'drizzle-orm'
import { beforeAll, expect, test } from 'vitest'
import { type TestKernel, testKernel } from '../../../test/harness.ts'
import { actions, allows } from '../../kernel/authorization.ts'
import { system, type UserPrincipal } from '../../kernel/context.ts'
import { createDomain, type Domain } from '../domain.ts'

const operatorId = '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b7a001'
const owner = 'owner@contoso.example'
const reason = 'SR-000123: the payout page is empty'
let kernel: TestKernel
let domain: Domain
let cookie: string

/** Whom the pages of the operator's session belong to now. */
const who = () => kernel.run(system, (ctx) => domain.directory.sessionUser(ctx, cookie))
const operator = async (): Promise<UserPrincipal> =>
  (await kernel.run(system, (ctx) => domain.directory.principal(ctx, operatorId))) as UserPrincipal
const start = async (input: Partial<{ cookie: string; email: string; reason: string }> = {}, as?: UserPrincipal) => {
  const principal = as ?? (await operator())
  return kernel.run(principal, (ctx) => domain.directory.startImpersonation(ctx, { cookie, email: owner, reason, ...input }))
}

beforeAll(async () => {
  kernel = await testKernel({ template: 'demo' })
  domain = createDomain(kernel)
  cookie = await kernel.run(system, async (ctx) => {
    const [user] = await domain.directory.getUsers(ctx, [operatorId])
    if (!user) throw new Error('no operator')
    return domain.directory.startSession(ctx, user, { address: '127.0.0.1', userAgent: 'test' })
  })
})

test('an operator takes a person’s place with a reason, sees what the person sees, changes nothing, and is the operator again when it ends', async () => {
  expect((await who())?.email).toBe('operator@operator.example')
  for (const bad of [{ reason: 'short' }, { email: 'nobody@contoso.example' }, { email: 'operator@operator.example' }]) {
    await expect(start(bad)).rejects.toMatchObject({ kind: 'invalid' })
  }
  await start()
  const person = (await who()) as UserPrincipal
  expect(person).toMatchObject({ email: owner, impersonator: { email: 'operator@operator.example' } })
  // The person's rights to look, none of the rights to change: no action but reading passes.
  const contoso = { tenantId: person.tenantId }
  expect(allows(person, 'offer.read', contoso)).toBe(true)
  expect(allows(person, 'payout.read', contoso)).toBe(true)
  expect(allows(person, 'operator.console')).toBe(false)
  for (const action of Object.keys(actions) as (keyof typeof actions)[]) {
    if ('public' in actions[action] || action.endsWith('.read') || ['subscription.sell', 'support.ask', 'support.use'].includes(action))
      continue
    expect(allows({ ...person, roles: [...person.roles, 'operator', 'billing-admin', 'global-admin'] }, action, contoso), action).toBe(
      false,
    )
  }
  await expect(kernel.run(person, (ctx) => domain.accounts.setPayoutHold(ctx, 'contoso', true))).rejects.toMatchObject({
    kind: 'forbidden',
  })
  // The sign-in pages, where passwords are changed, know the operator.
  expect((await kernel.run(system, (ctx) => domain.directory.findSession(ctx, cookie)))?.user.email).toBe('operator@operator.example')
  await expect(start()).rejects.toMatchObject({ code: 'AlreadyImpersonating' })
  // Nobody begins it from there, nor with the session of another.
  await expect(start({}, person)).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(start({ cookie: 'another' })).rejects.toMatchObject({ kind: 'forbidden' })

  const [mail] = await kernel.run(system, (ctx) => kernel.mail.list(ctx, { to: owner }))
  expect(mail).toMatchObject({ template: 'impersonation' })
  expect(mail?.text).toContain(reason)
  await kernel.run(person, (ctx) => domain.directory.endImpersonation(ctx, cookie))
  expect((await who())?.email).toBe('operator@operator.example')
  const audited = await kernel.run(await operator(), (ctx) => kernel.audit.search(ctx, { action: 'impersonation' }, { limit: 9 }))
  expect(audited.map(({ action, who: by, impersonator, reason: why }) => [action, by, impersonator, why])).toEqual([
    ['impersonation.end', owner, 'operator@operator.example', null],
    ['impersonation.start', 'operator@operator.example', null, reason],
  ])
})

test('impersonation ends by itself after half an hour, and with the operator’s role', async () => {
  await start()
  expect((await who())?.email).toBe(owner)
  const shift = (minutes: number) =>
    kernel.database.db.execute(
      sql`update directory.impersonation set ends_at = ends_at + ${minutes} * interval '1 minute' where ended_at is null`,
    )
  await shift(-30)
  expect((await who())?.email).toBe('operator@operator.example')
  const rows = await kernel.run(await operator(), (ctx) => domain.directory.impersonations(ctx))
  expect(rows.map(({ person, isActive }) => [person, isActive])).toEqual([
    [owner, false],
    [owner, false],
  ])
  // One that ran out is no hindrance to the next.
  await start({ email: 'buyer@adatum.example' })
  expect((await who())?.email).toBe('buyer@adatum.example')
  await kernel.database.db.execute(sql`update directory.user_account set roles = '{}' where object_id = ${operatorId}`)
  expect((await who())?.email).toBe('operator@operator.example')
})
