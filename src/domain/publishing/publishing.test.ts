import { getTableColumns, is } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import { offerFixture, publicPricing } from '../../../test/offer-fixture.ts'
import { system } from '../../kernel/context.ts'
import * as schema from './schema.ts'
import { contentHash } from './snapshot.ts'
import { nextState, offerStatus, type SubmissionState, type SubmissionTrigger, submissionTransitions } from './submission.ts'

const market = await offerFixture()
const { as, kernel, offers, publishing, sections, write, writePlan, publish } = market

const status = async (offer: string) => (await as('contoso', (ctx) => publishing.status(ctx, { offer }))).status
const healthy = async () => (await kernel.doctor.examine(kernel.database.db)).flatMap((finding) => finding.problems)
const rename = (offer: string, name: string) =>
  as('contoso', (ctx) => offers.saveSection(ctx, { offer, module: 'listing', content: { ...sections('contoso').listing, name } }))
const liveName = async (offer: string) => (await as('contoso', (ctx) => publishing.getLive(ctx, offer)))?.content.listing.en?.name

const notes = 'Sign in as demo, buy plan basic.'

/** Lets everything happen that is due, calls to the outside included. */
const drain = () => kernel.due.move((from) => from.add({ seconds: 1 }))

test('the tables are those of the migration', async () => {
  for (const table of Object.values(schema)) {
    if (is(table, PgTable)) await kernel.database.db.select(getTableColumns(table)).from(table).limit(1)
  }
})

test('every trigger that the table does not name is refused', () => {
  const triggers: SubmissionTrigger[] = ['previewed', 'signed-off', 'finished', 'failed', 'cancel', 'replaced']
  for (const [state, legal] of Object.entries(submissionTransitions)) {
    for (const trigger of triggers) {
      if (legal[trigger]) expect(nextState(state as SubmissionState, trigger)).toBe(legal[trigger])
      else expect(() => nextState(state as SubmissionState, trigger)).toThrow(expect.objectContaining({ code: 'IllegalTransition' }))
    }
  }
})

test('PL-1 the status of an offer is one of the seven literals', () => {
  const facts = { latest: undefined, live: false, stopRequested: false, stopped: false }
  expect(offerStatus(facts)).toBe('Draft')
  expect(offerStatus({ ...facts, latest: 'validating' })).toBe('Publish in progress')
  expect(offerStatus({ ...facts, latest: 'attention', live: true })).toBe('Attention needed')
  expect(offerStatus({ ...facts, latest: 'preview', live: true })).toBe('Preview')
  expect(offerStatus({ ...facts, latest: 'live', live: true })).toBe('Live')
  expect(offerStatus({ ...facts, latest: 'cancelled', live: true })).toBe('Live')
  expect(offerStatus({ ...facts, latest: 'live', live: true, stopRequested: true })).toBe('Pending Stop distribution')
  expect(offerStatus({ ...facts, latest: 'live', live: true, stopRequested: true, stopped: true })).toBe('Not available in the marketplace')
})

test('SA-13 PL-6 a draft that is not complete is refused with every reason, and nothing runs', async () => {
  const offer = await write({ offerId: 'incomplete', sections: { listing: { name: 'Only a name' } }, plans: [] })
  const error = await as('contoso', (ctx) => publishing.submit(ctx, { offer, notes })).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'DraftIncomplete', kind: 'invalid' })
  const targets = (error as { details: { target: string }[] }).details.map((detail) => detail.target)
  expect(targets).toEqual(expect.arrayContaining(['plans', 'listing.description', 'listing.logos', 'listing.supportContact']))
  expect(await status(offer)).toBe('Draft')
})

test('SA-136 an offer that is sold cannot be published without a plan', async () => {
  const offer = await write({ offerId: 'no-plan', plans: [] })
  await expect(as('contoso', (ctx) => publishing.submit(ctx, { offer, notes }))).rejects.toMatchObject({
    details: [{ code: 'PlanRequired' }],
  })
})

