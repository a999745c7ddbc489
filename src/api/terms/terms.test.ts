import { beforeAll, expect, test } from 'vitest'
import { startTestStoa, type TestStoa } from '../../../test/harness.ts'
import { demo } from '../../../test/subscriptions.ts'
import { system, type UserPrincipal } from '../../kernel/context.ts'

let stoa: TestStoa
const resource = '20e940b3-4c77-4b0b-9a53-9e16a1b010a7'
const tokens = new Map<string, string>()

beforeAll(async () => {
  stoa = await startTestStoa({ demo: true })
  const { directory, offers, publishing } = stoa.domain
  await stoa.kernel.run(system, async (ctx) => {
    const app = await directory.findApplication(ctx, '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c003')
    for (const person of [demo.buyer, demo.colleague, demo.stranger]) {
      const [user] = await directory.getUsers(ctx, [person.objectId])
      const tenant = await directory.findTenant(ctx, person.tenantId)
      if (!app || !user || !tenant) throw new Error('The demo data has changed.')
      for (const [name, audience] of [
        [person.email, resource],
        [`${person.email} elsewhere`, 'https://graph.windows.net'],
      ] as const) {
        const issued = await directory.issueForUser(ctx, { tenant, app, user, resource: audience, scope: 'user_impersonation', version: 2 })
        tokens.set(name, issued.accessToken)
      }
    }
    const offer = (await offers.findOffer(ctx, 'contoso', 'contoso-crm'))?.id ?? ''
    const { content } = await offers.section(ctx, { offer, module: 'properties' })
    const terms = {
      kind: 'standard',
      amendment: 'For all.',
      custom: [{ text: 'For Adatum.', tenants: [{ tenantId: demo.buyer.tenantId, description: '' }] }],
    }
    await offers.saveSection(ctx, { offer, module: 'properties', content: { ...content, terms } })
    await publishing.publishNow(ctx, { offer })
  })
})

interface Call {
  as?: string | null
  plan?: string
  body?: unknown
}

async function call({ as = demo.buyer.email, plan = 'contoso/offers/contoso-crm/plans/basic', body }: Call = {}) {
  const answer = await fetch(`${stoa.url}/api/terms/publishers/${plan}`, {
    method: body === undefined ? 'GET' : 'PUT',
    headers: {
      ...(as === null ? {} : { authorization: `Bearer ${tokens.get(as) ?? as}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are what is looked into
  return { status: answer.status, body: (await answer.json()) as any }
}

const purchase = (as: UserPrincipal) =>
  stoa.kernel.run(as, (ctx) =>
    stoa.domain.checkout.purchase(ctx, {
      publisherId: 'contoso',
      offerId: 'contoso-crm',
      planId: 'basic',
      acceptedTermsVersion: undefined,
    }),
  )

test('AC-230 everybody reads the contract and the amendments that apply to the own organisation, and of nobody else', async () => {
  const adatum = await call()
  expect(adatum).toMatchObject({
    status: 200,
    body: { publisher: 'contoso', product: 'contoso-crm', plan: 'basic', kind: 'standard', accepted: false, acceptedAt: null },
  })
  expect(adatum.body.universalAmendment).toBe('<p>For all.</p>')
  expect(adatum.body.customAmendments).toMatchObject([{ text: '<p>For Adatum.</p>' }])
  expect(adatum.body.contractLink).toBe(`${stoa.url}/legal/standard-contract`)
  expect((await call({ as: demo.colleague.email })).body.version).toBe(adatum.body.version)
  const northwind = await call({ as: demo.stranger.email })
  expect(northwind.body).toMatchObject({ universalAmendment: '<p>For all.</p>', customAmendments: [] })
  expect(northwind.body.version).not.toBe(adatum.body.version)
})

test('AC-230 an acceptance is recorded with person and time, once, and a purchase under these terms needs no other', async () => {
  const { version } = (await call()).body
  await expect(purchase(demo.buyer)).rejects.toMatchObject({ code: 'TermsNotAccepted' })
  const accepted = await call({ body: { accepted: true, version } })
  expect(accepted).toMatchObject({ status: 200, body: { accepted: true, acceptedBy: 'Adatum Buyer', version } })
  const again = await call({ body: { accepted: true, version } })
  expect(again.body.acceptedAt).toBe(accepted.body.acceptedAt)
  expect((await call()).body).toMatchObject({
    accepted: true,
    acceptedAt: accepted.body.acceptedAt,
    contractAcceptedAt: accepted.body.acceptedAt,
  })
  expect((await purchase(demo.buyer)).subscriptionId).toBeTruthy()
  // It is the organisation's own: another one has accepted nothing.
  expect((await call({ as: demo.stranger.email })).body.accepted).toBe(false)
  await expect(purchase(demo.stranger)).rejects.toMatchObject({ code: 'TermsNotAccepted' })
})

test.each<[string, Call, number, string]>([
  ['no token', { as: null }, 401, 'InvalidAuthenticationToken'],
  ['what is no token', { as: 'nonsense' }, 401, 'InvalidAuthenticationToken'],
  ['a token for another API', { as: `${demo.buyer.email} elsewhere` }, 401, 'InvalidAuthenticationToken'],
  ['an unknown offer', { plan: 'contoso/offers/nothing/plans/basic' }, 404, 'OfferNotFound'],
  ['an unknown plan', { plan: 'contoso/offers/contoso-crm/plans/gold' }, 400, 'PlanNotAvailable'],
  [
    'a private plan of others',
    { as: demo.stranger.email, plan: 'contoso/offers/contoso-crm/plans/adatum-special' },
    400,
    'PlanNotAvailable',
  ],
  ['who may not buy', { as: demo.colleague.email, body: { accepted: true, version: 'x' } }, 403, 'NotAllowed'],
  ['older terms', { body: { accepted: true, version: 'standard-1999' } }, 400, 'TermsChanged'],
  ['no acceptance', { body: { accepted: false, version: 'x' } }, 400, 'AcceptanceInvalid'],
  ['no version', { body: { accepted: true } }, 400, 'AcceptanceInvalid'],
  ['what is no object', { body: [1] }, 400, 'AcceptanceInvalid'],
])('%s is refused', async (_name, asked, status, code) => {
  expect(await call(asked)).toMatchObject({ status, body: { error: { code } } })
})
