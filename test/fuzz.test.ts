/**
 * Every operation of every OpenAPI document with generated input. A short run here; `npm run fuzz` sends 20,000 requests, `npm run fuzz -- 50000 7`
 * as many as you say, with a seed.
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { contracts } from '../src/contracts.ts'
import type { DemoData } from '../src/domain/demo.ts'
import { system } from '../src/kernel/context.ts'
import { type Document, fuzz } from './fuzz/fuzz.ts'
import { startTestStoa } from './harness.ts'

const requests = Number(process.env.STOA_FUZZ_REQUESTS ?? 1500)
const seed = Number(process.env.STOA_FUZZ_SEED ?? 1)

const market = await startTestStoa({ demo: true, config: { roles: ['api', 'web'] } })

async function json(path: string, init?: RequestInit): Promise<unknown> {
  const answer = await fetch(`${market.url}${path}`, init)
  expect(answer.status, `${path} ${await answer.clone().text()}`).toBe(200)
  return answer.json()
}

const post = (path: string, body: object) =>
  json(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

async function token(tenant: string, id: string, secret: string): Promise<string> {
  const answer = (await json(`/${tenant}/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: id,
      client_secret: secret,
      resource: '20e940b3-4c77-4b0b-9a53-9e16a1b010a7',
    }),
  })) as { access_token: string }
  return `Bearer ${answer.access_token}`
}

test('no generated request makes a 5xx, hangs, or is answered outside the documents', { timeout: 1_200_000 }, async () => {
  const demo = JSON.parse(readFileSync(new URL('../reference-data/demo.json', import.meta.url), 'utf8')) as DemoData
  const applications = demo.tenants.flatMap((tenant) =>
    (tenant.applications ?? []).map((application) => ({ ...application, tenantId: tenant.tenantId, domain: tenant.domain })),
  )
  const tokens = await Promise.all(applications.map(({ tenantId, clientId, secret }) => token(tenantId, clientId, secret)))

  const subscriptions: string[] = []
  const landing: string[] = []
  const operations: string[] = []
  for (const quantity of [1, 2, 3, 4]) {
    const bought = (await post('/api/sandbox/purchases', {
      publisherId: 'contoso',
      offerId: 'contoso-desk',
      planId: 'team',
      quantity,
    })) as {
      subscriptionId: string
      token: string
    }
    subscriptions.push(bought.subscriptionId)
    landing.push(bought.token)
  }
  const [first, second] = subscriptions as [string, string]
  for (const subscription of [first, second]) {
    const activated = await fetch(`${market.url}/api/saas/subscriptions/${subscription}/activate?api-version=2018-08-31`, {
      method: 'POST',
      headers: { authorization: tokens[1] as string, 'content-type': 'application/json' },
      body: JSON.stringify({ planId: 'team', quantity: subscription === first ? 1 : 2 }),
    })
    expect(activated.status).toBe(200)
  }
  const changed = (await post(`/api/sandbox/subscriptions/${second}/change`, { quantity: 9 })) as { operationId: string }
  operations.push(changed.operationId)

  // A directory whose users and groups come from elsewhere, for its own contract.
  const adatum = demo.tenants.find(({ domain }) => domain === 'adatum.example')
  if (!adatum) throw new Error('The demo data has no Adatum.')
  const people = (adatum.users ?? []).map(({ objectId }) => objectId)
  const [provisioning, group] = await market.kernel.run(system, async (ctx) => {
    const given = { tenantId: adatum.tenantId, name: 'fuzz', days: 30, createdBy: people[0] as string }
    const { value } = await market.domain.directory.issueProvisioningToken(ctx, given)
    const { groupId } = await market.domain.directory.createGroup(ctx, { tenantId: adatum.tenantId, displayName: 'Fuzz' })
    return [value, groupId]
  })
  const documents = Object.fromEntries(
    await Promise.all(contracts.map(async ({ name }) => [name, (await json(`/openapi/${name}.json`)) as Document] as const)),
  )
  const { now } = (await json('/api/sandbox')) as { now: string }
  const hour = `${now.slice(0, 13)}:00:00Z`
  const report = await fuzz(
    {
      url: market.url,
      documents,
      known: {
        subscriptionId: subscriptions,
        id: [...subscriptions, ...operations, ...people, group],
        value: [...people, group],
        resourceId: subscriptions,
        operationId: operations,
        planId: ['team', 'business'],
        dimension: ['tickets', 'storage'],
        effectiveStartTime: [hour],
        usageStartDate: [now.slice(0, 10)],
        publisherId: ['contoso', 'fabrikam'],
        offerId: ['contoso-desk'],
        tenant: [...demo.tenants.map((tenant) => tenant.tenantId), 'contoso.example', 'common', 'organizations'],
        'api-version': ['2018-08-31'],
        'x-ms-marketplace-token': landing,
        client_id: applications.map(({ clientId }) => clientId),
        client_secret: applications.map(({ secret }) => secret),
        grant_type: ['client_credentials', 'authorization_code', 'refresh_token'],
        scope: ['20e940b3-4c77-4b0b-9a53-9e16a1b010a7/.default', 'openid profile'],
        resource: ['20e940b3-4c77-4b0b-9a53-9e16a1b010a7'],
        advance: ['PT1H', 'P1D'],
        to: [hour],
      },
      authorizations: [
        `Bearer ${provisioning}`,
        `Bearer ${provisioning}`,
        tokens[1],
        tokens[1],
        tokens[1],
        tokens[3],
        tokens[0],
        undefined,
        'Bearer x',
        'Basic eDp5',
        `${tokens[1]}x`,
      ],
      // Reset takes away what the other calls work on; faults answer 5xx because they were asked to.
      except: (_document, call) => call === 'POST /api/sandbox/reset' || call === 'PUT /api/sandbox/faults',
    },
    { requests, seed },
  )
  console.info(`${report.requests} requests, seed ${report.seed}: ${JSON.stringify(report.statuses)}`)
  expect(report.problems.join('\n\n')).toBe('')
  expect(report.requests).toBeGreaterThanOrEqual(requests)
  // Not everything may have ended at the door.
  expect(report.statuses[200] ?? 0).toBeGreaterThan(requests / 20)
})
