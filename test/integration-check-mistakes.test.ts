/**
 * `stoa check` against copies of the example publisher with one planted mistake each: the point that is about the mistake fails, and no other.
 * Points that build on the broken one may be not tested.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { check } from '../src/cli/check/check.ts'
import { type PointId, points } from '../src/cli/check/points.ts'
import { reportText } from '../src/cli/check/report.ts'
import { sandboxAt } from '../src/cli/sandbox.ts'
import { startTestStoa, type TestStoa } from './harness.ts'
import { type Mistake, type PublisherProcess, startPublisher } from './publisher-process.ts'

const operationKnown = '  // Only an operation that is still open waits for us.'

const throwsFor = (action: string): Mistake[] => [
  { file: 'webhook.js', from: operationKnown, to: `if (operation.action === '${action}') throw new Error('planted')\n${operationKnown}` },
]

const noRepeatsOf = (path: string): Mistake => ({
  file: 'marketplace.js',
  from: 'if (attempt === ATTEMPTS) throw failure',
  to: `if (attempt === ATTEMPTS || path.includes('${path}')) throw failure`,
})

/** A mistake for every point of the table. */
const mistakes: Record<PointId, { what: string; changes: Mistake[] }> = {
  'landing-page': {
    what: 'the landing page breaks',
    changes: [{ file: 'app.js', from: 'request.session.token = token\n', to: `throw new Error('planted')\n` }],
  },
  resolve: {
    what: 'Resolve is never called',
    changes: [
      {
        file: 'app.js',
        from: '    const purchase = await resolve(session.token)\n',
        to: `    if (session) return sendPage(reply, homePage({ user: session.user, csrf: session.csrf, accounts: [] }))\n    const purchase = await resolve(session.token)\n`,
      },
    ],
  },
  'token-encoded': {
    what: 'the token is encoded again',
    changes: [
      { file: 'marketplace.js', from: `'x-ms-marketplace-token': token`, to: `'x-ms-marketplace-token': encodeURIComponent(token)` },
    ],
  },
  activate: {
    what: 'the form does not activate',
    changes: [{ file: 'app.js', from: '      await marketplace.activate(purchase.id, purchase)\n', to: '' }],
  },
  'activate-values': {
    what: 'another number of seats is activated',
    changes: [
      {
        file: 'app.js',
        from: 'await marketplace.activate(purchase.id, purchase)',
        to: 'await marketplace.activate(purchase.id, { ...purchase, quantity: purchase.quantity + 1 })',
      },
    ],
  },
  'token-again': {
    what: 'only new purchases are expected',
    changes: [
      { file: 'app.js', from: '    session.token = undefined\n    if (!sync', to: `    throw new Error('planted')\n    if (!sync` },
    ],
  },
  'token-missing': {
    what: 'a token is taken for granted',
    changes: [{ file: 'app.js', from: `if (typeof token !== 'string' || token === '')`, to: `if (token.trim() === '')` }],
  },
  'token-tampered': {
    what: 'the refusal of a token is not expected',
    changes: [
      {
        file: 'app.js',
        from: '[400, 403, 404].includes(error.status)',
        to: '[400, 403, 404].includes(error.status) && /expired/.test(error.message)',
      },
    ],
  },
  'token-expired': {
    what: 'the refusal of an old token is not expected',
    changes: [
      {
        file: 'app.js',
        from: '[400, 403, 404].includes(error.status)',
        to: '[400, 403, 404].includes(error.status) && !/expired/.test(error.message)',
      },
    ],
  },
  'change-quantity': { what: 'ChangeQuantity is an error', changes: throwsFor('ChangeQuantity') },
  'change-plan': { what: 'ChangePlan is an error', changes: throwsFor('ChangePlan') },
  suspend: { what: 'Suspend is an error', changes: throwsFor('Suspend') },
  reinstate: { what: 'Reinstate is an error', changes: throwsFor('Reinstate') },
  renew: { what: 'Renew is an error', changes: throwsFor('Renew') },
  unsubscribe: { what: 'Unsubscribe is an error', changes: throwsFor('Unsubscribe') },
  'webhook-in-time': {
    what: 'the work of a change of plan is done before the answer',
    changes: [
      {
        file: 'webhook.js',
        from: '  sync(store, subscription)\n',
        to: `  sync(store, subscription)\n  if (operation.action === 'ChangePlan') await new Promise((done) => setTimeout(done, 1600))\n`,
      },
    ],
  },
  'get-operation': {
    what: 'the body is trusted',
    changes: [
      {
        file: 'webhook.js',
        from: 'handleOperation({ operationId, subscriptionId, store, marketplace }))',
        to: 'handleOperation({ operationId, subscriptionId, store, marketplace, body }))',
      },
      {
        file: 'webhook.js',
        from: 'async function handleOperation({ operationId, subscriptionId, store, marketplace })',
        to: 'async function handleOperation({ operationId, subscriptionId, store, marketplace, body })',
      },
      {
        file: 'webhook.js',
        from: 'operation = await marketplace.getOperation(subscriptionId, operationId)',
        to: 'await marketplace.getSubscription(subscriptionId)\n    operation = body',
      },
    ],
  },
  patch: {
    what: 'no operation is ever answered',
    changes: [
      { file: 'webhook.js', from: `const ANSWERABLE = ['ChangePlan', 'ChangeQuantity', 'Reinstate']`, to: 'const ANSWERABLE = []' },
    ],
  },
  'webhook-duplicate': {
    what: 'the latest operation must not come twice',
    changes: [
      {
        file: 'webhook.js',
        from: operationKnown,
        to: `if (latest.get(subscriptionId) === operationId) throw new Error('planted')\nlatest.set(subscriptionId, operationId)\n${operationKnown}`,
      },
      { file: 'webhook.js', from: 'const queues = new Map()\n', to: 'const queues = new Map()\nconst latest = new Map()\n' },
    ],
  },
  'webhook-out-of-order': {
    what: 'an older operation must not come after a newer one',
    changes: [
      {
        file: 'webhook.js',
        from: operationKnown,
        to: `if (seen.has(operationId) && latest.get(subscriptionId) !== operationId) throw new Error('planted')\nseen.add(operationId)\nlatest.set(subscriptionId, operationId)\n${operationKnown}`,
      },
      {
        file: 'webhook.js',
        from: 'const queues = new Map()\n',
        to: 'const queues = new Map()\nconst latest = new Map()\nconst seen = new Set()\n',
      },
    ],
  },
  'webhook-unknown': {
    what: 'every operation is expected to exist',
    changes: [
      {
        file: 'webhook.js',
        from: `    if (error instanceof MarketplaceError && error.status === 404) return { status: 404, message: 'No such operation' }\n`,
        to: '',
      },
    ],
  },
  'webhook-no-token': {
    what: 'a token is checked only when there is one',
    changes: [{ file: 'webhook.js', from: `if (!token) throw new Error('no bearer token')`, to: 'if (!token) return' }],
  },
  'webhook-forged': {
    what: 'the signature is not checked',
    changes: [
      {
        file: 'webhook.js',
        from: `import { createRemoteJWKSet, jwtVerify } from 'jose'`,
        to: `import { createRemoteJWKSet, decodeJwt } from 'jose'`,
      },
      {
        file: 'webhook.js',
        from: 'const { payload } = await jwtVerify(token, keys, {',
        to: `const payload = decodeJwt(token)
  if (payload.exp * 1000 < Date.now() || payload.aud !== config.fulfillment.clientId) throw new Error('not for us')
  void ({ keys,`,
      },
    ],
  },
  'webhook-expired': {
    what: 'expiry is tolerated for years',
    changes: [{ file: 'webhook.js', from: 'clockTolerance: 60,', to: 'clockTolerance: 1e9,' }],
  },
  'webhook-audience': {
    what: 'the audience is not checked',
    changes: [{ file: 'webhook.js', from: '    audience: config.fulfillment.clientId,\n', to: '' }],
  },
  'activate-retried': { what: 'Activate is called once', changes: [noRepeatsOf('/activate')] },
  'api-failing': {
    what: 'a failing marketplace is taken for success',
    changes: [
      noRepeatsOf('/operations/'),
      { file: 'webhook.js', from: '    throw error\n  }\n', to: `    return { status: 200, message: 'done' }\n  }\n` },
    ],
  },
  'api-slow': {
    what: 'the marketplace is given half a second',
    changes: [
      {
        file: 'marketplace.js',
        from: 'AbortSignal.timeout(TIMEOUT_MS)',
        to: `AbortSignal.timeout(path.includes('/operations/') ? 500 : TIMEOUT_MS)`,
      },
    ],
  },
}

