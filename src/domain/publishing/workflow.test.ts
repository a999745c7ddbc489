import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { leavers, offerFixture, ownerOf } from '../../../test/offer-fixture.ts'
import { type Principal, system } from '../../kernel/context.ts'
import { offerTypeOf } from '../offers/index.ts'
import { saasCertification, saasPhases } from '../offers/saas-phases.ts'
import { reportText } from './certification.ts'
import { historyTime } from './history.ts'
import { callStep, error, type Step } from './steps.ts'

const market = await offerFixture()
const { as, kernel, notifications, offers, publishing, sections, write, publish } = market
const notes = 'Sign in as demo, buy plan basic.'

const operator: Principal = {
  kind: 'user',
  tenantId: '00000000-0000-4000-8000-000000000001',
  objectId: '00000000-0000-4000-8000-00000000a001',
  email: 'reviewer@stoa.example',
  displayName: 'Rhea Reviewer',
  roles: ['operator'],
}
const colleague: Principal = { ...operator, objectId: '00000000-0000-4000-8000-00000000a002', displayName: 'Otto Operator' }
const asOperator = <T>(fn: Parameters<typeof kernel.run<T>>[1], who = operator) => kernel.run(who, fn)

const drain = () => kernel.due.move((from) => from.add({ seconds: 1 }))
const statusOf = (offer: string) => as('contoso', (ctx) => publishing.status(ctx, { offer }))
const status = async (offer: string) => (await statusOf(offer)).status
const submit = (offer: string, text = notes) => as('contoso', (ctx) => publishing.submit(ctx, { offer, notes: text }))
const signOff = (offer: string) => as('contoso', (ctx) => publishing.signOff(ctx, { offer }))
const history = async (offer: string, filter?: Parameters<typeof publishing.history>[1]['filter']) =>
  as('contoso', (ctx) => publishing.history(ctx, { offer, ...(filter ? { filter } : {}) }))
const events = async (offer: string) => (await history(offer)).entries.map((entry) => entry.event).reverse()
const stepsOf = async (offer: string) => (await statusOf(offer)).phases.flatMap((phase) => phase.steps)
const step = async (offer: string, name: string) => (await stepsOf(offer)).find((one) => one.step === name)
const mails = (template: string) =>
  kernel.run(system, async (ctx) => (await kernel.mail.list(ctx, { limit: 500 })).filter((mail) => mail.template === template))
const rename = (offer: string, name: string) =>
  as('contoso', (ctx) => offers.saveSection(ctx, { offer, module: 'listing', content: { ...sections('contoso').listing, name } }))
const manual = (rejectNext: string | null = null) =>
  asOperator((ctx) => publishing.certification.setRules(ctx, { mode: rejectNext === null ? 'manual' : 'automatic', rejectNext }))
const automatic = () => asOperator((ctx) => publishing.certification.setRules(ctx, { mode: 'automatic' }))

/** A publisher's server: landing page, webhook and a page for links; each answers as told. */
const answers = { landing: 200, webhook: 200, page: 200 }
const received: { path: string; authorization: string | undefined; body: string }[] = []
const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => (body += String(chunk)))
  request.on('end', () => {
    const path = request.url ?? ''
    received.push({ path, authorization: request.headers.authorization, body })
    response.statusCode = path.startsWith('/webhook') ? answers.webhook : path.startsWith('/landing') ? answers.landing : answers.page
    response.end()
  })
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** A draft whose technical configuration leads to the test's server. */
const writeReachable = (offerId: string, more: Parameters<typeof write>[0] = {}) =>
  write({
    offerId,
    ...more,
    sections: {
      'technical-configuration': {
        ...sections('contoso')['technical-configuration'],
        landingPageUrl: `${url}/landing`,
        webhookUrl: `${url}/webhook`,
      },
      ...more.sections,
    },
  })

beforeEach(async () => {
  Object.assign(answers, { landing: 200, webhook: 200, page: 200 })
  received.length = 0
  await automatic()
})

test('PL-9 SA-194 phases are data of the offer type: for SaaS certification comes after the sign-off', async () => {
  expect(saasPhases.map((phase) => phase.label)).toEqual([
    'Automated validation',
    'Preview creation',
    'Publisher signoff',
    'Certification',
    'Publish',
  ])
  expect(saasPhases.flatMap((phase) => phase.steps.map((one) => [one.label, one.duration]))).toEqual([
    ['Offer purchase flow setup', '<10 min'],
    ['Lead management validation and registration', '<15 min'],
    ['Amendment configuration', '<1 hr'],
    ['Offer validation', '<30 min'],
    ['Preview creation', '<1 hr'],
    ['Manual validation', '<2 business days'],
    ['Offer purchase flow setup', '<10 min'],
    ['Lead management validation and registration', '<15 min'],
    ['Amendment configuration', '<1 hr'],
    ['Final publish', '<30 min'],
  ])
  // The other order runs by the same workflow: certification before the preview.
  const type = offerTypeOf('saas')
  const before = type.phases
  const find = (key: string) => before.find((phase) => phase.key === key) as (typeof before)[number]
  type.phases = ['automated-validation', 'certification', 'preview-creation', 'publisher-signoff', 'publish'].map(find)
  try {
    const offer = await write({ offerId: 'early' })
    await manual()
    await submit(offer)
    await drain()
    expect((await statusOf(offer)).phases.map((phase) => phase.status)).toEqual([
      'Completed',
      'In Progress',
      'Not Started',
      'Not Started',
      'Not Started',
    ])
    expect(await as('contoso', (ctx) => publishing.getPreview(ctx, offer))).toBeNull()
  } finally {
    type.phases = before
  }
})

