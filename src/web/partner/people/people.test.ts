import { beforeAll, expect, test } from 'vitest'
import { startTestStoa } from '../../../../test/harness.ts'
import { system } from '../../../kernel/context.ts'

const contoso = '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002'
const fabrikam = '5d3f8b16-90c4-4f0b-a2c7-7b8e61d20003'
const ids = {
  owner: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1a001',
  manager: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1a002',
  developer: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1a003',
  fabrikam: '5d3f8b16-90c4-4f0b-a2c7-7b8e61d2a001',
}
const automation = '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c002'
type Name = keyof typeof ids

const stoa = await startTestStoa({ demo: true, config: { roles: ['api', 'web'] } })
const { domain, kernel } = stoa
const cookies = {} as Record<Name, string>
let base = ''
let other = ''

beforeAll(async () => {
  await kernel.run(system, async (ctx) => {
    for (const [name, objectId] of Object.entries(ids)) {
      const [user] = await domain.directory.getUsers(ctx, [objectId])
      if (!user) throw new Error(`no ${name}`)
      const value = await domain.directory.startSession(ctx, user, { address: '127.0.0.1', userAgent: 'test' })
      cookies[name as Name] = `stoa_session=${encodeURIComponent(value)}`
    }
    base = `/partner/accounts/${(await domain.accounts.publisher(ctx, 'contoso')).accountId}`
    other = `/partner/accounts/${(await domain.accounts.publisher(ctx, 'fabrikam')).accountId}`
  })
})

/** A page as the browser is sent it, without the data that stands in it for the script. */
async function see(who: Name, path: string, form?: Record<string, string | string[]>) {
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries(form ?? {})) for (const one of [value].flat()) body.append(name, one)
  const answer = await fetch(`${stoa.url}${path}`, {
    redirect: 'manual',
    headers: { cookie: cookies[who], ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) },
    ...(form ? { method: 'POST', body: body.toString() } : {}),
  })
  const html = (await answer.text()).replaceAll(/<script[\s\S]*?<\/script>/g, '').replaceAll('<!-- -->', '')
  return { status: answer.status, location: answer.headers.get('location'), html }
}

const pages = [
  'users',
  'groups',
  'applications',
  'tenants',
  'roles',
  'users/add',
  'users/new',
  'users/invite',
  'groups/new',
  'applications/new',
  'tenants/new',
]

test('AC-079 the pages are for owner and manager, and in nobody else’s navigation', async () => {
  for (const page of pages) {
    for (const who of ['owner', 'manager'] as const) expect((await see(who, `${base}/${page}`)).status, `${page} as ${who}`).toBe(200)
    expect((await see('developer', `${base}/${page}`)).status, page).toBe(403)
    expect((await see('fabrikam', `${base}/${page}`)).status, page).toBe(404)
  }
  const links = async (who: Name) => [...(await see(who, `${base}/mail`)).html.matchAll(/href="([^"]*)"/g)].map((match) => match[1])
  const [managers, developers] = [await links('manager'), await links('developer')]
  for (const page of ['users', 'groups', 'applications', 'tenants']) {
    expect(managers).toContain(`${base}/${page}`)
    expect(developers).not.toContain(`${base}/${page}`)
  }
})

test('AC-067 what is shown and changed belongs to the account in the address', async () => {
  for (const page of ['users', 'groups', 'applications', 'groups/add']) {
    expect((await see('owner', `${base}/${page}.data`)).status, page).toBe(200)
  }
  const [one, two] = [await see('owner', `${base}/users`), await see('fabrikam', `${other}/users`)]
  expect(one.html).toContain('Contoso Developer')
  expect(one.html).not.toContain('Fabrikam Owner')
  expect(two.html).toContain('Fabrikam Owner')
  expect(two.html).not.toContain('Contoso Developer')
  expect((await see('fabrikam', `${other}/users/${ids.developer}`)).status).toBe(404)
})

test('AC-066 only who works for several accounts picks one', async () => {
  const picker = async () => (await see('developer', `${base}/mail`)).html.includes('Switch account')
  const give = (roles: string[]) =>
    kernel.run(system, (ctx) =>
      domain.accounts.setMember(ctx, { accountTenantId: fabrikam, kind: 'user', id: ids.developer, tenantId: contoso, roles }),
    )
  expect(await picker()).toBe(false)
  await give(['developer'])
  expect(await picker()).toBe(true)
  expect((await see('developer', `${other}/mail`)).status).toBe(200)
  await give([])
  expect(await picker()).toBe(false)
})

test('AC-081 AC-090 the list is searched; a pending invitation says so and is sent again', async () => {
  const rights = { role: 'developer' }
  const refused = await see('owner', `${base}/users/invite`, { addresses: 'no address', ...rights })
  expect([refused.status, refused.html.includes('no address is not an e-mail address')]).toEqual([400, true])
  expect((await see('owner', `${base}/users/invite`, { addresses: 'guest@elsewhere.test', ...rights })).location).toBe(
    `${base}/users?done=invited`,
  )
  const { html } = await see('owner', `${base}/users?q=GUEST`)
  expect(html).toContain('Invitation pending')
  expect(html).not.toContain('Contoso Developer')
  const [, link = ''] = /href="([^"]*\/users\/invitations\/[^"]*)"/.exec(html) ?? []
  expect((await see('owner', link)).html).toContain('Resend invitation')
  expect((await see('owner', link, {})).location).toBe(`${link}?done=resent`)
  const mails = await kernel.read(system, (ctx) => kernel.mail.list(ctx, { to: 'guest@elsewhere.test' }))
  expect(mails.length).toBe(2)
})

