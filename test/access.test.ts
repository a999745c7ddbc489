/**
 * Every page and every API call as everybody: generated from the routes and the permissions that they state, on one marketplace. A route that
 * states none fails here, and so does a page that lets in whom its permission keeps out.
 */
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { beforeAll, expect, test } from 'vitest'
import { beside, contracts } from '../src/contracts.ts'
import type { DemoData } from '../src/domain/demo.ts'
import { type Action, actions, allows } from '../src/kernel/authorization.ts'
import { anonymous, type Principal, system, type UserPrincipal } from '../src/kernel/context.ts'
import { startTestStoa } from './harness.ts'
import { doorsOf, type PageRoute, pageRoutes } from './page-routes.ts'
import { demo as people, openMarketplace } from './subscriptions.ts'

const demo = JSON.parse(readFileSync(new URL('../reference-data/demo.json', import.meta.url), 'utf8')) as DemoData
const stoa = await startTestStoa({ demo: true, config: { roles: ['api', 'web'] } })
const market = await openMarketplace(stoa)
const routes = pageRoutes()

/** Pages that state no permission, with the reason. */
const openPages: Record<string, 'everybody' | 'whoever is signed in' | 'leads elsewhere' | 'nothing is there'> = {
  'storefront/chooser.tsx': 'everybody',
  'storefront/store.tsx': 'everybody',
  'storefront/product.tsx': 'everybody',
  'storefront/client.tsx': 'everybody',
  'storefront/standard-contract.tsx': 'everybody',
  'storefront/market.tsx': 'everybody',
  'storefront/whats-new.tsx': 'everybody',
  'storefront/robots.ts': 'everybody',
  'storefront/sitemap.ts': 'everybody',
  // Whether somebody may buy or leave a name is asked by the use case, of the organisation that is chosen in the form.
  'storefront/purchase.tsx': 'whoever is signed in',
  'storefront/purchase-done.tsx': 'whoever is signed in',
  'storefront/acquire.tsx': 'whoever is signed in',
  'storefront/acquire-sent.tsx': 'whoever is signed in',
  'account/open.ts': 'leads elsewhere',
  // Ends an impersonation; whoever is in none has nothing to end.
  'operator/impersonation/end.ts': 'leads elsewhere',
  'partner/home.tsx': 'leads elsewhere',
  'partner/authoring/first-page.ts': 'leads elsewhere',
  'storefront/not-found.tsx': 'nothing is there',
  'account/nothing.tsx': 'nothing is there',
  'operator/nothing.tsx': 'nothing is there',
  'partner/nothing.tsx': 'nothing is there',
}

/** Pages that are there in a certain state only, which the demo data is not in. */
const conditional: Record<string, string> = {
  'account/nothing.tsx': 'nothing is there',
  'operator/nothing.tsx': 'nothing is there',
  'partner/account/legal-reseller.tsx': 'accounts of the reseller program',
  'partner/nothing.tsx': 'nothing is there',
  'storefront/not-found.tsx': 'nothing is there',
}

interface Visitor {
  name: string
  principal: Principal
  cookie: string
}

const contoso = demo.tenants.find(({ domain }) => domain === 'contoso.example')?.tenantId as string
const visitors: Visitor[] = [{ name: 'nobody', principal: anonymous, cookie: '' }]
const known: Record<string, string> = {
  publisher: 'contoso',
  offer: 'contoso-crm',
  product: 'contoso.contoso-crm',
  store: 'business',
  plan: 'basic',
}

beforeAll(async () => {
  for (const { email, objectId } of demo.tenants.flatMap((tenant) => tenant.users ?? [])) {
    const [cookie, principal] = await market.as(system, async (ctx) => {
      const [user] = await stoa.domain.directory.getUsers(ctx, [objectId])
      if (!user) throw new Error(`The demo data has no ${email}.`)
      const value = await stoa.domain.directory.startSession(ctx, user, { address: '127.0.0.1', userAgent: 'test' })
      return [value, await stoa.domain.directory.sessionUser(ctx, value)]
    })
    visitors.push({ name: email, principal: principal as UserPrincipal, cookie: `stoa_session=${encodeURIComponent(cookie)}` })
  }
  // Something of Adatum's and Contoso's to look at.
  known.subscription = await market.active()
  await market.settle()
  await market.kernel.due.move((from) => from.add({ hours: 24 * 40 }))
  const first = async (of: string) =>
    (await market.kernel.database.pool.query<{ id: string }>(`select id::text as id from ${of} limit 1`)).rows[0]?.id
  const found = {
    invoice: `billing.invoice where customer_tenant_id = '${people.buyer.tenantId}'`,
    delivery: 'subscriptions.delivery',
    operation: 'subscriptions.operation',
    submission: 'publishing.submission',
    mail: 'kernel.mail',
    account: `(select account_id as id from accounts.seller_account where tenant_id = '${contoso}') a`,
  }
  for (const [name, of] of Object.entries(found)) {
    const id = await first(of)
    if (id) known[name] = id
  }
})