test('PL-10 PL-12 SA-195 a step is there only when the offer has its feature; its duration is an estimate and no time-out', async () => {
  const amended = {
    ...sections('contoso').properties,
    terms: { kind: 'standard', amendment: 'Support is by mail.' },
  }
  const plain = await write({ offerId: 'plain' })
  const withAmendment = await write({ offerId: 'amended', sections: { properties: amended } })
  for (const offer of [plain, withAmendment]) {
    await submit(offer)
    await drain()
  }
  const labels = async (offer: string) => (await stepsOf(offer)).map((one) => one.label)
  expect(await labels(plain)).not.toContain('Amendment configuration')
  expect((await labels(withAmendment)).filter((label) => label === 'Amendment configuration')).toHaveLength(2)
  expect(await labels(plain)).toContain('Offer purchase flow setup')

  // Listed only: nothing is bought, so nothing of a purchase is set up. There is no lead system in this fixture.
  const listed = await write({
    offerId: 'listed',
    sections: { setup: { ...sections('contoso').setup, listingOption: 'contact-me' } },
    plans: [],
  })
  await submit(listed)
  await drain()
  expect(await labels(listed)).toEqual(['Offer validation', 'Preview creation', 'Manual validation', 'Final publish'])

  await manual()
  await signOff(plain)
  await drain()
  await kernel.due.move((from) => from.add({ hours: 24 * 60 }))
  expect(await step(plain, 'certification')).toMatchObject({ status: 'In Progress', duration: '<2 business days' })
})

test('PL-11 a phase begins when every step of the one before has ended', async () => {
  const offer = await write({ offerId: 'in-order' })
  const { submission } = await submit(offer)
  for (;;) {
    const { phases } = await statusOf(offer)
    const begun = phases.findIndex((phase) => phase.steps.some((one) => one.status !== 'Not Started'))
    for (const phase of phases.slice(
      0,
      Math.max(
        0,
        phases.findLastIndex((one) => one.status === 'In Progress'),
      ),
    )) {
      expect(phase.steps.every((one) => one.status === 'Completed')).toBe(true)
    }
    expect(begun).toBeLessThanOrEqual(phases.length)
    if (!(await kernel.run(system, (ctx) => publishing.advance(ctx, submission)))) break
  }
  // It stopped at a call, inside the first phase: what comes later has not begun.
  const { phases } = await statusOf(offer)
  expect(phases[0]?.status).toBe('In Progress')
  expect(phases.slice(1).every((phase) => phase.status === 'Not Started')).toBe(true)
})

test('SA-196 PL-16 Offer validation really asks: links, landing page and a signed call of the webhook', async () => {
  const offer = await writeReachable('reachable')
  await submit(offer)
  await drain()
  expect(await status(offer)).toBe('Preview')
  const call = received.find((one) => one.path === '/webhook')
  expect(call?.authorization).toBe('Bearer a-signed-token')
  expect(JSON.parse(call?.body ?? '')).toMatchObject({ publisherId: 'contoso', offerId: 'reachable', planId: 'basic' })
  expect(received.map((one) => one.path)).toContain('/landing')
  expect((await statusOf(offer)).validation.map((finding) => finding.code)).not.toContain('WebhookFailed')

  Object.assign(answers, { landing: 404, webhook: 401 })
  await rename(offer, 'Second try')
  await submit(offer)
  await drain()
  // It advises: the preview is there all the same.
  expect(await status(offer)).toBe('Preview')
  const { validation } = await statusOf(offer)
  expect(validation).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ code: 'LandingPageFailed', severity: 'error', target: 'technicalConfiguration.landingPageUrl' }),
      expect.objectContaining({ code: 'WebhookRefused', severity: 'error', message: expect.stringContaining('401') }),
    ]),
  )
  // Certification looks at the same, and says which policy is not met.
  await signOff(offer)
  await drain()
  expect(await status(offer)).toBe('Attention needed')
  const { certification } = await statusOf(offer)
  expect(certification?.findings.map((finding) => finding.code).sort()).toEqual(['T2', 'T4'])

  Object.assign(answers, { landing: 400, webhook: 404 })
  await submit(offer)
  await drain()
  expect((await statusOf(offer)).validation.filter((finding) => finding.severity === 'error')).toEqual([])
})

test('an address that cannot be reached is a warning in the sandbox and an error in production', async () => {
  const { judge } = await import('./probes.ts')
  const probe = { kind: 'landing-page', url: 'http://localhost:1/landing', target: 't', method: 'GET' } as const
  const nobody = { failure: 'connection', reason: 'Nothing listens.' } as const
  expect(judge('sandbox', probe, nobody)).toMatchObject([{ code: 'LandingPageUnreachable', severity: 'warning' }])
  expect(judge('production', probe, nobody)).toMatchObject([{ severity: 'error' }])
  expect(judge('sandbox', { ...probe, url: 'https://crm.example' }, { failure: 'tls', reason: 'Expired.' })).toMatchObject([
    { severity: 'error' },
  ])
  expect(judge('production', { ...probe, kind: 'link' }, { status: 403 })).toEqual([])
  expect(judge('sandbox', { ...probe, kind: 'link' }, { status: 404 })).toMatchObject([{ code: 'LinkBroken', severity: 'error' }])
  expect(judge('sandbox', { ...probe, kind: 'webhook' }, { status: 500 })).toMatchObject([{ code: 'WebhookFailed' }])
  expect(judge('sandbox', { ...probe, kind: 'webhook' }, { status: 404 })).toEqual([])
})

