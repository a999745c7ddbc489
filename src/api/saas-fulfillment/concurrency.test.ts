import { beforeAll, expect, test } from 'vitest'
import { startTestStoa, type TestStoa } from '../../../test/harness.ts'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'

let stoa: TestStoa
let market: Marketplace
let authorization: string

beforeAll(async () => {
  // The worker runs beside, as in life: webhooks and answer windows race with the calls.
  stoa = await startTestStoa({ demo: true, worker: true })
  market = await openMarketplace({ kernel: stoa.kernel, domain: stoa.domain })
  const { tenantId, clientId } = demo.contoso
  const answer = await fetch(`${stoa.url}/${tenantId}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: 'contoso-demo-secret-fulfillment-0001',
      resource: '20e940b3-4c77-4b0b-9a53-9e16a1b010a7',
    }),
  })
  authorization = `Bearer ${((await answer.json()) as { access_token: string }).access_token}`
})

async function send(method: string, path: string, body?: unknown): Promise<number> {
  const answer = await fetch(`${stoa.url}/api/saas/subscriptions/${path}?api-version=2018-08-31`, {
    method,
    headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  await answer.arrayBuffer()
  return answer.status
}

const count = (statuses: number[], status: number) => statuses.filter((one) => one === status).length
const healthy = async () => (await stoa.kernel.doctor.examine(stoa.kernel.database.db)).flatMap(({ problems }) => problems)

test('AP-031 fifty parallel activations make one term', async () => {
  const id = await market.buy()
  const statuses = await Promise.all(Array.from({ length: 50 }, () => send('POST', `${id}/activate`, { planId: 'basic' })))
  expect(count(statuses, 200)).toBe(50)
  const { terms, history } = await market.get(id)
  expect(terms).toHaveLength(1)
  expect(history.filter(({ kind }) => kind === 'activate')).toHaveLength(1)
})

test('AP-044 of fifty parallel changes one is accepted', async () => {
  const id = await market.active()
  const statuses = await Promise.all(
    Array.from({ length: 50 }, (_, i) => send('PATCH', id, { planId: i % 2 ? 'standard' : 'adatum-special' })),
  )
  expect(count(statuses, 202)).toBe(1)
  expect(count(statuses, 400)).toBe(49)
  expect((await market.get(id)).operations).toHaveLength(1)
})

test('AP-045 fifty parallel activations, changes, answers and cancels end in one legal history without a 5xx', async () => {
  const id = await market.buy()
  const statuses = await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      if (i % 5 === 4) return send('DELETE', id)
      if (i % 5 === 3) {
        const pending = (await market.get(id)).operations.at(-1)
        return pending ? send('PATCH', `${id}/operations/${pending.id}`, { status: i % 2 ? 'Success' : 'Failure' }) : 404
      }
      return i % 2 ? send('POST', `${id}/activate`, { planId: 'basic' }) : send('PATCH', id, { planId: 'standard' })
    }),
  )
  expect(statuses.filter((status) => status >= 500)).toEqual([])
  // One cancel wins; before it was activated or after.
  const { subscription, history, operations } = await market.get(id)
  expect(subscription.status).toBe('Unsubscribed')
  expect(history.filter(({ kind }) => kind === 'cancel')).toHaveLength(1)
  expect(operations.filter(({ action }) => action === 'Unsubscribe')).toHaveLength(1)
  expect(operations.filter(({ status }) => status === 'InProgress' || status === 'NotStarted')).toEqual([])
  expect(await healthy()).toEqual([])
})