const parameters = (path: string) => [...path.matchAll(/:(\w+)/g)].map((match) => match[1] as string)
/** Whether the address names things that exist. Endpoints are named by another id of their offer. */
const isKnown = (route: PageRoute) => route.file !== 'integration/endpoint.tsx' && parameters(route.path).every((name) => name in known)
const addressOf = (route: PageRoute) =>
  route.path
    .replaceAll(/:(\w+)/g, (_text, name: string) => known[name] ?? '00000000-0000-7000-8000-000000000000')
    .replace('*', 'no/such/page')

/** Whether the permission, and those of the layouts around the page, let this person in. */
function letsIn({ principal }: Visitor, route: PageRoute, permissions: readonly Action[]): boolean {
  if (principal.kind !== 'user') return permissions.every((action) => allows(principal, action))
  const { tenantId } = principal
  const needed = [...route.layouts.flatMap((file) => doorsOf(file).loader.permissions), ...permissions]
  // The pages that Partner Center and the console share ask for the console there.
  if (route.path.startsWith('/operator')) needed.push('operator.console')
  const own = /^\/partner\/(?:publishers|accounts)\/:/.test(route.path)
  if (own) {
    const isMember = principal.memberships?.some((one) => one.tenantId === contoso) || allows(principal, 'operator.console')
    return Boolean(isMember) && needed.every((action) => allows(principal, action, { tenantId: contoso }))
  }
  return needed.every((action) => allows(principal, action, { tenantId }))
}

const namesCustomersThing = ({ path }: PageRoute) => /^\/account\/.*:|^\/purchase\/.*\/done/.test(path)

/** What is Adatum's is nobody else's, whatever role somebody has at home; only who sells it, and the marketplace's staff, may look. */
const isAnothers = ({ principal }: Visitor, route: PageRoute) =>
  namesCustomersThing(route) &&
  principal.kind === 'user' &&
  principal.tenantId !== people.buyer.tenantId &&
  principal.tenantId !== contoso &&
  !allows(principal, 'operator.console')

/** Where the thing itself decides besides the permission: a subscription's state, its own people, or a purchase that is for buyers. */
const mayRefuse = (visitor: Visitor, route: PageRoute) =>
  ((namesCustomersThing(route) || route.path.startsWith('/purchase/')) && visitor.name !== people.buyer.email) ||
  // Partner Center's own addresses are for whoever works for some account.
  (/^\/partner\/[^:]*$/.test(route.path) && visitor.principal.kind === 'user' && !visitor.principal.memberships?.length)