test('PL-21 AC-155 words of the list, files that are none, an unknown application and a shared title are found', async () => {
  await asOperator((ctx) => publishing.certification.forbidWord(ctx, { word: 'Lorem  Ipsum', reason: 'It is a placeholder.' }))
  await publish(await write({ offerId: 'twin', sections: { listing: { ...sections('contoso').listing, name: 'Shared title' } } }))
  const { hash } = await kernel.files.put(Buffer.from('MZ this is a program'), 'image/png')
  const offer = await write({
    offerId: 'odd',
    sections: {
      listing: { ...sections('contoso').listing, name: 'shared TITLE', description: '<p>It is lorem\nipsum of CRM.</p>' },
    },
  })
  // What no upload accepts, a row from elsewhere may hold.
  await kernel.database.db.execute(
    sql`update offers.draft set content = jsonb_set(content, '{logos,small}', ${JSON.stringify(hash)}::jsonb) where offer = ${offer} and module = 'listing'`,
  )
  await kernel.database.db.execute(
    sql`update offers.draft set content = content || '{"applicationId": "11111111-1111-4111-8111-111111111111"}' where offer = ${offer} and module = 'technical-configuration'`,
  )
  await submit(offer)
  await drain()
  const { validation } = await statusOf(offer)
  const codes = validation.map((finding) => finding.code)
  expect(codes).toEqual(expect.arrayContaining(['ForbiddenWord', 'ImageInvalid', 'TitleTaken', 'ApplicationUnknown']))
  expect(validation.find((finding) => finding.code === 'ForbiddenWord')).toMatchObject({
    message: expect.stringContaining('It is a placeholder.'),
    target: 'listing.en.description',
  })
  await signOff(offer)
  await drain()
  const { certification } = await statusOf(offer)
  const failed = certification?.checks.filter((check) => check.result === 'failed').map((check) => check.title)
  expect(failed).toEqual(['Description', 'Screenshots, videos and documents', 'Sign-in and tenants'])
  await asOperator((ctx) => publishing.certification.allowWord(ctx, 'lorem ipsum'))
  await expect(asOperator((ctx) => publishing.certification.allowWord(ctx, 'lorem ipsum'))).rejects.toMatchObject({ code: 'WordNotFound' })
})

test('SA-135 another application than that of the other offers is a warning', async () => {
  await publish(await write({ offerId: 'first-app' }))
  const offer = await write({ offerId: 'second-app' })
  await kernel.database.db.execute(
    sql`update offers.draft set content = content || '{"applicationId": "5d3f8b16-90c4-4f0b-a2c7-7b8e61d2c001", "tenantId": "5d3f8b16-90c4-4f0b-a2c7-7b8e61d20003"}' where offer = ${offer} and module = 'technical-configuration'`,
  )
  await submit(offer)
  await drain()
  expect(await status(offer)).toBe('Preview')
  expect((await statusOf(offer)).validation).toEqual(
    expect.arrayContaining([expect.objectContaining({ code: 'ApplicationsDiffer', severity: 'warning' })]),
  )
})

test('PL-7 SA-200 notes for certification are asked for where offers are tried out, and reach the reviewer', async () => {
  expect(saasCertification.isTested).toBe(true)
  const offer = await write({ offerId: 'noted' })
  await expect(submit(offer, '  ')).rejects.toMatchObject({ kind: 'invalid', code: 'NotesRequired', target: 'notes' })
  await expect(submit(offer, 'x'.repeat(10_001))).rejects.toMatchObject({ kind: 'invalid', target: 'notes' })
  expect(await status(offer)).toBe('Draft')
  const type = offerTypeOf('saas')
  const before = type.certification
  type.certification = { ...before, isTested: false }
  try {
    expect(await as('contoso', (ctx) => publishing.testing(ctx, { offer }))).toEqual({ isTested: false })
    await submit(offer, '')
    await drain()
  } finally {
    type.certification = before
  }
  await manual()
  const { submission } = await submit(offer, 'Use the code 4711.')
  await drain()
  await signOff(offer)
  await drain()
  expect(await asOperator((ctx) => publishing.certification.dossier(ctx, submission))).toMatchObject({ notes: 'Use the code 4711.' })
})

