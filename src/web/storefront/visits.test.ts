import { sql } from 'drizzle-orm'
import { RouterContextProvider } from 'react-router'
import { Temporal } from 'temporal-polyfill'
import { beforeAll, expect, test } from 'vitest'
import { testKernel } from '../../../test/harness.ts'
import { memberOf } from '../../../test/people.ts'
import { createDomain } from '../../domain/domain.ts'
import { rowsOf } from '../../kernel/clock.ts'
import { system, type UserPrincipal } from '../../kernel/context.ts'
import { requestContext, servicesContext } from '../services.ts'
import { loader as product } from './product.tsx'
import { loader as purchase } from './purchase.tsx'

const { kernel } = await testKernel({ template: 'demo' })
const domain = createDomain(kernel)
const buyer = '3a6c1e77-2d58-4e9a-9f31-c4d5e8f3a001'
const contoso = '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002'
let session = ''

beforeAll(async () => {
  session = await kernel.run(system, async (ctx) => {
    const [user] = await domain.directory.getUsers(ctx, [buyer])
    if (!user) throw new Error('The demo data has no such buyer.')
    return domain.directory.startSession(ctx, user, { address: '127.0.0.1', userAgent: 'test' })
  })
})

type Loader = (args: never) => unknown

/** Opens a page as a browser does. */
async function open(loader: unknown, path: string, headers: Record<string, string> = {}, ip = '192.0.2.7') {
  const context = new RouterContextProvider()
  context.set(servicesContext, { kernel, domain })
  context.set(requestContext, { requestId: 'test', ip, nonce: '', origin: 'http://localhost:3978' })
  const request = new Request(`http://localhost:3978${path}`, {
    headers: { 'user-agent': 'Mozilla/5.0 Firefox/146.0', cookie: `stoa_session=${encodeURIComponent(session)}`, ...headers },
  })
  const [, , key = ''] = new URL(request.url).pathname.split('/')
  await (loader as Loader)({ request, context, params: { product: key } } as never)
}

const rows = async () => {
  await domain.analytics.flush()
  return rowsOf<Record<string, string | null>>(
    await kernel.database.db.execute(sql`
      select offer_id as offer, store, act, visitor, referral_domain as referral, traffic_source as src, campaign_id as campaign
      from analytics.visit order by id`),
  )
}

test('PL-78 visits and calls to action reach the insights store with src and mktcmpid; what is no campaign id is left out', async () => {
  const linked = '?src=website&mktcmpid=blogpost_12'
  await open(product, `/product/contoso.contoso-crm${linked}`, { referer: 'https://www.linkedin.com/feed' })
  await open(purchase, `/purchase/contoso.contoso-crm${linked}`, { referer: 'http://localhost:3978/product/contoso.contoso-crm' })
  await open(product, '/product/contoso.contoso-crm?src=LinkedIn&mktcmpid=seventeen_letters')
  const seen = await rows()
  const visitor = seen[0]?.visitor
  const same = { offer: 'contoso-crm', store: 'business', visitor }
  expect(seen).toEqual([
    { ...same, act: 'page-visit', referral: 'www.linkedin.com', src: 'website', campaign: 'blogpost_12' },
    { ...same, act: 'get-it-now', referral: null, src: 'website', campaign: 'blogpost_12' },
    { ...same, act: 'page-visit', referral: null, src: 'LinkedIn', campaign: null },
  ])
  expect(JSON.stringify(seen)).not.toContain('192.0.2.7')
})

test('robots, pages fetched ahead, people who object and previews are not counted; the steps of a purchase are one call to action', async () => {
  const before = (await rows()).length
  await open(product, '/product/contoso.contoso-crm', { 'user-agent': 'Googlebot/2.1' })
  await open(product, '/product/contoso.contoso-crm', { 'sec-purpose': 'prefetch' })
  await open(product, '/product/contoso.contoso-crm', { 'sec-gpc': '1' })
  await open(purchase, '/purchase/contoso.contoso-crm?review&plan=basic&term=P1M')
  expect(await rows()).toHaveLength(before)
})

test('publishers read visits and calls by campaign, each visitor of a day once; others do not', async () => {
  await open(product, '/product/contoso.contoso-crm?src=website&mktcmpid=blogpost_12')
  await open(product, '/product/contoso.contoso-crm?src=website&mktcmpid=blogpost_12', {}, '192.0.2.8')
  await domain.analytics.flush()
  const today = Temporal.Instant.from((await kernel.read(system, async (ctx) => ctx.now)).toString())
    .toZonedDateTimeISO('UTC')
    .toPlainDate()
  const owner: UserPrincipal = {
    kind: 'user',
    tenantId: contoso,
    objectId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1a001',
    email: 'owner@contoso.example',
    displayName: 'Owner',
    roles: [],
    memberships: memberOf(contoso, 'owner'),
  }
  const read = (principal: UserPrincipal) =>
    kernel.read(principal, (ctx) => domain.analytics.campaigns(ctx, { publisherId: 'contoso', from: today, to: today }))
  expect(await read(owner)).toEqual([
    { offerId: 'contoso-crm', trafficSource: 'website', campaignId: 'blogpost_12', visits: 2, callsToAction: 1 },
    { offerId: 'contoso-crm', trafficSource: 'LinkedIn', campaignId: null, visits: 1, callsToAction: 0 },
  ])
  await expect(read({ ...owner, memberships: [] })).rejects.toMatchObject({ kind: 'forbidden' })
})

test('an address with which visitors’ codes were made is not kept: the salt of a day ends two days later', async () => {
  await kernel.due.move((from) => from.add({ hours: 72 }))
  await open(product, '/product/contoso.contoso-crm')
  const seen = await rows()
  const salts = rowsOf<{ day: unknown }>(await kernel.database.db.execute(sql`select day from analytics.visitor_salt`))
  expect(salts).toHaveLength(1)
  expect(seen.at(-1)?.visitor).not.toBe(seen[0]?.visitor)
})
