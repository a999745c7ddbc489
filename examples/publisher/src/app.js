// The application's routes: the landing page and what follows from it, the account pages, and the webhook.
import cookie from '@fastify/cookie'
import formbody from '@fastify/formbody'
import Fastify from 'fastify'
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { sync } from './accounts.js'
import { config } from './config.js'
import { MarketplaceError } from './marketplace.js'
import { accountPage, configurePage, homePage, problemPage } from './pages.js'
import { dimensions, meteredDimensions } from './plans.js'
import { beginSignIn, completeSignIn } from './signin.js'
import { recordUse, reportUsage } from './usage.js'
import { handleWebhook } from './webhook.js'

const SESSION_COOKIE = 'publisher_session'
const SESSION_HOURS = 8

/** An end that the customer can do something about. */
class Problem extends Error {
  constructor(status, title, text, link) {
    super(title)
    Object.assign(this, { status, title, text, link })
  }
}

const UNKNOWN_PURCHASE = {
  title: 'We could not identify this purchase',
  text: 'The link may have expired. Please open the subscription in the marketplace again and choose "Configure account" or "Manage account".',
  link: { href: config.portalUrl, text: 'Open my subscriptions' },
}

/**
 * @param {{ store: import('./store.js').Store, marketplace: import('./marketplace.js').Marketplace, logger?: boolean }} parts
 */