test('PL-19 PL-20 PL-22 PL-23 PL-24 certification by hand: queue, checklist, rejection with a report, and another try', async () => {
  const desk = publishing.certification
  await asOperator((ctx) =>
    desk.addCriterion(ctx, { offerType: 'saas', title: 'Gold competency', ask: 'The publisher holds the gold competency Cloud Platform.' }),
  )
  await manual()
  const offer = await write({ offerId: 'by-hand' })
  const { submission } = await submit(offer)
  await drain()
  await signOff(offer)
  await drain()
  expect(await status(offer)).toBe('Publish in progress')
  // The longest waiting is first: this one came last.
  expect((await asOperator((ctx) => desk.queue(ctx))).waiting.at(-1)).toMatchObject({ submission, title: 'Contoso CRM', assignedTo: null })
  const { checks } = await asOperator((ctx) => desk.dossier(ctx, submission))
  expect(checks.filter((check) => check.level === 'eligibility').map((check) => check.title)).toEqual([
    'Publisher in good standing',
    'Gold competency',
  ])
  expect(checks.filter((check) => check.level === 'technical').map((check) => check.title)).toEqual([
    'Malware scan',
    'Network calls',
    'Package analysis',
    'Functional test',
    'Sign-in and tenants',
  ])

  const review = (result: string, findings: { policy: string; severity: string; message: string; notes: string }[] = []) => ({
    checks: checks.map(({ id }) => ({ id, result: id === 'C3' ? result : 'passed', note: '' })),
    findings,
  })
  const finding = {
    policy: 'C3',
    severity: 'error',
    message: 'The screenshots show another product.',
    notes: 'Seen on screenshot 1: replace it.',
  }
  const decide = (approve: boolean, sent: ReturnType<typeof review>, who = operator) =>
    asOperator((ctx) => desk.decide(ctx, submission, { approve, ...sent }), who)

  await expect(decide(true, review('passed'))).rejects.toMatchObject({ code: 'NotAssigned' })
  await asOperator((ctx) => desk.assign(ctx, submission))
  await expect(decide(true, review('passed'), colleague)).rejects.toMatchObject({ code: 'NotAssigned' })
  await expect(decide(true, review('open'))).rejects.toMatchObject({ code: 'ChecksOpen' })
  await expect(decide(true, review('failed'))).rejects.toMatchObject({ code: 'ChecksFailed' })
  await expect(decide(false, review('failed'))).rejects.toMatchObject({ code: 'FindingsRequired' })
  await expect(decide(false, review('failed', [{ ...finding, policy: 'C1' }]))).rejects.toMatchObject({ code: 'FindingMissing' })
  await expect(decide(false, review('failed', [{ ...finding, notes: ' ' }]))).rejects.toMatchObject({
    kind: 'invalid',
    target: 'findings.0.notes',
  })
  await expect(decide(false, review('failed', [{ ...finding, policy: 'Z9' }]))).rejects.toMatchObject({ code: 'UnknownPolicy' })
  await asOperator((ctx) => desk.saveReview(ctx, submission, review('failed', [finding])))
  // What a reviewer notes is not the publisher's to read before the decision.
  expect((await statusOf(offer)).certification?.findings).toEqual([])
  await asOperator((ctx) => desk.assign(ctx, submission), colleague)
  await decide(false, review('failed', [finding]), colleague)
  await expect(decide(true, review('passed'), colleague)).rejects.toMatchObject({ code: 'CertificationEnded' })

  expect(await status(offer)).toBe('Attention needed')
  const { certification, can } = await statusOf(offer)
  expect(certification).toMatchObject({
    outcome: 'rejected',
    findings: [{ code: 'C3', title: 'Screenshots, videos and documents', notes: finding.notes }],
  })
  expect(certification?.checks.find((check) => check.id === 'T3')).toMatchObject({ result: 'passed', level: 'technical' })
  // A rejection is mended in the draft; there is nothing to try again.
  expect(can.retry).toBe(false)
  await expect(as('contoso', (ctx) => publishing.retry(ctx, { offer }))).rejects.toMatchObject({ code: 'Rejected' })
  const reports = (await mails('offer-certification-report')).filter((mail) => mail.text.includes('contoso.by-hand'))
  expect(reports.map((mail) => mail.to).sort()).toEqual(['owner@contoso.example', 'support@contoso.example'])
  expect(reports[0]?.text).toContain(reportText(certification?.findings ?? []))
  expect(reports[0]?.text).toContain('Seen on screenshot 1: replace it.')

  for (const round of [1, 2]) {
    const again = await submit(offer)
    await drain()
    await signOff(offer)
    await drain()
    await asOperator((ctx) => desk.assign(ctx, again.submission))
    await asOperator((ctx) =>
      desk.decide(ctx, again.submission, { approve: round === 2, ...(round === 2 ? review('passed') : review('failed', [finding])) }),
    )
    await drain()
  }
  expect(await status(offer)).toBe('Live')
  const [criterion] = await asOperator((ctx) => desk.criteria(ctx))
  await asOperator((ctx) => desk.removeCriterion(ctx, criterion?.id ?? ''))
})

test("certification is the operator's alone", async () => {
  const desk = publishing.certification
  const nil = '00000000-0000-4000-8000-000000000000'
  const calls: ((ctx: Parameters<typeof desk.queue>[0]) => Promise<unknown>)[] = [
    (ctx) => desk.queue(ctx),
    (ctx) => desk.dossier(ctx, nil),
    (ctx) => desk.assign(ctx, nil),
    (ctx) => desk.decide(ctx, nil, { approve: true, checks: [], findings: [] }),
    (ctx) => desk.forbiddenWords(ctx),
    (ctx) => desk.forbidWord(ctx, { word: 'x', reason: 'y' }),
    (ctx) => desk.addCriterion(ctx, { offerType: 'saas', title: 'x', ask: 'y' }),
    (ctx) => desk.setRules(ctx, { mode: 'automatic' }),
    (ctx) => publishing.setPreviewFree(ctx, { offer: nil, free: true }),
    (ctx) => publishing.cancelGoLive(ctx, { offer: nil, reason: 'x' }),
  ]
  for (const call of calls) {
    await expect(as('contoso', call)).rejects.toMatchObject({ kind: 'forbidden' })
    await expect(kernel.run({ kind: 'anonymous' }, call)).rejects.toMatchObject({ kind: 'unauthenticated' })
  }
  const offer = await write({ offerId: 'guarded' })
  const stranger = ownerOf('fabrikam')
  const own: ((ctx: Parameters<typeof desk.queue>[0]) => Promise<unknown>)[] = [
    (ctx) => publishing.submit(ctx, { offer, notes }),
    (ctx) => publishing.signOff(ctx, { offer }),
    (ctx) => publishing.cancel(ctx, { offer }),
    (ctx) => publishing.retry(ctx, { offer }),
    (ctx) => publishing.stopOffer(ctx, { offer }),
    (ctx) => publishing.history(ctx, { offer }),
    (ctx) => publishing.compare(ctx, { offer }),
    (ctx) => publishing.status(ctx, { offer }),
  ]
  for (const call of own) await expect(kernel.run(stranger, call)).rejects.toMatchObject({ kind: 'forbidden' })
  // The operator may look, but publishes for nobody.
  await expect(asOperator((ctx) => publishing.submit(ctx, { offer, notes }))).rejects.toMatchObject({ kind: 'forbidden' })
})