/** Asks for the loaders of a page, without having it drawn: single fetch of the router; resources answer as they are. */
async function visit(visitor: Visitor, route: PageRoute, method: 'GET' | 'POST' = 'GET'): Promise<number> {
  const address = addressOf(route)
  const asData = route.isPage && visitor.principal.kind === 'user' && !route.file.startsWith('storefront/')
  const answer = await fetch(`${stoa.url}${asData ? `${address}.data` : address}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(visitor.cookie ? { cookie: visitor.cookie } : {}),
      ...(method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
    },
    ...(method === 'POST' ? { body: '' } : {}),
  })
  const text = await answer.text()
  if (answer.status >= 500) console.error(`${method} ${address} as ${visitor.name}: ${text.slice(0, 300)}`)
  return answer.status
}

/** Visitors of one kind answer for each other where what they are makes no difference: customers and sellers in the console, and so on. */
function concerns({ name }: Visitor, { path }: PageRoute): boolean {
  if (path.startsWith('/operator')) return !/^(?:manager|developer|user|sales)@|@fabrikam|@northwind/.test(name)
  if (path.startsWith('/partner')) return !/^(?:user|sales)@|@northwind/.test(name)
  return !/^(?:manager|developer)@/.test(name)
}

async function eachAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
    }),
  )
}

/** 202: the router's redirect. */
const redirects = new Set([202, 301, 302, 303, 307, 308])

test('every page and every form states the permission it needs', () => {
  const silent = routes.flatMap(({ path, file, loader, action }) => [
    ...(loader.exists && loader.permissions.length === 0 && !(file in openPages) ? [`${path} (${file})`] : []),
    ...(action.exists && action.permissions.length === 0 && !(file in openPages) ? [`form of ${path} (${file})`] : []),
    ...(!loader.exists && !action.exists && !(file in openPages) ? [`${path} (${file}) has no loader`] : []),
  ])
  expect(silent).toEqual([])
  expect(routes.length).toBeGreaterThan(120)
  const files = new Set(routes.map(({ file }) => file))
  expect(
    Object.keys(openPages).filter((file) => !files.has(file)),
    'open pages that no longer exist',
  ).toEqual([])
})

test('every page as everybody: who may opens it, nobody else does, whoever owns what it shows', { timeout: 300_000 }, async () => {
  const wrong: string[] = []
  let opened = 0
  let refused = 0
  /** Pages of things that exist: somebody must be able to open each. Those that remove want to be told what. */
  const unopened = new Set(
    routes
      .filter((route) => route.loader.exists && isKnown(route) && !(route.file in conditional) && !route.path.endsWith('/remove'))
      .map(({ path }) => path),
  )
  const visits = routes
    .filter(({ loader }) => loader.exists)
    .flatMap((route) => visitors.filter((visitor) => concerns(visitor, route)).map((visitor) => ({ route, visitor })))
  await eachAtOnce(visits, async ({ route, visitor }) => {
    const status = await visit(visitor, route)
    const said = `${route.path} as ${visitor.name}: ${status}`
    if (status >= 500) return void wrong.push(said)
    const open = openPages[route.file]
    if (open === 'nothing is there') {
      if (status < 300 && status !== 202) wrong.push(`${said}, where there is no page`)
      return
    }
    const { permissions } = route.loader
    if (open === 'leads elsewhere') {
      if (redirects.has(status)) unopened.delete(route.path)
      else wrong.push(`${said} instead of leading elsewhere`)
    } else if (visitor.principal.kind === 'anonymous' && route.loader.signedIn) {
      if (!redirects.has(status) && status !== 401) wrong.push(`${said} instead of the sign-in`)
      refused++
    } else if (!letsIn(visitor, route, permissions)) {
      if (status !== 403 && status !== 404) wrong.push(`${said} although ${permissions.join(', ')} is not allowed`)
      refused++
    } else if (isAnothers(visitor, route)) {
      if (status !== 403 && status !== 404) wrong.push(`${said}, another customer's`)
      refused++
    } else if (status === 403) {
      if (!mayRefuse(visitor, route)) wrong.push(`${said} although ${permissions.join(', ') || 'it'} is allowed`)
    } else if (status === 200 || redirects.has(status)) {
      opened++
      unopened.delete(route.path)
    } else if (![404, 409, 410].includes(status)) wrong.push(said)
  })
  expect(wrong.sort()).toEqual([])
  expect([...unopened]).toEqual([])
  expect(opened).toBeGreaterThan(200)
  expect(refused).toBeGreaterThan(300)
})

test('every form as everybody whose role lacks it: refused before anything is read', { timeout: 300_000 }, async () => {
  const wrong: string[] = []
  let refused = 0
  const posts = routes
    .filter(({ action }) => action.exists)
    .flatMap((route) => visitors.filter((visitor) => concerns(visitor, route)).map((visitor) => ({ route, visitor })))
  await eachAtOnce(posts, async ({ route, visitor }) => {
    const { permissions } = route.action
    const isStranger = visitor.principal.kind === 'anonymous'
    // One of two permissions depends on what the form says.
    if (permissions.length === 0 ? !isStranger || !route.action.signedIn : permissions.some((action) => letsIn(visitor, route, [action])))
      return
    const status = await visit(visitor, route, 'POST')
    refused++
    const fine = isStranger ? redirects.has(status) || status === 401 || status === 403 : status === 403 || status === 404
    if (!fine) wrong.push(`POST ${route.path} as ${visitor.name}: ${status}`)
  })
  expect(wrong.sort()).toEqual([])
  expect(refused).toBeGreaterThan(150)
})

