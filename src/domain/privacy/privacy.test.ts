import { sql } from 'drizzle-orm'
import { beforeAll, expect, test } from 'vitest'
import * as yauzl from 'yauzl'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { rowsOf, wallNow } from '../../kernel/clock.ts'
import { newId } from '../../kernel/ids.ts'
import { insertRequests } from '../../kernel/requests.ts'
import { system, type UserPrincipal } from '../../kernel/context.ts'
import { policy } from './policy.ts'

let market: Marketplace

const operator: UserPrincipal = {
  kind: 'user',
  tenantId: '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b70001',
  objectId: '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b7a001',
  email: 'operator@operator.example',
  displayName: 'Operator',
  roles: ['operator'],
}
const ada: UserPrincipal = {
  ...demo.buyer,
  objectId: '3a6c1e77-2d58-4e9a-9f31-c4d5e8f3adad',
  email: 'Ada.Lovelace@adatum.example',
  displayName: 'Ada Lovelace',
  roles: ['billing-admin'],
}
const names = /ada\.lovelace@adatum\.example|Ada Lovelace/i

beforeAll(async () => {
  market = await openMarketplace()
  const { directory, checkout, procurement } = market.domain
  await market.as(system, (ctx) => {
    const { objectId, tenantId, email, displayName } = ada
    return directory.createUser(ctx, { objectId, tenantId, email, displayName, roles: ['billing-admin'], password: 'a password of hers' })
  })
  // Traces of every kind: a session, what she bought and was billed for, a request, mails, news, audit records.
  const [user] = await market.as(system, (ctx) => directory.getUsers(ctx, [ada.objectId]))
  await market.as(system, (ctx) =>
    directory.startSession(ctx, user as NonNullable<typeof user>, { address: '192.0.2.7', userAgent: 'Firefox' }),
  )
  const id = await market.active({ purchaser: ada })
  await market.as(ada, (ctx) => checkout.change(ctx, id, { planId: 'standard' }))
  await market.pass({ hours: 24 * 40 })
  await market.kernel.jobs.drain()
  await market.as(ada, (ctx) =>
    procurement.setRules(ctx, ada.tenantId, { approvalAbove: '1', currency: 'USD', administratorsToo: true, privateMarketplace: false }),
  )
  const crm = { publisherId: 'contoso', offerId: 'contoso-crm', planId: 'basic', tenant: ada.tenantId }
  const asked = await market.as(ada, (ctx) => checkout.requestPurchase(ctx, crm, 'For me'))
  await market.as(demo.buyer, (ctx) => procurement.deny(ctx, asked.id, 'No.'))
  // A publisher's call whose answer names her among others.
  const named = [ada.email, 'user@adatum.example'].map((emailId) => ({ name: 'x'.repeat(150), beneficiary: { emailId } }))
  const headers = {}
  await insertRequests(market.kernel.database.db, [
    {
      ...call,
      id: newId<'request'>(),
      requestHeaders: headers,
      responseHeaders: headers,
      responseBody: JSON.stringify({ subscriptions: named }),
    },
  ])
})

const call = {
  wallAt: wallNow(),
  at: wallNow(),
  contract: 'saas-fulfillment',
  action: null,
  tenantId: null,
  clientId: null,
  method: 'GET',
  path: '/api/saas/subscriptions',
  status: 200,
  durationMs: 1,
  requestId: 'r',
  correlationId: null,
  requestBody: null,
}

/** Every table of the marketplace as text, by name. */
async function dump(): Promise<Map<string, string>> {
  const tables = rowsOf<{ name: string }>(
    await market.kernel.database.db.execute(sql`
      select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema', 'pgboss')`),
  )
  const found = new Map<string, string>()
  for (const { name } of tables) {
    const rows = rowsOf<{ text: string }>(await market.kernel.database.db.execute(sql.raw(`select t::text as text from ${name} t`)))
    found.set(name, rows.map(({ text }) => text).join('\n'))
  }
  return found
}

async function read(zip: Buffer): Promise<Map<string, string>> {
  const archive = await yauzl.fromBufferPromise(zip)
  const files = new Map<string, string>()
  for await (const entry of archive.eachEntry()) {
    const chunks: Buffer[] = []
    for await (const chunk of await archive.openReadStreamPromise(entry)) chunks.push(chunk as Buffer)
    files.set(entry.fileName, Buffer.concat(chunks).toString())
  }
  return files
}