test('in the sandbox the next submission can be rejected on request; in production it cannot, and nothing is published without a look', async () => {
  await manual('The icon is of somebody else.')
  const offer = await write({ offerId: 'on-request' })
  for (const expected of ['Attention needed', 'Live']) {
    await submit(offer)
    await drain()
    await signOff(offer)
    await drain()
    expect(await status(offer)).toBe(expected)
  }
  const production = await offerFixture({ config: { mode: 'production' } })
  const rules = { mode: 'automatic', rejectNext: 'For fun' }
  await expect(production.kernel.run(operator, (ctx) => production.publishing.certification.setRules(ctx, rules))).rejects.toMatchObject({
    code: 'SandboxOnly',
  })
  expect(await production.kernel.run(operator, (ctx) => production.publishing.certification.rules(ctx))).toMatchObject({ mode: 'manual' })
  const serious = await production.write({ offerId: 'serious' })
  await expect(production.publish(serious)).rejects.toMatchObject({ code: 'SandboxOnly' })
})

test('PL-31 PL-32 cancelling is processed, with two events; after Go live only the operator can', async () => {
  const offer = await write({ offerId: 'cancelled' })
  await submit(offer)
  await as('contoso', (ctx) => publishing.cancel(ctx, { offer }))
  expect(await status(offer)).toBe('Publish in progress')
  expect(await events(offer)).toContain('Initiated submit to preview cancellation')
  expect(await events(offer)).not.toContain('Canceled submission to preview')
  await expect(submit(offer)).rejects.toMatchObject({ code: 'AlreadyPublishing' })
  await drain()
  expect(await status(offer)).toBe('Draft')
  expect(await events(offer)).toContain('Canceled submission to preview')

  await manual()
  await submit(offer)
  await drain()
  expect((await statusOf(offer)).can).toMatchObject({ cancel: false, goLive: true })
  await signOff(offer)
  await drain()
  expect((await statusOf(offer)).can.cancel).toBe(false)
  await expect(as('contoso', (ctx) => publishing.cancel(ctx, { offer }))).rejects.toMatchObject({ code: 'IllegalTransition' })
  await expect(asOperator((ctx) => publishing.cancelGoLive(ctx, { offer, reason: ' ' }))).rejects.toMatchObject({ target: 'reason' })
  await asOperator((ctx) => publishing.cancelGoLive(ctx, { offer, reason: 'A complaint is being looked at.' }))
  await drain()
  expect(await status(offer)).toBe('Draft')
  expect(await as('contoso', (ctx) => publishing.getPreview(ctx, offer))).toBeNull()
  expect((await asOperator((ctx) => publishing.certification.queue(ctx))).waiting.map((row) => row.offerId)).not.toContain('cancelled')
  const told = (await history(offer)).entries.filter((entry) => /marketplace/.test(entry.event))
  expect(told.map((entry) => [entry.event, entry.initiatedBy]).reverse()).toEqual([
    ['Initiated publish to marketplace cancellation', kernel.config.brand.name],
    ['Canceled publishing to the commercial marketplace', kernel.config.brand.name],
  ])
  expect((await mails('offer-publishing-cancelled'))[0]?.text).toContain('A complaint is being looked at.')
})

test('a call whose submission was cancelled meanwhile changes nothing', async () => {
  const offer = await write({ offerId: 'overtaken' })
  const { submission } = await submit(offer)
  while (await kernel.run(system, (ctx) => publishing.advance(ctx, submission))) {
    // up to the call of Offer validation
  }
  expect(await step(offer, 'offer-validation')).toMatchObject({ status: 'In Progress' })
  await as('contoso', (ctx) => publishing.cancel(ctx, { offer }))
  await drain()
  expect(await step(offer, 'offer-validation')).toMatchObject({ status: 'Not Started', findings: [] })
  expect(await status(offer)).toBe('Draft')
})

/** A step of another room that calls somebody who is away for a while. */
function flaky(failures: number): { step: Step; calls: number[] } {
  const calls: number[] = []
  const flakyStep = callStep<number, boolean>({
    prepare: async () => failures,
    async perform(most) {
      calls.push(calls.length + 1)
      return calls.length > most
    },
    async finish(_ctx, _subject, _prepared, ok) {
      return ok
        ? { findings: [] }
        : { findings: [error('LeadRefused', 'The lead destination did not take the test lead.')], transient: true }
    },
  })
  return { step: flakyStep, calls }
}

