import { readFileSync } from 'node:fs'
import { Temporal } from 'temporal-polyfill'
import { type Ctx, type Principal, system } from '../kernel/context.ts'
import { emptyAllTables, markDemoLoaded, readInstallation } from '../kernel/installation.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { PayoutProfileInput, TaxProfileInput } from './accounts/index.ts'
import { markets } from '../kernel/reference-data.ts'
import { type DemoListing, demoListing } from './offers/index.ts'
import type { Domain } from './domain.ts'

/** reference-data/demo.json */
export interface DemoData {
  password: string
  tenants: {
    tenantId: string
    domain: string
    name: string
    country: string
    reseller?: boolean
    users: { objectId: string; email: string; displayName: string; roles: string[] }[]
    applications?: {
      clientId: string
      name: string
      secret: string
      use: string
      roles?: string[]
      multiTenant?: boolean
      redirectUris?: string[]
    }[]
  }[]
  publishers: { publisherId: string; tenantId: string; name: string }[]
  offers: DemoOffer[]
  /** `about` and `date`, then units of each currency for one dollar */
  rates: { about: string; date: string } & Record<string, string>
}

export interface DemoOffer {
  publisherId: string
  offerId: string
  offerType: string
  name: string
  state: 'live' | 'draft'
  technicalConfiguration?: { landingPageUrl: string; webhookUrl: string; tenantId: string; applicationId: string }
  pricingModel: 'flat-rate' | 'per-user'
  categories: { appsource?: string[]; azureMarketplace?: string[] }
  dimensions?: { id: string; displayName: string; unitOfMeasure: string }[]
  plans: {
    planId: string
    name: string
    visibility: 'public' | 'private'
    audience?: string[]
    prices: { P1M?: string; P1Y?: string }
    freeTrial?: 'P1M'
    seats?: { min: number; max: number }
    dimensions?: Record<string, { pricePerUnit?: string; infinite?: boolean; included?: { P1M?: number; P1Y?: number } }>
  }[]
}

/** The data that sandbox mode begins with: fixed, so that documentation, examples and outside checks can rely on it. */
export function readDemoData(): DemoData {
  return JSON.parse(readFileSync(new URL('../../reference-data/demo.json', import.meta.url), 'utf8')) as DemoData
}

const directoryRoles = ['operator', 'billing-admin', 'reseller'] as const
const sellerRoles = ['owner', 'manager', 'developer'] as const
const only = <T extends string>(known: readonly T[], roles: readonly string[]) => known.filter((role) => roles.includes(role))

/** Of processes that start together, one loads ("demo" in ASCII). */
const demoLock = 0x64656d6f

/** Loads the demo data at the first start in sandbox mode. A load that was interrupted is begun anew. */
export async function ensureDemo(kernel: Kernel, domain: Domain): Promise<void> {
  await locked(kernel, async () => {
    if ((await readInstallation(kernel.database.db)).demoLoadedAt === null) await load(kernel, domain)
  })
}

/** Back to the demo data: everything else is deleted, market time is wall time again. */
export async function resetToDemo(kernel: Kernel, domain: Domain): Promise<void> {
  await locked(kernel, () => load(kernel, domain))
}

async function locked(kernel: Kernel, fn: () => Promise<void>): Promise<void> {
  const client = await kernel.database.pool.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [demoLock])
    try {
      await fn()
    } finally {
      await client.query('select pg_advisory_unlock($1)', [demoLock])
    }
  } finally {
    client.release()
  }
}

async function load(kernel: Kernel, domain: Domain): Promise<void> {
  const data = readDemoData()
  await kernel.run(system, async (ctx) => {
    await markDemoLoaded(ctx.tx, false)
    await emptyAllTables(ctx.tx)
    await kernel.clock.reset(ctx.tx)
  })
  // Images are made and stored before the transaction that refers to them.
  const listings = new Map<string, DemoListing>()
  for (const offer of data.offers) listings.set(offer.offerId, await demoListing(kernel.files, offer))
  await kernel.run(system, async (ctx) => {
    for (const tenant of data.tenants) await loadTenant(ctx, domain, tenant, data.password)
    for (const publisher of data.publishers) await domain.accounts.createPublisher(ctx, publisher)
    await loadProfiles(ctx, domain)
    for (const tenant of data.tenants) await loadMembers(ctx, domain, tenant)
    const { about: _about, date, ...rates } = data.rates
    await domain.offers.setRates(ctx, { rates, source: 'demo.json', validFrom: Temporal.Instant.from(`${date}T00:00:00Z`) })
  })
  for (const { publisherId } of data.publishers) {
    const owner = await authorOf(kernel, domain, data, publisherId)
    await kernel.run(owner, (ctx) => acceptAgreements(ctx, domain, publisherId))
  }
  for (const offer of data.offers) {
    const author = await authorOf(kernel, domain, data, offer.publisherId)
    await kernel.run(author, (ctx) => loadOffer(ctx, domain, offer, listings.get(offer.offerId) as DemoListing))
  }
  await kernel.run(system, (ctx) => markDemoLoaded(ctx.tx, true))
}

async function loadTenant(ctx: Ctx, { directory }: Domain, tenant: DemoData['tenants'][number], password: string): Promise<void> {
  const { tenantId } = tenant
  await directory.createTenant(ctx, { tenantId, domain: tenant.domain, name: tenant.name, country: tenant.country })
  for (const [index, { objectId, email, displayName, roles }] of tenant.users.entries()) {
    // Somebody must administer each directory: the first person it names.
    const given = [...only(directoryRoles, roles), ...(index === 0 ? (['global-admin'] as const) : [])]
    await directory.createUser(ctx, { objectId, tenantId, email, displayName, roles: given, password })
  }
  for (const { clientId, name, secret, use, roles = [], multiTenant = false, redirectUris = [] } of tenant.applications ?? []) {
    await directory.createApplication(ctx, {
      clientId,
      tenantId,
      name,
      purpose: use,
      multiTenant,
      redirectUris,
      roles: only(['operator'], roles),
    })
    await directory.addKey(ctx, clientId, { secret })
  }
}

