import { sql } from 'drizzle-orm'
import { beforeAll, describe, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { type Ctx, type Principal, system, type UserPrincipal } from '../../kernel/context.ts'
import { isDomainError } from '../../kernel/errors.ts'
import { rowsOf } from '../../kernel/clock.ts'
import { stripHar } from './har.ts'
import type { NewRequest, Support } from './index.ts'
import { offerTypeChoices, requestKinds } from './kinds.ts'

/** People of the demo data, with the rights that their accounts give. */
let owner: UserPrincipal
let manager: UserPrincipal
let foreign: UserPrincipal
const operator: UserPrincipal = {
  kind: 'user',
  tenantId: '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b70001',
  objectId: '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b7a001',
  email: 'operator@operator.example',
  displayName: 'Operator',
  roles: ['operator'],
}

let market: Marketplace
let support: Support
const as = <T>(principal: Principal, use: (ctx: Ctx) => Promise<T>) => market.as(principal, use)

const contact = { name: 'Olga Owner', email: 'olga@contoso.example', phone: '', prefers: 'email' }
const asked = (topic: string, more: Partial<NewRequest> = {}): NewRequest => ({
  topic,
  summary: 'Something is wrong',
  details: 'It does not work.',
  offerType: 'saas',
  startOn: '',
  contact,
  facts: {},
  ...more,
})
const open = (topic: string, more: Partial<NewRequest> = {}, who: UserPrincipal | null = null, party: string | null = 'contoso') =>
  as(who ?? owner, (ctx) => support.open(ctx, party, asked(topic, more)))
/** Names of the fields that a refusal is about. */
async function refusedFields(call: Promise<unknown>): Promise<string[]> {
  const error: unknown = await call.then(
    () => null,
    (caught: unknown) => caught,
  )
  if (!isDomainError(error) || error.kind !== 'invalid') throw new Error(`not refused as invalid: ${String(error)}`)
  return error.details.length > 0 ? error.details.map(({ target }) => target ?? '') : [error.target ?? '']
}
const mails = async (template: string) =>
  (await as(system, (ctx) => market.kernel.mail.list(ctx))).filter((mail) => mail.template === template)
const count = async () =>
  rowsOf<{ n: number }>(await market.kernel.database.db.execute(sql`select count(*)::int as n from support.request`))[0]?.n

beforeAll(async () => {
  market = await openMarketplace()
  support = market.domain.support
  const person = (objectId: string) => as(system, (ctx) => market.domain.directory.principal(ctx, objectId)) as Promise<UserPrincipal>
  owner = await person('7c9e2d40-11aa-4a7e-8b6d-5e2f90c1a001')
  manager = await person('7c9e2d40-11aa-4a7e-8b6d-5e2f90c1a002')
  foreign = await person('5d3f8b16-90c4-4f0b-a2c7-7b8e61d2a001')
})

test('RF-26 topics are found by keyword or by browsing, with what may solve the problem, and lead to a request', async () => {
  const titles = async (text: string) => (await as(owner, (ctx) => support.suggestTopics(ctx, 'contoso', text))).map(({ id }) => id)
  expect(await titles('payout')).toEqual(['payouts'])
  expect((await titles('wrong usage')).slice(0, 2)).toEqual(['wrong-usage-saas', 'wrong-usage-azure-applications'])
  expect(await titles('legal agree')).toEqual(['legal'])
  for (const keyword of [
    'Marketplace',
    'Azure app',
    'SaaS offer',
    'account management',
    'lead management',
    'deployment issue',
    'co-sell offer migration',
  ])
    expect(await titles(keyword), keyword).not.toEqual([])
  expect(await titles('xyzzy')).toEqual([])

  const browsed = await as(owner, (ctx) => support.topics(ctx, 'contoso'))
  expect(browsed.map(({ path }) => path.join(' > '))).toEqual(
    expect.arrayContaining([
      'Commercial Marketplace > Contractual or Legal questions',
      'Commercial Marketplace > Metered Billing > Wrong usage sent for SaaS offer',
      'Commercial Marketplace > Offer or App Delisting, Removal, or Termination',
    ]),
  )
  expect(browsed.some(({ id }) => id === 'question-invoice')).toBe(false)
  const metering = await as(owner, (ctx) => support.topic(ctx, 'contoso', 'wrong-usage-saas'))
  expect(metering.solutions).toMatchObject([{ title: 'Metering', address: '/docs/metering' }])
  // A topic with others below it is not what a request is about.
  await expect(open('metered-billing')).rejects.toMatchObject({ code: 'TopicNotFound' })

  const { id, tracking } = await open('payouts', { summary: '  Where is   my payout?  ' })
  expect(tracking).toMatch(/^SR-\d{6}$/)
  const request = await as(manager, (ctx) => support.get(ctx, 'contoso', id))
  expect(request).toMatchObject({
    tracking,
    summary: 'Where is my payout?',
    topicPath: ['Commercial Marketplace', 'Payout'],
    state: 'open',
    messages: [{ text: 'It does not work.', authorName: owner.displayName }],
  })
  for (const who of [foreign, demo.buyer]) {
    await expect(as(who, (ctx) => support.get(ctx, 'contoso', id))).rejects.toMatchObject({ kind: 'forbidden' })
    await expect(open('payouts', {}, who)).rejects.toMatchObject({ kind: 'forbidden' })
  }
})

describe('legal notices', () => {
  test('AC-110 the form is reached from Contractual or Legal questions and needs sign-in', async () => {
    const legal = await as(owner, (ctx) => support.topic(ctx, 'contoso', 'legal'))
    expect(legal).toMatchObject({ title: 'Contractual or Legal questions', kind: 'legal-notice' })
    expect(legal.solutions.map(({ title }) => title)).toEqual(['Publisher Agreement', 'Policies and terms'])
    const anonymous = { kind: 'anonymous' } as const
    await expect(as(anonymous, (ctx) => support.open(ctx, 'contoso', asked('legal')))).rejects.toMatchObject({ kind: 'unauthenticated' })
  })

  test('AC-111 a summary of more than 200 characters is refused', async () => {
    expect(requestKinds['legal-notice'].summary.length).toBeLessThanOrEqual(43)
    const before = await count()
    expect(await refusedFields(open('legal', { summary: 'x'.repeat(201) }))).toEqual(['summary'])
    expect(await count()).toBe(before)
    await open('legal', { summary: 'x'.repeat(200) })
  })

  test('AC-112 offer type, details and start date are mandatory; the offer type may be "Not sure"', async () => {
    expect(await refusedFields(open('legal', { offerType: '', details: ' ', startOn: '32.13.2026' }))).toEqual([
      'details',
      'offerType',
      'startOn',
    ])
    expect(offerTypeChoices['not-sure']).toBe('Not sure')
    const { id } = await open('legal', { offerType: 'not-sure' })
    expect(await as(owner, (ctx) => support.get(ctx, 'contoso', id))).toMatchObject({ offerType: 'not-sure' })
  })

  test('AC-114 the start date is today by default and may be later, not earlier', async () => {
    const today = (await as(system, async (ctx) => ctx.now)).toString().slice(0, 10)
    const { id } = await open('legal', { startOn: '' })
    expect((await as(owner, (ctx) => support.get(ctx, 'contoso', id))).startOn.toString()).toBe(today)
    const later = await open('legal', { startOn: `${Number(today.slice(0, 4)) + 1}-01-31` })
    expect((await as(owner, (ctx) => support.get(ctx, 'contoso', later.id))).startOn.toString()).toMatch(/-01-31$/)
    expect(await refusedFields(open('legal', { startOn: '2020-01-01' }))).toEqual(['startOn'])
  })

  test('AC-115 submitting makes a ticket with tracking and delivers the notice', async () => {
    const { tracking } = await open('legal', { summary: 'Notice of assignment', details: 'We assign the agreement to Contoso Holding.' })
    const [delivered] = (await mails('support-incoming')).filter((mail) => mail.subject.includes(tracking))
    expect(delivered).toMatchObject({ to: operator.email, subject: `${tracking} legal notice: Notice of assignment` })
    expect(delivered?.text).toContain('We assign the agreement to Contoso Holding.')
    const [receipt] = (await mails('support-received')).filter((mail) => mail.subject.includes(tracking))
    expect(receipt).toMatchObject({ to: contact.email })
    expect(receipt?.text).toContain('delivered')
    expect((await as(operator, (ctx) => support.queue(ctx, { search: tracking }))).map((row) => row.tracking)).toEqual([tracking])
  })
})

test('RF-30 each kind of request asks for what it is decided by', async () => {
  const facts = {
    subscriptionId: '3a6c1e77-2d58-4e9a-9f31-c4d5e8f30004',
    dimension: 'email',
    reported: '1000',
    correct: '10.5',
    offerId: 'contoso-crm',
    planId: 'basic',
    price: '0.25',
    surplus: 'dropped',
  }
  for (const [topic, kind, wanted] of [
    ['legal', 'legal-notice', []],
    ['wrong-usage-saas', 'metering-correction', ['subscriptionId', 'dimension', 'reported', 'correct']],
    ['wrong-usage-azure-applications', 'metering-correction', ['subscriptionId', 'dimension', 'reported', 'correct']],
    ['removal', 'offer-removal', ['offerId']],
    ['test-purchase-refund', 'test-purchase-refund', ['subscriptionId']],
    ['price-reduction', 'vm-price-reduction', ['offerId', 'planId', 'price']],
  ] as const) {
    if (wanted.length > 0) expect(await refusedFields(open(topic)), topic).toEqual([...wanted])
    const { id } = await open(topic, { facts })
    const request = await as(operator, (ctx) => support.getForStaff(ctx, id))
    expect(request.kind).toBe(kind)
    expect(Object.keys(request.facts).toSorted(), topic).toEqual([...wanted].toSorted())
  }
  expect(await refusedFields(open('wrong-usage-saas', { facts: { ...facts, correct: 'many', subscriptionId: '17' } }))).toEqual([
    'subscriptionId',
    'correct',
  ])
})

test('RF-27 a publisher sees open and closed requests with status and correspondence', async () => {
  const { id, tracking } = await open('analytics', { summary: 'The report is empty' })
  await as(operator, (ctx) => support.answer(ctx, id, { text: 'Which month?' }))
  await as(operator, (ctx) => support.answer(ctx, id, { text: 'Looks like issue 7.', internal: true }))
  const find = async () => (await as(owner, (ctx) => support.list(ctx, 'contoso'))).find((row) => row.id === id)
  expect(await find()).toMatchObject({ state: 'answered', summary: 'The report is empty' })
  expect((await mails('support-answer'))[0]).toMatchObject({ to: contact.email, subject: `${tracking} answer: The report is empty` })
  const news = await as(owner, (ctx) => market.domain.notifications.list(ctx, { publisherId: 'contoso' }))
  expect(news[0]).toMatchObject({ kind: 'support-answer', path: `/partner/publishers/contoso/support/${id}` })

  await as(manager, (ctx) => support.reply(ctx, 'contoso', id, 'October.'))
  expect(await find()).toMatchObject({ state: 'open' })
  await as(operator, (ctx) => support.close(ctx, id))
  expect(await find()).toMatchObject({ state: 'closed' })
  await expect(as(operator, (ctx) => support.close(ctx, id))).rejects.toMatchObject({ code: 'RequestClosed' })
  const texts = async (read: Promise<{ messages: { text: string; side: string }[] }>) => (await read).messages.map(({ text }) => text)
  // Notes of the staff are the staff's.
  expect(await texts(as(owner, (ctx) => support.get(ctx, 'contoso', id)))).toEqual(['It does not work.', 'Which month?', 'October.'])
  expect(await texts(as(operator, (ctx) => support.getForStaff(ctx, id)))).toContain('Looks like issue 7.')
  // Who writes in a closed request opens it again.
  await as(owner, (ctx) => support.reply(ctx, 'contoso', id, 'It is empty again.'))
  expect(await find()).toMatchObject({ state: 'open', closedAt: null })
  await as(owner, (ctx) => support.closeByParty(ctx, 'contoso', id))
  expect(await find()).toMatchObject({ state: 'closed' })
  await expect(as(foreign, (ctx) => support.list(ctx, 'contoso'))).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(as(owner, (ctx) => support.answer(ctx, id, { text: 'I am the marketplace.' }))).rejects.toMatchObject({ kind: 'forbidden' })
})

test('RF-28 customers, publishers and security reports have queues of their own; security comes first and stays urgent', async () => {
  const question = await open('question-offer', { offerType: '' }, demo.buyer, null)
  const report = await open('vulnerability', { summary: 'Anybody can read invoices', offerType: 'not-sure' }, demo.colleague, null)
  const queueOf = async (id: string) => (await as(operator, (ctx) => support.getForStaff(ctx, id))).queue
  expect([await queueOf(question.id), await queueOf(report.id)]).toEqual(['customer', 'security'])
  const rows = await as(operator, (ctx) => support.queue(ctx, {}))
  expect(rows[0]).toMatchObject({ id: report.id, urgent: true })
  expect(rows.length).toBeGreaterThan(2)
  expect((await as(operator, (ctx) => support.queue(ctx, { queue: 'customer' }))).map(({ id }) => id)).toEqual([question.id])
  expect((await mails('support-incoming')).find((mail) => mail.subject.includes(report.tracking))?.subject).toMatch(/^Urgent: /)
  expect(await refusedFields(as(operator, (ctx) => support.triage(ctx, report.id, { urgent: false })))).toEqual(['urgent'])
  // Within the others the urgent one comes first.
  const last = rows.at(-1)?.id ?? ''
  await as(operator, (ctx) => support.triage(ctx, last, { urgent: true, mine: true }))
  expect((await as(operator, (ctx) => support.queue(ctx, {})))[1]).toMatchObject({ id: last, assignee: { name: 'Operator' } })
  expect(await as(operator, (ctx) => support.waiting(ctx))).toContainEqual({ queue: 'security', count: 1 })

  // A customer's question is nobody else's, not even a colleague's.
  await expect(as(demo.colleague, (ctx) => support.get(ctx, null, question.id))).rejects.toMatchObject({ code: 'RequestNotFound' })
  await expect(as(owner, (ctx) => support.get(ctx, 'contoso', question.id))).rejects.toMatchObject({ code: 'RequestNotFound' })
  await expect(open('payouts', {}, demo.buyer, null)).rejects.toMatchObject({ code: 'TopicNotFound' })
})

const har = {
  log: {
    version: '1.2',
    entries: [
      {
        request: {
          method: 'POST',
          url: 'https://market.example/partner?x=1&access_token=abc123&code=zzz',
          headers: [
            { name: 'Cookie', value: 'stoa_session=verysecret' },
            { name: 'authorization', value: 'Bearer eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl' },
            { name: 'Accept', value: '*/*' },
          ],
          cookies: [{ name: 'stoa_session', value: 'verysecret' }],
          queryString: [{ name: 'access_token', value: 'abc123' }],
          postData: {
            mimeType: 'application/x-www-form-urlencoded',
            text: 'name=Olga&password=hunter2',
            params: [{ name: 'password', value: 'hunter2' }],
          },
        },
        response: {
          status: 400,
          headers: [{ name: 'Set-Cookie', value: 'stoa_session=verysecret' }],
          cookies: [{ name: 'stoa_session', value: 'verysecret' }],
          content: { text: '{"code":"BadArgument","access_token":"abc123","note":"eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl"}' },
        },
      },
    ],
  },
}

test('RF-29 a recording loses cookies, authorization and tokens, and is open to those only who wrote in the request', async () => {
  const { bytes, removed } = stripHar(Buffer.from(JSON.stringify(har)))
  const text = bytes.toString()
  for (const secret of ['verysecret', 'abc123', 'hunter2', 'eyJ', 'zzz', 'uthorization']) expect(text).not.toContain(secret)
  // What the error is about stays.
  for (const kept of ['BadArgument', 'Olga', 'Accept', 'x=1']) expect(text).toContain(kept)
  expect(removed).toBeGreaterThan(8)

  const file = (name: string, content: string) => ({ name, contentType: 'text/plain', bytes: Buffer.from(content) })
  const kept = await support.keepFiles([file('C:\\logs\\session.har', JSON.stringify(har)), file('notes\u202Etxt.exe', 'plain')])
  expect(kept).toMatchObject([
    { name: 'session.har', restricted: true, contentType: 'application/json' },
    { name: 'notestxt.exe', restricted: false, removed: 0 },
  ])
  const { id } = await as(owner, (ctx) => support.open(ctx, 'contoso', asked('analytics'), kept))
  const [recording, note] = (await as(owner, (ctx) => support.get(ctx, 'contoso', id))).messages[0]?.attachments ?? []
  const read = (who: Principal, which = recording) => as(who, (ctx) => support.file(ctx, id, which?.id ?? ''))
  expect((await read(owner)).bytes.toString()).toBe(text)
  expect((await read(operator)).size).toBe(bytes.length)
  // A colleague reads the request, and the recording only after writing in it.
  expect((await read(manager, note)).bytes.toString()).toBe('plain')
  await expect(read(manager)).rejects.toMatchObject({ code: 'RestrictedFile' })
  expect((await as(manager, (ctx) => support.get(ctx, 'contoso', id))).messages[0]?.attachments[0]?.readable).toBe(false)
  await as(manager, (ctx) => support.reply(ctx, 'contoso', id, 'I saw it too.'))
  expect((await read(manager)).size).toBe(bytes.length)
  await expect(read(foreign)).rejects.toMatchObject({ kind: 'forbidden' })
  // Never at its public address, and neither is any other file of a request.
  for (const one of [recording, note]) {
    expect(await market.kernel.files.get(one?.hash ?? '')).toMatchObject({ private: true })
    expect(await market.kernel.files.published(one?.hash ?? '')).toBeNull()
  }
  // What somebody has published as well is public.
  await market.kernel.files.put(Buffer.from('plain'), 'text/plain')
  expect(await market.kernel.files.published(note?.hash ?? '')).toMatchObject({ private: false })
})

test('AC-113 several files are attached; what is empty, too large, too many or no recording is refused and nothing is kept', async () => {
  const file = (name: string, size: number) => ({ name, contentType: 'image/png', bytes: Buffer.alloc(size, 1) })
  const kept = await support.keepFiles([file('a.png', 10), file('b.png', 20)])
  const { id } = await as(owner, (ctx) => support.open(ctx, 'contoso', asked('leads'), kept))
  expect(
    (await as(owner, (ctx) => support.get(ctx, 'contoso', id))).messages[0]?.attachments.map(({ name, size }) => [name, size]),
  ).toEqual([
    ['a.png', 10],
    ['b.png', 20],
  ])
  for (const bad of [
    [file('a.png', 0)],
    [file('a.png', 10 * 1024 * 1024 + 1)],
    [file('a.har', 5)],
    Array.from({ length: 11 }, () => file('a.png', 1)),
  ])
    expect(await refusedFields(support.keepFiles(bad))).toEqual(['files'])
})

test('RF-21 the operator adds, changes and retires support topics without a change of code', async () => {
  const topic = {
    id: 'quantum-offers',
    parent: 'commercial-marketplace',
    title: 'Quantum offers',
    kind: 'question',
    audience: 'publisher',
    keywords: 'qubit',
    position: '5',
    solutions: 'How they work | Read this first | /docs/tour',
  }
  await as(operator, (ctx) => support.addTopic(ctx, topic))
  expect((await as(owner, (ctx) => support.suggestTopics(ctx, 'contoso', 'qubit')))[0]).toMatchObject({
    title: 'Quantum offers',
    solutions: [{ title: 'How they work', text: 'Read this first', address: '/docs/tour' }],
  })
  const { id } = await open('quantum-offers')
  await as(operator, (ctx) => support.changeTopic(ctx, { ...topic, title: 'Quantum', keywords: 'entangled' }))
  expect(await as(owner, (ctx) => support.suggestTopics(ctx, 'contoso', 'qubit'))).toEqual([])
  expect((await as(owner, (ctx) => support.get(ctx, 'contoso', id))).topicPath).toEqual(['Commercial Marketplace', 'Quantum offers'])
  await as(operator, (ctx) => support.retireTopic(ctx, 'quantum-offers', true))
  await expect(open('quantum-offers')).rejects.toMatchObject({ code: 'TopicNotFound' })
  await as(operator, (ctx) => support.retireTopic(ctx, 'quantum-offers', false))
  await open('quantum-offers')

  await expect(as(operator, (ctx) => support.addTopic(ctx, topic))).rejects.toMatchObject({ code: 'TopicExists' })
  const bad = {
    ...topic,
    id: 'x',
    title: '',
    kind: 'nonsense',
    parent: 'nowhere',
    position: '-1',
    solutions: 'click | here | javascript:alert(1)',
  }
  expect(await refusedFields(as(operator, (ctx) => support.addTopic(ctx, bad)))).toEqual([
    'title',
    'kind',
    'position',
    'parent',
    'solutions',
  ])
  expect(await refusedFields(as(operator, (ctx) => support.addTopic(ctx, { ...topic, id: 'deep', parent: 'wrong-usage-saas' })))).toEqual([
    'parent',
  ])
  expect(
    await refusedFields(as(operator, (ctx) => support.changeTopic(ctx, { ...topic, id: 'metered-billing', parent: 'wrong-usage-saas' }))),
  ).toEqual(['parent'])
  await expect(as(owner, (ctx) => support.addTopic(ctx, { ...topic, id: 'mine' }))).rejects.toMatchObject({ kind: 'forbidden' })
})

test('PL-74 only the operator takes an offer away from its customers, on a removal request and with notice', async () => {
  const { kernel } = market
  const running = await market.active()
  const waiting = await market.buy({ purchaser: demo.reseller, beneficiary: demo.stranger })
  const other = await market.active({ publisherId: 'contoso', offerId: 'contoso-crm', planId: 'standard' })
  const { id: request } = await open('removal', { facts: { offerId: 'contoso-crm', endOn: '2027-03-01' } })
  const { id: question } = await open('payouts')
  const preview = await as(operator, (ctx) => support.removalPreview(ctx, request))
  expect(preview).toMatchObject({
    offerId: 'contoso-crm',
    isSold: true,
    running: 3,
    customers: 2,
    wishedFor: '2027-03-01',
    announced: null,
  })

  const announce = (who: Principal, input: Partial<{ request: string; effectiveOn: string; notice: string; understood: boolean }> = {}) =>
    as(who, (ctx) =>
      support.announceRemoval(ctx, { request, effectiveOn: preview.earliest, notice: 'We retire it.', understood: true, ...input }),
    )
  await expect(announce(owner)).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(as(owner, (ctx) => market.domain.subscriptions.endByMarketplace(ctx, running))).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(announce(operator, { request: question })).rejects.toMatchObject({ code: 'NoRemovalRequest' })
  const today = (await as(system, async (ctx) => ctx.now)).toString().slice(0, 10)
  await expect(announce(operator, { effectiveOn: today })).rejects.toMatchObject({ code: 'NoticeTooShort' })
  expect(await refusedFields(announce(operator, { notice: ' ' }))).toEqual(['notice'])
  expect(await refusedFields(announce(operator, { understood: false }))).toEqual(['understood'])

  await announce(operator)
  await market.settle()
  await expect(announce(operator)).rejects.toMatchObject({ code: 'RemovalAnnounced' })
  // Nobody new buys it; who has it keeps it until the day, and was told once.
  await expect(market.buy()).rejects.toMatchObject({ kind: expect.any(String) as string })
  expect((await market.get(running)).subscription.status).toBe('Subscribed')
  const told = await mails('offer-removal')
  expect(told.map(({ to }) => to).toSorted()).toEqual([demo.buyer.email, demo.stranger.email, demo.reseller.email].toSorted())
  expect(told.every(({ text }) => text.includes('We retire it.'))).toBe(true)

  await kernel.due.move(kernel.at(preview.earliest).subtract({ seconds: 1 }))
  expect((await market.get(running)).subscription.status).toBe('Subscribed')
  await kernel.due.move(kernel.at(preview.earliest))
  for (const id of [running, waiting, other]) {
    expect((await market.get(id)).subscription).toMatchObject({
      status: 'Unsubscribed',
      endReason: 'offer-removed',
      endedBy: 'marketplace',
    })
  }
  expect((await as(operator, (ctx) => support.removals(ctx)))[0]).toMatchObject({ state: 'done', told: 3, ended: 3 })
  const audited = await as(operator, (ctx) => kernel.audit.search(ctx, { target: 'offer:contoso/contoso-crm' }, { limit: 10 }))
  expect(audited.map(({ action }) => action)).toEqual(expect.arrayContaining(['offer.announce-removal', 'offer.remove']))
  // The publisher's integration hears of each.
  expect(
    market.endpoint.received
      .filter(({ body }) => body.action === 'Unsubscribe')
      .map(({ body }) => body.subscriptionId)
      .toSorted(),
  ).toEqual([running, other].toSorted())
})

test('an announced removal is taken back before its day: the customers are told, and nothing ends', async () => {
  const offers = await as(system, (ctx) => market.domain.publishing.listOffers(ctx, { publisherIds: ['fabrikam'] }))
  const offerId = offers[0]?.offerId ?? ''
  const { id: request } = await open('removal', { facts: { offerId } }, foreign, 'fabrikam')
  const { earliest } = await as(operator, (ctx) => support.removalPreview(ctx, request))
  const { id } = await as(operator, (ctx) =>
    support.announceRemoval(ctx, { request, effectiveOn: earliest, notice: 'It ends.', understood: true }),
  )
  await as(operator, (ctx) => support.withdrawRemoval(ctx, id, 'The publisher has changed its mind.'))
  await market.kernel.due.move(market.kernel.at(earliest))
  expect((await as(operator, (ctx) => support.removals(ctx))).find((row) => row.id === id)).toMatchObject({ state: 'withdrawn', ended: 0 })
  await expect(as(operator, (ctx) => support.withdrawRemoval(ctx, id, 'again'))).rejects.toMatchObject({ code: 'RemovalOver' })
})