test('PL-14 a step of another room blocks on failure, is tried again by itself in production, and by a button in the sandbox', async () => {
  const leads = { ...sections('contoso').setup, leads: { kind: 'list' } }
  const sandbox = await offerFixture()
  const once = flaky(1)
  sandbox.publishing.addStep('lead-management', once.step)
  const here = await sandbox.write({ offerId: 'leads', sections: { setup: leads } })
  const act = <T>(fn: Parameters<typeof sandbox.as<T>>[1]) => sandbox.as('contoso', fn)
  const settle = () => sandbox.kernel.due.move((from) => from.add({ seconds: 1 }))
  const now = () => act((ctx) => sandbox.publishing.status(ctx, { offer: here }))
  await act((ctx) => sandbox.publishing.submit(ctx, { offer: here, notes }))
  await settle()
  expect(await now()).toMatchObject({ status: 'Attention needed', can: { retry: true } })
  expect(await act((ctx) => sandbox.publishing.getPreview(ctx, here))).toBeNull()
  await act((ctx) => sandbox.publishing.retry(ctx, { offer: here }))
  await settle()
  expect((await now()).status).toBe('Preview')
  // Before going live it is delivered once more.
  await act((ctx) => sandbox.publishing.signOff(ctx, { offer: here }))
  await settle()
  expect((await now()).status).toBe('Live')
  expect(once.calls).toHaveLength(3)

  const production = await offerFixture({ config: { mode: 'production' } })
  const twice = flaky(2)
  production.publishing.addStep('lead-management', twice.step)
  const there = await production.write({ offerId: 'leads', sections: { setup: leads } })
  await production.as('contoso', (ctx) => production.publishing.submit(ctx, { offer: there, notes }))
  const later = () => production.as('contoso', (ctx) => production.publishing.status(ctx, { offer: there }))
  await production.kernel.due.move((from) => from.add({ seconds: 1 }))
  const waiting = (await later()).phases[0]?.steps.find((one) => one.step === 'lead-management')
  expect(waiting).toMatchObject({ status: 'In Progress', attempts: 1 })
  expect(waiting?.retryAt).not.toBeNull()
  await production.kernel.due.move((from) => from.add({ minutes: 7 }))
  expect(twice.calls).toHaveLength(3)
  expect((await later()).status).toBe('Preview')
})

test('PL-38 PL-37 PL-39 PL-40 PL-44 history tells all of it, with the time in its format; steps have no user and a status', async () => {
  const offer = await write({
    offerId: 'storied',
    plans: [
      { planId: 'basic', name: 'Basic' },
      { planId: 'gold', name: 'Gold' },
      { planId: 'draft', name: 'Draft plan' },
    ],
  })
  await as('contoso', (ctx) => offers.deletePlan(ctx, { offer, planId: 'draft' }))
  await submit(offer)
  await as('contoso', (ctx) => publishing.cancel(ctx, { offer }))
  await drain()
  await publish(offer)
  await as('contoso', (ctx) => publishing.stopPlan(ctx, { offer, planId: 'gold' }))
  await as('contoso', (ctx) => publishing.resumePlan(ctx, { offer, planId: 'gold' }))
  await rename(offer, 'Another name')
  await as('contoso', (ctx) => offers.syncAudience(ctx, { offer }))
  await manual()
  await submit(offer)
  await drain()
  await signOff(offer)
  await drain()
  await asOperator((ctx) => publishing.cancelGoLive(ctx, { offer, reason: 'Later.' }))
  await drain()
  await as('contoso', (ctx) => publishing.stopOffer(ctx, { offer }))
  const { entries } = await history(offer)
  const told = entries.map((entry) => entry.event)
  for (const literal of [
    'Created offer',
    'Created plan: Basic',
    'Deleted plan',
    'Initiated plan Stop distribution: Gold',
    'Resume distribution: Gold',
    'Submitted offer to preview',
    'Initiated submit to preview cancellation',
    'Canceled submission to preview',
    'Sign-off to go live',
    'Initiated publish to marketplace cancellation',
    'Canceled publishing to the commercial marketplace',
    'Sync private audience',
    'Stop distribution offer',
  ]) {
    expect(told, literal).toContain(literal)
  }
  expect(told.filter((event) => /save|draft saved|Another name/i.test(event))).toEqual([])
  expect(historyTime(Temporal.Instant.from('2020-08-05T20:09:31Z'))).toBe('08/05/2020, 08:09 PM UTC')
  for (const entry of entries) expect(entry.when).toMatch(/^\d\d\/\d\d\/\d{4}, \d\d:\d\d (AM|PM) UTC$/)
  const created = entries.find((entry) => entry.event === 'Preview creation')
  expect(created).toMatchObject({ initiatedBy: '', status: 'Completed' })
  expect(entries.find((entry) => entry.event === 'Created offer')).toMatchObject({ initiatedBy: 'contoso owner', status: null })
  // An update of a live offer announces its preview with a mail of its own.
  expect((await mails('offer-update-preview')).some((mail) => mail.text.includes('storied'))).toBe(true)
})

test('PL-43 who has left the account is unidentified', async () => {
  const offer = await write({ offerId: 'left' })
  leavers.add(ownerOf('contoso').objectId)
  try {
    expect((await history(offer)).entries.map((entry) => entry.initiatedBy)).toContain('Unidentified user')
    expect((await history(offer)).users).toEqual(['Unidentified user'])
  } finally {
    leavers.clear()
  }
  expect((await history(offer)).users).toEqual(['contoso owner'])
})