test('PL-8 PL-27 PL-34 the workflow runs as due work: preview, sign-off with a mail, go live', async () => {
  const offer = await write({ offerId: 'workflow' })
  await as('contoso', (ctx) => publishing.submit(ctx, { offer, notes }))
  expect(await status(offer)).toBe('Publish in progress')
  expect(await as('contoso', (ctx) => publishing.getPreview(ctx, offer))).toBeNull()
  await drain()
  expect(await status(offer)).toBe('Preview')
  expect(await as('contoso', (ctx) => publishing.getPreview(ctx, offer))).toMatchObject({ kind: 'preview' })
  expect(await as('contoso', (ctx) => publishing.getLive(ctx, offer))).toBeNull()
  const mails = await kernel.run(system, (ctx) => kernel.mail.list(ctx, { to: 'owner@contoso.example' }))
  expect(mails[0]).toMatchObject({ template: 'offer-sign-off' })

  await as('contoso', (ctx) => publishing.signOff(ctx, { offer }))
  await drain()
  expect(await status(offer)).toBe('Live')
  const { phases } = await as('contoso', (ctx) => publishing.status(ctx, { offer }))
  expect(phases.map((phase) => [phase.label, phase.status])).toEqual([
    ['Automated validation', 'Completed'],
    ['Preview creation', 'Completed'],
    ['Publisher signoff', 'Completed'],
    ['Certification', 'Completed'],
    ['Publish', 'Completed'],
  ])
  expect(await healthy()).toEqual([])
})

test('the walk in one transaction ends where the due work ends', async () => {
  const offer = await write({ offerId: 'walk' })
  await publish(offer)
  expect(await status(offer)).toBe('Live')
  await drain()
  expect(await status(offer)).toBe('Live')
  expect(
    (await as('contoso', (ctx) => publishing.history(ctx, { offer }))).entries
      .map((row) => row.event)
      .filter((event) => /Created|Submitted|Sign-off/.test(event)),
  ).toEqual(expect.arrayContaining(['Created offer', 'Created plan: basic', 'Submitted offer to preview', 'Sign-off to go live']))
})

test('only one submission runs at a time', async () => {
  const offer = await write({ offerId: 'one' })
  const results = await Promise.allSettled([1, 2, 3].map(() => as('contoso', (ctx) => publishing.submit(ctx, { offer, notes }))))
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
  expect(results.find((result) => result.status === 'rejected')).toMatchObject({ reason: { code: 'AlreadyPublishing' } })
})

test('PL-30 PL-33 publishing can be cancelled before the sign-off and then starts anew', async () => {
  const offer = await write({ offerId: 'cancel' })
  await as('contoso', (ctx) => publishing.submit(ctx, { offer, notes }))
  await as('contoso', (ctx) => publishing.cancel(ctx, { offer }))
  await drain()
  expect(await status(offer)).toBe('Draft')
  await as('contoso', (ctx) => publishing.submit(ctx, { offer, notes }))
  await drain()
  await expect(as('contoso', (ctx) => publishing.cancel(ctx, { offer }))).rejects.toMatchObject({ code: 'IllegalTransition' })
})

test('SA-11 PL-35 PL-46 edits change neither what was submitted nor what is live', async () => {
  const offer = await write({ offerId: 'edits' })
  await as('contoso', (ctx) => publishing.submit(ctx, { offer, notes }))
  await rename(offer, 'Edited meanwhile')
  await drain()
  await as('contoso', (ctx) => publishing.signOff(ctx, { offer }))
  await drain()
  expect(await liveName(offer)).toBe('Contoso CRM')
  const { pages } = await as('contoso', (ctx) => offers.getDraft(ctx, offer))
  expect(pages.find((page) => page.module === 'listing')?.status).toBe('Unpublished changes')

  await as('contoso', (ctx) => publishing.submit(ctx, { offer, notes }))
  await drain()
  expect(await status(offer)).toBe('Preview')
  expect(await liveName(offer)).toBe('Contoso CRM')
  await as('contoso', (ctx) => publishing.signOff(ctx, { offer }))
  await drain()
  expect(await liveName(offer)).toBe('Edited meanwhile')
})

