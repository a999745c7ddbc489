import { getTableColumns } from 'drizzle-orm'
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core'
import { beforeAll, expect, test } from 'vitest'
import { type TestKernel, testKernel } from '../../../test/harness.ts'
import { anonymous, type Ctx, system } from '../../kernel/context.ts'
import { createDirectory, type Directory } from './index.ts'
import * as schema from './schema.ts'

let kernel: TestKernel
let directory: Directory

beforeAll(async () => {
  kernel = await testKernel()
  directory = createDirectory(kernel)
})

const run = <T>(fn: (ctx: Ctx) => Promise<T>) => kernel.run(system, fn)
let domains = 0
const newTenant = () => run((ctx) => directory.createTenant(ctx, { name: 'A', domain: `t${++domains}.example`, country: 'DE' }))

test('the tables are what the migrations make', async () => {
  const tables = Object.values(schema).filter((table) => table instanceof PgTable)
  expect(tables.length).toBeGreaterThan(14)
  for (const table of tables) {
    const { name } = getTableConfig(table)
    await kernel.database.db.select().from(table).limit(1)
    const { rows } = await kernel.database.pool.query(
      `select column_name from information_schema.columns where table_schema = 'directory' and table_name = $1`,
      [name],
    )
    expect(new Set(rows.map((row) => row.column_name)), name).toEqual(
      new Set(Object.values(getTableColumns(table)).map((column) => column.name)),
    )
  }
})

test('a tenant is found by its id and its domain, in any case', async () => {
  const tenant = await newTenant()
  for (const name of [tenant.tenantId, tenant.tenantId.toUpperCase(), tenant.domain, tenant.domain.toUpperCase()]) {
    expect(await run((ctx) => directory.findTenant(ctx, name))).toEqual(tenant)
  }
  for (const name of ['', 'x', 'nowhere.example', "'; drop table x", '00000000-0000-0000-0000-000000000000']) {
    expect(await run((ctx) => directory.findTenant(ctx, name))).toBeNull()
  }
  await expect(
    run((ctx) => directory.createTenant(ctx, { name: 'B', domain: tenant.domain.toUpperCase(), country: 'DE' })),
  ).rejects.toMatchObject({
    code: 'DomainTaken',
  })
  for (const [input, target] of [
    [{ name: ' ', domain: 'b.example', country: 'DE' }, 'name'],
    [{ name: 'B', domain: 'nodot', country: 'DE' }, 'domain'],
    [{ name: 'B', domain: 'b.example', country: 'Germany' }, 'country'],
  ] as const) {
    await expect(run((ctx) => directory.createTenant(ctx, input))).rejects.toMatchObject({ kind: 'invalid', target })
  }
})

test('an e-mail address belongs to one user, whatever its case', async () => {
  const { tenantId } = await run((ctx) => directory.createTenant(ctx, { name: 'T', domain: 't.example', country: 'DE' }))
  const user = await run((ctx) =>
    directory.createUser(ctx, { tenantId, email: 'Ann@t.example', displayName: 'Ann', password: 'long enough' }),
  )
  expect(await run((ctx) => directory.findUserByEmail(ctx, ' aNN@T.example '))).toEqual(user)
  await expect(run((ctx) => directory.createUser(ctx, { tenantId, email: 'ann@t.EXAMPLE', displayName: 'Ann' }))).rejects.toMatchObject({
    code: 'EmailTaken',
  })
  await expect(run((ctx) => directory.createUser(ctx, { tenantId, email: 'no address', displayName: 'Ann' }))).rejects.toMatchObject({
    target: 'email',
  })
  await expect(
    run((ctx) => directory.createUser(ctx, { tenantId, email: 'b@t.example', displayName: 'B', password: 'short' })),
  ).rejects.toMatchObject({
    code: 'PasswordLength',
  })
  await expect(
    run((ctx) => directory.createUser(ctx, { tenantId: '00000000-0000-4000-8000-000000000000', email: 'c@t.example', displayName: 'C' })),
  ).rejects.toMatchObject({ code: 'UnknownTenant' })
  const { rows } = await kernel.database.pool.query('select password_hash from directory.user_account where object_id = $1', [
    user.objectId,
  ])
  expect(rows[0].password_hash).toMatch(/^\$argon2id\$/)
  expect(await run((ctx) => directory.getUsers(ctx, [user.objectId, user.objectId, 'no id']))).toEqual([user])
})

test('a redirect address is https, or http on this machine, and nothing else', async () => {
  const { tenantId } = await newTenant()
  const register = (uri: string) => run((ctx) => directory.createApplication(ctx, { tenantId, name: 'App', redirectUris: [uri] }))
  for (const uri of [
    'https://a.example/callback',
    'http://localhost:3980/auth',
    'http://127.0.0.1/',
    'https://localhost:5001/signin-oidc',
  ]) {
    expect((await register(uri)).redirectUris).toEqual([uri])
  }
  for (const uri of [
    'http://a.example/',
    'https://a.example/#x',
    'javascript:alert(1)',
    'https://u:p@a.example/',
    'x',
    `https://a.example/${'x'.repeat(256)}`,
  ]) {
    await expect(register(uri), uri).rejects.toMatchObject({ kind: 'invalid', target: 'redirectUris.0' })
  }
})

test('the service principal of an application differs by tenant and stays', async () => {
  const [a, b] = [await newTenant(), await newTenant()]
  const app = await run((ctx) => directory.createApplication(ctx, { tenantId: a.tenantId, name: 'App', multiTenant: true }))
  const ids = await Promise.all(
    [a, b, a, b, b].map(({ tenantId }) => kernel.read(anonymous, (ctx) => directory.servicePrincipal(ctx, tenantId, app.clientId))),
  )
  expect(new Set(ids).size).toBe(2)
  expect(ids[0]).toBe(ids[2])
})

test('several processes make one first signing key', async () => {
  const fresh = await testKernel()
  const others = await Promise.all([1, 2, 3].map(() => testKernel({ databaseUrl: fresh.databaseUrl })))
  const rings = await Promise.all([fresh, ...others].map((one) => createDirectory(one).keys.current()))
  expect(new Set(rings.map((key) => key.kid)).size).toBe(1)
})

test('changes of access are in the audit log', async () => {
  const { tenantId } = await newTenant()
  const key = await run(async (ctx) => {
    const app = await directory.createApplication(ctx, { tenantId, name: 'App' })
    const made = await directory.addKey(ctx, app.clientId)
    await directory.removeKey(ctx, app.clientId, made.keyId)
    return { ...made, clientId: app.clientId }
  })
  const { rows } = await kernel.database.pool.query(`select action, after::text as after from kernel.audit where target = $1 order by id`, [
    `application:${key.clientId}`,
  ])
  expect(rows.map((row) => row.action)).toEqual(['application.create', 'application.key-add', 'application.key-remove'])
  expect(JSON.stringify(rows)).not.toContain(key.secret)
})
