import { existsSync, readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { startTestStoa, type TestStoa } from '../../../test/harness.ts'
import { system } from '../../kernel/context.ts'
import { demo, type Marketplace, openMarketplace, personOf } from '../../../test/subscriptions.ts'
import { agreementOn, findPlan, pricesIn } from '../../domain/subscriptions/index.ts'

let stoa: TestStoa
let market: Marketplace
let contoso: string
let fabrikam: string

const audience = '20e940b3-4c77-4b0b-9a53-9e16a1b010a7'
const premium = { offerId: 'contoso-notify', planId: 'premium', termUnit: 'P1M' }

beforeAll(async () => {
  stoa = await startTestStoa({ demo: true })
  market = await openMarketplace(stoa)
  contoso = await token(demo.contoso.tenantId, demo.contoso.clientId, 'contoso-demo-secret-fulfillment-0001')
  fabrikam = await token(demo.fabrikam.tenantId, demo.fabrikam.clientId, 'fabrikam-demo-secret-fulfillment-0001')
})

async function token(tenantId: string, clientId: string, secret: string, resource = audience): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: secret, resource })
  const response = await fetch(`${stoa.url}/${tenantId}/oauth2/token`, { method: 'POST', body })
  return ((await response.json()) as { access_token: string }).access_token
}

// The published OpenAPI document, where it is at hand: every answer is compared with it.
// oxlint-disable-next-line no-explicit-any
type Json = any
const documentFile = new URL('../../../../shared/contracts/metering-v1.openapi.json', import.meta.url)
const document: Json = existsSync(documentFile) ? JSON.parse(readFileSync(documentFile, 'utf8')) : undefined
if (!document) console.warn('The published OpenAPI document of metering is not here: answers are not compared with it.')

function inlined(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(inlined)
  if (typeof schema !== 'object' || schema === null) return schema
  if (typeof schema.$ref === 'string') return inlined(document.components.schemas[schema.$ref.split('/').at(-1)])
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inlined(value)]))
}

/** Members that the document does not know. */
function unknownMembers(schema: Json, value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => unknownMembers(schema?.items, item))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) =>
    schema?.properties?.[name] ? unknownMembers(schema.properties[name], member) : [name],
  )
}

function compare(path: string, method: string, status: number, body: Json): void {
  const found = Object.entries(document?.paths ?? {}).find(([known]) => path.toLowerCase().startsWith(`/api${known.toLowerCase()}?`))
  const schema = (found?.[1] as Json)?.[method.toLowerCase()]?.responses?.[status]?.content?.['application/json']?.schema
  // Answers to a wrong api-version have a shape of their own.
  if (!schema || body.Error) return
  const whole = inlined(schema)
  // A batch item's error is a conflict in the document; other refusals have the members of a 400 there (spec/08 §3.3).
  const error = whole.properties?.result?.items?.properties?.error
  if (error)
    Object.assign(error.properties, {
      target: { type: 'string' },
      details: inlined(document.components.schemas.UsageEventBadRequestResponse).properties.details,
    })
  expect([path, unknownMembers(whole, body)]).toEqual([path, []])
  expect(z.fromJSONSchema(whole, { defaultTarget: 'openapi-3.0' }).safeParse(body).error?.issues ?? []).toEqual([])
}

interface Answer {
  status: number
  headers: Headers
  body: Json
}