/** Payout and tax profiles that have been checked already; before anybody works there who would get mail about it. */
async function loadProfiles(ctx: Ctx, { accounts }: Domain): Promise<void> {
  const file = new URL('../../reference-data/demo-profiles.json', import.meta.url)
  const profiles = JSON.parse(readFileSync(file, 'utf8')) as { publisherId: string; tax: TaxProfileInput; payout: PayoutProfileInput }[]
  for (const { publisherId, tax, payout } of profiles) {
    const { profileId } = await accounts.submitTaxProfile(ctx, publisherId, tax)
    await accounts.decideProfile(ctx, 'tax', profileId, { verdict: 'validate', reason: '' })
    const account = await accounts.submitPayoutProfile(ctx, publisherId, payout)
    await accounts.decideProfile(ctx, 'payout', account.profileId, {
      verdict: 'validate',
      reason: '',
      checkedWith: 'document',
      reference: 'demo data',
    })
  }
}

async function loadMembers(ctx: Ctx, { accounts }: Domain, tenant: DemoData['tenants'][number]): Promise<void> {
  const { tenantId } = tenant
  const members = [
    ...tenant.users.map(({ objectId, roles }) => ({ kind: 'user' as const, id: objectId, roles })),
    ...(tenant.applications ?? []).map(({ clientId, roles = [] }) => ({ kind: 'application' as const, id: clientId, roles })),
  ]
  for (const { kind, id, roles } of members) {
    const given = only(sellerRoles, roles)
    if (given.length > 0) await accounts.setMember(ctx, { accountTenantId: tenantId, kind, id, tenantId, roles: given })
  }
  if (members.some(({ roles }) => roles.includes('billing-admin') || roles.includes('reseller'))) {
    await accounts.ensureBillingAccount(ctx, tenantId, { isReseller: tenant.reseller ?? false })
  }
}

/** Demo sellers have agreed to what sellers agree to. */
async function acceptAgreements(ctx: Ctx, { accounts }: Domain, publisherId: string): Promise<void> {
  const { accountId } = await accounts.publisher(ctx, publisherId)
  for (const { kind, version } of (await accounts.agreementsOf(ctx, accountId)).missing) {
    await accounts.acceptForAccount(ctx, accountId, kind, version)
  }
}

/** Demo offers are written by their publisher's owner, as every offer is written by somebody. */
async function authorOf(kernel: Kernel, { directory }: Domain, data: DemoData, publisherId: string): Promise<Principal> {
  const publisher = data.publishers.find((candidate) => candidate.publisherId === publisherId)
  const tenant = data.tenants.find((candidate) => candidate.tenantId === publisher?.tenantId)
  const owner = tenant?.users.find((user) => user.roles.includes('owner'))
  const principal = owner ? await kernel.read(system, (ctx) => directory.principal(ctx, owner.objectId)) : null
  if (!principal) throw new Error(`demo.json: ${publisherId} has no owner.`)
  return principal
}

/** As in Partner Center: the draft, section by section, then publishing. */
async function loadOffer(
  ctx: Ctx,
  { offers, publishing }: Domain,
  demo: DemoOffer,
  { listing, properties, previewAudience, planDescriptions }: DemoListing,
): Promise<void> {
  const { id: offer } = await offers.createOffer(ctx, {
    publisherId: demo.publisherId,
    offerId: demo.offerId,
    offerType: demo.offerType,
    alias: demo.name,
  })
  const save = (module: string, content: Record<string, unknown>, planId?: string) =>
    offers.saveSection(ctx, { offer, module, content, ...(planId === undefined ? {} : { planId }) })

  await save('setup', { listingOption: 'transact', leads: { kind: 'list' } })
  await save('pricing', { model: demo.pricingModel, ...(demo.dimensions ? { dimensions: demo.dimensions } : {}) })
  await save('listing', listing)
  if (demo.state === 'draft') return
  await save('properties', {
    categories: { business: demo.categories.appsource ?? [], cloud: demo.categories.azureMarketplace ?? [] },
    terms: { kind: 'standard' },
    ...properties,
  })
  await save('resell', { partners: 'any' })
  await save('preview-audience', { people: previewAudience })
  if (demo.technicalConfiguration) await save('technical-configuration', demo.technicalConfiguration)
  for (const plan of demo.plans) {
    await offers.createPlan(ctx, { offer, planId: plan.planId, name: plan.name })
    await save('plan-listing', { name: plan.name, description: planDescriptions[plan.planId] }, plan.planId)
    if (plan.audience) {
      await offers.setAudience(ctx, { offer, planId: plan.planId, members: plan.audience.map((tenantId) => ({ tenantId })) })
    }
    await save(
      'plan-pricing',
      {
        visibility: plan.visibility,
        markets: markets.map((market) => market.iso2),
        prices: plan.prices,
        ...(plan.freeTrial ? { freeTrial: plan.freeTrial } : {}),
        ...(plan.seats ? { seats: plan.seats } : {}),
        ...(plan.dimensions
          ? { dimensions: Object.entries(plan.dimensions).map(([dimensionId, dimension]) => ({ dimensionId, ...dimension })) }
          : {}),
      },
      plan.planId,
    )
  }
  await publishing.publishNow(ctx, { offer })
}
