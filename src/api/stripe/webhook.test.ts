import { expect, test } from 'vitest'
import { startTestStoa } from '../../../test/harness.ts'
import { startStripeStub } from '../../../test/stripe-stub.ts'

test('Stripe’s webhook over HTTP: its signature or 400, nothing is there without a configuration', async () => {
  const stub = await startStripeStub()
  const { url: apiUrl, secretKey, webhookSecret } = stub
  const [stoa, without] = [await startTestStoa({ config: { stripe: { apiUrl, secretKey, webhookSecret } } }), await startTestStoa()]
  const post = (origin: string, body: string, headers: Record<string, string>) =>
    fetch(`${origin}/api/stripe/webhook`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })
  const { body, signature } = stub.webhook('payment_method.detached', { id: 'pm_1' })
  expect((await post(stoa.url, body, { 'stripe-signature': signature })).status).toBe(200)
  for (const headers of [{}, { 'stripe-signature': 'nonsense' }, { 'stripe-signature': `${signature}0` }]) {
    const refused = await post(stoa.url, body, headers as Record<string, string>)
    expect([refused.status, ((await refused.json()) as { error: { code: string } }).error.code]).toEqual([400, 'SignatureInvalid'])
  }
  expect((await post(stoa.url, '', { 'stripe-signature': signature })).status).toBe(400)
  expect((await post(stoa.url, '{', { 'stripe-signature': signature })).status).toBe(400)
  expect((await post(without.url, body, { 'stripe-signature': signature })).status).toBe(404)
})