test('PL-41 PL-42 history is filtered by events, users, days, and pages that a submission changed', async () => {
  const offer = await write({ offerId: 'filtered' })
  await publish(offer)
  await rename(offer, 'New name')
  await kernel.due.move((from) => from.add({ hours: 48 }))
  await submit(offer)
  await drain()
  const found = async (filter: Parameters<typeof publishing.history>[1]['filter']) => (await history(offer, filter)).entries
  expect((await found({ events: ['Sign-off to go live'] })).map((entry) => entry.event)).toEqual(['Sign-off to go live'])
  expect((await found({ events: ['Created plan'] })).map((entry) => entry.event)).toEqual(['Created plan: basic'])
  expect(await found({ users: ['nobody'] })).toEqual([])
  const today = (await found({}))[0]?.at.toString().slice(0, 10) ?? ''
  expect((await found({ from: today })).every((entry) => entry.at.toString() >= today)).toBe(true)
  expect((await found({ to: '2020-01-01' })).length).toBe(0)
  const submissions = async (page: string) => (await found({ pages: [page] })).map((entry) => entry.event)
  expect(await submissions('Offer listing')).toEqual(['Submitted offer to preview', 'Submitted offer to preview'])
  expect(await submissions('Properties')).toEqual(['Submitted offer to preview'])
  // These count as changed whatever was changed.
  expect(await submissions('Offer setup')).toHaveLength(2)
  expect(await submissions('Plan overview')).toHaveLength(2)
  const { pages, events: offered } = await history(offer)
  expect(pages).toEqual(expect.arrayContaining(['Offer setup', 'Plan overview', 'Offer listing', 'Technical configuration']))
  expect(offered).toEqual(expect.arrayContaining(['Created plan', 'Validation and publishing steps']))
})

test('PL-62 PL-63 PL-64 PL-66 the draft is compared with the live offer or the preview, field by field', async () => {
  const offer = await write({ offerId: 'compared' })
  const compare = (version?: 'live' | 'preview') => as('contoso', (ctx) => publishing.compare(ctx, { offer, with: version }))
  await expect(compare()).rejects.toMatchObject({ code: 'NothingToCompare' })
  await submit(offer)
  await drain()
  expect(await compare()).toMatchObject({ with: 'preview', versions: ['preview'] })
  await expect(compare('live')).rejects.toMatchObject({ code: 'NothingToCompare' })
  await signOff(offer)
  await drain()

  const { keywords: _, ...listing } = sections('contoso').listing as Record<string, unknown>
  const content = { ...listing, name: 'Edited name', shortDescription: 'Added text' }
  await as('contoso', (ctx) => offers.saveSection(ctx, { offer, module: 'listing', content }))
  const { fields, versions, notCompared } = await compare('live')
  expect(versions).toEqual(['live'])
  const change = (field: string) => fields.find((one) => one.module === 'listing' && one.field === field)
  expect(change('name')).toMatchObject({ change: 'edited', draft: ['Edited name'], published: ['Contoso CRM'], page: 'Offer listing' })
  expect(change('shortDescription')).toMatchObject({ change: 'added', draft: ['Added text'], published: [] })
  expect(change('keywords')).toMatchObject({ change: 'removed', draft: [], published: ['pipeline'] })
  expect(change('summary')).toMatchObject({ change: 'unchanged' })
  expect(fields.filter((field) => field.change !== 'unchanged')).toHaveLength(3)
  expect(notCompared).toEqual(expect.arrayContaining(['Co-sell with Microsoft', 'Resell through CSPs', 'Supplemental content']))
  expect(fields.some((field) => notCompared.includes(field.page))).toBe(false)
  await submit(offer)
  await drain()
  expect(await compare()).toMatchObject({ versions: ['live', 'preview'] })
  expect((await compare('preview')).fields.every((field) => field.change === 'unchanged')).toBe(true)
})

test('PL-45 SA-201 an offer can be worked on in every status, and a new preview leaves the live version alone', async () => {
  const offer = await write({ offerId: 'always' })
  const edit = (name: string) => rename(offer, name)
  const liveName = async () => (await as('contoso', (ctx) => publishing.getLive(ctx, offer)))?.content.listing.en?.name
  await edit('As draft')
  await submit(offer)
  await edit('In progress')
  await drain()
  await edit('In preview')
  await submit(offer)
  await drain()
  await signOff(offer)
  await drain()
  await edit('While live')
  expect(await liveName()).toBe('In preview')
  await submit(offer)
  await drain()
  expect(await status(offer)).toBe('Preview')
  expect(await liveName()).toBe('In preview')
  await manual('Not now.')
  await signOff(offer)
  await drain()
  expect(await status(offer)).toBe('Attention needed')
  await edit('With attention needed')
  expect(await liveName()).toBe('In preview')
  await as('contoso', (ctx) => publishing.stopOffer(ctx, { offer }))
  await drain()
  await edit('Not available')
  await publish(offer)
  expect(await liveName()).toBe('Not available')
})

test('PL-5 sections of an update show Unpublished changes, or Incomplete when the edit broke something', async () => {
  const offer = await write({ offerId: 'updated' })
  await publish(offer)
  const statuses = async () => {
    const { pages } = await as('contoso', (ctx) => offers.getDraft(ctx, offer))
    return new Map(pages.map((page) => [page.module, page.status]))
  }
  await rename(offer, 'Changed')
  expect((await statuses()).get('listing')).toBe('Unpublished changes')
  expect((await statuses()).get('properties')).toBe('Complete')
  const { summary: _, ...broken } = sections('contoso').listing as Record<string, unknown>
  await as('contoso', (ctx) => offers.saveSection(ctx, { offer, module: 'listing', content: broken }))
  expect((await statuses()).get('listing')).toBe('Incomplete')
  await expect(submit(offer)).rejects.toMatchObject({ code: 'DraftIncomplete' })
})

