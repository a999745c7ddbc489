import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getTableColumns, is, sql } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { demo, openMarketplace } from '../../../test/subscriptions.ts'
import { rowsOf } from '../../kernel/clock.ts'
import { anonymous, type Ctx, system, type UserPrincipal } from '../../kernel/context.ts'
import * as schema from './schema.ts'
import type { NewLead } from './service.ts'
import { memberOf } from '../../../test/people.ts'

interface Received {
  method: string
  url: string
  headers: Record<string, string | string[] | undefined>
  body: Record<string, unknown>
}

/** An endpoint of the publisher, which answers as the test says. */
const received: Received[] = []
const answers = { status: 200 }
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  received.push({
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers,
    body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>,
  })
  response.writeHead(answers.status).end('{"echo":"thank you"}')
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
afterAll(() => server.close())
const secretPath = '/workflows/abc?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=top-secret'
const endpointUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}${secretPath}`

const { kernel, domain, as, buy } = await openMarketplace()
const { leads, offers, publishing } = domain

const tenantOf = { contoso: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002', fabrikam: '5d3f8b16-90c4-4f0b-a2c7-7b8e61d20003' }
const partner = (publisher: keyof typeof tenantOf, role: string): UserPrincipal => ({
  kind: 'user',
  tenantId: tenantOf[publisher],
  objectId: tenantOf[publisher].replace(/.{4}$/, 'a001'),
  email: `${role}@${publisher}.example`,
  displayName: role,
  roles: [],
  memberships: memberOf(tenantOf[publisher], role),
})
const owner = partner('contoso', 'owner')
const operator: UserPrincipal = { ...owner, memberships: undefined, tenantId: '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b70001', roles: ['operator'] }

const toEndpoint = { kind: 'https', url: endpointUrl, contactEmail: 'sales@contoso.example;boss@contoso.example' }

/** A draft of an offer that is listed only, with the texts and pictures of a demo offer. */
async function draft(offerId: string, setup: Record<string, unknown>): Promise<string> {
  return as(owner, async (ctx) => {
    const desk = await offers.findOffer(ctx, 'contoso', 'contoso-desk')
    const { id } = await offers.copyOffer(ctx, { offer: desk?.id ?? '', offerId, alias: offerId })
    await offers.saveSection(ctx, { offer: id, module: 'setup', content: { leads: { kind: 'list' }, ...setup } })
    return id
  })
}

async function live(offerId: string, setup: Record<string, unknown>): Promise<string> {
  const offer = await draft(offerId, setup)
  await as(owner, (ctx) => publishing.publishNow(ctx, { offer, notes: 'Nothing to sign in to.' }))
  return offer
}

const contact = {
  firstName: 'Ada',
  lastName: 'Buyer',
  email: 'ada@adatum.example',
  phone: '+1 425 555 0100',
  country: 'US',
  company: 'Adatum Corp',
  title: 'CTO',
}
const wanted = (offerId: string, change: Partial<NewLead> = {}): NewLead => ({
  publisherId: 'contoso',
  offerId,
  origin: 'business',
  contact,
  message: 'How many people can use it?',
  consent: true,
  ...change,
})
const create = (input: NewLead, who: Ctx['principal'] = demo.buyer) => as(who, (ctx) => leads.create(ctx, input))
const all = async (filter: Record<string, unknown> = {}) =>
  (await as(owner, (ctx) => leads.list(ctx, { publisherId: 'contoso', ...filter }))).leads
const details = (id: string) => as(owner, (ctx) => leads.get(ctx, id))
const mails = async (template: string) =>
  (await kernel.read(system, (ctx) => kernel.mail.list(ctx))).filter((mail) => mail.template === template)
const pass = (time: { seconds?: number; hours?: number }) => kernel.due.move((from) => from.add(time))

await live('talk', { listingOption: 'contact-me' })
await live('talk-endpoint', { listingOption: 'contact-me', leads: toEndpoint })
await live('try', { listingOption: 'free-trial', trialUrl: 'https://contoso.example/trial' })
await live('free', { listingOption: 'get-it-now-free', offerUrl: 'https://contoso.example/app' })

beforeEach(() => {
  received.length = 0
  answers.status = 200
})

test('the tables are those of the migration', async () => {
  for (const table of Object.values(schema)) {
    if (is(table, PgTable)) await kernel.database.db.select(getTableColumns(table)).from(table).limit(1)
  }
})

test('AC-251 SA-17 Contact me with consent makes a lead with the customer, the offer and the store; without consent it makes none', async () => {
  await expect(create(wanted('talk', { consent: false }))).rejects.toMatchObject({ code: 'ConsentRequired', target: 'consent' })
  expect(await all({ offerId: 'talk' })).toEqual([])
  const { lead, targetUrl } = await create(wanted('talk'))
  expect(targetUrl).toBeNull()
  const { lead: row, leadSource } = await details(lead)
  expect(row).toMatchObject({
    ...contact,
    act: 'contact-me',
    action: 'PLT',
    source: 'AppSource (SPZA)',
    offerId: 'talk',
    offerTitle: 'Contoso Desk',
    description: 'How many people can use it?',
    tenantId: demo.buyer.tenantId,
    state: 'kept',
  })
  expect(leadSource).toBe('AppSource (SPZA)-PLT | contoso.talk')
})

test('AC-252 SA-170 free trial and free offer make a lead, lead on to the publisher and sell nothing', async () => {
  const trial = await create(wanted('try'))
  const free = await create(wanted('free', { origin: 'cloud' }))
  expect([trial.targetUrl, free.targetUrl]).toEqual(['https://contoso.example/trial', 'https://contoso.example/app'])
  expect((await details(trial.lead)).lead).toMatchObject({ act: 'free-trial', action: 'INS' })
  expect((await details(free.lead)).lead).toMatchObject({ act: 'get-it-now', action: 'INS', source: 'AzureMarketplace' })
  const rows = rowsOf(await kernel.database.db.execute(sql`select from subscriptions.subscription`))
  expect(rows).toEqual([])
  await expect(create(wanted('contoso-crm'))).rejects.toMatchObject({ code: 'ListingOptionChanged' })
})

test('AC-262 several acts make several leads; the same form sent twice makes one', async () => {
  const before = (await all({ offerId: 'talk' })).length
  const first = await create(wanted('talk', { idempotencyKey: 'form-1' }))
  const again = await create(wanted('talk', { idempotencyKey: 'form-1' }))
  await create(wanted('talk', { idempotencyKey: 'form-2' }))
  expect(again).toEqual(first)
  expect(await all({ offerId: 'talk' })).toHaveLength(before + 2)
})

test('a form with several mistakes names each at its field, and nothing is kept', async () => {
  const before = (await all()).length
  const bad = wanted('talk', { contact: { ...contact, email: 'nobody', company: '' }, message: 'x'.repeat(2001), consent: false })
  const error = await create(bad).catch((problem: { details: { target: string }[] }) => problem)
  expect((error as { details: { target: string }[] }).details.map(({ target }) => target).sort()).toEqual([
    'company',
    'consent',
    'email',
    'message',
  ])
  await expect(create(wanted('talk'), anonymous)).rejects.toMatchObject({ kind: 'unauthenticated' })
  expect(await all()).toHaveLength(before)
})

test('AC-253 PL-86 an offer that is not published, or has been stopped, makes no lead', async () => {
  const offer = await draft('early', { listingOption: 'contact-me' })
  await expect(create(wanted('early'))).rejects.toMatchObject({ code: 'OfferNotFound' })
  await as(owner, (ctx) => publishing.publishNow(ctx, { offer, notes: 'Nothing.' }))
  await create(wanted('early'))
  await as(owner, (ctx) => publishing.stopOffer(ctx, { offer }))
  await expect(create(wanted('early'))).rejects.toMatchObject({ code: 'OfferNotFound' })
  expect(await all({ offerId: 'early' })).toHaveLength(1)
})

test('PL-93 AC-261 a lead is posted at once, as JSON, to the address as it was given; PL-84 each contact is told', async () => {
  const { lead } = await create(wanted('talk-endpoint', { campaign: { src: 'website', mktcmpid: 'blogpost_12' } }))
  await pass({ seconds: 1 })
  expect(received).toHaveLength(1)
  const [post] = received
  expect(post).toMatchObject({ method: 'POST', url: secretPath })
  expect(post?.headers).toMatchObject({
    'content-type': 'application/json',
    'x-stoa-lead-id': lead,
    'x-stoa-offer': 'contoso.talk-endpoint',
  })
  expect(post?.body).toEqual({
    UserDetails: {
      FirstName: 'Ada',
      LastName: 'Buyer',
      Email: 'ada@adatum.example',
      Phone: '+1 425 555 0100',
      Country: 'US',
      Company: 'Adatum Corp',
      Title: 'CTO',
    },
    LeadSource: 'AppSource (SPZA)',
    ActionCode: 'PLT',
    OfferTitle: 'Contoso Desk',
    Description: 'How many people can use it?',
  })
  const { lead: row, attempts } = await details(lead)
  expect(row).toMatchObject({ state: 'delivered', attempts: 1, trafficSource: 'website', campaignId: 'blogpost_12' })
  expect(attempts).toMatchObject([{ number: 1, status: 200 }])
  const told = (await mails('lead-created')).filter((mail) => mail.text.includes(lead))
  expect(told.map((mail) => mail.to).sort()).toEqual(['boss@contoso.example', 'sales@contoso.example'])
  for (const { subject, text } of told) for (const secret of Object.values(contact)) expect(subject + text).not.toContain(secret)
})

test('PL-87 the address with its credential is neither shown nor kept in clear', async () => {
  const [row] = await all({ offerId: 'talk-endpoint' })
  const shown = JSON.stringify(await details(row?.id ?? ''))
  expect(shown).toContain('http://127.0.0.1:')
  expect(shown).not.toContain('top-secret')
  for (const table of ['leads.attempt', 'leads.lead', 'publishing.snapshot', 'kernel.audit', 'kernel.event', 'kernel.mail', 'kernel.due']) {
    const rows = rowsOf(
      await kernel.database.db.execute(sql.raw(`select count(*)::int as n from ${table} t where t::text like '%top-secret%'`)),
    )
    expect([table, rows[0]]).toEqual([table, { n: 0 }])
  }
})

test('PL-103 an endpoint that keeps failing is tried for three days; then the lead is in the list as failed, told, and can be sent again', async () => {
  answers.status = 500
  const { lead } = await create(wanted('talk-endpoint'))
  await pass({ seconds: 1 })
  expect((await details(lead)).lead).toMatchObject({ state: 'waiting', attempts: 1, lastOutcome: 'Answered 500 instead of 200.' })
  await pass({ hours: 24 })
  expect((await details(lead)).lead.state).toBe('waiting')
  await pass({ hours: 52 })
  const given = await details(lead)
  expect(given.lead.state).toBe('failed')
  // Within a clock move an endpoint that has failed three times is spared; the attempts count as made.
  expect(received.length).toBeLessThan(10)
  expect(given.attempts.reduce((sum, row) => sum + (row.collapsed || 1), 0)).toBe(given.lead.attempts)
  expect(given.lead.attempts).toBeGreaterThan(15)
  const alerts = await mails('lead-undelivered')
  expect(alerts.map((mail) => mail.to).sort()).toEqual(['boss@contoso.example', 'sales@contoso.example'])
  expect(alerts[0]?.text).not.toContain(contact.email)

  answers.status = 200
  received.length = 0
  await as(owner, (ctx) => leads.redeliver(ctx, lead))
  await pass({ seconds: 1 })
  expect(received).toHaveLength(1)
  expect((await details(lead)).lead.state).toBe('delivered')
})

test('a lead waits for an endpoint that comes back', async () => {
  answers.status = 503
  const { lead } = await create(wanted('talk-endpoint'))
  await pass({ seconds: 1 })
  answers.status = 202
  await pass({ hours: 1 })
  expect((await details(lead)).lead).toMatchObject({ state: 'delivered', attempts: 2 })
})

test('PL-98 AC-252 a purchase makes a lead of the person who buys', async () => {
  await buy()
  const [row] = await all({ act: 'purchase' })
  expect(row).toMatchObject({
    action: 'INS',
    source: 'AppSource (SPZA)',
    offerId: 'contoso-crm',
    planId: 'basic',
    email: 'buyer@adatum.example',
    firstName: 'Adatum',
    lastName: 'Buyer',
    company: 'Adatum Corp',
    country: 'US',
  })
})

test('PL-85 SA-16 AC-256 a connection is tried with a test lead: by hand, and by the submission; PL-29 a preview makes real leads', async () => {
  expect(await leads.validateDestination({ url: endpointUrl, offerTitle: 'Contoso Desk' })).toMatchObject({ ok: true })
  expect(received[0]?.body).toMatchObject({ ActionCode: 'INS', OfferTitle: 'Contoso Desk', UserDetails: { Phone: '1234567890' } })
  answers.status = 401
  expect(await leads.validateDestination({ url: endpointUrl, offerTitle: 'x' })).toEqual({
    ok: false,
    message: 'The endpoint did not take the test lead: Answered 401 instead of 200.',
  })
  for (const url of ['', 'ftp://contoso.example', 'http://contoso.example/leads', 'https://a:b@contoso.example'])
    await expect(leads.validateDestination({ url, offerTitle: 'x' })).rejects.toMatchObject({ code: 'InvalidUrl', target: 'url' })

  received.length = 0
  answers.status = 200
  const offer = await draft('checked', { listingOption: 'contact-me', leads: toEndpoint })
  await as(owner, (ctx) => publishing.submit(ctx, { offer, notes: 'Nothing to sign in to.' }))
  await pass({ seconds: 30 })
  expect(received).toHaveLength(1)
  expect(JSON.stringify(received[0]?.body)).toContain('MSFT_TEST_')

  received.length = 0
  const { lead } = await create(wanted('checked', { preview: true }))
  await pass({ seconds: 1 })
  expect((await details(lead)).lead).toMatchObject({ preview: true, state: 'delivered' })
  expect(received[0]?.body).toMatchObject({ ActionCode: 'PLT' })
})

test('the list is searched and filtered, and exported for spreadsheets', async () => {
  const dutch = { ...contact, firstName: 'Wim', lastName: '100%_Sure', email: 'wim@northwind.example', company: 'Northwind' }
  await create(wanted('talk', { contact: dutch }), demo.stranger)
  const found = async (filter: Record<string, unknown>) => (await all(filter)).map((row) => row.firstName)
  expect(await found({ search: 'wim 100%_s' })).toEqual(['Wim'])
  expect(await found({ search: 'NORTHWIND' })).toEqual(['Wim'])
  expect(await found({ search: '%' })).toEqual(['Wim'])
  expect(await found({ search: 'nobody\u0000' })).toEqual([])
  expect(await found({ act: 'free-trial' })).toEqual(['Ada'])
  expect(await found({ state: 'failed' })).toEqual([])
  const rows = await as(owner, (ctx) => leads.exportRows(ctx, { publisherId: 'contoso', offerId: 'talk' }))
  expect(rows.length).toBeGreaterThan(2)
  expect((await as(owner, (ctx) => leads.offersWithLeads(ctx, 'contoso'))).map(({ offerId }) => offerId)).toContain('talk')
})

test('leads are for owners and managers of the publisher alone; the marketplace sees what is stuck, without contact data', async () => {
  const [row] = await all()
  for (const who of [partner('contoso', 'developer'), partner('fabrikam', 'owner'), demo.buyer, operator]) {
    await expect(as(who, (ctx) => leads.list(ctx, { publisherId: 'contoso' }))).rejects.toMatchObject({ kind: 'forbidden' })
    await expect(as(who, (ctx) => leads.get(ctx, row?.id ?? ''))).rejects.toMatchObject({ kind: 'forbidden' })
    await expect(as(who, (ctx) => leads.redeliver(ctx, row?.id ?? ''))).rejects.toMatchObject({ kind: 'forbidden' })
  }
  await expect(as(owner, (ctx) => leads.troubled(ctx))).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(as(owner, (ctx) => leads.erase(ctx, { email: contact.email }))).rejects.toMatchObject({ kind: 'forbidden' })
  answers.status = 500
  await create(wanted('talk-endpoint'))
  await pass({ seconds: 1 })
  const troubled = await as(operator, (ctx) => leads.troubled(ctx))
  expect(troubled).toMatchObject([{ offerId: 'talk-endpoint', state: 'waiting' }])
  expect(JSON.stringify(troubled)).not.toContain(contact.email)
})

test('a person is erased from all leads; what was done stays, and nothing waits to be sent', async () => {
  const before = await all()
  const hers = before.filter((row) => row.email === contact.email)
  expect(await as(operator, (ctx) => leads.erase(ctx, { email: ' ADA@adatum.example' }))).toBe(hers.length)
  const after = await all()
  expect(after).toHaveLength(before.length)
  expect(after.filter((row) => row.erasedAt !== null)).toHaveLength(hers.length)
  for (const secret of [contact.email, contact.lastName, 'How many people'])
    expect(JSON.stringify(after.filter((row) => row.erasedAt !== null))).not.toContain(secret)
  expect(await all({ state: 'waiting' })).toEqual([])
  await expect(as(owner, (ctx) => leads.redeliver(ctx, hers[0]?.id ?? ''))).rejects.toMatchObject({ code: 'LeadErased' })
})