export async function createApp({ store, marketplace, logger = true }) {
  const app = Fastify({ logger: logger && { level: 'warn' }, bodyLimit: 64 * 1024 })
  await app.register(cookie)
  await app.register(formbody)

  // Sessions live in memory: after a restart people are signed in again without noticing, the directory still knows them.
  const sessions = new Map()

  app.decorateRequest('session', null)
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/webhook') || request.url === '/style.css') return
    const known = sessions.get(request.cookies[SESSION_COOKIE])
    if (known && known.until > Date.now()) {
      request.session = known
      return
    }
    for (const [id, session] of sessions) if (session.until <= Date.now()) sessions.delete(id)
    startSession(request, reply)
  })

  function startSession(request, reply, content = {}) {
    const id = randomBytes(32).toString('base64url')
    request.session = { id, csrf: randomBytes(32).toString('base64url'), until: Date.now() + SESSION_HOURS * 3600_000, ...content }
    sessions.set(id, request.session)
    reply.setCookie(SESSION_COOKIE, id, { path: '/', httpOnly: true, sameSite: 'lax', secure: config.publicUrl.startsWith('https:') })
  }

  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff')
    // The landing page's address holds the purchase token: it must not travel on in a Referer.
    reply.header('referrer-policy', 'no-referrer')
    reply.header('content-security-policy', "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'")
    reply.header('cache-control', 'no-store')
  })

  app.setErrorHandler((error, request, reply) => {
    const problem =
      error instanceof Problem ? error : error.statusCode < 500 ? new Problem(error.statusCode, 'That did not work', error.message) : null
    if (!problem) request.log.error(error)
    const { status, title, text, link } = problem ?? {
      status: 502,
      title: 'Please try again in a moment',
      text: 'The marketplace did not answer as we expected. Nothing was changed.',
    }
    if (request.url.startsWith('/webhook')) return reply.code(problem ? status : 500).send({ message: title })
    const { user, csrf } = request.session ?? {}
    return sendPage(reply.code(status), problemPage({ user, csrf, title, text, link }))
  })
  app.setNotFoundHandler(() => {
    throw new Problem(404, 'There is no such page', 'The address may be mistyped.', { href: '/', text: 'To the start page' })
  })

  const sendPage = (reply, page) => reply.type('text/html; charset=utf-8').send(page)

  const style = readFileSync(new URL('../public/style.css', import.meta.url))
  app.get('/style.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(style))

  // ------------------------------------------------------------------ landing page

  /** Where "Configure account" and "Manage account" lead: `?token=…`. Fastify has decoded it, as the marketplace's API wants it. */
  app.get('/signup', async (request, reply) => {
    const { token } = request.query
    if (typeof token !== 'string' || token === '')
      throw new Problem(400, UNKNOWN_PURCHASE.title, UNKNOWN_PURCHASE.text, UNKNOWN_PURCHASE.link)
    request.session.token = token
    // On to an address without the token, so that it stays out of bookmarks and screenshots.
    return reply.redirect(request.session.user ? '/purchase' : '/signin', 303)
  })

  app.get('/purchase', async (request, reply) => {
    const { session } = request
    if (!session.user) return reply.redirect('/signin', 303)
    if (!session.token) throw new Problem(400, UNKNOWN_PURCHASE.title, UNKNOWN_PURCHASE.text, UNKNOWN_PURCHASE.link)
    const purchase = await resolve(session.token)
    const { subscription } = purchase
    requireMember(session.user, [subscription.beneficiary.tenantId, subscription.purchaser.tenantId])
    // The same address serves new customers and those who come to manage: the subscription's status tells them apart.
    if (subscription.saasSubscriptionStatus === 'PendingFulfillmentStart') {
      session.purchase = purchase
      return sendPage(reply, configurePage({ user: session.user, csrf: session.csrf, purchase }))
    }
    session.token = undefined
    if (!sync(store, subscription)) {
      throw new Problem(410, 'This subscription has ended', 'You can buy a new one in the marketplace at any time.', UNKNOWN_PURCHASE.link)
    }
    return reply.redirect(`/accounts/${subscription.id}`, 303)
  })

  app.post('/accounts/:id/activate', async (request, reply) => {
    checkForm(request)
    const { session } = request
    const { purchase } = session
    if (!session.user || purchase?.id !== request.params.id) {
      throw new Problem(400, UNKNOWN_PURCHASE.title, UNKNOWN_PURCHASE.text, UNKNOWN_PURCHASE.link)
    }
    // Here is the place to provide what was bought: tenant, database, users. Only then activate, because activation starts the billing.
    try {
      await marketplace.activate(purchase.id, purchase)
    } catch (error) {
      // A second click, or an answer that got lost: the subscription may be active already, and then all is well.
      if (!(error instanceof MarketplaceError)) throw error
      const subscription = await marketplace.getSubscription(purchase.id)
      if (subscription.saasSubscriptionStatus !== 'Subscribed') throw error
    }
    const subscription = await marketplace.getSubscription(purchase.id)
    sync(store, subscription)
    session.token = undefined
    session.purchase = undefined
    return reply.redirect(`/accounts/${purchase.id}?welcome=1`, 303)
  })

  async function resolve(token) {
    try {
      return await marketplace.resolve(token)
    } catch (error) {
      // Malformed, tampered with, expired, or a purchase of somebody else's offer.
      if (error instanceof MarketplaceError && [400, 403, 404].includes(error.status)) {
        throw new Problem(400, UNKNOWN_PURCHASE.title, UNKNOWN_PURCHASE.text, UNKNOWN_PURCHASE.link)
      }
      throw error
    }
  }

  // ------------------------------------------------------------------ sign-in

  app.get('/signin', async (request, reply) => {
    const { url, pending } = await beginSignIn({ otherAccount: request.query.other !== undefined })
    request.session.signIn = { ...pending, returnTo: request.session.token ? '/purchase' : '/' }
    return reply.redirect(url, 303)
  })

  app.get('/auth/callback', async (request, reply) => {
    const { signIn, token, id } = request.session
    let user
    try {
      user = await completeSignIn(request.query, signIn)
    } catch (error) {
      request.log.warn(error)
      throw new Problem(400, 'You are not signed in', 'The sign-in was interrupted or took too long.', {
        href: '/signin',
        text: 'Try again',
      })
    }
    // A new session for the signed-in person; the old id may have been planted by somebody else.
    sessions.delete(id)
    startSession(request, reply, { user, token })
    return reply.redirect(signIn.returnTo, 303)
  })

  app.post('/signout', async (request, reply) => {
    checkForm(request)
    sessions.delete(request.session.id)
    reply.clearCookie(SESSION_COOKIE, { path: '/' })
    return reply.redirect('/', 303)
  })

  // ------------------------------------------------------------------ accounts

  app.get('/', async (request, reply) => {
    const { user, csrf } = request.session
    const accounts = user ? store.all().filter((account) => account.tenantId === user.tenantId) : []
    return sendPage(reply, homePage({ user, csrf, accounts }))
  })

  app.get('/accounts/:id', async (request, reply) => {
    const { session } = request
    if (!session.user) return reply.redirect('/signin', 303)
    const known = requireAccount(request)
    const subscription = await currentSubscription(known)
    const account = sync(store, subscription) ?? known
    const { notice } = session
    session.notice = undefined
    return sendPage(
      reply,
      accountPage({ user: session.user, csrf: session.csrf, account, subscription, notice, welcome: request.query.welcome !== undefined }),
    )
  })

  async function currentSubscription(account) {
    try {
      return await marketplace.getSubscription(account.subscriptionId)
    } catch (error) {
      // A sandbox that was reset does not know its old subscriptions.
      if (!(error instanceof MarketplaceError) || error.status !== 404) throw error
      throw new Problem(404, 'The marketplace does not know this subscription any more', 'Was the sandbox reset?', {
        href: '/',
        text: 'To the start page',
      })
    }
  }

  /** The customer uses our service. */
  app.post('/accounts/:id/usage', async (request, reply) => {
    checkForm(request)
    const account = requireAccount(request)
    const { dimension } = request.body
    const count = Number(request.body.count)
    if (account.state !== 'active') throw new Problem(409, 'The subscription is not active', 'Nothing was sent.')
    if (!meteredDimensions(account).includes(dimension)) throw new Problem(400, 'That did not work', 'The plan has no such service.')
    if (!Number.isInteger(count) || count < 1 || count > 1_000_000)
      throw new Problem(400, 'That did not work', 'Send between 1 and 1,000,000 at a time.')
    recordUse(store, account, dimension, count)
    request.session.notice = `${dimensions[dimension].label}: ${count} sent.`
    return reply.redirect(`/accounts/${account.subscriptionId}`, 303)
  })

  app.post('/accounts/:id/report', async (request, reply) => {
    checkForm(request)
    const account = requireAccount(request)
    request.session.notice = (await reportUsage({ store, marketplace, account })).join(' ')
    return reply.redirect(`/accounts/${account.subscriptionId}`, 303)
  })

  function requireAccount(request) {
    const { user } = request.session
    if (!user) throw new Problem(401, 'Please sign in', 'You have to sign in to see this account.', { href: '/signin', text: 'Sign in' })
    const account = store.get(request.params.id)
    // The same answer for an account that does not exist and for one of another organisation.
    if (!account || account.tenantId !== user.tenantId)
      throw new Problem(404, 'There is no such account', 'Or it belongs to another organisation.')
    return account
  }

  function requireMember(user, tenantIds) {
    if (tenantIds.includes(user.tenantId)) return
    throw new Problem(403, 'This subscription belongs to another organisation', `You are signed in as ${user.email}.`, {
      href: '/signin?other=1',
      text: 'Sign in with another account',
    })
  }

  /** A form that was not sent from a page of ours is refused. */
  function checkForm(request) {
    const given = Buffer.from(String(request.body?.csrf ?? ''))
    const expected = Buffer.from(request.session.csrf)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new Problem(403, 'Please try again', 'The page was too old.', { href: '/', text: 'To the start page' })
    }
  }

  // ------------------------------------------------------------------ webhook

  app.post('/webhook', async (request, reply) => {
    const { status, message } = await handleWebhook({
      authorization: request.headers.authorization,
      body: request.body,
      store,
      marketplace,
    })
    return reply.code(status).send({ message })
  })

  return app
}