test('PL-47 PL-48 SA-101 a listing becomes a trial, and a trial is sold, by publishing again', async () => {
  const { setup } = sections('contoso')
  const offer = await write({ offerId: 'growing', sections: { setup: { ...setup, listingOption: 'contact-me' } }, plans: [] })
  const listed = async () => (await as('contoso', (ctx) => publishing.getLive(ctx, offer)))?.content.setup.listingOption
  const choose = (content: Record<string, unknown>) =>
    as('contoso', (ctx) => offers.saveSection(ctx, { offer, module: 'setup', content: { ...setup, ...content } }))
  await publish(offer)
  expect(await listed()).toBe('contact-me')
  await choose({ listingOption: 'free-trial', trialUrl: 'https://contoso.example/trial' })
  expect(await listed()).toBe('contact-me')
  await publish(offer)
  expect(await listed()).toBe('free-trial')
  await choose({ listingOption: 'transact' })
  await as('contoso', (ctx) => market.writePlan(ctx, offer, { planId: 'basic', name: 'Basic' }))
  await publish(offer)
  expect(await listed()).toBe('transact')
  await expect(choose({ listingOption: 'contact-me' })).rejects.toMatchObject({ code: 'Locked', target: 'listingOption' })
})

test('SA-202 what goes live is what the preview showed', async () => {
  const offer = await write({ offerId: 'same' })
  await submit(offer)
  await drain()
  await kernel.database.db.execute(
    sql`update publishing.snapshot set content = jsonb_set(content, '{listing,en,name}', '"Tampered"') where offer = ${offer} and kind = 'preview'`,
  )
  await signOff(offer)
  await drain()
  expect(await status(offer)).toBe('Attention needed')
  expect((await step(offer, 'final-publish'))?.findings).toMatchObject([{ code: 'PreviewDiffers' }])
  expect(await as('contoso', (ctx) => publishing.getLive(ctx, offer))).toBeNull()
})

test('PL-18 SA-197 a completed phase has its time, and the preview says that showing it may take longer', async () => {
  const offer = await write({ offerId: 'timed' })
  await submit(offer)
  await drain()
  const { phases } = await statusOf(offer)
  expect(phases.filter((phase) => phase.status === 'Completed').every((phase) => phase.completedAt !== null)).toBe(true)
  expect(phases.find((phase) => phase.status === 'Not Started')?.completedAt).toBeNull()
  expect((await step(offer, 'preview-creation'))?.note).toContain('up to 4 hours')
})

test('SA-191 a preview waits as long as its publisher likes', async () => {
  const offer = await write({ offerId: 'patient' })
  await submit(offer)
  await drain()
  await kernel.due.move((from) => from.add({ hours: 24 * 800 }))
  expect((await statusOf(offer)).can.goLive).toBe(true)
})

test('PL-71 a plan that is stopped comes back with the next publishing', async () => {
  const offer = await write({ offerId: 'back', plans: [{ planId: 'a' }, { planId: 'b' }] })
  await publish(offer)
  await as('contoso', (ctx) => publishing.stopPlan(ctx, { offer, planId: 'a' }))
  await publish(offer)
  const plan = async () => (await as('contoso', (ctx) => publishing.planOverview(ctx, { offer }))).find((row) => row.planId === 'a')
  expect(await plan()).toMatchObject({ status: 'Not available', resumes: false })
  await as('contoso', (ctx) => publishing.resumePlan(ctx, { offer, planId: 'a' }))
  expect(await plan()).toMatchObject({ status: 'Not available', resumes: true })
  expect(await as('contoso', (ctx) => publishing.isStopped(ctx, offer, 'a'))).toBe(true)
  await publish(offer)
  expect(await plan()).toMatchObject({ status: 'Live' })
  expect(await as('contoso', (ctx) => publishing.isStopped(ctx, offer, 'a'))).toBe(false)
})

test('the people of a publisher are told in Partner Center, each has an unread count of their own', async () => {
  const own = { publisherId: 'contoso' }
  const second = { ...ownerOf('contoso'), objectId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1a009' }
  await as('contoso', (ctx) => notifications.markSeen(ctx, own))
  const offer = await write({ offerId: 'announced' })
  await submit(offer)
  await drain()
  await signOff(offer)
  await drain()
  const [newest, before] = await as('contoso', (ctx) => notifications.list(ctx, own))
  expect(newest).toMatchObject({ kind: 'offer-live', isNew: true, path: '/partner/publishers/contoso/offers/announced/overview' })
  expect(before).toMatchObject({ kind: 'offer-sign-off', isNew: true })
  expect(await as('contoso', (ctx) => notifications.unread(ctx, own))).toBe(2)
  await as('contoso', (ctx) => notifications.markSeen(ctx, own))
  expect(await as('contoso', (ctx) => notifications.unread(ctx, own))).toBe(0)
  expect(await kernel.run(second, (ctx) => notifications.unread(ctx, own))).toBeGreaterThan(2)
  await expect(as('fabrikam', (ctx) => notifications.list(ctx, own))).rejects.toMatchObject({ kind: 'forbidden' })
})

test('nothing is left undone', async () => {
  await automatic()
  await drain()
  expect((await kernel.doctor.examine(kernel.database.db)).flatMap((finding) => finding.problems)).toEqual([])
})
