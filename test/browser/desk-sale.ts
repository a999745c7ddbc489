import type { Browser, BrowserContext, Page } from 'playwright-core'
import { type Principal, system } from '../../src/kernel/context.ts'
import type { TestStoa } from '../harness.ts'
import { signedIn } from './chromium.ts'

/** Who buys for the demo data's customer in the United States. */
export const buyer: Principal & { tenantId: string } = {
  kind: 'user',
  tenantId: '3a6c1e77-2d58-4e9a-9f31-c4d5e8f30004',
  objectId: '3a6c1e77-2d58-4e9a-9f31-c4d5e8f3a001',
  email: 'buyer@adatum.example',
  displayName: 'Adatum Buyer',
  roles: ['billing-admin'],
}

/** Sells that customer seven active seats of Contoso Desk. Returns the subscription. */
export async function sellSeats({ kernel, domain }: TestStoa): Promise<string> {
  const choice = { publisherId: 'contoso', offerId: 'contoso-desk', planId: 'team', termUnit: 'P1M', quantity: 7 }
  const { subscriptionId } = await kernel.run(buyer, async (ctx) => {
    const { terms } = await domain.checkout.quote(ctx, { ...choice, tenant: buyer.tenantId })
    return domain.checkout.purchase(ctx, { ...choice, acceptedTermsVersion: terms.version })
  })
  await kernel.run(system, (ctx) => domain.subscriptions.activate(ctx, subscriptionId, { planId: 'team', quantity: 7 }))
  return subscriptionId
}

/** Opens pages as demo users, each of whom signs in once. */
export function pagesOf(browser: Browser, url: string): (email: string, path: string) => Promise<Page> {
  const people = new Map<string, BrowserContext>()
  return async (email, path) => {
    let context = people.get(email)
    if (!context) {
      context = await signedIn(browser, url, email)
      people.set(email, context)
    }
    const page = await context.newPage()
    await page.goto(path, { waitUntil: 'networkidle' })
    return page
  }
}
