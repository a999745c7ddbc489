import { getTableColumns } from 'drizzle-orm'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import { beforeAll, expect, test } from 'vitest'
import { allows } from '../../kernel/authorization.ts'
import { type TestKernel, testKernel } from '../../../test/harness.ts'
import { type Ctx, type Principal, system } from '../../kernel/context.ts'
import { createDirectory, type Directory, type User } from '../directory/index.ts'
import { type Accounts, createAccounts } from './index.ts'
import * as schema from './schema.ts'

let kernel: TestKernel
let directory: Directory
let accounts: Accounts

beforeAll(async () => {
  kernel = await testKernel()
  directory = createDirectory(kernel)
  accounts = createAccounts(kernel, { directory })
})

const run = <T>(fn: (ctx: Ctx) => Promise<T>) => kernel.run(system, fn)
let domains = 0
const newTenant = (country = 'DE') =>
  run((ctx) => directory.createTenant(ctx, { name: 'A company', domain: `t${++domains}.example`, country }))
const newUser = (tenantId: string) =>
  run(async (ctx) => {
    const [domain] = await directory.domainsOf(ctx, tenantId)
    return directory.createUser(ctx, { tenantId, email: `u${++domains}@${domain}`, displayName: 'U', roles: ['billing-admin'] })
  })
const principalOf = async (user: User): Promise<Principal> => {
  const principal = await run((ctx) => directory.principal(ctx, user.objectId))
  if (!principal) throw new Error('no principal')
  return principal
}

test('the tables are what the migrations make', async () => {
  const tables = Object.values(schema).filter((table) => table instanceof PgTable)
  expect(tables.length).toBeGreaterThan(10)
  for (const table of tables) {
    const { name } = getTableConfig(table)
    await kernel.database.db.select().from(table).limit(1)
    const { rows } = await kernel.database.pool.query(
      `select column_name from information_schema.columns where table_schema = 'accounts' and table_name = $1`,
      [name],
    )
    expect(new Set(rows.map((row) => row.column_name)), name).toEqual(
      new Set(Object.values(getTableColumns(table)).map((column) => column.name)),
    )
  }
})

test('a publisher id has its form and is never given twice', async () => {
  const { tenantId } = await newTenant()
  const create = (publisherId: string) => run((ctx) => accounts.createPublisher(ctx, { publisherId, tenantId, name: 'P' }))
  for (const id of ['ab', 'a-b_c', '0x', `a${'b'.repeat(49)}`]) expect((await create(id)).publisherId).toBe(id)
  for (const id of ['', 'a', 'A-b', 'a.b', '-ab', '_ab', 'a b', `a${'b'.repeat(50)}`, 'ab\n']) {
    await expect(create(id), id).rejects.toMatchObject({ code: 'InvalidPublisherId', target: 'publisherId' })
  }
  await expect(create('ab')).rejects.toMatchObject({ kind: 'conflict', code: 'PublisherIdTaken' })
  await kernel.database.pool.query(`update accounts.publisher set status = 'closed' where publisher_id = 'ab'`)
  await expect(create('ab')).rejects.toMatchObject({ code: 'PublisherIdTaken' })
  await expect(run((ctx) => accounts.publisher(ctx, 'nobody'))).rejects.toMatchObject({ kind: 'not-found' })
})

test('the store fee is the marketplace’s unless the publisher has its own', async () => {
  const { tenantId } = await newTenant()
  const usual = await run((ctx) => accounts.createPublisher(ctx, { publisherId: 'usual', tenantId, name: 'P' }))
  const special = await run((ctx) => accounts.createPublisher(ctx, { publisherId: 'special', tenantId, name: 'P', storeFeePercent: '2.5' }))
  expect([usual.storeFeePercent.toFixed(), special.storeFeePercent.toFixed()]).toEqual(['3', '2.5'])
  expect((await run((ctx) => accounts.publisher(ctx, 'special'))).storeFeePercent.toFixed()).toBe('2.5')
  for (const storeFeePercent of ['-1', '100', '3%', '']) {
    await expect(
      run((ctx) => accounts.createPublisher(ctx, { publisherId: 'wrong-fee', tenantId, name: 'P', storeFeePercent })),
    ).rejects.toMatchObject({ target: 'storeFeePercent' })
  }
})

