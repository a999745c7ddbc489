import { existsSync, readFileSync } from 'node:fs'
import { sql } from 'drizzle-orm'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startTestStoa, type TestStoa } from '../../../test/harness.ts'
import { demo, type Marketplace, openMarketplace, personOf } from '../../../test/subscriptions.ts'
import { agreementOn, findPlan, pricesIn } from '../../domain/subscriptions/index.ts'
import { system } from '../../kernel/context.ts'

const resource = '20e940b3-4c77-4b0b-9a53-9e16a1b010a7'
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const nobody = '00000000-0000-4000-8000-000000000000'

let stoa: TestStoa
let market: Marketplace
let token: { contoso: string; fabrikam: string; otherAudience: string }

beforeAll(async () => {
  stoa = await startTestStoa({ demo: true })
  market = await openMarketplace({ kernel: stoa.kernel, domain: stoa.domain })
  const issue = async (tenant: string, client: string, secret: string, audience: string) => {
    const answer = await fetch(`${stoa.url}/${tenant}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: client, client_secret: secret, resource: audience }),
    })
    return ((await answer.json()) as { access_token: string }).access_token
  }
  const { contoso, fabrikam } = demo
  const secret = 'contoso-demo-secret-fulfillment-0001'
  token = {
    contoso: await issue(contoso.tenantId, contoso.clientId, secret, resource),
    fabrikam: await issue(fabrikam.tenantId, fabrikam.clientId, 'fabrikam-demo-secret-fulfillment-0001', resource),
    otherAudience: await issue(contoso.tenantId, contoso.clientId, secret, 'https://graph.windows.net'),
  }
})

// oxlint-disable-next-line typescript/no-explicit-any -- bodies and somebody else's schema are what is looked into
type Json = any

interface Answer {
  status: number
  headers: Headers
  text: string
  body: Json
}

interface Call {
  token?: string | null
  body?: unknown
  headers?: Record<string, string>
  query?: string
}

/** A call as contoso's application, with the api-version. */
async function call(
  method: string,
  path: string,
  { token: bearer = token.contoso, body, headers = {}, query = 'api-version=2018-08-31' }: Call = {},
): Promise<Answer> {
  const answer = await fetch(`${stoa.url}/api/saas/subscriptions${path}${query ? `?${query}` : ''}`, {
    method,
    headers: {
      ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  const result = { status: answer.status, headers: answer.headers, text, body: text === '' ? undefined : JSON.parse(text) }
  if (result.status === 200 && result.body) conforms(method, path, result.body)
  return result
}

const landingToken = async (id: string) => (await market.as(demo.buyer, (ctx) => stoa.domain.subscriptions.createToken(ctx, id))).token
const desk = { offerId: 'contoso-desk', planId: 'team', quantity: 5 }

// --- The published OpenAPI document, where it is at hand -----------------------------------------------------------------------------

const documentFile = new URL('../../../../shared/contracts/saas-fulfillment-v2.openapi.json', import.meta.url)
const document: Json = existsSync(documentFile) ? JSON.parse(readFileSync(documentFile, 'utf8')) : undefined
if (!document) console.warn('The published OpenAPI document of SaaS fulfillment is not here: answers are not compared with it.')

/** Members that the documentation and the live service have beyond the OpenAPI document (spec/08 §2.1). */
const beyond = new Set(['lastModified', 'errorStatusCode', 'errorMessage', 'operationRequestSource'])
const pathOf: [RegExp, string][] = [
  [/^\/resolve$/i, '/saas/subscriptions/resolve'],
  [/^\/?$/, '/saas/subscriptions/'],
  [/^\/[^/]+$/, '/saas/subscriptions/{subscriptionId}'],
  [/^\/[^/]+\/listAvailablePlans$/i, '/saas/subscriptions/{subscriptionId}/listAvailablePlans'],
  [/^\/[^/]+\/operations$/i, '/saas/subscriptions/{subscriptionId}/operations'],
  [/^\/[^/]+\/operations\/[^/]+$/i, '/saas/subscriptions/{subscriptionId}/operations/{operationId}'],
]
function inlined(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(inlined)
  if (typeof schema !== 'object' || schema === null) return schema
  if (typeof schema.$ref === 'string') return inlined(document.components.schemas[schema.$ref.split('/').at(-1)])
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inlined(value)]))
}
function unknownMembers(schema: Json, value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => unknownMembers(schema?.items, item))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) =>
    schema?.properties?.[name] ? unknownMembers(schema.properties[name], member) : beyond.has(name) ? [] : [name],
  )
}

function conforms(method: string, path: string, body: unknown) {
  const template = pathOf.find(([pattern]) => pattern.test(path))?.[1]
  const schema =
    document && template && document.paths[template]?.[method.toLowerCase()]?.responses['200']?.content?.['application/json']?.schema
  if (!schema) return
  const whole = inlined(schema)
  expect(z.fromJSONSchema(whole, { defaultTarget: 'openapi-3.0' }).safeParse(body).error?.issues ?? []).toEqual([])
  expect(unknownMembers(whole, body)).toEqual([])
}

// --- Common ----------------------------------------------------------------------------------------------------------------------------

describe('every call', () => {
  const calls: [string, string][] = [
    ['POST', '/resolve'],
    ['GET', ''],
    ['GET', `/${nobody}`],
    ['GET', `/${nobody}/listAvailablePlans`],
    ['POST', `/${nobody}/activate`],
    ['PATCH', `/${nobody}`],
    ['DELETE', `/${nobody}`],
    ['GET', `/${nobody}/operations`],
    ['GET', `/${nobody}/operations/${nobody}`],
    ['PATCH', `/${nobody}/operations/${nobody}`],
  ]

  test.each(calls)('AP-010 AP-011 %s %s without a token, with a bad one and with one for another audience is 403', async (method, path) => {
    for (const bearer of [null, 'nonsense', `${token.contoso.slice(0, -4)}AAAA`, token.otherAudience]) {
      const answer = await call(method, path, { token: bearer })
      expect(answer.status).toBe(403)
      expect(answer.body).toMatchObject({ code: 'Forbidden' })
    }
  })

  test.each(calls)('AP-014 %s %s without an api-version, or with another one, is 400', async (method, path) => {
    expect(await call(method, path, { query: '' })).toMatchObject({ status: 400, body: { Error: { Code: 'ApiVersionUnspecified' } } })
    const other = await call(method, path, { query: 'api-version=2020-01-01' })
    expect(other).toMatchObject({ status: 400, body: { Error: { Code: 'UnsupportedApiVersion' } } })
    expect(other.body.Error.Message).toContain("'2020-01-01'")
  })

  test('AP-016 ids are echoed as sent, or made up alike, and an activity id is always there', async () => {
    const sent = await call('GET', '', { headers: { 'x-ms-requestid': 'any text', 'x-ms-correlationid': 'another' } })
    expect(sent.headers.get('x-ms-requestid')).toBe('any text')
    expect(sent.headers.get('x-ms-correlationid')).toBe('another')
    expect(sent.headers.get('x-ms-activityid')).toMatch(guid)
    const none = await call('GET', '')
    expect(none.headers.get('x-ms-requestid')).toMatch(guid)
    expect(none.headers.get('x-ms-correlationid')).toBe(none.headers.get('x-ms-requestid'))
  })

  test('AP-003 AP-021 paths, query names and body members are read in any case, with a trailing slash too', async () => {
    const id = await market.buy()
    expect((await call('GET', `/${id}/`, { query: 'API-Version=2018-08-31' })).status).toBe(200)
    expect((await call('GET', `/${id.toUpperCase()}/LISTAVAILABLEPLANS`)).status).toBe(200)
    expect((await call('POST', `/${id}/Activate`, { body: { PlanID: 'basic', Quantity: '' } })).status).toBe(200)
  })

  test('AP-004 a JSON content type without a body is no error', async () => {
    const id = await market.buy()
    const headers = { 'content-type': 'application/json' }
    expect((await call('GET', `/${id}`, { headers })).status).toBe(200)
    expect((await call('POST', '/resolve', { headers: { ...headers, 'x-ms-marketplace-token': await landingToken(id) } })).status).toBe(200)
    expect((await call('DELETE', `/${id}`, { headers })).status).toBe(202)
  })

  test('malformed JSON, a foreign content type and a body that is too large are refused', async () => {
    const id = await market.active()
    expect((await call('PATCH', `/${id}`, { body: '{"planId":' })).status).toBe(400)
    expect((await call('PATCH', `/${id}`, { body: 'planId=standard', headers: { 'content-type': 'text/plain' } })).status).toBe(400)
    expect((await call('PATCH', `/${id}`, { body: '<planId/>', headers: { 'content-type': 'application/xml' } })).status).toBe(415)
    expect((await call('PATCH', `/${id}`, { body: { planId: 'x'.repeat(2_000_000) } })).status).toBe(413)
    expect((await market.get(id)).subscription.planId).toBe('basic')
  })
})

// --- Resolve and activate -----------------------------------------------------------------------------------------------------------

describe('resolve', () => {
  const resolve = (value: string, bearer?: string) =>
    call('POST', '/resolve', { headers: { 'x-ms-marketplace-token': value }, ...(bearer ? { token: bearer } : {}) })

  test('AP-027 tells the subscription in every status and changes nothing', async () => {
    const id = await market.buy()
    const value = await landingToken(id)
    const pending = await resolve(value)
    expect(pending).toMatchObject({ status: 200, body: { id, subscriptionName: 'Contoso CRM', offerId: 'contoso-crm', planId: 'basic' } })
    expect(pending.body).not.toHaveProperty('quantity')
    expect(pending.body.subscription).toMatchObject({
      id,
      name: 'Contoso CRM',
      publisherId: 'contoso',
      saasSubscriptionStatus: 'PendingFulfillmentStart',
      beneficiary: { emailId: 'buyer@adatum.example', objectId: demo.buyer.objectId, tenantId: demo.buyer.tenantId },
      term: { termUnit: 'P1M' },
      autoRenew: true,
      isFreeTrial: false,
      isTest: false,
      sandboxType: 'None',
      sessionMode: 'None',
    })
    expect(pending.body.subscription.term).toEqual({ termUnit: 'P1M' })
    expect(pending.body.subscription.allowedCustomerOperations.toSorted()).toEqual(['Delete', 'Read', 'Update'])
    await market.activate(id)
    expect((await resolve(value)).body.subscription.saasSubscriptionStatus).toBe('Subscribed')
    await call('DELETE', `/${id}`)
    expect((await resolve(value)).body.subscription.saasSubscriptionStatus).toBe('Unsubscribed')
  })

  test('AP-027 a plan sold by seats has an integer quantity', async () => {
    const answer = await resolve(await landingToken(await market.buy(desk)))
    expect(answer.body.quantity).toBe(5)
    expect(answer.body.subscription.quantity).toBe(5)
  })

  test('AP-024 SA-173 a token works repeatedly for 24 hours of market time', async () => {
    const value = await landingToken(await market.buy())
    expect(value.length).toBeGreaterThan(200)
    for (let i = 0; i < 3; i++) expect((await resolve(value)).status).toBe(200)
    await market.pass({ hours: 23 })
    expect((await resolve(value)).status).toBe(200)
    await market.pass({ hours: 2 })
    expect(await resolve(value)).toMatchObject({ status: 400, body: { code: 'InvalidValue', target: 'token' } })
  })

  test('AP-025 SA-177 managing an active subscription opens the same landing page with a new token', async () => {
    const id = await market.buy()
    const link = () => market.as(demo.buyer, (ctx) => market.domain.subscriptions.createToken(ctx, id))
    const configure = await link()
    expect((await call('POST', `/${id}/activate`, { body: { planId: 'basic' } })).status).toBe(200)
    const manage = await link()
    expect(new URL(manage.landingPageUrl).origin + new URL(manage.landingPageUrl).pathname).toBe('http://localhost:3980/signup')
    expect(manage.token).not.toBe(configure.token)
    expect(new URL(manage.landingPageUrl).searchParams.get('token')).toBe(manage.token)
    expect(await resolve(manage.token)).toMatchObject({ status: 200, body: { id, subscription: { saasSubscriptionStatus: 'Subscribed' } } })
  })

  test('AP-026 without the header it is 400', async () => {
    const wanted = { code: 'HeaderNotPresent', message: 'Mandatory header missing', target: 'x-ms-marketplace-token' }
    expect(await call('POST', '/resolve')).toMatchObject({ status: 400, body: wanted })
  })

  test('a tampered, an encoded and an invented token are 400', async () => {
    const value = await landingToken(await market.buy())
    const tampered = (value.startsWith('A') ? 'B' : 'A') + value.slice(1)
    for (const wrong of [tampered, `${value}%3D`, 'abc', '{}']) {
      expect(await resolve(wrong)).toMatchObject({
        status: 400,
        body: { code: 'InvalidValue', message: 'Failed to decode token', target: 'token' },
      })
    }
  })

  test("AP-011 SA-173 another publisher's application is 403", async () => {
    expect((await resolve(await landingToken(await market.buy()), token.fabrikam)).status).toBe(403)
  })
})

describe('activate', () => {
  const activate = (id: string, body: unknown, bearer?: string) =>
    call('POST', `/${id}/activate`, { body, ...(bearer ? { token: bearer } : {}) })

  test('AP-028 SA-175 sets Subscribed and the term, with an empty body', async () => {
    const id = await market.buy()
    const answer = await activate(id, { planId: 'basic' })
    expect(answer).toMatchObject({ status: 200, text: '' })
    const { body } = await call('GET', `/${id}`)
    expect(body.saasSubscriptionStatus).toBe('Subscribed')
    expect(body.term.startDate).toMatch(/^\d{4}-\d\d-\d\dT00:00:00Z$/)
    expect(body.term.endDate > body.term.startDate).toBe(true)
  })

  test('AP-029 accepts five seats as absent, empty, a number, a numeric string and null', async () => {
    for (const quantity of [undefined, '', 5, '5', null]) {
      const body = { planId: 'team', ...(quantity === undefined ? {} : { quantity }) }
      expect((await activate(await market.buy(desk), body)).status, JSON.stringify(quantity)).toBe(200)
    }
  })

  test.each([
    [{}, 'planId'],
    [{ planId: '' }, 'planId'],
    [{ planId: 'business' }, 'planId'],
    [{ planId: 7 }, 'planId'],
    [{ planId: 'team', quantity: 6 }, 'quantity'],
    [{ planId: 'team', quantity: -1 }, 'quantity'],
    [{ planId: 'team', quantity: 5.5 }, 'quantity'],
    [{ planId: 'team', quantity: 'five' }, 'quantity'],
    [{ planId: 'team', quantity: {} }, 'quantity'],
    [[], 'planId'],
  ])('AP-030 refuses %j and names the field', async (body, field) => {
    const id = await market.buy(desk)
    const answer = await activate(id, body)
    expect(answer).toMatchObject({ status: 400, body: { code: 'BadArgument', target: 'activate' } })
    expect(answer.body.details[0].target).toBe(field)
    expect((await market.get(id)).subscription.status).toBe('PendingFulfillmentStart')
  })

  test('AP-031 repeating it within 5 minutes is 200, later AP-030 400', async () => {
    const id = await market.buy()
    for (let i = 0; i < 3; i++) expect((await activate(id, { planId: 'basic' })).status).toBe(200)
    expect((await activate(id, { planId: 'standard' })).status).toBe(400)
    await market.pass({ minutes: 6 })
    expect((await activate(id, { planId: 'basic' })).status).toBe(400)
    const { terms, history } = await market.get(id)
    expect(terms).toHaveLength(1)
    expect(history.filter(({ kind }) => kind === 'activate')).toHaveLength(1)
  })

  test('AP-030 is 400 while suspended, 404 when ended or unknown, and for what is no id', async () => {
    const id = await market.active()
    await market.as(system, (ctx) => stoa.domain.subscriptions.paymentFailed(ctx, id))
    expect((await activate(id, { planId: 'basic' })).status).toBe(400)
    await call('DELETE', `/${id}`)
    expect((await activate(id, { planId: 'basic' })).status).toBe(404)
    expect((await activate(nobody, { planId: 'basic' })).status).toBe(404)
    expect((await activate('no-guid', { planId: 'basic' })).status).toBe(404)
  })

  test('AP-011 another application is 403 and changes nothing', async () => {
    const id = await market.buy()
    expect((await activate(id, { planId: 'basic' }, token.fabrikam)).status).toBe(403)
    expect((await market.get(id)).subscription.status).toBe('PendingFulfillmentStart')
  })
})

// --- Read -----------------------------------------------------------------------------------------------------------------------------

describe('get and list', () => {
  test('AP-035 an unknown id, or what is no GUID, is 404', async () => {
    for (const id of [nobody, 'no-guid', '%F0%9F%98%80', '1 or 1=1']) {
      expect(await call('GET', `/${id}`)).toMatchObject({ status: 404, body: { code: 'EntityNotFound', target: 'subscriptionId' } })
    }
  })

  test('AP-034 each application sees its own subscriptions only, ended ones too', async () => {
    const own = await market.buy()
    const foreign = await market.buy({ publisherId: 'fabrikam', offerId: 'fabrikam-backup', planId: 'standard' })
    await call('DELETE', `/${own}`)
    const all = await walk(token.contoso)
    expect(all.find(({ id }) => id === own)).toMatchObject({ saasSubscriptionStatus: 'Unsubscribed' })
    expect(all.map(({ id }) => id)).not.toContain(foreign)
    expect((await walk(token.fabrikam)).map(({ id }) => id)).toEqual([foreign])
    expect((await call('GET', `/${foreign}`)).status).toBe(403)
  })

  test('AP-033 pages hold at most 100; @nextLink is absolute, is followed as it is, and absent at the end', async () => {
    await market.kernel.database.db.execute(sql`
      insert into subscriptions.subscription
      select (jsonb_populate_record(null::subscriptions.subscription, to_jsonb(s) || jsonb_build_object('id', gen_random_uuid()))).*
      from (select * from subscriptions.subscription where publisher_id = 'contoso' and status = 'PendingFulfillmentStart' limit 1) s, generate_series(1, 250)`)
    const first = await call('GET', '')
    expect(first.body.subscriptions).toHaveLength(100)
    expect(first.body['@nextLink']).toMatch(
      new RegExp(`^${stoa.url}/api/saas/subscriptions\\?continuationToken=[^&]+&api-version=2018-08-31$`),
    )
    const all = await walk(token.contoso)
    expect(all.length).toBeGreaterThan(250)
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
    await market.kernel.database.db.execute(
      sql`delete from subscriptions.subscription s where not exists (select 1 from subscriptions.history h where h.subscription = s.id)`,
    )
  })

  test.each(['abc', '%C3%A9', 'e30%3D'])('a continuation token that we did not give (%s) is 400', async (value) => {
    expect(await call('GET', '', { query: `api-version=2018-08-31&continuationToken=${value}` })).toMatchObject({
      status: 400,
      body: { code: 'InvalidValue', target: 'continuationToken' },
    })
  })

  async function walk(bearer: string) {
    const all: { id: string }[] = []
    let next: string | undefined = `${stoa.url}/api/saas/subscriptions/?api-version=2018-08-31`
    while (next) {
      const answer = await fetch(next, { headers: { authorization: `Bearer ${bearer}` } })
      const body = (await answer.json()) as { subscriptions: { id: string }[]; '@nextLink'?: string }
      all.push(...body.subscriptions)
      next = body['@nextLink']
    }
    return all
  }

  test('AP-038 SA-189 a reseller’s sale is read-only for its customer and names both', async () => {
    const id = await market.buy({ purchaser: demo.reseller, beneficiary: demo.stranger })
    const { body } = await call('GET', `/${id}`)
    expect(body.allowedCustomerOperations).toEqual(['Read'])
    expect(body.purchaser.tenantId).toBe(demo.reseller.tenantId)
    expect(body.beneficiary.tenantId).toBe(demo.stranger.tenantId)
  })
})

describe('what was bought from a preview', () => {
  /** Puts contoso-crm's draft with other endpoints into preview and returns the preview. */
  async function preview(technical: Record<string, string>) {
    const { offers, publishing } = stoa.domain
    const offer = await market.as(system, (ctx) => offers.findOffer(ctx, 'contoso', 'contoso-crm'))
    if (!offer) throw new Error('The demo data has no contoso-crm.')
    await market.as(system, async (ctx) => {
      await offers.saveSection(ctx, {
        offer: offer.id,
        module: 'technical-configuration',
        content: { tenantId: demo.contoso.tenantId, applicationId: demo.contoso.clientId, landingPageUrl, webhookUrl, ...technical },
      })
      await publishing.submit(ctx, { offer: offer.id, notes: 'Sign in as buyer@adatum.example and buy the basic plan.' })
    })
    await market.pass({ hours: 5 })
    const found = await market.as(system, (ctx) => publishing.getPreview(ctx, offer.id))
    if (!found) throw new Error('There is no preview.')
    return found
  }
  const landingPageUrl = 'https://next.contoso.example/signup'
  const webhookUrl = 'https://next.contoso.example/webhook'

  /** As checkout does for somebody of the preview's audience. */
  async function buy(snapshot: Awaited<ReturnType<typeof preview>>) {
    return market.as(system, async (ctx) => {
      const plan = findPlan(snapshot, 'basic')
      const prices = plan && (await pricesIn(ctx, stoa.domain, plan.priceList, 'US', false))
      const termsAccepted = { version: '1', at: ctx.now.toString(), by: demo.buyer.email }
      const agreement = plan && prices && agreementOn(snapshot, plan, prices, { market: 'US', termUnit: 'P1M', termsAccepted })
      if (!agreement) throw new Error('The preview has no price.')
      const { id } = await stoa.domain.subscriptions.create(ctx, {
        offer: snapshot.offer,
        planId: 'basic',
        quantity: null,
        termUnit: 'P1M',
        agreement,
        purchaser: personOf(demo.buyer),
        beneficiary: personOf(demo.buyer),
        byReseller: false,
        autoRenew: true,
        preview: true,
      })
      return id
    })
  }

  test('AP-037 has the offer id with the suffix everywhere, and follows the preview’s landing page, webhook and application', async () => {
    const live = await market.active()
    const id = await buy(await preview({ webhookUrl: `${market.endpoint.url}/preview` }))
    const address = await market.as(demo.buyer, (ctx) => stoa.domain.subscriptions.createToken(ctx, id))
    expect(address.landingPageUrl).toMatch(/^https:\/\/next\.contoso\.example\/signup\?token=/)
    const resolved = await call('POST', '/resolve', { headers: { 'x-ms-marketplace-token': address.token } })
    expect(resolved.body).toMatchObject({ offerId: 'contoso-crm-preview', subscription: { offerId: 'contoso-crm-preview' } })
    expect(await call('POST', `/${id}/activate`, { body: { planId: 'basic' } })).toMatchObject({ status: 200 })
    expect((await call('GET', `/${id}`)).body).toMatchObject({ offerId: 'contoso-crm-preview', saasSubscriptionStatus: 'Subscribed' })
    // A preview shows its audience private plans too, also those of others.
    const { plans } = (await call('GET', `/${id}/listAvailablePlans`)).body
    expect(plans.filter((plan: Json) => plan.isPrivate)).not.toEqual([])

    market.endpoint.received.length = 0
    const changed = await call('PATCH', `/${id}`, { body: { planId: 'standard' } })
    expect(changed.status).toBe(202)
    await market.settle()
    expect(market.endpoint.received.map(({ body }) => [body.offerId, body.action])).toEqual([['contoso-crm-preview', 'ChangePlan']])
    const { deliveries } = await market.get(id)
    expect(deliveries[0]?.tries[0]?.url).toBe(`${market.endpoint.url}/preview`)
    const operation = await call('GET', changed.headers.get('operation-location')?.split('/subscriptions')[1]?.split('?')[0] ?? '')
    expect(operation.body.offerId).toBe('contoso-crm-preview')
    // What is live has not moved.
    expect((await call('GET', `/${live}`)).body.offerId).toBe('contoso-crm')
    expect((await market.as(demo.buyer, (ctx) => stoa.domain.subscriptions.createToken(ctx, live))).landingPageUrl).not.toMatch(
      /next\.contoso/,
    )

    const endpoints = async (offerId: string) => {
      const all = await market.as(system, (ctx) => stoa.domain.subscriptions.endpoints(ctx, { publisherId: 'contoso' }))
      return all.filter((one) => one.offerId === offerId).map((one) => one.preview)
    }
    expect(await endpoints('contoso-crm')).toEqual([false, true])
    // A preview of which nothing is to be told is not listed beside its live offer.
    await market.kernel.database.db.execute(
      sql`update subscriptions.offer_binding set webhook_url = ${market.endpoint.url} where publisher_id = 'contoso' and offer_id = 'contoso-desk'`,
    )
    expect(await endpoints('contoso-desk')).toEqual([false])

    // The next preview names another application: what was bought from previews is its own.
    await preview({ applicationId: nobody })
    expect((await call('GET', `/${id}`)).status).toBe(403)
    expect((await call('GET', `/${live}`)).status).toBe(200)
    const list = async (clientId: string) =>
      (await stoa.domain.subscriptions.listForApplication({ ...demo.contoso, clientId }, { limit: 1000 })).map((row) => row.id)
    expect(await list(nobody)).toEqual([id])
    expect(await list(demo.contoso.clientId)).not.toContain(id)
  })
})

describe('listAvailablePlans', () => {
  const plans = async (id: string, query = '') =>
    (await call('GET', `/${id}/listAvailablePlans`, { query: `api-version=2018-08-31${query}` })).body.plans

  test('AP-039 has the current plan, public ones, and private ones of the audience', async () => {
    const id = await market.buy()
    expect((await plans(id)).map((plan: { planId: string }) => plan.planId).toSorted()).toEqual(['adatum-special', 'basic', 'standard'])
    const stranger = await market.buy({ purchaser: demo.stranger })
    expect((await plans(stranger)).map((plan: { planId: string }) => plan.planId).toSorted()).toEqual(['basic', 'standard'])
  })

  test('AP-039 planId filters; an unknown id has no plans', async () => {
    const id = await market.buy()
    expect(await plans(id, '&PlanId=standard')).toMatchObject([
      { planId: 'standard', displayName: 'Standard', isPrivate: false, hasFreeTrials: true, isStopSell: false },
    ])
    expect(await plans(nobody)).toEqual([])
    expect(await plans('no-guid')).toEqual([])
    expect((await call('GET', `/${id}/listAvailablePlans`, { token: token.fabrikam })).status).toBe(403)
  })

  test('AP-040 components carry prices, terms and included units as text', async () => {
    const id = await market.buy({ offerId: 'contoso-notify', planId: 'premium' })
    const [premium] = await plans(id, '&planId=premium')
    expect(premium).toMatchObject({ isPricePerSeat: false, market: 'US' })
    expect(premium).not.toHaveProperty('sourceOffers')
    expect(premium.planComponents.recurrentBillingTerms).toMatchObject([
      { currency: 'USD', price: 350, termUnit: 'P1M', termDescription: '1 Month Subscription' },
      { currency: 'USD', price: 3500, termUnit: 'P1Y', termDescription: '1 Year Subscription' },
    ])
    expect(premium.planComponents.recurrentBillingTerms[1].meteredQuantityIncluded).toContainEqual({
      dimensionId: 'email',
      units: '5000000',
    })
    expect(premium.planComponents.meteringDimensions).toContainEqual({
      id: 'text',
      currency: 'USD',
      pricePerUnit: 0.01,
      unitOfMeasure: 'for 1 text message',
      displayName: 'text message',
    })
  })

  test('AP-039 plans of a market other than the purchase’s have its currency', async () => {
    const id = await market.buy({ ...desk, purchaser: demo.stranger })
    const [team] = await plans(id, '&planId=team')
    expect(team).toMatchObject({ market: 'DE', minQuantity: 1, maxQuantity: 50, isPricePerSeat: true })
    expect(team.planComponents.recurrentBillingTerms[0].currency).toBe('EUR')
    expect(team.planComponents.meteringDimensions).toEqual([])
  })
})

// --- Changes ---------------------------------------------------------------------------------------------------------------------------

describe('change of plan and seats', () => {
  const change = (id: string, body: unknown) => call('PATCH', `/${id}`, { body })

  test('AP-002 AP-005 AP-041 is 202 with an empty body and says where the operation is', async () => {
    const id = await market.active()
    const answer = await change(id, { planId: 'standard' })
    expect(answer).toMatchObject({ status: 202, text: '' })
    const operation = answer.headers.get('operation-id')
    expect(operation).toMatch(guid)
    expect(answer.headers.get('retry-after')).toBe('10')
    const location = answer.headers.get('operation-location') ?? ''
    expect(location).toBe(`${stoa.url}/api/saas/subscriptions/${id}/operations/${operation}?api-version=2018-08-31`)
    expect(new URL(location).pathname.split('/')[6]).toBe(operation)
    // With no ids sent one GUID serves for everything (spec/08 §1.6).
    expect(answer.headers.get('x-ms-requestid')).toBe(operation)
    const read = await call('GET', `/${id}/operations/${operation}`)
    expect(read.body).toMatchObject({
      id: operation,
      subscriptionId: id,
      action: 'ChangePlan',
      planId: 'standard',
      status: 'NotStarted',
      operationRequestSource: 'Partner',
    })
  })

  test.each([
    [{}, 'update'],
    [{ planId: '' }, 'update'],
    [{ planId: 'business', quantity: 6 }, 'update'],
    [{ planId: 'team' }, 'planId'],
    [{ planId: 'unknown' }, 'planId'],
    [{ planId: 'basic' }, 'planId'],
    [{ planId: 5 }, 'planId'],
    [{ quantity: 5 }, 'quantity'],
    [{ quantity: '6' }, 'quantity'],
    [{ quantity: 5.5 }, 'quantity'],
    [{ quantity: 0 }, 'quantity'],
    [{ quantity: -1 }, 'quantity'],
    [{ quantity: 51 }, 'quantity'],
    [{ quantity: 1e9 }, 'quantity'],
    [{ quantity: 1e300 }, 'quantity'],
    [[], 'update'],
    [null, 'update'],
  ])('AP-042 %j is 400, names the field and changes nothing', async (body, field) => {
    const id = await market.active(desk)
    const answer = await change(id, body)
    expect(answer).toMatchObject({ status: 400, body: { code: 'BadRequest', target: 'update' } })
    if (field !== 'update') expect(answer.body.details[0].target).toBe(field)
    const { subscription, operations } = await market.get(id)
    expect(subscription).toMatchObject({ planId: 'team', quantity: 5, pendingOperation: null })
    expect(operations).toEqual([])
  })

  test('a NUL character in a plan id is 400', async () => {
    const id = await market.active()
    expect((await change(id, { planId: '\u0000' })).status).toBe(400)
    expect((await market.get(id)).history.map(({ kind }) => kind)).not.toContain('request-change')
  })

  test('AP-042 a private plan of others, seats on a flat plan and too few seats of the target plan are 400', async () => {
    const stranger = await market.active({ purchaser: demo.stranger })
    expect(await change(stranger, { planId: 'adatum-special' })).toMatchObject({
      status: 400,
      body: { message: 'Request Plan is NOT in Catalog.' },
    })
    expect((await change(stranger, { quantity: 3 })).status).toBe(400)
    expect((await change(await market.active({ ...desk, quantity: 2 }), { planId: 'business' })).body.details[0].target).toBe('quantity')
  })

  test('AP-042 AP-058 is 400 before activation, while suspended and after the end; 404 for an unknown id', async () => {
    const pending = await market.buy()
    const wanted = { status: 400, body: { code: 'BadRequest', message: 'Subscription is not active', target: 'update' } }
    expect(await change(pending, { planId: 'standard' })).toMatchObject(wanted)
    const id = await market.active()
    await market.as(system, (ctx) => stoa.domain.subscriptions.paymentFailed(ctx, id))
    expect(await change(id, { planId: 'standard' })).toMatchObject(wanted)
    await call('DELETE', `/${id}`)
    expect(await change(id, { planId: 'standard' })).toMatchObject(wanted)
    expect((await change(nobody, { planId: 'standard' })).status).toBe(404)
  })

  test('AP-043 a reseller’s sale is not changed or cancelled from the publisher’s side', async () => {
    const id = await market.active({ purchaser: demo.reseller, beneficiary: demo.stranger })
    expect(await change(id, { planId: 'standard' })).toMatchObject({
      status: 400,
      body: { message: 'Update is not allowed for this subscription' },
    })
    expect((await call('DELETE', `/${id}`)).status).toBe(400)
    expect((await market.get(id)).subscription.status).toBe('Subscribed')
  })

  test('AP-044 a second one while an operation is pending is 400 Failed', async () => {
    const id = await market.active()
    await change(id, { planId: 'standard' })
    expect(await change(id, { planId: 'adatum-special' })).toMatchObject({ status: 400, body: { code: 'Failed', target: 'update' } })
  })
})

describe('cancel', () => {
  test('AP-045 is 202 and ends as Unsubscribed, for good', async () => {
    const id = await market.active()
    const answer = await call('DELETE', `/${id}`)
    expect(answer).toMatchObject({ status: 202, text: '' })
    const read = await fetch(answer.headers.get('operation-location') ?? '', { headers: { authorization: `Bearer ${token.contoso}` } })
    expect(await read.json()).toMatchObject({ action: 'Unsubscribe', status: 'Succeeded' })
    expect((await call('GET', `/${id}`)).body.saasSubscriptionStatus).toBe('Unsubscribed')
    expect(await call('DELETE', `/${id}`)).toMatchObject({ status: 400, body: { message: 'Subscription is not active' } })
    expect((await call('DELETE', `/${nobody}`)).status).toBe(404)
    await market.settle()
    expect(market.endpoint.received.filter(({ body }) => body.subscriptionId === id)).toMatchObject([
      { body: { action: 'Unsubscribe', status: 'Succeeded' } },
    ])
  })

  test('AP-065 before activation no webhook is sent', async () => {
    const id = await market.buy()
    expect((await call('DELETE', `/${id}`)).status).toBe(202)
    await market.settle()
    expect(market.endpoint.received.filter(({ body }) => body.subscriptionId === id)).toEqual([])
  })
})

// --- Operations ------------------------------------------------------------------------------------------------------------------------

describe('operations', () => {
  const answer = (id: string, operation: string, body: unknown) => call('PATCH', `/${id}/operations/${operation}`, { body })
  const asked = async (
    wanted: { planId?: string; quantity?: number } = { planId: 'standard' },
    of?: Parameters<Marketplace['active']>[0],
  ) => {
    const id = await market.active(of)
    const operation = await market.as(demo.buyer, (ctx) => stoa.domain.checkout.change(ctx, id, wanted))
    return { id, operation: operation.id }
  }

  test('AP-046 outstanding ones are listed while in progress', async () => {
    const { id, operation } = await asked()
    expect((await call('GET', `/${id}/operations`)).body).toMatchObject({
      operations: [{ id: operation, status: 'InProgress', action: 'ChangePlan', operationRequestSource: 'Azure' }],
    })
    await answer(id, operation, { status: 'Success' })
    expect((await call('GET', `/${id}/operations`)).body).toEqual({ operations: [] })
    expect((await call('GET', `/${nobody}/operations`)).status).toBe(404)
  })

  test('AP-047 AP-059 AP-060 AP-061 the operation is readable when the webhook leaves, and the webhook is as documented', async () => {
    const { id, operation } = await asked({ quantity: 7 }, desk)
    let seen: Answer | undefined
    market.endpoint.answer = async ({ body }) => {
      if (body.id === operation) seen = await call('GET', `/${id}/operations/${operation}`)
      return 200
    }
    await market.settle()
    market.endpoint.answer = 200
    expect(seen?.body).toMatchObject({ id: operation, status: 'InProgress', quantity: 7, planId: 'team' })
    const webhook = market.endpoint.received.find(({ body }) => body.id === operation)
    expect(webhook?.body).toMatchObject({
      id: operation,
      activityId: expect.stringMatching(guid),
      subscriptionId: id,
      publisherId: 'contoso',
      offerId: 'contoso-desk',
      planId: 'team',
      quantity: 7,
      timeStamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/),
      action: 'ChangeQuantity',
      status: 'InProgress',
      operationRequestSource: 'Azure',
      subscription: { id, quantity: 5, saasSubscriptionStatus: 'Subscribed' },
    })
    const keys = createRemoteJWKSet(new URL(`${stoa.url}/${demo.contoso.tenantId}/discovery/v2.0/keys`))
    const { payload } = await jwtVerify(String(webhook?.authorization).replace('Bearer ', ''), keys, { audience: demo.contoso.clientId })
    expect(payload.tid).toBe(demo.contoso.tenantId)
  })

  test('AP-060 AP-061 an offer’s settings: Success for Succeeded, and no token', async () => {
    const id = await market.active(desk)
    const { offer } = (await market.get(id)).subscription
    const set = (body: unknown) =>
      fetch(`${stoa.url}/api/sandbox/offers/contoso/contoso-desk/webhook`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    expect((await set({ signed: false, successWord: 'Done' })).status).toBe(400)
    expect((await set({ signed: false, successWord: 'Success' })).status).toBe(200)
    market.endpoint.received.length = 0
    await market.as(demo.buyer, (ctx) => stoa.domain.checkout.change(ctx, id, { quantity: 9 }))
    await market.settle()
    await call('DELETE', `/${id}`)
    await market.settle()
    expect(market.endpoint.received.map(({ body, authorization }) => [body.action, body.status, authorization])).toEqual([
      ['ChangeQuantity', 'InProgress', undefined],
      ['Unsubscribe', 'Success', undefined],
    ])
    const endpoint = { offer, preview: false }
    const usual = { signed: true, successWord: 'Succeeded' as const }
    const stranger = market.as(demo.buyer, (ctx) => stoa.domain.subscriptions.setWebhookOptions(ctx, endpoint, usual))
    await expect(stranger).rejects.toMatchObject({ kind: 'forbidden' })
    await market.as(system, (ctx) => stoa.domain.subscriptions.setWebhookOptions(ctx, endpoint, usual))
  })

  test('AP-048 SA-174 Success applies the change, with an empty body', async () => {
    const { id, operation } = await asked()
    expect(await answer(id, operation, { STATUS: 'success' })).toMatchObject({ status: 200, text: '' })
    expect((await call('GET', `/${id}`)).body.planId).toBe('standard')
    expect((await call('GET', `/${id}/operations/${operation}`)).body.status).toBe('Succeeded')
  })

  test.each([{ status: 'Done' }, {}, { status: 5 }, [], null, { status: 'Succeeded' }])('AP-048 %j is 400 InvalidValue', async (body) => {
    const { id, operation } = await asked()
    expect(await answer(id, operation, body)).toMatchObject({ status: 400, body: { code: 'InvalidValue', target: 'status' } })
    expect((await market.get(id)).subscription.pendingOperation).toBe(operation)
  })

  test('an answer that contradicts the operation’s plan is 400', async () => {
    const { id, operation } = await asked()
    expect((await answer(id, operation, { status: 'Success', planId: 'basic' })).status).toBe(400)
    expect((await answer(id, operation, { status: 'Success', planId: 'standard' })).status).toBe(200)
  })

  test('AP-049 news cannot be answered; unknown ids and operations of another subscription are 404', async () => {
    const id = await market.active()
    await call('DELETE', `/${id}`)
    const [ended] = (await market.get(id)).operations
    expect(await answer(id, String(ended?.id), { status: 'Success' })).toMatchObject({
      status: 400,
      body: { code: 'Error', target: 'operation' },
    })
    const other = await asked()
    for (const [subscription, operation] of [
      [id, other.operation],
      [nobody, other.operation],
      [other.id, nobody],
      [other.id, 'no-guid'],
    ] as const) {
      expect(await answer(subscription, operation, { status: 'Success' })).toMatchObject({
        status: 404,
        body: { code: 'NotFound', target: 'operation' },
      })
      expect(await call('GET', `/${subscription}/operations/${operation}`)).toMatchObject({
        status: 404,
        body: { code: 'EntityNotFound', target: operation },
      })
    }
  })

  test('AP-049 the same answer again is 200, a contradicting one 409', async () => {
    const { id, operation } = await asked()
    expect((await answer(id, operation, { status: 'Failure' })).status).toBe(200)
    expect((await answer(id, operation, { status: 'Failure' })).status).toBe(200)
    expect(await answer(id, operation, { status: 'Success' })).toMatchObject({ status: 409, body: { code: 'Conflict' } })
    expect((await call('GET', `/${id}`)).body.planId).toBe('basic')
  })

  test('AP-049 AP-052 a late Success after the automatic one is 200, a late Failure 409', async () => {
    const { id, operation } = await asked()
    await market.pass({ seconds: 12 })
    expect((await answer(id, operation, { status: 'Success' })).status).toBe(200)
    expect((await answer(id, operation, { status: 'Failure' })).status).toBe(409)
    expect((await call('GET', `/${id}`)).body.planId).toBe('standard')
  })

  test('AP-050 AP-064 the publisher may answer its own operation, even before the webhook returned', async () => {
    const id = await market.active()
    const operation = (await call('PATCH', `/${id}`, { body: { planId: 'standard' } })).headers.get('operation-id') ?? ''
    let status: number | undefined
    market.endpoint.answer = async ({ body }) => {
      if (body.id === operation) status = (await answer(id, operation, { status: 'Success' })).status
      return 200
    }
    await market.settle()
    market.endpoint.answer = 200
    expect(status).toBe(200)
    expect((await call('GET', `/${id}`)).body.planId).toBe('standard')
  })

  test('AP-053 a value that is already current when the operation would take effect ends as Conflict', async () => {
    const { id, operation } = await asked()
    await market.kernel.database.db.execute(sql`update subscriptions.subscription set plan_id = 'standard' where id = ${id}`)
    expect((await answer(id, operation, { status: 'Success' })).status).toBe(200)
    expect((await call('GET', `/${id}/operations/${operation}`)).body.status).toBe('Conflict')
  })
})

// --- Clients ---------------------------------------------------------------------------------------------------------------------------

describe('client libraries', () => {
  const id = z.string().regex(guid)
  // .NET reads DateTimeOffset, Java OffsetDateTime, Python isodate, Node Date: all of them a whole time with its zone.
  const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?Z$/)
  // GetInt32: neither text nor a fraction.
  const seats = z.int().min(1).max(2_147_483_647)
  const person = z.strictObject({ emailId: z.string(), objectId: id, tenantId: id, puid: z.string() })
  // .NET throws for an enum value that it does not know, Python's reader warns; a member may be absent, and null is none.
  const subscription = z.strictObject({
    id,
    publisherId: z.string(),
    offerId: z.string(),
    name: z.string(),
    saasSubscriptionStatus: z.enum(['NotStarted', 'PendingFulfillmentStart', 'Subscribed', 'Suspended', 'Unsubscribed']),
    beneficiary: person,
    purchaser: person,
    planId: z.string(),
    quantity: seats.optional(),
    term: z.strictObject({ termUnit: z.enum(['P1M', 'P1Y', 'P2Y', 'P3Y']), startDate: time.optional(), endDate: time.optional() }),
    autoRenew: z.boolean(),
    isTest: z.boolean(),
    isFreeTrial: z.boolean(),
    allowedCustomerOperations: z.array(z.enum(['Read', 'Update', 'Delete'])),
    sandboxType: z.enum(['None', 'Csp']),
    sessionMode: z.enum(['None', 'DryRun']),
    created: time,
    lastModified: time,
  })
  const operation = z.strictObject({
    id,
    activityId: id,
    subscriptionId: id,
    offerId: z.string(),
    publisherId: z.string(),
    planId: z.string(),
    quantity: seats.optional(),
    action: z.enum(['ChangePlan', 'ChangeQuantity', 'Reinstate', 'Suspend', 'Unsubscribe', 'Renew']),
    timeStamp: time,
    status: z.enum(['NotStarted', 'InProgress', 'Succeeded', 'Failed', 'Conflict']),
    errorStatusCode: z.string().optional(),
    errorMessage: z.string().optional(),
    operationRequestSource: z.enum(['Azure', 'Partner']),
  })
  const plan = z.strictObject({
    planId: z.string(),
    displayName: z.string(),
    description: z.string(),
    isPrivate: z.boolean(),
    minQuantity: seats.optional(),
    maxQuantity: seats.optional(),
    hasFreeTrials: z.boolean(),
    isPricePerSeat: z.boolean(),
    isStopSell: z.boolean(),
    market: z.string().length(2),
    planComponents: z.strictObject({
      recurrentBillingTerms: z.array(
        z.strictObject({
          currency: z.string().length(3),
          price: z.number(),
          termUnit: z.enum(['P1M', 'P1Y', 'P2Y', 'P3Y']),
          termDescription: z.string(),
          meteredQuantityIncluded: z.array(z.strictObject({ dimensionId: z.string(), units: z.string() })).optional(),
        }),
      ),
      meteringDimensions: z.array(
        z.strictObject({
          id: z.string(),
          currency: z.string().length(3),
          pricePerUnit: z.number(),
          unitOfMeasure: z.string(),
          displayName: z.string(),
        }),
      ),
    }),
  })

  const clients = {
    dotnet: { accept: 'application/json', 'x-ms-client-request-id': nobody, 'x-ms-return-client-request-id': 'true' },
    node: { accept: 'application/json', 'content-type': 'application/json; charset=utf-8', 'x-ms-client-request-id': nobody },
    java: { accept: 'application/json;q=0.9, */*;q=0.1', 'x-ms-requestid': nobody, 'x-ms-correlationid': nobody },
    python: { accept: '*/*', 'x-ms-requestid': 'a-run', 'x-ms-correlationid': 'a-run' },
  }

  test.each(Object.entries(clients))(
    'AP-067 every call as %s makes it, and every answer as strictly as it is read',
    async (_name, headers) => {
      const made = (method: string, path: string, more: Call = {}) =>
        call(method, path, { ...more, headers: { ...headers, ...more.headers } })
      const bought = await market.buy(desk)
      const resolved = await made('POST', '/resolve', { headers: { 'x-ms-marketplace-token': await landingToken(bought) } })
      z.strictObject({ id, subscriptionName: z.string(), offerId: z.string(), planId: z.string(), quantity: seats, subscription }).parse(
        resolved.body,
      )
      expect(await made('POST', `/${bought}/activate`, { body: { planId: 'team', quantity: 5 } })).toMatchObject({ status: 200, text: '' })
      // The list is asked for with a slash before the query.
      const listed = await made('GET', '/')
      const page = z.strictObject({ subscriptions: z.array(subscription), '@nextLink': z.url().optional() }).parse(listed.body)
      expect(page.subscriptions.length).toBeGreaterThan(0)
      expect(subscription.parse((await made('GET', `/${bought}`)).body).term.startDate).toMatch(/T00:00:00Z$/)
      const { plans } = z.strictObject({ plans: z.array(plan) }).parse((await made('GET', `/${bought}/listAvailablePlans`)).body)
      expect(plans.length).toBeGreaterThan(1)
      expect((await made('GET', `/${nobody}/listAvailablePlans`)).body).toEqual({ plans: [] })

      const changed = await made('PATCH', `/${bought}`, { body: { quantity: 6 } })
      expect(changed).toMatchObject({ status: 202, text: '' })
      expect(Number(changed.headers.get('retry-after'))).toBeGreaterThan(0)
      // As the .NET library finds the operation's id: by the place of its segment in the address.
      const segments = new URL(changed.headers.get('operation-location') ?? '').pathname.split('/')
      const operationId = segments[6] ?? ''
      await market.settle()
      const outstanding = z.strictObject({ operations: z.array(operation) }).parse((await made('GET', `/${bought}/operations`)).body)
      expect(outstanding.operations.map((one) => one.id)).toEqual([operationId])
      expect(operation.parse((await made('GET', `/${bought}/operations/${operationId}`)).body)).toMatchObject({ quantity: 6 })
      const done = await made('PATCH', `/${bought}/operations/${operationId}`, { body: { status: 'Success', planId: 'team', quantity: 6 } })
      expect(done).toMatchObject({ status: 200, text: '' })
      const ended = await made('DELETE', `/${bought}`)
      expect(ended).toMatchObject({ status: 202, text: '' })
      const last = new URL(ended.headers.get('operation-location') ?? '').pathname.split('/')[6]
      expect(operation.parse((await made('GET', `/${bought}/operations/${last}`)).body)).toMatchObject({ action: 'Unsubscribe' })
      expect(subscription.parse((await made('GET', `/${bought}`)).body).saasSubscriptionStatus).toBe('Unsubscribed')
    },
  )

  test('AP-018 no lasting refusal is a 5xx or a 429, whatever is sent where; libraries would repeat it. Nothing changes', async () => {
    const active = await market.active(desk)
    const before = await market.get(active)
    const ids = [
      active,
      nobody,
      'x',
      '%00',
      '..',
      '%2e%2e%2f',
      `${active}0`,
      'a'.repeat(5000),
      "'; drop table subscriptions.subscription; --",
    ]
    const bodies = [
      undefined,
      '',
      '[]',
      'null',
      '"text"',
      '{',
      '{"planId":{}}',
      '{"quantity":[6]}',
      '{"planId":"\\u0000"}',
      '{"status":{}}',
      '{"__proto__":1}',
    ]
    const paths: [string, (one: string) => string][] = [
      ['POST', (one) => `/${one}/activate`],
      ['PATCH', (one) => `/${one}`],
      ['PATCH', (one) => `/${one}/operations/${nobody}`],
      ['PATCH', (one) => `/${active}/operations/${one}`],
      ['GET', (one) => `/${one}/operations/${one}`],
      ['DELETE', (one) => `/${one === active ? nobody : one}`],
      ['PUT', (one) => `/${one}`],
    ]
    const wrong: string[] = []
    for (const [method, path] of paths) {
      for (const one of ids.map((text) => encodeURI(text).replaceAll('%25', '%'))) {
        for (const body of method === 'GET' || method === 'DELETE' ? [undefined] : bodies) {
          const answer = await fetch(`${stoa.url}/api/saas/subscriptions${path(one)}?api-version=2018-08-31`, {
            method,
            headers: { authorization: `Bearer ${token.contoso}`, 'content-type': 'application/json' },
            ...(body === undefined ? {} : { body }),
          })
          const text = await answer.text()
          const json = text === '' || (answer.headers.get('content-type') ?? '').startsWith('application/json')
          if (answer.status < 400 || answer.status >= 500 || answer.status === 429 || !json)
            wrong.push(`${method} ${path(one).slice(0, 80)} ${body ?? ''}: ${answer.status} ${text.slice(0, 80)}`)
        }
      }
    }
    for (const value of ['x'.repeat(10_000), 'ü', '%', '\u00ff']) {
      const answer = await fetch(`${stoa.url}/api/saas/subscriptions/resolve?api-version=2018-08-31`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token.contoso}`, 'x-ms-marketplace-token': value },
      })
      if (answer.status !== 400 || !(await answer.json())) wrong.push(`resolve ${value.slice(0, 10)}: ${answer.status}`)
    }
    expect(wrong).toEqual([])
    expect(await market.get(active)).toEqual(before)
  })
})
