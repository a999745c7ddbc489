import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sql } from 'drizzle-orm'
import { afterAll, expect } from 'vitest'
import { testCallBody, webhookBody } from '../src/api/saas-fulfillment/mapping.ts'
import { webhook as webhookSchema } from '../src/api/saas-fulfillment/schemas.ts'
import { createDomain, type Domain } from '../src/domain/domain.ts'
import type { Person } from '../src/domain/subscriptions/index.ts'
import { type ApplicationPrincipal, type Ctx, type Principal, system, type UserPrincipal } from '../src/kernel/context.ts'
import { type TestKernel, testKernel } from './harness.ts'

/** A webhook as it reached the publisher. */
export interface ReceivedWebhook {
  body: Record<string, unknown> & { id: string; action: string; status: string; subscriptionId: string }
  authorization: string | undefined
}

/** A publisher's endpoint that answers as the test says and remembers what came. */
export interface Endpoint {
  url: string
  received: ReceivedWebhook[]
  /** Where a webhook was not as its schema says. */
  malformed: string[]
  /** Status of the next answers; a function may do something before it answers. */
  answer: number | ((webhook: ReceivedWebhook) => number | Promise<number>)
}

export async function startEndpoint(): Promise<Endpoint> {
  const endpoint: Endpoint = { url: '', received: [], malformed: [], answer: 200 }
  const server = createServer(async (request, response) => {
    const webhook: ReceivedWebhook = { body: JSON.parse(await textOf(request)), authorization: request.headers.authorization }
    const problems = webhookSchema.strict().safeParse(webhook.body).error?.issues
    if (problems) endpoint.malformed.push(...problems.map(({ path, message }) => `${path.join('.')}: ${message}`))
    endpoint.received.push(webhook)
    response.statusCode = typeof endpoint.answer === 'number' ? endpoint.answer : await endpoint.answer(webhook)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => {
    expect(endpoint.malformed).toEqual([])
    server.closeAllConnections()
    server.close()
  })
  endpoint.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`
  return endpoint
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

const adatum = '3a6c1e77-2d58-4e9a-9f31-c4d5e8f30004'
const northwind = '9b2d4f85-7e13-4c6d-8a90-1f2e3d4c0005'
const reseller = 'c1f7a3d9-4b62-4d8e-b5c0-6e7f8a9b0006'

/** People and applications of the demo data. */
export const demo = {
  buyer: user(adatum, '3a6c1e77-2d58-4e9a-9f31-c4d5e8f3a001', 'buyer@adatum.example', ['billing-admin']),
  colleague: user(adatum, '3a6c1e77-2d58-4e9a-9f31-c4d5e8f3a002', 'user@adatum.example', []),
  stranger: user(northwind, '9b2d4f85-7e13-4c6d-8a90-1f2e3d4ca001', 'buyer@northwind.example', ['billing-admin']),
  reseller: user(reseller, 'c1f7a3d9-4b62-4d8e-b5c0-6e7f8a9ba001', 'sales@reseller.example', ['reseller']),
  contoso: application('7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002', '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c001'),
  fabrikam: application('5d3f8b16-90c4-4f0b-a2c7-7b8e61d20003', '5d3f8b16-90c4-4f0b-a2c7-7b8e61d2c001'),
}

function user(tenantId: string, objectId: string, email: string, roles: string[]): UserPrincipal {
  return { kind: 'user', tenantId, objectId, email, displayName: email, roles }
}

function application(tenantId: string, clientId: string): ApplicationPrincipal {
  return { kind: 'application', tenantId, clientId, roles: [] }
}

export const personOf = ({ email, objectId, tenantId }: UserPrincipal): Person => ({ email, objectId, tenantId })

export interface Wanted {
  publisherId?: string
  offerId?: string
  planId?: string
  termUnit?: string
  quantity?: number | null
  autoRenew?: boolean
  purchaser?: UserPrincipal
  beneficiary?: UserPrincipal
}

/** A marketplace with the demo data whose contoso webhooks go to an endpoint of the test. */
export interface Marketplace {
  kernel: TestKernel
  domain: Domain
  endpoint: Endpoint
  as<T>(principal: Principal, fn: (ctx: Ctx) => Promise<T>): Promise<T>
  /** Buys, contoso-crm's basic plan by default, and returns the subscription's id. */
  buy(wanted?: Wanted): Promise<string>
  activate(id: string): Promise<void>
  /** Buys and activates. */
  active(wanted?: Wanted): Promise<string>
  get(id: string): ReturnType<Domain['subscriptions']['detail']>
  /** Lets what is due now happen, webhooks included. */
  settle(): Promise<void>
  /** Moves market time, e.g. `{ seconds: 10 }`, running due work. */
  pass(time: { milliseconds?: number; seconds?: number; minutes?: number; hours?: number }): Promise<void>
}

export async function openMarketplace(given?: { kernel: TestKernel; domain: Domain }): Promise<Marketplace> {
  const kernel = given?.kernel ?? (await testKernel({ template: 'demo' }))
  const domain = given?.domain ?? createDomain(kernel)
  domain.subscriptions.setWebhookFormat(webhookBody)
  domain.publishing.setTestCall(testCallBody)
  const endpoint = await startEndpoint()
  await kernel.database.db.execute(sql`update subscriptions.offer_binding set webhook_url = ${endpoint.url} where publisher_id = 'contoso'`)

  const marketplace: Marketplace = {
    kernel,
    domain,
    endpoint,
    as: (principal, fn) => kernel.run(principal, fn),
    async buy({
      publisherId = 'contoso',
      offerId = 'contoso-crm',
      planId = 'basic',
      purchaser = demo.buyer,
      beneficiary = purchaser,
      ...rest
    } = {}) {
      const choice = {
        publisherId,
        offerId,
        planId,
        ...(rest.termUnit ? { termUnit: rest.termUnit } : {}),
        quantity: rest.quantity ?? null,
      }
      return kernel.run(system, async (ctx) => {
        const byReseller = purchaser.tenantId !== beneficiary.tenantId
        const { terms } = await domain.checkout.quote(ctx, { ...choice, tenant: beneficiary.tenantId, byReseller })
        const { subscriptionId } = await domain.checkout.purchase(ctx, {
          ...choice,
          purchaser: personOf(purchaser),
          beneficiary: personOf(beneficiary),
          acceptedTermsVersion: terms.version,
          ...(rest.autoRenew === undefined ? {} : { autoRenew: rest.autoRenew }),
        })
        return subscriptionId
      })
    },
    async activate(id) {
      await kernel.run(system, async (ctx) => {
        const { planId } = await domain.subscriptions.get(ctx, id)
        await domain.subscriptions.activate(ctx, id, { planId, quantity: undefined })
      })
    },
    async active(wanted) {
      const id = await marketplace.buy(wanted)
      await marketplace.activate(id)
      return id
    },
    get: (id) => kernel.run(system, (ctx) => domain.subscriptions.detail(ctx, id)),
    async settle() {
      await marketplace.pass({ milliseconds: 100 })
    },
    async pass(time) {
      await kernel.due.move((from) => from.add(time))
    },
  }
  return marketplace
}
