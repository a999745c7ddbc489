import { expect, test } from 'vitest'
import { testKernel } from '../../test/harness.ts'
import { type Ctx, type Principal, system, type UserPrincipal } from './context.ts'

const person = (email: string, objectId: string, roles: string[] = []): UserPrincipal => ({
  kind: 'user',
  tenantId: 'b5f7a1c2-0000-4000-8000-000000000001',
  objectId,
  email,
  displayName: email,
  roles,
})

const operator = person('operator@market.example', 'b5f7a1c2-0000-4000-8000-0000000000aa', ['operator'])
const owner = person('owner@contoso.example', 'b5f7a1c2-0000-4000-8000-0000000000bb', ['owner'])

test('the audit log is searched by person, action, target and day, page by page, by operators only', async () => {
  const kernel = await testKernel()
  const as = <T>(principal: Principal, use: (ctx: Ctx) => Promise<T>) => kernel.run(principal, use)
  await as(system, (ctx) => kernel.audit.record(ctx, { action: 'payout.run', target: 'payouts', after: { n: 3 } }))
  await as(owner, (ctx) => kernel.audit.record(ctx, { action: 'price.change', target: 'offer:contoso/contoso-crm', before: 1, after: 2 }))
  const { displayName, email, objectId } = operator
  const placed: UserPrincipal = { ...owner, impersonator: { objectId, email, displayName, until: '2030-01-01T00:00:00Z' } }
  await as(placed, (ctx) => kernel.audit.record(ctx, { action: 'offer.save', target: 'offer:contoso/100%_real', reason: 'asked for help' }))

  const search = (filter: Parameters<typeof kernel.audit.search>[1], page = { limit: 10 } as { after?: string; limit: number }) =>
    as(operator, async (ctx) => (await kernel.audit.search(ctx, filter, page)).map((record) => record.action))
  expect(await search({})).toEqual(['offer.save', 'price.change', 'payout.run'])
  expect(await search({ who: 'OWNER@' })).toEqual(['offer.save', 'price.change'])
  expect(await search({ who: objectId })).toEqual(['offer.save'])
  expect(await search({ who: 'operator@market' })).toEqual(['offer.save'])
  expect(await search({ action: 'price', target: 'crm' })).toEqual(['price.change'])
  // What LIKE would take for a pattern is text.
  expect(await search({ target: '0%_r' })).toEqual(['offer.save'])
  expect(await search({ target: '%_crm' })).toEqual([])
  const now = kernel.at('2000-01-01')
  expect(await search({ before: now })).toEqual([])
  expect(await search({ from: now })).toHaveLength(3)

  const [newest] = await as(operator, (ctx) => kernel.audit.search(ctx, {}, { limit: 1 }))
  expect(newest).toMatchObject({ who: owner.email, impersonator: email, reason: 'asked for help' })
  expect(await search({}, { after: newest?.id ?? '', limit: 1 })).toEqual(['price.change'])
  expect(await as(operator, (ctx) => kernel.audit.find(ctx, newest?.id ?? ''))).toEqual(newest)
  expect(await as(operator, (ctx) => kernel.audit.find(ctx, 'nonsense'))).toBeNull()
  await expect(as(owner, (ctx) => kernel.audit.search(ctx, {}, { limit: 1 }))).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(as(owner, (ctx) => kernel.audit.find(ctx, newest?.id ?? ''))).rejects.toMatchObject({ kind: 'forbidden' })
})
