import { afterAll, beforeAll, expect, test } from 'vitest'
import { system } from '../../kernel/context.ts'
import { Browser, hiddenFields } from './browser.ts'
import { buyer, contoso, fabrikam, owner, password } from './fixture-people.ts'
import { startTokenService } from './fixture.ts'

let service: Awaited<ReturnType<typeof startTokenService>>
let accountId = ''
const rights = { roles: ['developer'], permissions: [] }

beforeAll(async () => {
  service = await startTokenService()
  const { kernel, directory, accounts } = service
  await kernel.run(system, async (ctx) => {
    await directory.updateUser(ctx, owner.objectId, { roles: ['global-admin'] })
    await directory.updateUser(ctx, buyer.objectId, { roles: ['global-admin'] })
    const { tenantId } = contoso
    await accounts.setMember(ctx, { accountTenantId: tenantId, kind: 'user', id: owner.objectId, tenantId, roles: ['owner'] })
    accountId = (await accounts.publisher(ctx, 'contoso')).accountId
  })
})
afterAll(() => service.close())

const asOwner = async <T>(fn: Parameters<typeof service.kernel.run<T>>[1]) => {
  const principal = await service.kernel.read(system, (ctx) => service.directory.principal(ctx, owner.objectId))
  if (!principal) throw new Error('no owner')
  return service.kernel.run(principal, fn)
}
const mailed = async (to: string) => {
  const [mail] = await service.kernel.read(system, (ctx) => service.kernel.mail.list(ctx, { to }))
  return new URL(/https?:\S+/.exec(mail?.text ?? '')?.[0] ?? 'about:blank')
}

async function visiting<T>(fn: (browser: Browser) => Promise<T>): Promise<T> {
  const browser = new Browser(service.url, service.caFile)
  try {
    return await fn(browser)
  } finally {
    await browser.close()
  }
}

test('AC-089 a mailed link lets a new person choose a password, once; what is typed wrong is said and changes nothing', async () => {
  const email = 'new@elsewhere.test'
  await asOwner((ctx) => service.accounts.invite(ctx, accountId, { addresses: email, ...rights }))
  const link = await mailed(email)
  await visiting(async (browser) => {
    const asked = await browser.open(link.pathname + link.search)
    expect(asked.status).toBe(200)
    expect(asked.text).toContain('Contoso Ltd')
    expect(asked.text).toContain('Developer')
    const send = (form: Record<string, string>) =>
      browser.open('/signin/invitation', {
        form: { ...hiddenFields(asked.text), name: 'Nora New', password: 'quite long enough', again: 'quite long enough', ...form },
      })
    const before = [
      [{ form: 'forged' }, 403, 'form has expired'],
      [{ again: 'something else' }, 400, 'passwords differ'],
      [{ password: 'short', again: 'short' }, 400, 'password'],
      [{ name: 'gpj\u202eexe' }, 400, 'direction'],
      [{ name: 'x'.repeat(10_000) }, 400, 'at most 120'],
    ] as const
    for (const [form, status, sentence] of before) {
      const answer = await send(form)
      expect(answer.status, sentence).toBe(status)
      expect(answer.text).toContain(sentence)
    }
    expect(await service.kernel.read(system, (ctx) => service.directory.findUserByEmail(ctx, email))).toBeNull()
    const done = await send({ name: '<img src=x onerror=alert(1)>' })
    expect(done.status).toBe(200)
    const signedIn = await browser.signIn(await browser.open('/signin'), email, 'quite long enough')
    expect(signedIn.status).not.toBe(401)
    const reused = await send({})
    expect(reused.status).toBe(410)
    expect(reused.text).toContain('accepted already')
  })
  const user = await service.kernel.read(system, (ctx) => service.directory.findUserByEmail(ctx, email))
  expect(user).toMatchObject({ kind: 'guest', displayName: '<img src=x onerror=alert(1)>' })
})

