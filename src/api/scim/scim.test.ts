import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestStoa, type TestStoa } from '../../../test/harness.ts'
import { anonymous, system } from '../../kernel/context.ts'

const contoso = { tenantId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002', domain: 'contoso.example', name: 'Contoso', country: 'US' }
const fabrikam = { tenantId: '5d3f8b16-90c4-4f0b-a2c7-7b8e61d20003', domain: 'fabrikam.example', name: 'Fabrikam', country: 'DE' }
const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group'

interface Answer {
  status: number
  type: string | null
  headers: Headers
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared as they are
  body: any
}

let stoa: TestStoa
let token: string
let administrator: string

beforeAll(async () => {
  stoa = await startTestStoa()
  const { directory } = stoa.domain
  await stoa.kernel.run(system, async (ctx) => {
    await directory.createTenant(ctx, contoso)
    await directory.createTenant(ctx, fabrikam)
    const admin = { tenantId: contoso.tenantId, email: 'admin@contoso.example', displayName: 'Admin', roles: ['global-admin'] as const }
    administrator = (await directory.createUser(ctx, { ...admin, roles: [...admin.roles], password: 'a password of the tests' })).objectId
    const issued = await directory.issueProvisioningToken(ctx, {
      tenantId: contoso.tenantId,
      name: 'Entra ID',
      days: 30,
      createdBy: administrator,
    })
    token = issued.value
  })
})
afterAll(() => stoa.close())

async function call(method: string, path: string, body?: unknown, bearer: string | null = token): Promise<Answer> {
  const answer = await fetch(`${stoa.url}/scim/v2${path}`, {
    method,
    headers: {
      ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  return { status: answer.status, type: answer.headers.get('content-type'), headers: answer.headers, body: text ? JSON.parse(text) : null }
}

let made = 0
async function person(more: Record<string, unknown> = {}): Promise<Answer['body']> {
  const answer = await call('POST', '/Users', { schemas: [userSchema], userName: `person${++made}@contoso.example`, ...more })
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return answer.body
}
const patch = (path: string, ...Operations: unknown[]) => call('PATCH', path, { schemas: [patchSchema], Operations })
const find = (resource: string, filter: string, more = '') => call('GET', `/${resource}?filter=${encodeURIComponent(filter)}${more}`)

test('what is offered is said to everybody, in the shapes of RFC 7643', async () => {
  const config = await call('GET', '/ServiceProviderConfig', undefined, null)
  expect([config.status, config.type]).toEqual([200, 'application/scim+json; charset=utf-8'])
  expect(config.body).toMatchObject({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    patch: { supported: true },
    bulk: { supported: false },
    filter: { supported: true, maxResults: 200 },
    changePassword: { supported: false },
    sort: { supported: false },
    etag: { supported: false },
  })
  expect(config.body.authenticationSchemes[0]).toMatchObject({ type: 'oauthbearertoken' })
  const types = await call('GET', '/ResourceTypes', undefined, null)
  expect(types.body).toMatchObject({
    totalResults: 2,
    Resources: [{ id: 'User', endpoint: '/Users', schema: userSchema }, { id: 'Group' }],
  })
  expect((await call('GET', '/ResourceTypes/User', undefined, null)).body.meta.location).toBe(`${stoa.url}/scim/v2/ResourceTypes/User`)
  const schema = await call('GET', `/Schemas/${userSchema}`, undefined, null)
  expect(schema.body.attributes.find((one: { name: string }) => one.name === 'userName')).toEqual({
    name: 'userName',
    type: 'string',
    multiValued: false,
    description: expect.any(String),
    required: true,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'server',
  })
  expect((await call('GET', '/Schemas/urn:none', undefined, null)).status).toBe(404)
  expect((await call('GET', '/Schemas?filter=id', undefined, null)).status).toBe(403)
})

test('only a living token of the directory opens it, and it is kept as a hash', async () => {
  for (const bearer of [null, 'x', `scim_${'a'.repeat(43)}`, `${token}x`]) {
    const refused = await call('GET', '/Users', undefined, bearer)
    expect([refused.status, refused.headers.get('www-authenticate'), refused.body.status]).toEqual([401, 'Bearer realm="scim"', '401'])
    expect(refused.body.schemas).toEqual(['urn:ietf:params:scim:api:messages:2.0:Error'])
  }
  const { directory } = stoa.domain
  const input = { tenantId: fabrikam.tenantId, name: 'Okta', days: 1, createdBy: administrator }
  const other = await stoa.kernel.run(system, (ctx) => directory.issueProvisioningToken(ctx, input))
  const stored = await stoa.kernel.database.pool.query('select * from directory.provisioning_token')
  expect(JSON.stringify(stored.rows)).not.toContain(other.value)
  expect((await call('GET', '/Users', undefined, other.value)).body.totalResults).toBe(0)

  // Another directory's people do not exist for it.
  const ada = await person()
  for (const [method, body] of [
    ['GET', undefined],
    ['PUT', { userName: 'x@fabrikam.example' }],
    ['PATCH', { schemas: [patchSchema], Operations: [{ op: 'replace', path: 'active', value: false }] }],
    ['DELETE', undefined],
  ] as const) {
    expect((await call(method, `/Users/${ada.id}`, body, other.value)).status, method).toBe(404)
  }
  expect((await call('POST', '/Groups', { displayName: 'Theirs', members: [{ value: ada.id }] }, other.value)).status).toBe(400)

  await stoa.kernel.database.pool.query(
    `update directory.provisioning_token set expires_at = expires_at - interval '25 hours' where token_id = $1`,
    [other.tokenId],
  )
  expect((await call('GET', '/Users', undefined, other.value)).status).toBe(401)
  const again = await stoa.kernel.run(system, (ctx) => directory.issueProvisioningToken(ctx, input))
  await stoa.kernel.run(system, (ctx) => directory.revokeProvisioningToken(ctx, fabrikam.tenantId, again.tokenId))
  expect((await call('GET', '/Users', undefined, again.value)).status).toBe(401)
  await expect(
    stoa.kernel.run(system, (ctx) => directory.revokeProvisioningToken(ctx, contoso.tenantId, other.tokenId)),
  ).rejects.toMatchObject({ code: 'UnknownToken' })
})

test('SA-183 a user comes, changes and goes by SCIM; who is switched off is signed out at once', async () => {
  const created = await call('POST', '/Users', {
    schemas: [userSchema, 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'],
    externalId: 'ada-1',
    userName: 'Ada@contoso.example',
    name: { givenName: 'Ada', familyName: 'Lovelace' },
    title: 'Analyst',
    preferredLanguage: 'en-GB',
    active: true,
    emails: [{ value: 'ada.l@mail.example', type: 'work', primary: true }],
    phoneNumbers: [{ value: '+44 20 1234', type: 'mobile' }],
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'Engines' },
  })
  const { id } = created.body
  expect(created.status).toBe(201)
  expect(created.headers.get('location')).toBe(`${stoa.url}/scim/v2/Users/${id}`)
  expect(created.body).toEqual({
    schemas: [userSchema],
    id,
    externalId: 'ada-1',
    userName: 'Ada@contoso.example',
    name: { formatted: 'Ada Lovelace', familyName: 'Lovelace', givenName: 'Ada' },
    displayName: 'Ada Lovelace',
    title: 'Analyst',
    preferredLanguage: 'en-GB',
    active: true,
    emails: [{ value: 'ada.l@mail.example', type: 'work', primary: true }],
    phoneNumbers: [{ value: '+44 20 1234', type: 'mobile' }],
    meta: {
      resourceType: 'User',
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      lastModified: expect.stringMatching(/Z$/),
      location: `${stoa.url}/scim/v2/Users/${id}`,
    },
  })
  expect((await call('GET', `/Users/${id}`)).body).toEqual(created.body)
  const audit = await stoa.kernel.database.pool.query(`select action from kernel.audit where target = $1 order by 1`, [`user:${id}`])
  expect(audit.rows.map((row) => row.action)).toEqual(['user.create', 'user.profile'])

  // Signs in here, until the other directory says no.
  const { directory } = stoa.domain
  await stoa.kernel.run(system, (ctx) => directory.setPassword(ctx, id, 'a password of the tests'))
  const origin = { address: '127.0.0.1', userAgent: '' }
  const start = await stoa.kernel.run(anonymous, (ctx) => directory.beginSignIn(ctx, { email: 'ada@contoso.example', origin }))
  if (start.kind !== 'open') throw new Error('locked')
  const end = await stoa.kernel.run(anonymous, (ctx) => directory.completeSignIn(ctx, { start, origin }))
  if (end?.kind !== 'signed-in') throw new Error('not signed in')
  const signedIn = () => stoa.kernel.read(anonymous, (ctx) => directory.sessionUser(ctx, end.value))
  expect((await signedIn())?.email).toBe('Ada@contoso.example')
  const off = await patch(`/Users/${id}`, { op: 'Replace', path: 'active', value: 'False' })
  expect([off.status, off.body.active]).toEqual([200, false])
  expect(await signedIn()).toBeNull()

  const replaced = await call('PUT', `/Users/${id}`, { userName: 'countess@contoso.example', displayName: 'The Countess', id: 'ignored' })
  expect(replaced.body).toMatchObject({ id, userName: 'countess@contoso.example', displayName: 'The Countess', active: true })
  expect(replaced.body).not.toHaveProperty('title')
  expect(replaced.body.emails).toEqual([{ value: 'countess@contoso.example', type: 'work', primary: true }])

  expect((await call('DELETE', `/Users/${id}`)).status).toBe(204)
  expect((await call('GET', `/Users/${id}`)).status).toBe(404)
  expect((await call('DELETE', `/Users/${id}`)).status).toBe(404)
  // The address is free again, for somebody else.
  const next = await person({ userName: 'countess@contoso.example', externalId: 'ada-1' })
  expect(next.id).not.toBe(id)
})

test('PATCH adds, replaces and removes by path, by filter and without a path', async () => {
  const { id } = await person({ name: { givenName: 'Grace', familyName: 'Hopper' }, title: 'Rear admiral' })
  const changed = await patch(
    `/Users/${id}`,
    { op: 'add', path: `${userSchema}:preferredLanguage`, value: 'en' },
    { op: 'replace', path: 'NAME.familyName', value: 'Murray' },
    { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+1 555' },
    { op: 'replace', path: 'emails[type eq "work"].value', value: 'grace@mail.example' },
    { op: 'remove', path: 'title' },
    { op: 'replace', value: { displayName: 'Amazing Grace', externalid: 'g-1' } },
  )
  expect(changed.status, JSON.stringify(changed.body)).toBe(200)
  expect(changed.body).toMatchObject({
    externalId: 'g-1',
    displayName: 'Amazing Grace',
    preferredLanguage: 'en',
    name: { formatted: 'Grace Murray', familyName: 'Murray', givenName: 'Grace' },
    phoneNumbers: [{ value: '+1 555', type: 'mobile' }],
    emails: [{ value: 'grace@mail.example' }],
  })
  expect(changed.body).not.toHaveProperty('title')

  const refused = async (type: string, ...operations: unknown[]) => {
    const answer = await patch(`/Users/${id}`, ...operations)
    expect([answer.status, answer.body.scimType], JSON.stringify(operations)).toEqual([400, type])
  }
  await refused('mutability', { op: 'replace', path: 'id', value: 'x' })
  await refused('mutability', { op: 'add', path: 'groups', value: [] })
  await refused('mutability', { op: 'replace', value: { meta: {} } })
  await refused('noTarget', { op: 'remove' })
  await refused('invalidSyntax', { op: 'dance', path: 'title' })
  await refused('invalidPath', { op: 'replace', path: '__proto__.polluted', value: 'x' })
  await refused('invalidPath', { op: 'replace', path: 'emails[type eq', value: 'x' })
  await refused('invalidValue', { op: 'remove', path: 'userName' })
  await refused('invalidValue', { op: 'replace', path: 'active', value: 'perhaps' })
  await refused('invalidValue', { op: 'replace', path: 'preferredLanguage', value: 'a language' })
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  expect((await call('PATCH', `/Users/${id}`, { Operations: [] })).body.scimType).toBe('invalidSyntax')
  // One wrong operation, and none has happened.
  await refused('invalidValue', { op: 'replace', path: 'displayName', value: 'Half' }, { op: 'replace', path: 'active', value: 3 })
  expect((await call('GET', `/Users/${id}`)).body.displayName).toBe('Amazing Grace')
})

test('filters find by every attribute that is offered, pages begin at 1, and attributes are chosen', async () => {
  const names = ['filter-a', 'filter-b', 'filter-c'].map((name) => `${name}@contoso.example`)
  for (const userName of names) await person({ userName, externalId: `X-${userName}`, title: 'Filtered', name: { familyName: 'Ölçer' } })
  const found = async (filter: string) => {
    const answer = await find('Users', filter)
    expect(answer.status, `${filter}: ${JSON.stringify(answer.body)}`).toBe(200)
    return answer.body.Resources.map((one: { userName: string }) => one.userName)
  }
  expect(await found('userName eq "FILTER-A@contoso.example"')).toEqual([names[0]])
  expect(await found('USERNAME Eq "filter-a@contoso.example"')).toEqual([names[0]])
  expect(await found('externalId eq "X-filter-b@contoso.example"')).toEqual([names[1]])
  expect(await found('externalId eq "x-filter-b@contoso.example"')).toEqual([])
  expect(await found('emails[type eq "work" and value eq "filter-c@contoso.example"]').catch(() => 'refused')).toBe('refused')
  expect(await found('emails.value eq "filter-c@contoso.example"')).toEqual([names[2]])
  expect(await found('name.familyName sw "öl" and userName ew "-b@contoso.example"')).toEqual([names[1]])
  expect(await found('title eq "filtered" and not (userName co "filter-a")')).toEqual([names[1], names[2]])
  expect(await found('(userName eq "filter-a@contoso.example" or userName eq "filter-c@contoso.example") and active eq true')).toEqual([
    names[0],
    names[2],
  ])
  expect(await found('title eq "Filtered" and active eq false')).toEqual([])
  expect(await found('title eq "Filtered" and externalId pr and phoneNumbers.value eq null')).toHaveLength(3)
  expect(await found('title eq "Filtered" and meta.created gt "2020-01-01T00:00:00Z"')).toHaveLength(3)
  expect(await found('title eq "Filtered" and meta.lastModified lt "2020-01-01T00:00:00Z"')).toEqual([])
  expect(await found(`title eq "%" or title eq "' or 1=1 --"`)).toEqual([])
  for (const filter of [
    'userName',
    'userName eq',
    'password eq "x"',
    'constructor eq "x"',
    'userName eq 3',
    '"',
    'a'.repeat(2001),
    `${'('.repeat(50)}`,
  ]) {
    const refused = await find('Users', filter)
    expect([refused.status, refused.body.scimType], filter).toEqual([400, 'invalidFilter'])
  }

  const all = 'title eq "Filtered"'
  const page = await find('Users', all, '&startIndex=2&count=1')
  expect(page.body).toMatchObject({ totalResults: 3, startIndex: 2, itemsPerPage: 1, Resources: [{ userName: names[1] }] })
  expect((await find('Users', all, '&count=0')).body).toMatchObject({ totalResults: 3, itemsPerPage: 0, Resources: [] })
  expect((await find('Users', all, '&startIndex=-4&count=-1')).body).toMatchObject({ startIndex: 1, itemsPerPage: 0 })
  expect((await find('Users', all, '&startIndex=9')).body).toMatchObject({ totalResults: 3, itemsPerPage: 0 })
  expect((await find('Users', all, '&count=many')).body.scimType).toBe('invalidValue')

  const some = await find('Users', all, '&count=1&attributes=userName,name.familyName')
  expect(Object.keys(some.body.Resources[0]).sort()).toEqual(['id', 'name', 'schemas', 'userName'])
  expect(some.body.Resources[0].name).toEqual({ familyName: 'Ölçer' })
  const less = await find('Users', all, '&count=1&excludedAttributes=emails,META,name.formatted,id')
  expect(less.body.Resources[0]).not.toHaveProperty('emails')
  expect(less.body.Resources[0]).not.toHaveProperty('meta')
  expect(less.body.Resources[0]).toMatchObject({ id: expect.any(String), name: { familyName: 'Ölçer' } })

  const asked = {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
    filter: all,
    startIndex: 3,
    count: 5,
    attributes: ['userName'],
  }
  const searched = await call('POST', '/Users/.search', asked)
  expect(searched.body).toMatchObject({ totalResults: 3, startIndex: 3, Resources: [{ userName: names[2] }] })
})

test('groups hold people of the directory, who see them; members come and go one by one', async () => {
  const [ada, grace] = [await person({ displayName: 'Ada' }), await person({ displayName: 'Grace' })]
  const created = await call('POST', '/Groups', {
    schemas: [groupSchema],
    displayName: 'Engineers',
    externalId: 'e',
    members: [{ value: ada.id }],
  })
  const { id } = created.body
  expect(created.status).toBe(201)
  expect(created.headers.get('location')).toBe(`${stoa.url}/scim/v2/Groups/${id}`)
  expect(created.body).toMatchObject({
    schemas: [groupSchema],
    displayName: 'Engineers',
    externalId: 'e',
    members: [{ value: ada.id, $ref: `${stoa.url}/scim/v2/Users/${ada.id}`, display: 'Ada', type: 'User' }],
    meta: { resourceType: 'Group' },
  })
  expect((await call('GET', `/Users/${ada.id}`)).body.groups).toEqual([
    { value: id, $ref: `${stoa.url}/scim/v2/Groups/${id}`, display: 'Engineers', type: 'direct' },
  ])
  const members = async () => (await call('GET', `/Groups/${id}`)).body.members.map((one: { value: string }) => one.value)

  expect((await patch(`/Groups/${id}`, { op: 'add', path: 'members', value: [{ value: grace.id }] })).status).toBe(200)
  expect(await members()).toEqual([String(ada.id), String(grace.id)].sort((a, b) => a.localeCompare(b)))
  await patch(`/Groups/${id}`, { op: 'remove', path: `members[value eq "${ada.id}"]` })
  expect(await members()).toEqual([grace.id])
  await patch(`/Groups/${id}`, { op: 'Add', path: 'members', value: [{ value: ada.id }] })
  await patch(`/Groups/${id}`, { op: 'Remove', path: 'members', value: [{ value: grace.id }] })
  expect(await members()).toEqual([ada.id])
  await patch(
    `/Groups/${id}`,
    { op: 'replace', path: 'members', value: [{ value: grace.id }] },
    { op: 'replace', value: { displayName: 'Crew' } },
  )
  expect(await members()).toEqual([grace.id])

  expect((await find('Groups', `members.value eq "${grace.id}"`)).body.Resources).toMatchObject([{ displayName: 'Crew' }])
  expect((await find('Groups', 'displayName eq "crew"', '&excludedAttributes=members')).body.Resources[0]).not.toHaveProperty('members')
  expect((await find('Groups', 'externalId eq "e"')).body.totalResults).toBe(1)
  const wrong = [
    { displayName: 'Bad', members: [{ value: administrator, type: 'Group' }] },
    { displayName: 'Bad', members: [{ value: 'nobody' }] },
    { members: [] },
    { displayName: '  ' },
  ]
  for (const body of wrong)
    expect((await call('POST', '/Groups', body)).body, JSON.stringify(body)).toMatchObject({ status: '400', scimType: 'invalidValue' })
  expect((await call('POST', '/Groups', { displayName: 'CREW' })).body).toMatchObject({ status: '409', scimType: 'uniqueness' })
  expect((await call('PUT', `/Groups/${id}`, { displayName: 'Crew' })).body).not.toHaveProperty('externalId')
  expect(await members()).toEqual([])
  expect((await call('DELETE', `/Groups/${id}`)).status).toBe(204)
  expect((await call('GET', `/Groups/${id}`)).status).toBe(404)
})

test('what must not be is refused with the contract’s own words, and nothing has changed', async () => {
  const ada = await person({ externalId: 'taken' })
  const refused = async (answer: Answer, status: number, scimType?: string) => {
    expect(answer.body).toMatchObject({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: String(status),
      detail: expect.any(String),
    })
    expect([answer.status, answer.body.scimType]).toEqual([status, scimType])
    expect(answer.type).toBe('application/scim+json; charset=utf-8')
  }
  await refused(await call('POST', '/Users', { userName: ada.userName.toUpperCase() }), 409, 'uniqueness')
  await refused(await call('POST', '/Users', { userName: 'second@contoso.example', externalId: 'taken' }), 409, 'uniqueness')
  expect((await find('Users', 'userName eq "second@contoso.example"')).body.totalResults).toBe(0)
  await refused(await call('POST', '/Users', { userName: 'stranger@elsewhere.example' }), 400, 'invalidValue')
  await refused(await call('POST', '/Users', { userName: 'not an address' }), 400, 'invalidValue')
  await refused(await call('POST', '/Users', { displayName: 'Nobody' }), 400, 'invalidValue')
  await refused(await call('POST', '/Users', '{"userName":'), 400, 'invalidSyntax')
  await refused(await call('POST', '/Users', { userName: 'x@contoso.example', emails: 'x' }), 400, 'invalidValue')
  await refused(await call('GET', '/Users/not-an-id'), 404)
  await refused(await call('GET', '/Nothing'), 404)
  await refused(await call('GET', '/Me'), 501)
  await refused(await call('POST', '/Bulk', {}), 501)
  // The last administrator cannot be switched off from outside.
  await refused(await patch(`/Users/${administrator}`, { op: 'replace', path: 'active', value: false }), 400, 'mutability')
  await refused(await call('DELETE', `/Users/${administrator}`), 400, 'mutability')
})