test('AC-093 a password is shown when it is made, and on no page afterwards', async () => {
  const page = `${base}/users/${ids.developer}`
  const reset = await see('owner', page, { intent: 'reset' })
  const password = /<code[^>]*>([^<]{20,})<\/code>/.exec(reset.html)?.[1] ?? ''
  expect(password).toMatch(/^\w{5}(-\w{5}){3}$/)
  expect(reset.html).toContain('developer@contoso.example')
  expect((await see('owner', page)).html).not.toContain(password)
  const created = await see('owner', `${base}/users/new`, { firstName: '<b>Bea</b>', lastName: 'Bold', username: 'bea', role: 'developer' })
  expect(created.html).toContain('bea@contoso.example')
  expect(/<code[^>]*>([^<]{20,})<\/code>/.test(created.html)).toBe(true)
  const list = await see('owner', `${base}/users?q=bea`)
  expect(list.html).toContain('&lt;b&gt;Bea&lt;/b&gt; Bold')
  expect(list.html).not.toContain('<b>Bea</b>')
})

test('AC-092 what was ticked is named and asked about; only the answer removes', async () => {
  await see('owner', `${base}/groups/new`, { displayName: 'One', role: 'developer' })
  await see('owner', `${base}/groups/new`, { displayName: 'Two', role: 'developer' })
  const { html } = await see('owner', `${base}/groups`)
  const groups = [...html.matchAll(/name="id" value="([^"]*)"|value="([^"]*)"[^>]*name="id"/g)].map((match) => match[1] ?? match[2] ?? '')
  expect(groups.length).toBe(2)
  const asked = await see('owner', `${base}/groups/remove?${groups.map((id) => `id=${id}`).join('&')}`)
  expect(asked.html).toContain('Remove 2 groups?')
  expect((await see('owner', `${base}/groups`)).html).toContain('One')
  expect((await see('owner', `${base}/groups/remove`)).html).toContain('Nothing was chosen')
  expect((await see('owner', `${base}/groups/remove`, {})).status).toBe(400)
  expect((await see('owner', `${base}/groups/remove?id=${groups[0]}`, { id: groups })).location).toBe(`${base}/groups?done=removed`)
  expect((await see('owner', `${base}/groups`)).html).toContain('No groups yet')
  const last = await see('owner', `${base}/users/remove?id=${ids.owner}`, { id: ids.owner })
  expect([last.status, last.html.includes('An account needs an owner')]).toEqual([409, true])
})

test('AC-107 AC-108 an application’s page has its four facts and its keys, whose values it never shows again', async () => {
  const page = `${base}/applications/${automation}`
  const created = await see('owner', `${base}/applications/new`, {
    name: 'Reporter',
    replyUrl: 'https://reporter.contoso.example/reply',
    appIdUri: 'api://reporter',
    role: 'developer',
  })
  const address = created.location?.split('?')[0] ?? ''
  const { html } = await see('owner', address)
  for (const [label, value] of [
    ['Tenant ID', contoso],
    ['Client ID', address.split('/').at(-1)],
    ['Reply URL', 'https://reporter.contoso.example/reply'],
    ['App ID URI', 'api://reporter'],
  ]) {
    expect(html).toContain(label)
    expect(html).toContain(value)
  }
  expect(html).toContain('No key yet')
  const added = await see('owner', page, { intent: 'add-key', months: '6' })
  const value = [...added.html.matchAll(/<code[^>]*>([^<]{43})<\/code>/g)].map((match) => match[1])[0] ?? ''
  expect(value).toMatch(/^[\w-]{43}$/)
  const later = await see('owner', page)
  expect(later.html).not.toContain(value)
  expect(later.html).toContain('Expires')
  expect(later.html).toContain(`${value.slice(0, 3)}…`)
})

test('AC-069 AC-073 AC-075 tenants are associated by a link; removing one is asked first, and refused for the one signed in to', async () => {
  const asked = await see('manager', `${base}/tenants`, {})
  const token = /token=([\w-]+)/.exec(asked.html)?.[1] ?? ''
  const admin = await kernel.read(system, (ctx) => domain.directory.principal(ctx, ids.fabrikam))
  if (!admin) throw new Error('no admin')
  await kernel.run(admin, (ctx) => domain.accounts.confirmTenant(ctx, token))
  expect((await see('manager', `${base}/tenants`)).html).toContain('fabrikam.example')
  const page = `${base}/tenants/${fabrikam}/remove`
  expect((await see('manager', page)).html).toContain('Remove Fabrikam Inc?')
  expect((await see('fabrikam', `${base}/users`)).status).toBe(200)
  const own = await see('manager', `${base}/tenants/${contoso}/remove`, {})
  expect([own.status, own.html.includes('signed in from this directory')]).toEqual([409, true])
  expect((await see('manager', page, {})).location).toBe(`${base}/tenants?done=removed`)
  expect((await see('fabrikam', `${base}/users`)).status).toBe(404)
})

test('the table of permissions says what the rules do', async () => {
  const { html } = await see('manager', `${base}/roles`)
  const row = html.slice(html.indexOf('Complete payout and tax information'))
  expect([...row.slice(0, row.indexOf('</tr>')).matchAll(/>(Yes|No)</g)].map((match) => match[1])).toEqual(['Yes', 'No', 'No', 'No'])
})