test('a person is handed everything that names her, without secrets and without what is others’', async () => {
  const { bytes } = await market.as(ada, (ctx) => market.domain.privacy.exportPerson(ctx, ada.objectId))
  const files = await read(bytes)
  const kept = [...(await dump())].filter(([, text]) => names.test(text)).map(([table]) => `${table}.ndjson`)
  for (const table of kept.filter((name) => !name.startsWith('pgboss'))) expect([...files.keys()]).toContain(table)
  expect(files.get('directory.user_account.ndjson')).toContain('Ada Lovelace')
  expect(files.get('directory.session.ndjson')).toContain('192.0.2.7')
  expect(files.get('procurement.request.ndjson')).toContain('For me')
  const all = [...files.values()].join('\n')
  expect(all).not.toMatch(/argon2|password_hash|id_hash/)
  expect(files.get('kernel.request.ndjson')).toContain(ada.email)
  expect(all).not.toContain('user@adatum.example')
  expect(JSON.parse(files.get('about.json') ?? '')).toMatchObject({ person: { email: ada.email } })
})

test('nobody else asks for it, and nobody who merely looks on in her place', async () => {
  const { privacy } = market.domain
  const lookingOn = {
    ...ada,
    impersonator: { objectId: operator.objectId, email: operator.email, displayName: 'Operator', until: '2099-01-01T00:00:00Z' },
  }
  for (const who of [demo.buyer, demo.stranger, lookingOn]) {
    await expect(market.as(who, (ctx) => privacy.exportPerson(ctx, ada.objectId))).rejects.toMatchObject({ kind: 'forbidden' })
    await expect(market.as(who, (ctx) => privacy.erasePerson(ctx, ada.objectId, 'Why not'))).rejects.toMatchObject({ kind: 'forbidden' })
  }
  await expect(market.as(operator, (ctx) => privacy.erasePerson(ctx, ada.objectId, ' '))).rejects.toMatchObject({ target: 'reason' })
  await expect(market.as(operator, (ctx) => privacy.exportPerson(ctx, 'nobody'))).rejects.toMatchObject({ code: 'UnknownPerson' })
})

test('an organisation’s or account’s last one stays until somebody else can act', async () => {
  const { privacy } = market.domain
  const owner = await market.as(system, (ctx) => market.domain.directory.findUserByEmail(ctx, 'owner@contoso.example'))
  for (const id of [operator.objectId, owner?.objectId ?? '']) {
    await expect(market.as(operator, (ctx) => privacy.erasePerson(ctx, id, 'Left'))).rejects.toMatchObject({ kind: 'conflict' })
  }
})

test('erased, she is nowhere but where the law or a contract keeps her, and the report says so', async () => {
  const before = await dump()
  const { report } = await market.as(ada, (ctx) => market.domain.privacy.erasePerson(ctx, ada.objectId, ''))
  const after = await dump()
  const still = [...after].filter(([, text]) => names.test(text)).map(([table]) => table)
  expect(still).toEqual(['checkout.purchase'])
  expect(report.kept).toEqual([{ table: 'checkout.purchase', reason: policy.kept['checkout.purchase'], rows: 1 }])
  expect(report.deleted).toMatchObject({ 'directory.session': 1, 'kernel.mail': expect.any(Number) })
  expect(Object.keys(report.overwritten)).toEqual(
    expect.arrayContaining([
      'directory.user_account',
      'subscriptions.subscription',
      'subscriptions.history',
      'kernel.audit',
      'kernel.event',
      'procurement.request',
      'procurement.rule',
    ]),
  )
  // Invoices are what they were; others were not touched.
  for (const table of ['billing.invoice', 'billing.invoice_line', 'billing.posting']) expect(after.get(table)).toBe(before.get(table))
  const others = (text = '') => text.split('\n').filter((line) => !names.test(line) && !line.includes(ada.objectId))
  expect(others(after.get('directory.user_account'))).toEqual(others(before.get('directory.user_account')))
  expect((await market.kernel.doctor.examine(market.kernel.database.db)).flatMap(({ problems }) => problems)).toEqual([])
})

test('an erased person signs in no more, cannot be erased again, and invoices go to a colleague', async () => {
  const { directory, privacy } = market.domain
  expect(await market.as(system, (ctx) => directory.findUserByEmail(ctx, ada.email))).toBeNull()
  expect(await market.as(system, (ctx) => directory.principal(ctx, ada.objectId))).toBeNull()
  await expect(market.as(operator, (ctx) => privacy.erasePerson(ctx, ada.objectId, 'Again'))).rejects.toMatchObject({
    code: 'AlreadyErased',
  })
  const [row] = rowsOf<{ contact: string }>(await market.kernel.database.db.execute(sql`select contact from billing.contract`))
  expect(row?.contact).toBe('buyer@adatum.example')
  const [erased] = await market.as(operator, (ctx) => privacy.erasures(ctx))
  expect(erased).toMatchObject({ objectId: ada.objectId, askedBy: 'self' })
  await expect(market.as(demo.buyer, (ctx) => privacy.erasures(ctx))).rejects.toMatchObject({ kind: 'forbidden' })
})

test('every table that the policy names exists', async () => {
  const tables = [...(await dump()).keys()]
  const named = [...Object.keys(policy.deleted), ...Object.keys(policy.kept), ...policy.overwritten].filter((name) => !name.endsWith('*'))
  expect(named.filter((name) => !tables.includes(name))).toEqual([])
})