test('the navigation of each site holds exactly what the person may open', { timeout: 300_000 }, async () => {
  const wrong: string[] = []
  let links = 0
  await eachAtOnce(
    visitors
      .filter(({ principal }) => principal.kind === 'user')
      .flatMap((visitor) => ['/account', '/partner/publishers/contoso', '/operator'].map((home) => ({ visitor, home }))),
    async ({ visitor, home }) => {
      const headers = { cookie: visitor.cookie }
      const answer = await fetch(`${stoa.url}${home}`, { headers })
      const html = await answer.text()
      if (answer.status !== 200) return
      const found = new Set([...html.matchAll(/href="(\/(?:account|partner|operator)[^"#?]*)/g)].map((match) => match[1] as string))
      for (const address of found) {
        links++
        const { status } = await fetch(`${stoa.url}${address}${address.includes('.') ? '' : '.data'}`, { headers, redirect: 'manual' })
        if (status === 403 || status === 404) wrong.push(`${home} shows ${visitor.name} a link to ${address}: ${status}`)
      }
    },
  )
  expect(wrong.sort()).toEqual([])
  expect(links).toBeGreaterThan(60)
})

/** What a page may not hold when its policy names neither 'unsafe-inline' nor 'unsafe-eval'. */
function unsafeIn(html: string, nonce: string): string[] {
  const wrong: string[] = []
  const tags = html.replaceAll(/(<script[^>]*>)[\s\S]*?<\/script>/g, '$1').replaceAll(/(<style[^>]*>)[\s\S]*?<\/style>/g, '$1')
  for (const [tag] of tags.matchAll(/<[a-z][^>]*>/gi)) {
    if (/\sstyle=/i.test(tag)) wrong.push(`a style attribute: ${tag.slice(0, 200)}`)
    if (/\son[a-z]+=/i.test(tag)) wrong.push(`a handler: ${tag.slice(0, 200)}`)
    if (/(?:href|src|action)="\s*javascript:/i.test(tag)) wrong.push(`a script address: ${tag.slice(0, 200)}`)
    if (/^<style/i.test(tag) && !tag.includes(`nonce="${nonce}"`)) wrong.push(`a style without the nonce: ${tag.slice(0, 200)}`)
    if (
      /^<script/i.test(tag) &&
      !tag.includes(`nonce="${nonce}"`) &&
      !/\ssrc="\//.test(tag) &&
      !/type="application\/(?:ld\+)?json"/.test(tag)
    ) {
      wrong.push(`a script without the nonce: ${tag.slice(0, 200)}`)
    }
  }
  return wrong
}

test('every page states a policy without unsafe-inline, keeps to it, and has the other headers', { timeout: 300_000 }, async () => {
  const wrong: string[] = []
  const who = (route: PageRoute): Visitor => {
    const name = route.path.startsWith('/operator')
      ? 'operator@operator.example'
      : route.path.startsWith('/partner')
        ? 'owner@contoso.example'
        : people.buyer.email
    return visitors.find((visitor) => visitor.name === name) as Visitor
  }
  const more = [
    '/signin',
    '/signin/forgot',
    '/docs',
    '/docs/api/metering',
    '/docs/offer-types/saas',
    '/docs/configuration',
    '/healthz',
    '/api/nothing',
    '/no/such/page',
  ]
  const visits = [
    ...routes
      .filter(({ loader, isPage }) => loader.exists && isPage)
      .map((route) => ({ address: addressOf(route), cookie: who(route).cookie })),
    ...more.map((address) => ({ address, cookie: '' })),
  ]
  let pages = 0
  await eachAtOnce(visits, async ({ address, cookie }) => {
    const answer = await fetch(`${stoa.url}${address}`, { redirect: 'manual', headers: cookie ? { cookie } : {} })
    const html = await answer.text()
    if (redirects.has(answer.status)) return
    const header = (name: string) => answer.headers.get(name) ?? ''
    const policy = header('content-security-policy')
    const complain = (what: string) => void wrong.push(`${address} (${answer.status}): ${what}`)
    if (/unsafe-|\*|http:/.test(policy.replaceAll(/form-action [^;]*/g, ''))) complain(`the policy is weak: ${policy}`)
    if (!policy.includes("frame-ancestors 'none'")) complain(`may be framed: ${policy}`)
    if (header('x-content-type-options') !== 'nosniff') complain('lacks nosniff')
    if (!/^(?:same-origin|no-referrer)$/.test(header('referrer-policy'))) complain(`referrer policy ${header('referrer-policy')}`)
    if (header('x-powered-by') !== '' || header('server') !== '') complain('tells what it runs on')
    if (!header('content-type').startsWith('text/html')) return
    pages++
    if (!/base-uri 'none'/.test(policy)) complain(`the base may be moved: ${policy}`)
    if (!/(?:default-src 'none'|object-src 'none')/.test(policy)) complain(`plug-ins are allowed: ${policy}`)
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? 'none'
    for (const problem of unsafeIn(html, nonce)) complain(problem)
  })
  expect(wrong.sort()).toEqual([])
  expect(pages).toBeGreaterThan(100)
})

interface ApiRoute {
  contract: string
  method: string
  url: string
  action: string | undefined
}

async function apiRoutes(): Promise<ApiRoute[]> {
  const found: ApiRoute[] = []
  const app = Fastify({ routerOptions: { caseSensitive: false, ignoreTrailingSlash: true } })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  for (const contract of [...contracts, ...beside]) {
    await app.register(async (scope) => {
      scope.addHook('onRoute', ({ method, url, config }) => {
        for (const one of [method].flat()) {
          if (!['HEAD', 'OPTIONS', 'TRACE', 'CONNECT'].includes(one))
            found.push({ contract: contract.name, method: one, url, action: config?.action })
        }
      })
      await contract.routes(scope, { kernel: stoa.kernel, domain: stoa.domain })
    })
  }
  return found
}

test('every call of every contract states its permission; without a token, and with those of strangers, it opens nothing', {
  timeout: 60_000,
}, async () => {
  const all = await apiRoutes()
  expect(all.filter(({ action }) => action === undefined || !(action in actions))).toEqual([])
  expect(all.length).toBeGreaterThan(60)

  const tokenOf = async (domain: string) => {
    const tenant = demo.tenants.find((one) => one.domain === domain)
    const [application] = tenant?.applications ?? []
    const answer = await fetch(`${stoa.url}/${tenant?.tenantId}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: application?.clientId ?? '',
        client_secret: application?.secret ?? '',
        resource: '20e940b3-4c77-4b0b-9a53-9e16a1b010a7',
      }),
    })
    return `Bearer ${((await answer.json()) as { access_token: string }).access_token}`
  }
  const fabrikam = await tokenOf('fabrikam.example')
  const wrong: string[] = []
  const guarded = all.filter(({ action }) => !('public' in actions[action as Action]))
  expect(guarded.length).toBeGreaterThan(10)
  for (const { method, url } of guarded) {
    const address = `${url.replaceAll(/:(\w+)/g, (_text, name: string) => (/subscription/i.test(name) ? (known.subscription as string) : 'x')).replace('*', 'x')}?api-version=2018-08-31`
    const ask = async (headers: Record<string, string>) => {
      const answer = await fetch(`${stoa.url}${address}`, {
        method,
        redirect: 'manual',
        headers: { ...headers, ...(method === 'GET' || method === 'DELETE' ? {} : { 'content-type': 'application/json' }) },
        ...(method === 'GET' || method === 'DELETE' ? {} : { body: '{}' }),
      })
      return answer.status
    }
    for (const [who, headers] of Object.entries({
      nobody: {},
      'a made-up token': { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.' },
      'a session cookie': { cookie: (visitors.find(({ name }) => name === 'operator@operator.example') as Visitor).cookie },
    })) {
      const status = await ask(headers as Record<string, string>)
      if (status !== 401 && status !== 403) wrong.push(`${method} ${url} with ${who}: ${status}`)
    }
    // Another publisher's application, for what names a subscription of Contoso's offer.
    if (/subscription/i.test(url) && /:/.test(url)) {
      const status = await ask({ authorization: fabrikam })
      if (status < 400 || status >= 500) wrong.push(`${method} ${url} with another publisher's token: ${status}`)
    }
  }
  expect(wrong).toEqual([])
})