async function call(
  path: string,
  options: { body?: unknown; raw?: string; bearer?: string | null; headers?: Record<string, string>; method?: string } = {},
): Promise<Answer> {
  const text = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
  const bearer = options.bearer === undefined ? contoso : options.bearer
  const response = await fetch(`${stoa.url}${path}`, {
    method: options.method ?? (text === undefined ? 'GET' : 'POST'),
    headers: {
      ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(text === undefined ? {} : { body: text }),
  })
  const answered = await response.text()
  const answer = { status: response.status, headers: response.headers, body: answered === '' ? undefined : JSON.parse(answered) }
  compare(path, options.method ?? (text === undefined ? 'GET' : 'POST'), answer.status, answer.body)
  return answer
}

const one = '/api/usageEvent?api-version=2018-08-31'
const many = '/api/batchUsageEvent?api-version=2018-08-31'
const post = (event: unknown, options = {}) => call(one, { body: event, ...options })
const postAll = (request: unknown[], options = {}) => call(many, { body: { request }, ...options })

async function time(shift: { hours?: number; minutes?: number; seconds?: number } = {}): Promise<string> {
  const now = await stoa.kernel.clock.marketNow(stoa.kernel.database.db)
  const { hours = 0, minutes = 0, seconds = 0 } = shift
  return now.add({ seconds: hours * 3600 + minutes * 60 + seconds }).toString({ smallestUnit: 'second' })
}

const event = async (resourceId: string, over: Record<string, unknown> = {}) => ({
  resourceId,
  quantity: 5,
  dimension: 'email',
  effectiveStartTime: await time(),
  planId: 'premium',
  ...over,
})

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

test('AP-068 a single event: 200 with id, status, time and the echoed members', async () => {
  const id = await market.active(premium)
  const sent = await event(id, { quantity: 5.25 })
  const { status, body } = await post(sent)
  expect(status).toBe(200)
  expect(body).toEqual({ usageEventId: expect.stringMatching(guid), status: 'Accepted', messageTime: expect.stringMatching(/Z$/), ...sent })
})

test('AP-011 AP-014 AP-016 token, api-version and ids, in that order', async () => {
  const sent = await event(await market.active(premium))
  for (const bearer of [null, 'nonsense', `${contoso.slice(0, -3)}abc`]) {
    const refused = await post(sent, { bearer })
    expect(refused.status).toBe(403)
    expect(refused.headers.get('x-ms-activityid')).toMatch(guid)
  }
  const foreign = await token(
    demo.contoso.tenantId,
    demo.contoso.clientId,
    'contoso-demo-secret-fulfillment-0001',
    'https://graph.windows.net',
  )
  expect((await post(sent, { bearer: foreign })).status).toBe(403)
  expect((await call('/api/usageEvent', { body: sent, bearer: null })).status).toBe(403)

  expect(await call('/api/usageEvent', { body: sent })).toMatchObject({ status: 400, body: { Error: { Code: 'ApiVersionUnspecified' } } })
  const unknown = await call('/api/usageEvent?api-version=2019-01-01', { body: sent })
  expect(unknown).toMatchObject({ status: 400, body: { Error: { Code: 'UnsupportedApiVersion' } } })
  expect(unknown.body.Error.Message).toContain("does not support the API version '2019-01-01'")

  const generated = await post(sent)
  expect(generated.headers.get('x-ms-requestid')).toMatch(guid)
  expect(generated.headers.get('x-ms-correlationid')).toBe(generated.headers.get('x-ms-requestid'))
  const echoed = await post(sent, { headers: { 'x-ms-requestid': 'any text', 'x-ms-correlationid': 'other' } })
  expect([echoed.headers.get('x-ms-requestid'), echoed.headers.get('x-ms-correlationid')]).toEqual(['any text', 'other'])
})

test('AP-069 AP-070 missing and malformed members: the documented shape names each', async () => {
  const id = await market.active(premium)
  const { status, body } = await post({})
  expect(status).toBe(400)
  expect(body).toMatchObject({ code: 'BadArgument', message: 'One or more errors have occurred.', target: 'usageEventRequest' })
  expect(body.details.map((detail: { target: string }) => detail.target)).toEqual([
    'ResourceId',
    'Quantity',
    'Dimension',
    'PlanId',
    'EffectiveStartTime',
  ])
  expect(body.details[0]).toEqual({ code: 'BadArgument', message: 'The resourceId is required.', target: 'ResourceId' })

  const both = await post(await event(id, { resourceUri: '/subscriptions/x' }))
  expect(both.body.details.map((detail: { target: string }) => detail.target)).toEqual(['ResourceId'])
  for (const [over, target] of [
    [{ resourceId: 'not-a-guid' }, 'ResourceId'],
    [{ quantity: '5' }, 'Quantity'],
    [{ quantity: 'NaN' }, 'Quantity'],
    [{ dimension: 7 }, 'Dimension'],
    [{ dimension: 'a\u0001b' }, 'Dimension'],
    [{ planId: ['premium'] }, 'PlanId'],
    [{ effectiveStartTime: 'yesterday' }, 'EffectiveStartTime'],
    [{ effectiveStartTime: '2026-02-30T10:00:00Z' }, 'EffectiveStartTime'],
    [{ effectiveStartTime: 1_700_000_000 }, 'EffectiveStartTime'],
  ] as const) {
    const refused = await post(await event(id, over))
    expect([refused.status, refused.body.details.map((detail: { target: string }) => detail.target)]).toEqual([400, [target]])
  }
})

test('a body that cannot be read: 400 in the contract’s shape, never a 5xx', async () => {
  for (const raw of ['{', '[]', 'null', '"text"', '12', '', '{"quantity": NaN}', '{"__proto__":{"a":1}}']) {
    const refused = await call(one, { raw, method: 'POST' })
    expect([raw, refused.status, refused.body.code]).toEqual([raw, 400, 'BadArgument'])
  }
  expect((await call(one, { raw: `{"a":"${'x'.repeat(5_000_000)}"}` })).status).toBe(413)
  expect((await call(one, { raw: '<a/>', headers: { 'content-type': 'text/xml' } })).status).toBe(415)
})

test('AP-071 AC-145 the window: late events are taken up to 24 hours back, early ones up to 5 minutes ahead', async () => {
  const id = await market.active(premium)
  expect((await post(await event(id, { effectiveStartTime: await time({ hours: -24, seconds: 20 }) }))).status).toBe(200)
  const expired = await post(await event(id, { effectiveStartTime: await time({ hours: -24, seconds: -1 }) }))
  expect([expired.status, expired.body.details[0].code]).toEqual([400, 'Expired'])
  expect((await post(await event(id, { effectiveStartTime: await time({ minutes: 4 }) }))).status).toBe(200)
  const ahead = await post(await event(id, { dimension: 'text', effectiveStartTime: await time({ minutes: 6 }) }))
  expect([ahead.status, ahead.body.details[0].code]).toEqual([400, 'BadArgument'])
})

test('times are read with and without a zone, seconds and time of day', async () => {
  const id = await market.active(premium)
  const at = await time({ hours: -2 })
  const bare = at.replace('Z', '')
  expect((await post(await event(id, { effectiveStartTime: bare }))).body.effectiveStartTime).toBe(at)
  const fine = await post(await event(id, { dimension: 'text', effectiveStartTime: at.replace('Z', '.1234567Z') }))
  expect(fine.body.effectiveStartTime).toBe(at.replace('Z', '.123456Z'))
  const hour = Number(at.slice(11, 13))
  const shifted = `${at.slice(0, 11)}${String((hour + 1) % 24).padStart(2, '0')}${bare.slice(13)}+01:00`
  if (hour < 23) expect((await post(await event(id, { effectiveStartTime: shifted }))).status).toBe(409)
})

test('AP-072 quantities and dimensions', async () => {
  const id = await market.active(premium)
  const verdict = async (over: Record<string, unknown>) => {
    const { status, body } = await post(await event(id, over))
    return status === 200 ? 'Accepted' : body.details[0].code
  }
  expect(await verdict({ quantity: 0 })).toBe('InvalidQuantity')
  expect(await verdict({ quantity: -1 })).toBe('InvalidQuantity')
  expect(await verdict({ quantity: 1e308 })).toBe('InvalidQuantity')
  expect(await verdict({ quantity: 1e12 + 1 })).toBe('InvalidQuantity')
  expect(await verdict({ quantity: 0.12345678901 })).toBe('InvalidQuantity')
  const text = JSON.stringify(await event(id))
  for (const wire of ['0.1234567890123456789012345678901234567890', '1e400']) {
    expect((await call(one, { raw: text.replace('"quantity":5', `"quantity":${wire}`) })).body.details[0].code).toBe('InvalidQuantity')
  }
  // The last of equal names wins.
  expect((await call(one, { raw: text.replace('"quantity":5', '"quantity":0,"quantity":7') })).body.quantity).toBe(7)
  for (const dimension of ['sms', 'EMAIL', 'e mail', "'; drop table x --", '💌', 'a'.repeat(200)])
    expect(await verdict({ dimension })).toBe('InvalidDimension')
  expect(await verdict({ dimension: 'a'.repeat(201) })).toBe('BadArgument')
  expect(await verdict({ planId: 'basic' })).toBe('BadArgument')
  expect(await verdict({ quantity: 1e-10, dimension: 'text' })).toBe('Accepted')
  const enterprise = await market.active({ offerId: 'contoso-notify', planId: 'enterprise' })
  expect((await post(await event(enterprise, { planId: 'enterprise' }))).body.details[0].code).toBe('InvalidDimension')
})

test('AP-073 unknown, foreign, pending and suspended resources', async () => {
  const pending = await market.buy(premium)
  expect((await post(await event(pending))).body.details[0].code).toBe('ResourceNotActive')
  expect((await post(await event('0199a000-0000-7000-8000-000000000001'))).body.details[0].code).toBe('ResourceNotFound')
  expect((await post({ ...(await event('x')), resourceId: undefined, resourceUri: '/subscriptions/none' })).body.details[0].code).toBe(
    'ResourceNotFound',
  )
  const id = await market.active(premium)
  const foreign = await post(await event(id), { bearer: fabrikam })
  expect([foreign.status, foreign.body.message]).toEqual([403, 'Client is not authorized for this usage resource.'])
  const batch = await postAll([await event(id)], { bearer: fabrikam })
  expect([batch.status, batch.body.result[0].status]).toEqual([200, 'ResourceNotAuthorized'])
  await market.as(system, (ctx) => market.domain.subscriptions.paymentFailed(ctx, id))
  expect((await post(await event(id))).body.details[0].code).toBe('ResourceNotActive')
  // Activated later in the hour: time before the activation counts.
  await market.activate(pending)
  expect((await post(await event(pending, { effectiveStartTime: await time({ hours: -3 }) }))).status).toBe(200)
})

test('AP-074 AP-075 one event a resource, dimension and UTC hour, also when a hundred race', async () => {
  const id = await market.active(premium)
  const sent = await event(id)
  const answers = await Promise.all(Array.from({ length: 100 }, () => post(sent)))
  const accepted = answers.filter((answer) => answer.status === 200)
  expect(accepted).toHaveLength(1)
  for (const { status, body } of answers.filter((answer) => answer !== accepted[0])) {
    expect(status).toBe(409)
    expect(body).toEqual({
      additionalInfo: { acceptedMessage: { ...accepted[0]?.body, status: 'Duplicate' } },
      message: 'This usage event already exist.',
      code: 'Conflict',
    })
  }
  expect((await post({ ...sent, dimension: 'text' })).status).toBe(200)
  expect((await post({ ...sent, effectiveStartTime: await time({ hours: -1 }) })).status).toBe(200)
})

test('AP-069 a deployed resource is named by its path as well; both names are of one resource', async () => {
  const id = await market.active(premium)
  const resourceUri = `/subscriptions/${id}/resourceGroups/rg/providers/Microsoft.Solutions/applications/ünï`
  await stoa.kernel.database.pool.query('update metering.meter set resource_uri = $2 where resource = $1', [id, resourceUri])
  const { resourceId: _, ...byUri } = await event(id, { resourceUri })
  const accepted = await post(byUri)
  expect(accepted).toMatchObject({ status: 200, body: { resourceUri, status: 'Accepted' } })
  expect(accepted.body.resourceId).toBeUndefined()
  const again = await post(await event(id, { effectiveStartTime: byUri.effectiveStartTime }))
  expect(again.status).toBe(409)
  expect(again.body.additionalInfo.acceptedMessage.usageEventId).toBe(accepted.body.usageEventId)
  const { body } = await postAll([byUri, { ...byUri, dimension: 'text' }])
  expect(body.result.map((item: Json) => [item.status, item.resourceUri, item.resourceId])).toEqual([
    ['Duplicate', resourceUri, undefined],
    ['Accepted', resourceUri, undefined],
  ])
})

test('AP-076 AP-077 AP-078 a mixed batch: each its own verdict, in order', async () => {
  const id = await market.active(premium)
  const good = await event(id)
  const sent = [
    good,
    good,
    { ...good, quantity: 0 },
    { ...good, dimension: 'sms' },
    { ...good, resourceId: 'x' },
    'text',
    { ...good, dimension: 'text' },
  ]
  const { status, body } = await postAll(sent)
  expect(status).toBe(200)
  expect(body.count).toBe(7)
  expect(body.result.map((item: { status: string }) => item.status)).toEqual([
    'Accepted',
    'Duplicate',
    'InvalidQuantity',
    'InvalidDimension',
    'BadArgument',
    'BadArgument',
    'Accepted',
  ])
  for (const item of body.result) {
    expect(Math.abs(Date.parse(item.messageTime) - Date.parse(await time()))).toBeLessThan(60_000)
    expect(item.usageEventId !== undefined).toBe(item.status === 'Accepted')
    expect(item.error?.additionalInfo !== undefined).toBe(item.status === 'Duplicate')
    expect(item.error !== undefined).toBe(item.status !== 'Accepted')
  }
  expect(body.result[1].error.additionalInfo.acceptedMessage.usageEventId).toBe(body.result[0].usageEventId)
  expect(body.result[4].resourceId).toBeUndefined()

  for (const request of [[], Array.from({ length: 26 }, () => good)]) {
    expect(await postAll(request)).toMatchObject({ status: 400, body: { code: 'BadArgument', target: 'usageEventRequest' } })
  }
  for (const wrong of [{}, { request: 'x' }, { request: { 0: good } }, []]) expect((await call(many, { body: wrong })).status).toBe(400)
  expect((await postAll(Array.from({ length: 25 }, () => good))).body.count).toBe(25)
})

test('AP-078 a refused event does not occupy its hour', async () => {
  const id = await market.active(premium)
  const good = await event(id)
  const { body } = await postAll([{ ...good, planId: 'basic' }, good])
  expect(body.result.map((item: { status: string }) => item.status)).toEqual(['BadArgument', 'Accepted'])
})

test('AP-021 AP-003 member and parameter names in any case, paths too', async () => {
  const { resourceId, quantity, dimension, effectiveStartTime, planId } = await event(await market.active(premium))
  const body = { ResourceId: resourceId, QUANTITY: quantity, Dimension: dimension, EffectiveStartTime: effectiveStartTime, PlanID: planId }
  expect((await call('/api/UsageEvent/?API-Version=2018-08-31', { body })).status).toBe(200)
})

test('after a change of plan the old plan is taken for hours before it', async () => {
  const id = await market.active(premium)
  const before = await time()
  await market.pass({ minutes: 61 })
  await market.as(demo.buyer, (ctx) => market.domain.subscriptions.changeByCustomer(ctx, id, { planId: 'basic' }))
  await market.pass({ seconds: 30 })
  expect((await market.as(system, (ctx) => market.domain.subscriptions.get(ctx, id))).planId).toBe('basic')
  expect((await post(await event(id, { effectiveStartTime: before }))).status).toBe(200)
  expect((await post(await event(id))).body.details[0].target).toBe('PlanId')
  expect((await post(await event(id, { planId: 'basic' }))).status).toBe(200)
})

test('a subscription that has ended: hours before its end for 24 hours, nothing after it', async () => {
  const id = await market.active(premium)
  const before = await time()
  await market.pass({ minutes: 61 })
  await market.as(demo.buyer, (ctx) => market.domain.subscriptions.cancelByCustomer(ctx, id))
  await market.pass({ seconds: 30 })
  expect((await post(await event(id, { effectiveStartTime: before }))).status).toBe(200)
  expect((await post(await event(id, { dimension: 'text' }))).body.details[0].code).toBe('ResourceNotActive')
  await market.pass({ hours: 23 })
  expect((await post(await event(id, { dimension: 'text', effectiveStartTime: before }))).body.details[0].code).toBe('Expired')

  // Cancelled while it was suspended: nothing was used then.
  const suspended = await market.active(premium)
  await market.as(system, (ctx) => market.domain.subscriptions.paymentFailed(ctx, suspended))
  const during = await time()
  await market.as(demo.buyer, (ctx) => market.domain.subscriptions.cancelByCustomer(ctx, suspended))
  await market.pass({ seconds: 30 })
  expect((await post(await event(suspended, { effectiveStartTime: during }))).body.details[0].code).toBe('ResourceNotActive')
})

test('AP-145 AP-081 SA-166 previews, private plans and free dimensions: accepted, and every unit is charged at its price', async () => {
  const { offers, publishing, billing, subscriptions } = market.domain
  const notify = await market.as(system, (ctx) => offers.findOffer(ctx, 'contoso', 'contoso-notify'))
  if (!notify) throw new Error('The demo data has no contoso-notify.')
  const offer = notify.id
  // A private plan on which text costs nothing, in preview only.
  await market.as(system, async (ctx) => {
    const planId = 'trial-run'
    await offers.createPlan(ctx, { offer, planId, name: 'Trial run' })
    await offers.saveSection(ctx, { offer, planId, module: 'plan-listing', content: { name: 'Trial run', description: 'To try it out.' } })
    await offers.setAudience(ctx, { offer, planId, members: [{ tenantId: demo.stranger.tenantId }] })
    const dimensions = [
      { dimensionId: 'email', pricePerUnit: '1', included: { P1M: 10_000 } },
      { dimensionId: 'text', pricePerUnit: '0', included: { P1M: 0 } },
    ]
    const content = { visibility: 'private', markets: ['US'], prices: { P1M: '10' }, dimensions }
    await offers.saveSection(ctx, { offer, planId, module: 'plan-pricing', content })
    await publishing.submit(ctx, { offer, notes: 'Sign in as tester.' })
  })
  await market.settle()
  const preview = await market.as(system, (ctx) => publishing.getPreview(ctx, offer))
  const plan = preview && findPlan(preview, 'trial-run')
  if (!plan) throw new Error('The preview has no such plan.')
  const id = await market.as(system, async (ctx) => {
    const prices = await pricesIn(ctx, market.domain, plan.priceList, 'US', false)
    const termsAccepted = { version: '1', at: ctx.now.toString(), by: demo.buyer.email }
    const agreement = prices && agreementOn(preview, plan, prices, { market: 'US', termUnit: 'P1M', termsAccepted })
    if (!agreement) throw new Error('The plan has no price.')
    const people = { purchaser: personOf(demo.buyer), beneficiary: personOf(demo.buyer), byReseller: false }
    const bought = { offer, planId: plan.planId, quantity: null, termUnit: 'P1M' as const, agreement, autoRenew: true, preview: true }
    return (await subscriptions.create(ctx, { ...bought, ...people })).id
  })
  await market.activate(id)
  const of = { planId: 'trial-run' }
  const verdicts = await postAll([
    await event(id, { ...of, quantity: 20 }),
    await event(id, { ...of, quantity: 1000, dimension: 'text' }),
    await event(id, { ...of, quantity: 0.5, effectiveStartTime: await time({ hours: -1 }) }),
  ])
  expect(verdicts.body.result.map(({ status }: { status: string }) => status)).toEqual(['Accepted', 'Accepted', 'Accepted'])
  // 10,000 e-mails are included in the plan; of what was reported nothing is.
  const { items } = await market.as(demo.buyer, (ctx) => billing.openPeriod(ctx, demo.buyer.tenantId))
  const mine = items.filter((item) => item.subscription === id && item.kind === 'usage')
  const charged = mine.map(({ dimension, quantity, net }) => [dimension, quantity.toString(), net.toString()])
  expect(charged.toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))).toEqual([
    ['email', '20.5', '20.5'],
    ['text', '1000', '0'],
  ])
})

