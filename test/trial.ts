import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { system, type UserPrincipal } from '../src/kernel/context.ts'
import { demo, type Marketplace } from './subscriptions.ts'

/** An organisation that has bought nothing yet, so that it may have a trial. */
export async function newCustomer({ as, domain: { directory } }: Marketplace): Promise<UserPrincipal> {
  const tenantId = randomUUID()
  const domain = `customer-${tenantId.slice(0, 8)}.example`
  await as(system, (ctx) => directory.createTenant(ctx, { tenantId, domain, name: domain, country: 'US' }))
  return { ...demo.buyer, tenantId, objectId: randomUUID(), email: `buyer@${domain}` }
}

/** Publishes contoso-crm with one more plan that has a free month: `growth`. */
export async function addTrialPlan({ as, endpoint, kernel, domain: { offers, publishing } }: Marketplace): Promise<void> {
  await as(system, async (ctx) => {
    const offer = await offers.findOffer(ctx, 'contoso', 'contoso-crm')
    if (!offer) throw new Error('The demo data has no contoso-crm.')
    const plan = { offer: offer.id, planId: 'growth' }
    await offers.createPlan(ctx, { ...plan, name: 'Growth' })
    await offers.saveSection(ctx, { ...plan, module: 'plan-listing', content: { name: 'Growth', description: 'For teams that grow.' } })
    await offers.saveSection(ctx, {
      ...plan,
      module: 'plan-pricing',
      content: { visibility: 'public', markets: ['US', 'CA', 'GB', 'DE', 'JP'], prices: { P1M: '79.00', P1Y: '790.00' }, freeTrial: 'P1M' },
    })
    await publishing.publishNow(ctx, { offer: offer.id })
  })
  // What is published points where the demo data says.
  await kernel.database.db.execute(sql`update subscriptions.offer_binding set webhook_url = ${endpoint.url} where publisher_id = 'contoso'`)
}