test('roles hold in the account that gave them, and are part of who one is', async () => {
  const [one, other] = [await newTenant(), await newTenant()]
  const user = await newUser(one.tenantId)
  await run((ctx) => accounts.createPublisher(ctx, { publisherId: 'one', tenantId: one.tenantId, name: 'One' }))
  await run((ctx) => accounts.createPublisher(ctx, { publisherId: 'other', tenantId: other.tenantId, name: 'Other' }))
  const set = (accountTenantId: string, roles: string[]) =>
    run((ctx) => accounts.setMember(ctx, { accountTenantId, kind: 'user', id: user.objectId, tenantId: one.tenantId, roles }))
  await set(one.tenantId, ['developer'])
  const first = await principalOf(user)
  expect(first).toMatchObject({ roles: ['billing-admin'], memberships: [{ tenantId: one.tenantId, roles: ['developer'] }] })
  const publishersOf = async (who: Principal) => (await run((ctx) => accounts.publishersOf(ctx, who))).map(({ publisherId }) => publisherId)
  const mayWrite = (who: Principal, { tenantId }: { tenantId: string }) => allows(who, 'offer.write', { tenantId })
  expect(await publishersOf(first)).toEqual(['one'])
  expect([mayWrite(first, one), mayWrite(first, other)]).toEqual([true, false])
  await set(other.tenantId, ['manager'])
  expect(await publishersOf(await principalOf(user))).toEqual(['one', 'other'])
  await set(one.tenantId, [])
  const last = await principalOf(user)
  expect(last).toMatchObject({ roles: ['billing-admin'], memberships: [{ tenantId: other.tenantId, roles: ['manager'] }] })
  expect(await publishersOf(last)).toEqual(['other'])
  expect([mayWrite(last, one), mayWrite(last, other)]).toEqual([false, true])
  await expect(set(one.tenantId, ['emperor'])).rejects.toMatchObject({ code: 'UnknownRole' })
  for (const nobody of [{ kind: 'anonymous' }, { kind: 'system' }] as const) {
    expect(await publishersOf(nobody)).toEqual([])
  }
})

test('a billing account takes market and currency from its country, once', async () => {
  const [german, american, chinese] = [await newTenant('DE'), await newTenant('US'), await newTenant('CN')]
  const [first, again] = await Promise.all([1, 2].map(() => run((ctx) => accounts.ensureBillingAccount(ctx, german.tenantId))))
  expect(first).toMatchObject({
    tenantId: german.tenantId,
    legalName: 'A company',
    country: 'DE',
    market: 'DE',
    currency: 'EUR',
    isReseller: false,
  })
  expect(again).toEqual(first)
  expect((await run((ctx) => accounts.ensureBillingAccount(ctx, american.tenantId))).currency).toBe('USD')
  await expect(run((ctx) => accounts.ensureBillingAccount(ctx, chinese.tenantId))).rejects.toMatchObject({
    code: 'CountryWithoutPurchases',
  })
  expect(await run((ctx) => accounts.billingAccount(ctx, chinese.tenantId))).toBeNull()
  await expect(run((ctx) => accounts.ensureBillingAccount(ctx, '00000000-0000-4000-8000-000000000000'))).rejects.toMatchObject({
    code: 'UnknownTenant',
  })
})

test('a reseller buys for its own customers only', async () => {
  const [reseller, customer, stranger] = [await newTenant('GB'), await newTenant(), await newTenant()]
  await run((ctx) => accounts.ensureBillingAccount(ctx, reseller.tenantId, { isReseller: true }))
  const pair = { resellerTenantId: reseller.tenantId, customerTenantId: customer.tenantId }
  await run((ctx) => accounts.addResellerCustomer(ctx, pair))
  await run((ctx) => accounts.addResellerCustomer(ctx, pair))
  expect((await run((ctx) => accounts.customersOf(ctx, reseller.tenantId))).map((one) => one.tenantId)).toEqual([customer.tenantId])
  expect(await run((ctx) => accounts.resells(ctx, reseller.tenantId, customer.tenantId))).toBe(true)
  expect(await run((ctx) => accounts.resells(ctx, reseller.tenantId, stranger.tenantId))).toBe(false)
  await expect(
    run((ctx) => accounts.addResellerCustomer(ctx, { resellerTenantId: stranger.tenantId, customerTenantId: customer.tenantId })),
  ).rejects.toMatchObject({ code: 'NotAReseller' })
})

test('the doctor finds accounts and members of nobody', async () => {
  const sick = await testKernel()
  const rooms = createAccounts(sick, { directory: createDirectory(sick) })
  const nobody = '00000000-0000-4000-8000-000000000000'
  const examine = () => sick.run(system, async (ctx) => (await sick.doctor.examine(ctx.tx)).flatMap((finding) => finding.problems))
  expect(await examine()).toEqual([])
  await sick.database.pool.query(
    `insert into accounts.seller_account values ('00000000-0000-4000-8000-000000000001', $1, 'N', 'DE', '2026-01-01')`,
    [nobody],
  )
  await sick.database.pool.query(
    `insert into accounts.member values ('00000000-0000-4000-8000-000000000001', 'user', $1, $1, '{owner}', '2026-01-01')`,
    [nobody],
  )
  expect(await examine()).toEqual([`Tenant ${nobody} is not in the directory.`, `Member user ${nobody} is not in the directory.`])
  expect(await sick.run(system, (ctx) => rooms.listPublishers(ctx))).toEqual([])
})
