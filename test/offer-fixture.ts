/**
 * Offers for tests: rooms up to the catalog on a database of their own, with two publishers, and a SaaS offer that is complete.
 *
 *   const market = await offerFixture()
 *   const offer = await market.write()                 // a complete draft
 *   await market.publish(offer)                        // live
 */
import sharp from 'sharp'
import { Temporal } from 'temporal-polyfill'
import { createCatalog } from '../src/domain/catalog/index.ts'
import type { Application } from '../src/domain/directory/index.ts'
import { createNotifications } from '../src/domain/notifications/index.ts'
import { createOffers } from '../src/domain/offers/index.ts'
import { createPublishing } from '../src/domain/publishing/index.ts'
import { type Ctx, system, type UserPrincipal } from '../src/kernel/context.ts'
import { notFound } from '../src/kernel/errors.ts'
import { Decimal } from '../src/kernel/money.ts'
import { type TestKernelOptions, testKernel } from './harness.ts'
import { memberOf } from './people.ts'

const tenants = { contoso: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002', fabrikam: '5d3f8b16-90c4-4f0b-a2c7-7b8e61d20003' }
const applications = { contoso: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c001', fabrikam: '5d3f8b16-90c4-4f0b-a2c7-7b8e61d2c001' }

type PublisherName = keyof typeof tenants

export function ownerOf(publisher: PublisherName): UserPrincipal {
  return {
    kind: 'user',
    tenantId: tenants[publisher],
    objectId: tenants[publisher].replace(/.{4}$/, 'a001'),
    email: `owner@${publisher}.example`,
    displayName: `${publisher} owner`,
    roles: [],
    memberships: memberOf(tenants[publisher], 'owner'),
  }
}

const pictures = new Map<string, Promise<Buffer>>()

/** A PNG of that size. */
export function picture(width: number, height: number): Promise<Buffer> {
  const key = `${width}x${height}`
  const known =
    pictures.get(key) ??
    sharp({ create: { width, height, channels: 3, background: '#4466aa' } })
      .png()
      .toBuffer()
  pictures.set(key, known)
  return known
}

/** A PDF of one empty page. */
export function pdf(): Buffer {
  return Buffer.from(
    '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n',
  )
}

interface PlanInput {
  planId: string
  name?: string
  audience?: string[]
  pricing?: Record<string, unknown>
}

export interface OfferInput {
  publisher?: PublisherName
  offerId?: string
  sections?: Record<string, Record<string, unknown>>
  plans?: PlanInput[]
}

/** Object ids of people who have left their account. */
export const leavers = new Set<string>()
/** Publishers whose payout and tax profiles are not validated. */
export const unpayable = new Set<string>()

export async function offerFixture(options: TestKernelOptions = {}) {
  const { kernel, ...rest } = await testKernel(options)
  const accounts = {
    async publisher(_ctx: Ctx, publisherId: string) {
      const tenantId = tenants[publisherId as PublisherName]
      if (!tenantId) throw notFound('UnknownPublisher', 'There is no such publisher.')
      const name = publisherId === 'contoso' ? 'Contoso Ltd' : 'Fabrikam Inc'
      return { publisherId, accountId: tenantId as never, tenantId, name, storeFeePercent: new Decimal(3), status: 'active' as const }
    },
    paymentReadiness: async (_ctx: Ctx, publisherIds: readonly string[]) =>
      new Map(
        publisherIds.map((publisherId) => {
          const problem = unpayable.has(publisherId) ? ('payout-profile-pending' as const) : null
          return [publisherId, { publisherId, problem, payout: null, withholding: null }]
        }),
      ),
    notPublishing: async () => null,
    membersAmong: async (_ctx: Ctx, _tenantId: string, ids: readonly string[]) => new Set(ids.filter((id) => !leavers.has(id))),
  }
  const directory = {
    findUserByEmail: async () => null,
    listUsers: async () => [],
    signServiceToken: async () => 'a-signed-token',
    getApplications: async (_ctx: unknown, ids: readonly string[]) =>
      Object.entries(applications).flatMap(([publisher, clientId]) =>
        ids.includes(clientId) ? [{ clientId, tenantId: tenants[publisher as PublisherName], multiTenant: false } as Application] : [],
      ),
  }
  const offers = createOffers(kernel, { accounts })
  const notifications = createNotifications(kernel, { directory, accounts })
  const publishing = createPublishing(kernel, { directory, accounts, notifications, offers })
  publishing.setTestCall((facts) => facts)
  const catalog = createCatalog(kernel, { accounts, offers, publishing })
  kernel.events.on('offer.published', offers.onPublished)
  kernel.events.on('offer.deleted', publishing.onOfferDeleted)
  for (const type of ['offer.created', 'plan.created', 'plan.deleted', 'audience.changed']) kernel.events.on(type, publishing.onOfferEvent)
  for (const type of ['offer.published', 'offer.stopped', 'plan.stopped', 'plan.resumed', 'audience.changed']) {
    kernel.events.on(type, catalog.onPublicationChanged)
  }
  const as = <T>(publisher: PublisherName, fn: (ctx: Ctx) => Promise<T>) => kernel.run(ownerOf(publisher), fn)
  await kernel.run(system, (ctx) =>
    offers.setRates(ctx, {
      rates: { EUR: '0.92', JPY: '151.5', GBP: '0.79' },
      source: 'test',
      validFrom: Temporal.Instant.from('2020-01-01T00:00:00Z'),
    }),
  )
  const keep = async (bytes: Buffer, type: string) => (await kernel.files.put(bytes, type)).hash
  const [large, medium, small, screenshot] = await Promise.all(
    [
      [216, 216],
      [90, 90],
      [48, 48],
      [1280, 720],
    ].map(async ([width = 0, height = 0]) => keep(await picture(width, height), 'image/png')),
  )
  const document = await keep(pdf(), 'application/pdf')
  const contact = { name: 'Support', email: 'support@contoso.example', phone: '+1 425 555 0100' }

  const sections = (publisher: PublisherName): Record<string, Record<string, unknown>> => ({
    setup: { listingOption: 'transact', leads: { kind: 'list' } },
    properties: { categories: { business: ['Sales/crm'], cloud: ['web/web-apps'] }, terms: { kind: 'standard' } },
    listing: {
      name: 'Contoso CRM',
      summary: 'Customer records your team keeps current',
      description: '<p>Timelines that write themselves.</p>',
      gettingStarted: '<p>Sign in.</p>',
      keywords: ['pipeline'],
      privacyPolicyUrl: 'https://contoso.example/privacy',
      supportUrl: 'https://contoso.example/support',
      supportContact: contact,
      engineeringContact: contact,
      logos: { small, medium, large },
      screenshots: [{ file: screenshot, caption: 'The pipeline' }],
      documents: [{ name: 'Data sheet', file: document }],
    },
    'preview-audience': { people: ['buyer@adatum.example'] },
    'technical-configuration': {
      landingPageUrl: 'https://contoso.example/signup',
      webhookUrl: 'https://contoso.example/webhook',
      tenantId: tenants[publisher],
      applicationId: applications[publisher],
    },
    pricing: { model: 'flat-rate' },
    resell: { partners: 'any' },
  })

  /** A draft with every page filled in; `sections` replaces whole sections, `plans` the one public plan. */
  async function write(input: OfferInput = {}): Promise<string> {
    const publisher = input.publisher ?? 'contoso'
    const plans = input.plans ?? [{ planId: 'basic' }]
    return as(publisher, async (ctx) => {
      const { id: offer } = await offers.createOffer(ctx, {
        publisherId: publisher,
        offerId: input.offerId ?? 'crm',
        offerType: 'saas',
        alias: 'CRM',
      })
      for (const [module, content] of Object.entries({ ...sections(publisher), ...input.sections }))
        await offers.saveSection(ctx, { offer, module, content })
      for (const { planId, name = planId, audience, pricing } of plans) await writePlan(ctx, offer, { planId, name, pricing, audience })
      return offer
    })
  }

  async function writePlan(
    ctx: Ctx,
    offer: string,
    plan: { planId: string; name: string; pricing?: Record<string, unknown> | undefined; audience?: string[] | undefined },
  ) {
    const { planId, name, pricing, audience } = plan
    await offers.createPlan(ctx, { offer, planId, name })
    await offers.saveSection(ctx, { offer, planId, module: 'plan-listing', content: { name, description: `${name} plan` } })
    if (audience) await offers.setAudience(ctx, { offer, planId, members: audience.map((tenantId) => ({ tenantId })) })
    await offers.saveSection(ctx, { offer, planId, module: 'plan-pricing', content: { ...publicPricing, ...pricing } })
  }

  return {
    ...rest,
    kernel,
    offers,
    notifications,
    publishing,
    catalog,
    as,
    sections,
    write,
    writePlan,
    publish: (offer: string, publisher: PublisherName = 'contoso') => as(publisher, (ctx) => publishing.publishNow(ctx, { offer })),
  }
}

export const publicPricing = { visibility: 'public', markets: ['US', 'DE', 'JP', 'CA'], prices: { P1M: '49.00' } }