test('some changed pages can be published alone; the others stay in the draft, and a first publishing takes all', async () => {
  const offer = await write({ offerId: 'subset', plans: [{ planId: 'basic' }, { planId: 'pro' }] })
  const listing = { module: 'listing', planId: null, variant: 'en' }
  const submit = (pages?: readonly { module: string; planId: string | null; variant: string }[]) =>
    as('contoso', (ctx) => publishing.submit(ctx, { offer, pages, notes }))
  await expect(submit([listing])).rejects.toMatchObject({ code: 'FirstPublish' })
  await publish(offer)

  await rename(offer, 'New name')
  const resell = { partners: 'none' }
  await as('contoso', (ctx) => offers.saveSection(ctx, { offer, module: 'resell', content: resell }))
  const dearer = { module: 'plan-listing', planId: 'pro', content: { name: 'Professional', description: 'More of it' } }
  await as('contoso', (ctx) => offers.saveSection(ctx, { offer, ...dearer }))
  await as('contoso', (ctx) => writePlan(ctx, offer, { planId: 'max', name: 'Max' }))
  await expect(submit([])).rejects.toMatchObject({ code: 'NoPages' })
  await expect(submit([listing, { module: 'setup', planId: null, variant: '' }])).rejects.toMatchObject({ code: 'UnknownPage' })

  await submit([
    { module: 'resell', planId: null, variant: '' },
    { module: 'plan-listing', planId: 'pro', variant: 'en' },
  ])
  await drain()
  await as('contoso', (ctx) => publishing.signOff(ctx, { offer }))
  await drain()
  const live = await as('contoso', (ctx) => publishing.getLive(ctx, offer))
  expect(live?.content).toMatchObject({ listing: { en: { name: 'Contoso CRM' } }, resell })
  expect(live?.content.plans.map((plan) => [plan.planId, plan.listing.en?.name])).toEqual([
    ['basic', 'basic'],
    ['pro', 'Professional'],
  ])
  const { pages } = await as('contoso', (ctx) => offers.getDraft(ctx, offer))
  const left = pages.filter((page) => page.unpublished).map((page) => [page.module, page.planId])
  expect(left).toEqual([
    ['listing', null],
    ['plan-listing', 'max'],
    ['plan-pricing', 'max'],
  ])
  // Half a plan is no plan.
  await expect(submit([{ module: 'plan-listing', planId: 'max', variant: 'en' }])).rejects.toMatchObject({ code: 'DraftIncomplete' })
  await publish(offer)
  expect(await liveName(offer)).toBe('New name')
  const plans = (await as('contoso', (ctx) => publishing.getLive(ctx, offer)))?.content.plans
  expect(plans?.map((plan) => plan.planId)).toEqual(['basic', 'pro', 'max'])
  expect(await healthy()).toEqual([])
})

test('a language of the listing can be removed and comes back; what is live keeps it until the next publishing', async () => {
  const offer = await write({ offerId: 'languages' })
  const german = { offer, module: 'listing', variant: 'de' }
  const content = { ...sections('contoso').listing, name: 'Contoso Kundenkartei' }
  await as('contoso', (ctx) => offers.saveSection(ctx, { ...german, content }))
  await publish(offer)
  const liveLanguages = async () =>
    Object.keys((await as('contoso', (ctx) => publishing.getLive(ctx, offer)))?.content.listing ?? {}).sort()
  expect(await liveLanguages()).toEqual(['de', 'en'])

  const remove = (input: { variant: string; revision?: number }) =>
    as('contoso', (ctx) => offers.removeLanguage(ctx, { offer, module: 'listing', ...input }))
  await expect(remove({ variant: 'en' })).rejects.toMatchObject({ code: 'OneLanguage' })
  await expect(remove({ variant: 'fr' })).rejects.toMatchObject({ code: 'LanguageNotFound' })
  await expect(remove({ variant: 'de', revision: 7 })).rejects.toMatchObject({ code: 'RevisionConflict' })
  await remove({ variant: 'de', revision: 1 })
  const pages = async () =>
    (await as('contoso', (ctx) => offers.getDraft(ctx, offer))).pages
      .filter((page) => page.module === 'listing')
      .map((page) => [page.variant, page.status])
  expect(await pages()).toEqual([['en', 'Unpublished changes']])
  expect(await liveLanguages()).toEqual(['de', 'en'])
  await publish(offer)
  expect(await liveLanguages()).toEqual(['en'])

  const again = await as('contoso', (ctx) => offers.saveSection(ctx, { ...german, content: {}, revision: 0 }))
  expect(again.revision).toBe(2)
  await as('contoso', (ctx) => offers.revertSection(ctx, { ...german, to: 1, revision: 2 }))
  expect((await as('contoso', (ctx) => offers.section(ctx, german))).content).toMatchObject({ name: 'Contoso Kundenkartei' })
  await remove({ variant: 'de' })
  expect(await pages()).toEqual([['en', 'Complete']])
})