test('AP-079 AP-080 usageEvents: by day, newest first, exact filters', async () => {
  const id = await market.active(premium)
  const today = await time()
  await post(await event(id, { quantity: 2 }))
  await post(await event(id, { quantity: 3, effectiveStartTime: await time({ hours: -23 }) }))
  await post(await event(id, { dimension: 'text' }))
  const list = (query: string, options = {}) => call(`/api/usageEvents?api-version=2018-08-31${query}`, options)
  expect(await list('')).toMatchObject({ status: 400, body: { code: 'BadArgument', details: [{ target: 'usageStartDate' }] } })
  for (const query of [
    '&usageStartDate=x',
    `&usageStartDate=${today}&reconStatus=DryRun`,
    `&usageStartDate=${today}&azureSubscriptionId=7`,
    `&usageStartDate=2030-01-02&usageenddate=2030-01-01`,
  ]) {
    expect((await list(query)).status).toBe(400)
  }
  const start = await time({ hours: -24 })
  const { status, body } = await list(`&UsageStartDate=${start}&usageenddate=${today}&dimension=email&offerId=contoso-notify`)
  expect(status).toBe(200)
  const mine = body.filter((row: { usageResourceId: string }) => row.usageResourceId === id)
  expect(mine.map((row: { submittedQuantity: number }) => row.submittedQuantity)).toEqual(mine.length === 2 ? [2, 3] : [5])
  expect(mine[0]).toMatchObject({
    usageDate: `${today.slice(0, 10)}T00:00:00Z`,
    dimension: 'email',
    planId: 'premium',
    planName: 'Premium',
    offerId: 'contoso-notify',
    offerName: 'Contoso Notification Services',
    offerType: 'SaaS',
    reconStatus: 'Submitted',
    processedQuantity: 0,
  })
  const days = body.map((row: { usageDate: string }) => row.usageDate)
  expect(days).toEqual(days.toSorted().reverse())
  expect((await list(`&usageStartDate=${start}&planId=nothing`)).body).toEqual([])
  expect((await list(`&usageStartDate=${start}&reconStatus=Rejected`)).body).toEqual([])
  expect((await list(`&usageStartDate=${start}`, { bearer: fabrikam })).body).toEqual([])
  expect((await list(`&usageStartDate=${start}`, { bearer: null })).status).toBe(403)
})