/** Each check has a marketplace of its own while it runs, because it moves the clock; there are so many. */
const marketplaces = 5
const free: TestStoa[] = []
const waiting: ((stoa: TestStoa) => void)[] = []

beforeAll(async () => {
  for (let count = 0; count < marketplaces; count++) free.push(await startTestStoa({ demo: true, worker: true }))
})

const take = (): TestStoa | Promise<TestStoa> => free.pop() ?? new Promise((resolve) => void waiting.push(resolve))

function giveBack(stoa: TestStoa): void {
  const next = waiting.shift()
  if (next) next(stoa)
  else free.push(stoa)
}

// STOA_CHECK_POINTS=renew,patch looks at these only.
const wanted = process.env.STOA_CHECK_POINTS?.split(',')
/** First the one that waits for the marketplace's answer window again and again. */
const planned = points
  .filter((point) => wanted === undefined || wanted.includes(point.id))
  .toSorted((a, b) => Number(b.id === 'patch') - Number(a.id === 'patch'))

describe.concurrent('a planted mistake is found, and nothing else', () => {
  test.each(planned)('$id', { timeout: 300_000 }, async ({ id }) => {
    const stoa = await take()
    let publisher: PublisherProcess | undefined
    try {
      publisher = await startPublisher(stoa, mistakes[id].changes)
      const report = await check({
        stoa: stoa.url,
        call: sandboxAt(stoa.url, undefined),
        landing: publisher.landing,
        webhook: publisher.webhook,
        offer: 'contoso.contoso-desk',
        user: 'buyer@adatum.example',
        password: 'stoa-demo-2026',
        activateWithinMs: 1500,
        webhookWithinMs: 1100,
        moveClock: true,
        pace: { poll: 50, logged: 60, slowness: 1000 },
      })
      const failed = report.points.filter((point) => point.outcome === 'failed').map((point) => point.id)
      expect(failed, `${mistakes[id].what}\n${reportText(report)}\n${publisher.output()}`).toEqual([id])
    } finally {
      await publisher?.stop()
      giveBack(stoa)
    }
  })
})