test('PL-36 a new submission replaces the preview', async () => {
  const offer = await write({ offerId: 'replace' })
  const preview = async () => (await as('contoso', (ctx) => publishing.getPreview(ctx, offer)))?.content.listing.en?.name
  await as('contoso', (ctx) => publishing.submit(ctx, { offer, notes }))
  await drain()
  await rename(offer, 'Second preview')
  await as('contoso', (ctx) => publishing.submit(ctx, { offer, notes }))
  await drain()
  expect(await preview()).toBe('Second preview')
})

test('a snapshot never changes, and equal contents have equal hashes', async () => {
  const offer = await write({ offerId: 'immutable' })
  await publish(offer)
  const first = await as('contoso', (ctx) => publishing.getLive(ctx, offer))
  await rename(offer, 'New name')
  await publish(offer)
  const again = await as('contoso', (ctx) => publishing.getSnapshot(ctx, first?.id ?? ''))
  expect(again).toEqual(first)
  expect(contentHash(first?.content)).toBe(first?.hash)
  expect(contentHash({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(contentHash({ b: [{ d: 3, c: 2 }], a: 1 }))
})

test('SA-144 SA-146 SA-45 SA-152 PL-50 PL-51 PL-58 what is published is locked', async () => {
  const dimensions = [{ id: 'email', displayName: 'email', unitOfMeasure: 'per email' }]
  const email = { dimensionId: 'email', pricePerUnit: '1', included: { P1M: 10 } }
  const offer = await write({
    offerId: 'locked',
    sections: { pricing: { model: 'flat-rate', dimensions } },
    plans: [
      { planId: 'basic', pricing: { freeTrial: 'P1M', prices: { P1M: '49.00', P1Y: '490.00' } } },
      { planId: 'metered', pricing: { dimensions: [email] } },
    ],
  })
  await publish(offer)
  const targets = async (input: { module: string; planId?: string; content: Record<string, unknown> }) => {
    const error = await as('contoso', (ctx) => offers.saveSection(ctx, { offer, ...input })).catch((reason: unknown) => reason)
    return (error as { code?: string; target?: string }).code === 'Locked' ? (error as { target?: string }).target : undefined
  }
  const basic = { ...publicPricing, freeTrial: 'P1M', prices: { P1M: '49.00', P1Y: '490.00' } }
  const plan = (content: Record<string, unknown>) => targets({ module: 'plan-pricing', planId: 'basic', content: { ...basic, ...content } })
  expect(await targets({ module: 'pricing', content: { model: 'per-user' } })).toBe('model')
  expect(
    await targets({ module: 'pricing', content: { model: 'flat-rate', dimensions: [{ ...dimensions[0], displayName: 'mail' }] } }),
  ).toBe('dimensions')
  expect(await plan({ prices: { P1M: '59.00', P1Y: '490.00' } })).toBe('prices')
  expect(await plan({ prices: { P1M: '49.00' } })).toBe('prices')
  expect(await plan({ freeTrial: undefined })).toBe('freeTrial')
  expect(await plan({ visibility: 'private' })).toBe('visibility')
  expect(await plan({ marketPrices: { DE: { 'term:P1M': '40.00' } } })).toBe('prices')
  const metered = (content: Record<string, unknown>) =>
    targets({ module: 'plan-pricing', planId: 'metered', content: { ...publicPricing, ...content } })
  expect(await metered({ dimensions: [{ ...email, included: { P1M: 20 } }] })).toBe('dimensions')
  expect(await metered({ dimensions: [] })).toBe('dimensions')
  // A market may be added: its price is converted now. A dimension may be added for plans to come.
  expect(await plan({ markets: [...publicPricing.markets, 'FR'] })).toBeUndefined()
  expect(
    await targets({
      module: 'pricing',
      content: { model: 'flat-rate', dimensions: [...dimensions, { id: 'text', displayName: 'text', unitOfMeasure: 'per text' }] },
    }),
  ).toBeUndefined()
  expect(await metered({ dimensions: [email, { dimensionId: 'text', pricePerUnit: '1' }] })).toBe('dimensions')
})

test('SA-140 a published plan cannot be deleted; SA-82 the standard contract cannot be left', async () => {
  const offer = await write({ offerId: 'kept' })
  await publish(offer)
  await expect(as('contoso', (ctx) => offers.deletePlan(ctx, { offer, planId: 'basic' }))).rejects.toMatchObject({ code: 'PlanPublished' })
  const own = { ...sections('contoso').properties, terms: { kind: 'own', html: '<p>Ours</p>' } }
  await expect(as('contoso', (ctx) => offers.saveSection(ctx, { offer, module: 'properties', content: own }))).rejects.toMatchObject({
    code: 'Locked',
    target: 'terms',
  })
})

test('PL-2 a blocking step that fails needs attention; a corrected offer can be submitted again (PL-24)', async () => {
  const offer = await write({ offerId: 'attention' })
  await as('contoso', (ctx) => publishing.submit(ctx, { offer, notes }))
  // What no page can do, a lost row can: the price list misses a market.
  await as('contoso', async (ctx) => {
    const { draft } = await offers.getDraft(ctx, offer)
    const content = draft.content<{ markets: string[] }>({ module: 'plan-pricing', plan: 'basic' })
    const { sql } = await import('drizzle-orm')
    await ctx.tx.execute(
      sql`update offers.draft set content = ${JSON.stringify({ ...content, markets: ['US', 'FR'] })}::jsonb where offer = ${offer} and module = 'plan-pricing'`,
    )
  })
  await drain()
  expect(await status(offer)).toBe('Attention needed')
  const { phases } = await as('contoso', (ctx) => publishing.status(ctx, { offer }))
  expect(phases[0]?.steps[0]).toMatchObject({ status: 'Failed', findings: [{ code: 'PriceMissing', severity: 'error' }] })
  await as('contoso', (ctx) => offers.saveSection(ctx, { offer, planId: 'basic', module: 'plan-pricing', content: publicPricing }))
  await publish(offer)
  expect(await status(offer)).toBe('Live')
})

test('PL-15 PL-17 findings of Offer validation do not keep the offer from going live', async () => {
  const offer = await write({
    offerId: 'advice',
    sections: { listing: { ...sections('contoso').listing, summary: 'x'.repeat(80), keywords: [] } },
  })
  await publish(offer)
  const { phases } = await as('contoso', (ctx) => publishing.status(ctx, { offer }))
  const findings = phases[0]?.steps.find((step) => step.label === 'Offer validation')?.findings.map((finding) => finding.code)
  expect(findings).toEqual(expect.arrayContaining(['SummaryLong', 'DescriptionShort', 'NoKeywords']))
})

test('PL-67 PL-71 a stopped offer is not sold any more, and can be published again', async () => {
  const offer = await write({ offerId: 'stopped' })
  await publish(offer)
  await as('contoso', (ctx) => publishing.stopOffer(ctx, { offer }))
  expect(await status(offer)).toBe('Pending Stop distribution')
  expect(await as('contoso', (ctx) => publishing.isStopped(ctx, offer))).toBe(true)
  await drain()
  expect(await status(offer)).toBe('Not available in the marketplace')
  await expect(as('contoso', (ctx) => publishing.stopOffer(ctx, { offer }))).rejects.toMatchObject({ code: 'NotPublished' })
  await publish(offer)
  expect(await status(offer)).toBe('Live')
  expect(await as('contoso', (ctx) => publishing.isStopped(ctx, offer))).toBe(false)
})

test('PL-68 PL-69 PL-73 the stop of a plan takes effect with the next publishing, and can be undone before', async () => {
  const offer = await write({ offerId: 'stop-plan', plans: [{ planId: 'a' }, { planId: 'b' }] })
  await publish(offer)
  const rows = async () => (await as('contoso', (ctx) => publishing.planOverview(ctx, { offer }))).map((row) => row.status)
  await as('contoso', (ctx) => publishing.stopPlan(ctx, { offer, planId: 'a' }))
  expect(await rows()).toEqual(['Pending Stop distribution', 'Live'])
  expect(await as('contoso', (ctx) => publishing.isStopped(ctx, offer, 'a'))).toBe(false)
  await as('contoso', (ctx) => publishing.resumePlan(ctx, { offer, planId: 'a' }))
  expect(await rows()).toEqual(['Live', 'Live'])
  await as('contoso', (ctx) => publishing.stopPlan(ctx, { offer, planId: 'a' }))
  await publish(offer)
  expect(await rows()).toEqual(['Not available', 'Live'])
  expect(await as('contoso', (ctx) => publishing.isStopped(ctx, offer, 'a'))).toBe(true)
  await expect(as('contoso', (ctx) => publishing.stopPlan(ctx, { offer, planId: 'b' }))).rejects.toMatchObject({ code: 'LastPlan' })
})

test('AC-177 AC-294 Plan overview says of each plan its name, ID, model, availability, status and what can be done with it', async () => {
  const secret = { planId: 'vip', name: 'VIP', audience: ['3a6c1e77-2d58-4e9a-9f31-c4d5e8f30004'], pricing: { visibility: 'private' } }
  const offer = await write({ offerId: 'overview', plans: [{ planId: 'basic', name: 'Basic' }, secret] })
  const rows = () => as('contoso', (ctx) => publishing.planOverview(ctx, { offer }))
  const basic = { planId: 'basic', name: 'Basic', pricingModel: 'Flat rate', availability: 'Public' }
  const vip = { planId: 'vip', name: 'VIP', pricingModel: 'Flat rate', availability: 'Private' }
  expect(await rows()).toMatchObject([
    { ...basic, status: 'Draft', actions: ['Delete draft'] },
    { ...vip, status: 'Draft', actions: ['Delete draft'] },
  ])
  // What the row does not offer is refused.
  await expect(as('contoso', (ctx) => publishing.stopPlan(ctx, { offer, planId: 'basic' }))).rejects.toMatchObject({ kind: 'conflict' })
  await expect(as('contoso', (ctx) => offers.syncAudience(ctx, { offer, planId: 'vip' }))).rejects.toMatchObject({
    code: 'PlanNotPublished',
  })
  await publish(offer)
  expect(await rows()).toMatchObject([
    { ...basic, status: 'Live', actions: ['Stop distribution'] },
    { ...vip, status: 'Live', actions: ['Sync private audience', 'Stop distribution'] },
  ])
  await expect(as('contoso', (ctx) => offers.deletePlan(ctx, { offer, planId: 'vip' }))).rejects.toMatchObject({ code: 'PlanPublished' })
  await as('contoso', (ctx) => publishing.stopPlan(ctx, { offer, planId: 'basic' }))
  expect((await rows()).map((row) => row.actions)).toEqual([['Resume distribution'], ['Sync private audience']])
})

test('SA-165 a plan can be added to a published offer', async () => {
  const offer = await write({ offerId: 'more' })
  await publish(offer)
  await as('contoso', (ctx) => writePlan(ctx, offer, { planId: 'gold', name: 'Gold' }))
  expect((await as('contoso', (ctx) => publishing.planOverview(ctx, { offer }))).map((row) => row.status)).toEqual(['Live', 'Draft'])
  await publish(offer)
  expect((await as('contoso', (ctx) => publishing.getLive(ctx, offer)))?.content.plans.map((plan) => plan.planId)).toEqual([
    'basic',
    'gold',
  ])
})

test('SA-141 PL-59 an audience is put into force without publishing, and nothing else is', async () => {
  const [first, second] = ['3a6c1e77-2d58-4e9a-9f31-c4d5e8f30004', '9b2d4f85-7e13-4c6d-8a90-1f2e3d4c0005']
  const offer = await write({
    offerId: 'audience',
    plans: [{ planId: 'basic' }, { planId: 'special', audience: [first], pricing: { visibility: 'private' } }],
  })
  expect(await as('contoso', (ctx) => offers.audience(ctx, offer, 'special'))).toEqual([])
  await publish(offer)
  expect(await as('contoso', (ctx) => offers.audience(ctx, offer, 'special'))).toEqual([first])
  await rename(offer, 'Not yet')
  await as('contoso', (ctx) => offers.setAudience(ctx, { offer, planId: 'special', members: [{ tenantId: second }] }))
  expect(await as('contoso', (ctx) => offers.audience(ctx, offer, 'special'))).toEqual([first])
  await as('contoso', (ctx) => offers.syncAudience(ctx, { offer }))
  expect(await as('contoso', (ctx) => offers.audience(ctx, offer, 'special'))).toEqual([second])
  expect(await liveName(offer)).toBe('Contoso CRM')
})