test('somebody who has an account here signs in with the invited address to accept', async () => {
  await asOwner((ctx) => service.accounts.invite(ctx, accountId, { addresses: buyer.email, ...rights }))
  const link = await mailed(buyer.email)
  await visiting(async (browser) => {
    const asked = await browser.open(link.pathname + link.search)
    expect(asked.text).toContain(`Sign in as ${buyer.email}`)
    expect(asked.text).not.toContain('name="password"')
    await browser.signIn(await browser.open('/signin'), owner.email, password)
    expect((await browser.open(link.pathname + link.search)).text).toContain(`You are signed in as ${owner.email}`)
  })
  await visiting(async (browser) => {
    await browser.signIn(await browser.open('/signin'), buyer.email, password)
    const asked = await browser.open(link.pathname + link.search)
    const done = await browser.open('/signin/invitation', { form: hiddenFields(asked.text) })
    expect(done.text).toContain('You have accepted')
  })
  const principal = await service.kernel.read(system, (ctx) => service.directory.principal(ctx, buyer.objectId))
  expect(principal?.memberships).toMatchObject([{ accountId, roles: ['developer'] }])
})

test('whoever is signed in as somebody else signs out first; a new person is not sent to a sign-in that cannot succeed', async () => {
  const email = 'stranger@elsewhere.test'
  await asOwner((ctx) => service.accounts.invite(ctx, accountId, { addresses: email, ...rights }))
  const link = await mailed(email)
  await visiting(async (browser) => {
    await browser.signIn(await browser.open('/signin'), owner.email, password)
    const asked = await browser.open(link.pathname + link.search)
    const out = /href="(\/signout[^"]*)"/.exec(asked.text)?.[1] ?? ''
    const again = await browser.open('/signout', { form: hiddenFields((await browser.open(out)).text) })
    expect(again.text).toContain('name="password"')
    expect(again.text).toContain(email)
  })
})

test('links that never were, expired or were taken back say so with 410', async () => {
  const email = 'late@elsewhere.test'
  const [invitation] = await asOwner((ctx) => service.accounts.invite(ctx, accountId, { addresses: email, ...rights }))
  const link = await mailed(email)
  const answer = (path: string) => visiting((browser) => browser.open(path))
  for (const path of [
    '/signin/invitation',
    '/signin/invitation?token=',
    '/signin/invitation?token=x',
    `/signin/invitation?token=${'y'.repeat(5000)}`,
  ]) {
    const { status, text } = await answer(path)
    expect(status).toBe(410)
    expect(text).toContain('not valid')
  }
  await service.kernel.database.pool.query(`update accounts.invitation set expires_at = now() - interval '1 second' where email = $1`, [
    email,
  ])
  const expired = await answer(link.pathname + link.search)
  expect([expired.status, expired.text.includes('valid for 14 days')]).toEqual([410, true])
  await asOwner((ctx) => service.accounts.withdrawInvitations(ctx, accountId, [invitation?.id ?? '']))
  const withdrawn = await answer(link.pathname + link.search)
  expect([withdrawn.status, withdrawn.text.includes('withdrawn')]).toEqual([410, true])
})

test('AC-069 a directory joins by its administrator signing in, seeing organisation and domain, and confirming', async () => {
  const token = await asOwner((ctx) => service.accounts.requestTenant(ctx, accountId))
  const path = `/signin/associate?token=${token}`
  await visiting(async (browser) => {
    const first = await browser.open(path)
    expect(first.url).toContain('/signin?return=')
    await browser.signIn(first, owner.email, password)
    expect((await browser.open(path)).text).toContain('belongs to the account already')
  })
  await visiting(async (browser) => {
    const asked = await browser.signIn(await browser.open(path), buyer.email, password)
    expect(asked.text).toContain('Fabrikam Inc')
    expect(asked.text).toContain(fabrikam.domain)
    const forged = await browser.open('/signin/associate', { form: { ...hiddenFields(asked.text), form: 'forged' } })
    expect(forged.status).toBe(403)
    const tenants = () => asOwner((ctx) => service.accounts.tenants(ctx, accountId))
    expect((await tenants()).length).toBe(1)
    const done = await browser.open('/signin/associate', { form: hiddenFields(asked.text) })
    expect(done.text).toContain('Directory associated')
    expect((await tenants()).map(({ domain }) => domain)).toEqual([contoso.domain, fabrikam.domain])
    const reused = await browser.open(path)
    expect([reused.status, reused.text.includes('has been used')]).toEqual([410, true])
  })
})