test('AP-080 what an invoice has taken is accepted; a day of which it took a part does not match', async () => {
  // The last minutes of a month: the run at midnight takes what is there, and what comes after it of the same day is for the next.
  const first = await market.kernel.clock.marketNow(market.kernel.database.db)
  const next = first.toZonedDateTimeISO('UTC').with({ day: 1 }).startOfDay().add({ months: 1 }).toInstant()
  await market.kernel.due.move(next.subtract({ minutes: 10 }))
  const id = await market.active(premium)
  const before = await time()
  const day = before.slice(0, 10)
  await post(await event(id, { quantity: 2 }))
  await post(await event(id, { quantity: 4, dimension: 'text' }))
  const status = async () => {
    const { body } = await call(`/api/usageEvents?api-version=2018-08-31&usageStartDate=${day}&usageEndDate=${day}`)
    const mine = body.filter((row: { usageResourceId: string }) => row.usageResourceId === id)
    return mine.map((row: Json) => [row.dimension, row.reconStatus, row.submittedQuantity, row.processedQuantity])
  }
  expect(await status()).toEqual([
    ['email', 'Submitted', 2, 0],
    ['text', 'Submitted', 4, 0],
  ])
  await market.pass({ minutes: 15 })
  const hour = (hours: number) => `${day}T${String(Number(before.slice(11, 13)) + hours).padStart(2, '0')}${before.slice(13)}`
  expect((await post(await event(id, { quantity: 3, effectiveStartTime: hour(-1) }))).status).toBe(200)
  expect(await status()).toEqual([
    ['email', 'Mismatch', 5, 2],
    ['text', 'Accepted', 4, 4],
  ])
  for (const [recon, rows] of [
    ['Mismatch', 1],
    ['Accepted', 1],
    ['Submitted', 0],
    ['Rejected', 0],
  ] as const) {
    const { body } = await call(`/api/usageEvents?api-version=2018-08-31&usageStartDate=${day}&usageEndDate=${day}&reconStatus=${recon}`)
    expect([recon, body.filter((row: { usageResourceId: string }) => row.usageResourceId === id).length]).toEqual([recon, rows])
  }
})

test('refused events are kept with their reason', async () => {
  const id = await market.active(premium)
  await post(await event(id, { quantity: -3 }))
  const [latest] = await stoa.kernel.read({ kind: 'system' }, (ctx) => market.domain.metering.refusedRecords(ctx, 'contoso', 1))
  expect(latest).toMatchObject({ resource: id, quantity: '-3', status: 'invalid-quantity', reason: 'The quantity must be greater than 0.' })
})

test('the contract’s OpenAPI document has the three calls', async () => {
  const { status, body } = await call('/openapi/metering.json', { bearer: null })
  expect(status).toBe(200)
  expect(Object.keys(body.paths).toSorted()).toEqual(['/api/batchUsageEvent', '/api/usageEvent', '/api/usageEvents'])
})
