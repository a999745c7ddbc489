import { beforeAll, describe, expect, test } from 'vitest'
import { testKernel, type TestKernel } from '../../../test/harness.ts'
import { type Action, actions, allows } from '../../kernel/authorization.ts'
import { anonymous, type Ctx, type Principal, system, type UserPrincipal } from '../../kernel/context.ts'
import { createDirectory, type Directory, resources, type User } from '../directory/index.ts'
import { type Accounts, createAccounts } from './index.ts'
import { alwaysGiven, assignableRoles, customPermissions, permissionTable, roleHas } from './roles.ts'

let kernel: TestKernel
let directory: Directory
let accounts: Accounts
let made = 0

beforeAll(async () => {
  kernel = await testKernel()
  directory = createDirectory(kernel)
  accounts = createAccounts(kernel, { directory })
  await kernel.jobs.start({ work: false })
})

const as = <T>(who: Principal, fn: (ctx: Ctx) => Promise<T>) => kernel.run(who, fn)
interface Given {
  roles: string[]
  permissions: string[]
}
const none: Given = { roles: [], permissions: [] }
const developer: Given = { roles: ['developer'], permissions: [] }
const manager: Given = { roles: ['manager'], permissions: [] }

/** Somebody as he acts now. */
const again = async (who: { objectId: string }) => (await as(system, (ctx) => directory.principal(ctx, who.objectId))) as UserPrincipal

/** A directory with people of these names, the first its global administrator. */
async function organisation(...names: string[]) {
  const domain = `org${++made}.example`
  return as(system, async (ctx) => {
    const tenant = await directory.createTenant(ctx, { name: `Organisation ${made}`, domain, country: 'DE' })
    const users = []
    for (const [index, name] of names.entries()) {
      users.push(
        await directory.createUser(ctx, {
          tenantId: tenant.tenantId,
          email: `${name}@${domain}`,
          displayName: name,
          roles: index === 0 ? ['global-admin'] : [],
          password: 'a password of the tests',
        }),
      )
    }
    return { ...tenant, users }
  })
}

/** A seller whose owner and manager administer the directory, with a developer and two colleagues without rights. */
async function company() {
  const { users, ...tenant } = await organisation('owner', 'manager', 'developer', 'ann', 'ben')
  const { tenantId } = tenant
  return as(system, async (ctx) => {
    const publisherId = `seller${made}`
    const { accountId } = await accounts.createPublisher(ctx, { publisherId, tenantId, name: 'Seller' })
    const [owner, boss, dev, ann, ben] = users as [User, User, User, User, User]
    await directory.updateUser(ctx, boss.objectId, { roles: ['global-admin'] })
    for (const [{ objectId: id }, role] of [
      [owner, 'owner'],
      [boss, 'manager'],
      [dev, 'developer'],
    ] as const) {
      await accounts.setMember(ctx, { accountTenantId: tenantId, kind: 'user', id, tenantId, roles: [role] })
    }
    const acting = async (user: { objectId: string }) => (await directory.principal(ctx, user.objectId)) as UserPrincipal
    return {
      ...tenant,
      accountId: accountId as string,
      publisherId,
      owner: await acting(owner),
      manager: await acting(boss),
      developer: await acting(dev),
      ann: await acting(ann),
      ben: await acting(ben),
    }
  })
}

type Company = Awaited<ReturnType<typeof company>>
const add = (firm: Company, who: Principal, user: { objectId: string }, rights = developer) =>
  as(who, (ctx) => accounts.addMembers(ctx, firm.accountId, { kind: 'user', ids: [user.objectId], ...rights }))
const usersOf = async (firm: Company, search = '') =>
  (await as(firm.owner, (ctx) => accounts.members(ctx, firm.accountId, 'user', search))).map((member) => member.name)
const may = async (who: { objectId: string }, action: Action, { tenantId, accountId }: { tenantId: string; accountId: string }) =>
  allows(await again(who), action, { tenantId, accountId })
const lastMail = async (to: string) => (await as(system, (ctx) => kernel.mail.list(ctx, { to })))[0]
const tokenIn = (text = '') => /token=([\w-]+)/.exec(text)?.[1] ?? ''

/** What the audit log says was done to something, newest first. */
async function audited(target: string) {
  const { rows } = await kernel.database.pool.query(
    'select action, principal_name, before, after from kernel.audit where target = $1 order by id desc',
    [target],
  )
  return rows as { action: string; principal_name: string | null; before: unknown; after: unknown }[]
}

describe('roles', () => {
  const titles = permissionTable.map((line) => line.permission)
  /** spec/01 §8.2 with X-2: an owner has all, a manager all but money settings and ownership, a developer the offers; the others nothing. */
  const expected: Record<string, string> = {
    'Complete ownership of the account': 'owner',
    'Add any type of user, owners included': 'owner',
    'Complete payout and tax information': 'owner',
    'Enroll the publisher account in other developer programs': 'owner',
    'Manage users, roles and permissions': 'owner manager',
    'Manage tenants': 'owner manager',
    'Access tax and payout settings': 'owner',
    'Access account settings': 'owner manager',
    'Add publishers': 'owner manager',
    'Upload packages and write offers': 'owner manager developer',
    'Submit and publish offers': 'owner manager developer',
    'Set pricing details': 'owner manager developer',
    'View usage reports, feedback summaries and other non-financial reports': 'owner manager developer',
    'View leads': 'owner manager',
    'Access financial information and payout reports': 'owner manager',
    'Manage payout and tax profiles and the payout hold': 'owner',
  }

  test.each(titles)('AC-097 AC-098 AC-099 AC-100 the permission table: %s', (title) => {
    const line = permissionTable.find((one) => one.permission === title)
    if (!line) throw new Error('no such line')
    const holders = assignableRoles.filter((role) => roleHas(role, line))
    expect(holders.join(' ')).toBe(expected[title])
    // What the page says is what the rule does to somebody with that role.
    for (const role of assignableRoles) {
      const who: Principal = {
        kind: 'user',
        tenantId: 'elsewhere',
        objectId: 'o',
        email: 'a@b.example',
        displayName: 'A',
        roles: [],
        memberships: [{ accountId: 'one', tenantId: 'here', roles: [role], permissions: [] }],
      }
      const has = line.actions.every((action) => allows(who, action, { tenantId: 'here', accountId: 'one' }))
      expect(has, role).toBe(holders.includes(role))
      expect(
        line.actions.some((action) => allows(who, action, { tenantId: 'here', accountId: 'other' })),
        role,
      ).toBe(false)
    }
  })

  test('AC-101 roles of other programs can be assigned and open nothing', async () => {
    const firm = await company()
    const rights = { roles: ['business-contributor', 'financial-contributor', 'marketer', 'program-admin'], permissions: [] }
    await add(firm, firm.owner, firm.ann, rights)
    const ann = await again(firm.ann)
    expect(ann.memberships).toMatchObject([{ roles: rights.roles }])
    const opened = (Object.keys(actions) as Action[]).filter(
      (action) => allows(ann, action, firm) && !allows({ ...ann, memberships: [] }, action, firm),
    )
    expect(opened).toEqual([])
  })

  test('AC-102 who holds several roles has the rights of all of them', async () => {
    const firm = await company()
    await add(firm, firm.owner, firm.ann, { roles: ['marketer', 'developer'], permissions: [] })
    expect([await may(firm.ann, 'offer.write', firm), await may(firm.ann, 'payout.read', firm)]).toEqual([true, false])
    await as(firm.owner, (ctx) =>
      accounts.changeRights(ctx, firm.accountId, { kind: 'user', id: firm.ann.objectId, roles: ['developer', 'manager'], permissions: [] }),
    )
    expect([await may(firm.ann, 'offer.write', firm), await may(firm.ann, 'payout.read', firm)]).toEqual([true, true])
  })

  test('AC-103 custom permissions stand in place of roles, for users, groups and applications', async () => {
    const firm = await company()
    const rights: Given = { roles: [], permissions: ['lead.read'] }
    await add(firm, firm.owner, firm.ann, rights)
    expect(await may(firm.ann, 'lead.read', firm)).toBe(true)
    expect(await may(firm.ann, alwaysGiven, firm)).toBe(true)
    for (const action of ['offer.read', 'lead.redeliver', 'payout.read', 'member.manage'] as const) {
      expect(await may(firm.ann, action, firm), action).toBe(false)
    }
    const groupId = await as(firm.owner, (ctx) =>
      accounts.createAccountGroup(ctx, firm.accountId, { displayName: 'Sales', members: [firm.ben.objectId], ...rights }),
    )
    expect([await may(firm.ben, 'lead.read', firm), await may(firm.ben, 'offer.read', firm)]).toEqual([true, false])
    const clientId = await as(firm.owner, (ctx) =>
      accounts.createAccountApplication(ctx, firm.accountId, {
        name: 'CRM',
        replyUrl: 'https://crm.example/reply',
        appIdUri: 'https://crm.example',
        ...rights,
      }),
    )
    for (const [kind, id] of [
      ['group', groupId],
      ['application', clientId],
    ] as const) {
      expect(await as(firm.owner, (ctx) => accounts.member(ctx, firm.accountId, kind, id))).toMatchObject({
        roles: [],
        permissions: [alwaysGiven, 'lead.read'],
      })
    }
    const refusals = [
      [none, 'RightsMissing'],
      [{ roles: ['developer'], permissions: ['lead.read'] }, 'RolesOrPermissions'],
      [{ roles: ['emperor'], permissions: [] }, 'UnknownRole'],
      [{ roles: [], permissions: ['operator.console'] }, 'UnknownPermission'],
      [{ roles: [], permissions: ['account.own'] }, 'UnknownPermission'],
    ] as const
    for (const [given, code] of refusals) {
      await expect(
        as(firm.owner, (ctx) => accounts.changeRights(ctx, firm.accountId, { kind: 'user', id: firm.ann.objectId, ...given })),
      ).rejects.toMatchObject({ kind: 'invalid', code })
    }
    expect(await may(firm.ann, 'lead.read', firm)).toBe(true)
  })

  test('every custom permission is one that roles give, and named once', () => {
    const all = customPermissions.flatMap(({ permissions }) => permissions.map(({ action }) => action))
    expect(new Set(all).size).toBe(all.length)
    const owner: Principal = {
      kind: 'application',
      tenantId: 't',
      clientId: 'c',
      roles: [],
      memberships: [{ accountId: 'a', tenantId: 't', roles: ['owner'], permissions: [] }],
    }
    for (const action of all) expect(allows(owner, action, { tenantId: 't' }), action).toBe(true)
  })

  test('nobody gives or takes more than he has: a manager makes no owner and takes nothing from one', async () => {
    const firm = await company()
    const refused = { kind: 'forbidden', code: 'MoreThanYourOwn' }
    const owner: Given = { roles: ['owner'], permissions: [] }
    const money: Given = { roles: [], permissions: ['payout.manage'] }
    for (const rights of [owner, money]) await expect(add(firm, firm.manager, firm.ann, rights)).rejects.toMatchObject(refused)
    const change = (rights: typeof owner, id: string) =>
      as(firm.manager, (ctx) => accounts.changeRights(ctx, firm.accountId, { kind: 'user', id, ...rights }))
    await expect(change(owner, firm.manager.objectId)).rejects.toMatchObject(refused)
    await expect(change(developer, firm.owner.objectId)).rejects.toMatchObject(refused)
    await expect(
      as(firm.manager, (ctx) => accounts.removeMembers(ctx, firm.accountId, { kind: 'user', ids: [firm.owner.objectId] })),
    ).rejects.toMatchObject(refused)
    await expect(as(firm.manager, (ctx) => accounts.resetPersonsPassword(ctx, firm.accountId, firm.owner.objectId))).rejects.toMatchObject(
      refused,
    )
    await expect(
      as(firm.manager, (ctx) => accounts.invite(ctx, firm.accountId, { addresses: 'x@elsewhere.test', ...owner })),
    ).rejects.toMatchObject(refused)
    await add(firm, firm.manager, firm.ann, manager)
    await add(firm, firm.owner, firm.ben, owner)
    expect([await may(firm.ann, 'member.manage', firm), await may(firm.ben, 'payout.manage', firm)]).toEqual([true, true])
    // Through a group or an application that has more than he has, neither.
    const groupId = await as(firm.owner, (ctx) =>
      accounts.createAccountGroup(ctx, firm.accountId, { displayName: 'Treasury', members: [], ...money }),
    )
    await expect(
      as(firm.manager, (ctx) => accounts.changeGroup(ctx, firm.accountId, groupId, { add: [firm.manager.objectId] })),
    ).rejects.toMatchObject(refused)
    const clientId = await as(firm.owner, (ctx) =>
      accounts.createAccountApplication(ctx, firm.accountId, {
        name: 'Payer',
        replyUrl: 'https://p.example/',
        appIdUri: 'api://payer',
        ...money,
      }),
    )
    await expect(as(firm.manager, (ctx) => accounts.addApplicationKey(ctx, firm.accountId, clientId, 12))).rejects.toMatchObject(refused)
    await expect(
      as(firm.owner, (ctx) => accounts.createAccountGroup(ctx, firm.accountId, { displayName: 'Owners', members: [], ...owner })),
    ).rejects.toMatchObject({ code: 'OwnerIsAPerson' })
  })
})

describe('users', () => {
  test('AC-079 owner and manager administer people of the directory they are signed in to, nobody else does', async () => {
    const [firm, other] = [await company(), await company()]
    for (const who of [firm.owner, firm.manager]) {
      expect((await as(who, (ctx) => accounts.members(ctx, firm.accountId, 'user'))).length).toBe(3)
    }
    for (const who of [firm.developer, firm.ann, other.owner]) {
      for (const use of [
        (ctx: Ctx) => accounts.members(ctx, firm.accountId, 'user'),
        (ctx: Ctx) => accounts.candidates(ctx, firm.accountId, 'user'),
        (ctx: Ctx) => accounts.addMembers(ctx, firm.accountId, { kind: 'user', ids: [firm.ben.objectId], ...developer }),
        (ctx: Ctx) => accounts.changeRights(ctx, firm.accountId, { kind: 'user', id: firm.developer.objectId, ...manager }),
        (ctx: Ctx) => accounts.removeMembers(ctx, firm.accountId, { kind: 'user', ids: [firm.developer.objectId] }),
        (ctx: Ctx) => accounts.invitations(ctx, firm.accountId),
        (ctx: Ctx) => accounts.tenants(ctx, firm.accountId),
        (ctx: Ctx) => accounts.removeTenant(ctx, firm.accountId, firm.tenantId),
      ]) {
        await expect(as<unknown>(who, use)).rejects.toMatchObject({ kind: 'forbidden' })
      }
    }
    await expect(as(anonymous, (ctx) => accounts.members(ctx, firm.accountId, 'user'))).rejects.toMatchObject({ kind: 'unauthenticated' })
    // A manager from another directory: first one that does not belong to the account, then one that does.
    await as(system, (ctx) =>
      accounts.setMember(ctx, {
        accountTenantId: firm.tenantId,
        kind: 'user',
        id: other.ann.objectId,
        tenantId: other.tenantId,
        roles: ['manager'],
      }),
    )
    const outsider = await again(other.ann)
    await expect(add(firm, outsider, firm.ann)).rejects.toMatchObject({ kind: 'forbidden', code: 'OtherDirectory' })
    const token = await as(firm.manager, (ctx) => accounts.requestTenant(ctx, firm.accountId))
    await as(other.owner, (ctx) => accounts.confirmTenant(ctx, token))
    await expect(
      as(outsider, (ctx) => accounts.removeMembers(ctx, firm.accountId, { kind: 'user', ids: [firm.developer.objectId] })),
    ).rejects.toMatchObject({ kind: 'forbidden', code: 'OtherDirectory' })
    await expect(add(firm, outsider, firm.ann)).rejects.toMatchObject({ kind: 'not-found', code: 'UnknownEntry' })
    await add(firm, outsider, other.ben)
    expect(await may(other.ben, 'offer.write', firm)).toBe(true)
  })

  test('AC-067 rights given in one account change nothing in another one of the same person', async () => {
    const [one, two] = [await company(), await company()]
    await add(one, one.owner, one.ann, manager)
    await as(system, (ctx) =>
      accounts.setMember(ctx, {
        accountTenantId: two.tenantId,
        kind: 'user',
        id: one.ann.objectId,
        tenantId: one.tenantId,
        roles: ['developer'],
      }),
    )
    const ann = await again(one.ann)
    expect((await as(ann, (ctx) => accounts.accountsOf(ctx, ann))).map((account) => account.accountId).sort()).toEqual(
      [one.accountId, two.accountId].sort(),
    )
    expect((await as(ann, (ctx) => accounts.members(ctx, one.accountId, 'user'))).length).toBe(4)
    await expect(as(ann, (ctx) => accounts.members(ctx, two.accountId, 'user'))).rejects.toMatchObject({ kind: 'forbidden' })
    await as(one.owner, (ctx) => accounts.removeMembers(ctx, one.accountId, { kind: 'user', ids: [ann.objectId] }))
    expect([await may(ann, 'offer.write', one), await may(ann, 'offer.write', two)]).toEqual([false, true])
  })

  test('AC-080 AC-081 several are chosen from a list that can be searched, and all get the same rights', async () => {
    const firm = await company()
    const candidates = (search: string) => as(firm.owner, (ctx) => accounts.candidates(ctx, firm.accountId, 'user', search))
    expect((await candidates('')).map((one) => one.name)).toEqual(['ann', 'ben'])
    expect((await candidates('AN')).map((one) => one.name)).toEqual(['ann'])
    expect((await candidates(`ben@${firm.domain}`)).map((one) => one.name)).toEqual(['ben'])
    for (const strange of ['%', '_', String.raw`\ `, "' or 1=1"]) expect(await candidates(strange)).toEqual([])
    const ids = [firm.ann.objectId, firm.ben.objectId]
    await as(firm.owner, (ctx) =>
      accounts.addMembers(ctx, firm.accountId, { kind: 'user', ids, roles: ['developer', 'marketer'], permissions: [] }),
    )
    for (const id of ids) {
      expect(await as(firm.owner, (ctx) => accounts.member(ctx, firm.accountId, 'user', id))).toMatchObject({
        roles: ['developer', 'marketer'],
      })
      expect((await audited(`user:${id}`))[0]).toMatchObject({ action: 'account.member', principal_name: firm.owner.email })
    }
    expect(await candidates('')).toEqual([])
    expect(await usersOf(firm, 'nn')).toEqual(['ann'])
    await expect(add(firm, firm.owner, firm.ann)).rejects.toMatchObject({ kind: 'conflict', code: 'MemberExists' })
    for (const id of ['no id', '00000000-0000-4000-8000-000000000000']) {
      await expect(add(firm, firm.owner, { objectId: id })).rejects.toMatchObject({ kind: 'not-found', code: 'UnknownEntry' })
    }
    await expect(
      as(firm.owner, (ctx) => accounts.addMembers(ctx, firm.accountId, { kind: 'user', ids: [], ...developer })),
    ).rejects.toMatchObject({ kind: 'invalid', code: 'NobodyChosen' })
    // Groups and applications are added in the same way.
    const groups = await as(system, async (ctx) => [
      await directory.createGroup(ctx, { tenantId: firm.tenantId, displayName: 'One' }),
      await directory.createGroup(ctx, { tenantId: firm.tenantId, displayName: 'Two' }),
    ])
    await as(firm.manager, (ctx) =>
      accounts.addMembers(ctx, firm.accountId, { kind: 'group', ids: groups.map((group) => group.groupId), ...developer }),
    )
    expect(await as(firm.owner, (ctx) => accounts.members(ctx, firm.accountId, 'group'))).toMatchObject([
      { name: 'One', roles: ['developer'] },
      { name: 'Two', roles: ['developer'] },
    ])
  })

  const person = {
    firstName: 'Carla',
    lastName: 'Costa',
    username: 'carla.costa',
    isGlobalAdmin: false,
    recoveryEmail: '',
    groups: [] as string[],
    ...developer,
  }

  test('AC-078 AC-082 AC-083 AC-084 a global administrator creates users, in directory and account, with a password shown once', async () => {
    const firm = await company()
    const group = await as(system, (ctx) => directory.createGroup(ctx, { tenantId: firm.tenantId, displayName: 'All' }))
    const create = (who: Principal, input: Partial<typeof person> = {}) =>
      as(who, (ctx) => accounts.createPerson(ctx, firm.accountId, { ...person, ...input }))
    await add(firm, firm.owner, firm.ann, manager)
    await expect(create(await again(firm.ann))).rejects.toMatchObject({ kind: 'forbidden', code: 'AdministratorNeeded' })
    await expect(create(firm.owner, { isGlobalAdmin: true })).rejects.toMatchObject({
      kind: 'invalid',
      code: 'RecoveryEmailMissing',
      target: 'recoveryEmail',
    })
    const { email, password, objectId } = await create(firm.owner, { groups: [group.groupId] })
    expect(email).toBe(`carla.costa@${firm.domain}`)
    expect(await as(system, (ctx) => directory.findUserByEmail(ctx, email))).toMatchObject({
      displayName: 'Carla Costa',
      tenantId: firm.tenantId,
    })
    expect(await as(system, (ctx) => directory.groupMembers(ctx, group.groupId))).toEqual([objectId])
    expect(await may({ objectId }, 'offer.write', firm)).toBe(true)
    expect(await opens(email, password)).toBe(true)
    await create(firm.owner, { username: 'boss', isGlobalAdmin: true, recoveryEmail: 'boss@home.test' })
    expect(await as(system, (ctx) => directory.findUserByEmail(ctx, `boss@${firm.domain}`))).toMatchObject({ roles: ['global-admin'] })
    await expect(create(firm.owner)).rejects.toMatchObject({ kind: 'conflict', code: 'EmailTaken' })
    for (const [field, value] of [
      ['username', ''],
      ['username', 'two words'],
      ['username', 'a@b'],
      ['username', '<b>'],
      ['username', 'x'.repeat(10_000)],
      ['firstName', ' '],
      ['firstName', 'x'.repeat(10_000)],
      ['lastName', 'abc\u202etxt.exe'],
      ['lastName', 'line\nbreak'],
      ['recoveryEmail', 'nowhere'],
    ] as const) {
      const error = await create(firm.owner, { username: 'dora', [field]: value }).catch((thrown: unknown) => thrown)
      expect(error, `${field}: ${value.slice(0, 20)}`).toMatchObject({
        kind: 'invalid',
        details: expect.arrayContaining([expect.objectContaining({ target: field })]),
      })
    }
    // Markup is a name like any other; it is text wherever it is shown.
    const odd = await create(firm.owner, { username: 'odd', firstName: '<script>alert(1)</script>' })
    expect(await as(firm.owner, (ctx) => accounts.member(ctx, firm.accountId, 'user', odd.objectId))).toMatchObject({
      name: '<script>alert(1)</script> Costa',
    })
    const { rows } = await kernel.database.pool.query('select string_agg(a::text, $1) as text from kernel.audit a', [' '])
    expect(rows[0].text).not.toContain(password)
  })

  /** Whether a password opens an account. */
  async function opens(email: string, password: string): Promise<boolean> {
    const origin = { address: '127.0.0.1', userAgent: 'test' }
    const start = await as(anonymous, (ctx) => directory.beginSignIn(ctx, { email, origin }))
    return start.kind === 'open' && directory.passwordFits(start, password)
  }

  test('AC-077 the address of a user of a directory is of a domain of that directory', async () => {
    const [firm, other] = [await company(), await company()]
    const create = (email: string) => as(system, (ctx) => directory.createUser(ctx, { tenantId: firm.tenantId, email, displayName: 'Eve' }))
    for (const email of [`eve@${other.domain}`, 'eve@unknown.test', `eve@sub.${firm.domain}`]) {
      await expect(create(email), email).rejects.toMatchObject({ kind: 'invalid', code: 'ForeignDomain', target: 'email' })
    }
    expect(await create(`eve@${firm.domain.toUpperCase()}`)).toMatchObject({ tenantId: firm.tenantId })
    await expect(as(system, (ctx) => directory.updateUser(ctx, firm.ann.objectId, { email: `ann@${other.domain}` }))).rejects.toMatchObject(
      { code: 'ForeignDomain' },
    )
  })

  test('AC-085 a global administrator of the directory has no right in the account', async () => {
    const firm = await company()
    await as(system, (ctx) => directory.updateUser(ctx, firm.ben.objectId, { roles: ['global-admin'] }))
    const ben = await again(firm.ben)
    expect(allows(ben, 'directory.administer', { tenantId: firm.tenantId })).toBe(true)
    for (const action of ['publisher.read', 'offer.read', 'offer.write', 'member.manage', 'tenant.manage', 'payout.read'] as const) {
      expect(allows(ben, action, firm), action).toBe(false)
    }
    expect(await as(ben, (ctx) => accounts.publishersOf(ctx, ben))).toEqual([])
    await expect(as(ben, (ctx) => accounts.createPerson(ctx, firm.accountId, person))).rejects.toMatchObject({ kind: 'forbidden' })
  })

  test('AC-086 a name changed in the account is changed in the directory', async () => {
    const firm = await company()
    const rename = (name: string, id = firm.developer.objectId) =>
      as(firm.manager, (ctx) => accounts.renamePerson(ctx, firm.accountId, id, name))
    await rename('Zoë Müller-Łukasz 李')
    expect((await as(system, (ctx) => directory.getUsers(ctx, [firm.developer.objectId])))[0]?.displayName).toBe('Zoë Müller-Łukasz 李')
    expect(await usersOf(firm)).toContain('Zoë Müller-Łukasz 李')
    expect((await audited(`user:${firm.developer.objectId}`))[0]).toMatchObject({
      action: 'user.change',
      before: { displayName: 'developer' },
    })
    for (const name of ['', 'x'.repeat(10_000), 'gnp\u202e.exe', 'a\u0000b', 'two\nlines']) {
      await expect(rename(name)).rejects.toMatchObject({ kind: 'invalid', target: 'displayName' })
    }
    await expect(rename('X', firm.ann.objectId)).rejects.toMatchObject({ kind: 'not-found' })
    expect(await usersOf(firm)).toContain('Zoë Müller-Łukasz 李')
  })

  test('AC-093 AC-094 only a global administrator resets a password; the new one is returned once and opens the directory, the old one does not', async () => {
    const firm = await company()
    await add(firm, firm.owner, firm.ann, manager)
    const reset = (who: Principal) => as(who, (ctx) => accounts.resetPersonsPassword(ctx, firm.accountId, firm.developer.objectId))
    await expect(reset(await again(firm.ann))).rejects.toMatchObject({ kind: 'forbidden', code: 'AdministratorNeeded' })
    const { email, password } = await reset(firm.manager)
    expect(email).toBe(firm.developer.email)
    expect([await opens(email, password), await opens(email, 'a password of the tests')]).toEqual([true, false])
    const { rows } = await kernel.database.pool.query(
      `select password_temporary, password_hash, (select string_agg(a::text, ' ') from kernel.audit a) as log from directory.user_account where object_id = $1`,
      [firm.developer.objectId],
    )
    expect(rows[0].password_temporary).toBe(true)
    for (const text of [rows[0].password_hash, rows[0].log]) expect(text).not.toContain(password)
    expect(await as(firm.manager, (ctx) => accounts.member(ctx, firm.accountId, 'user', firm.developer.objectId))).not.toHaveProperty(
      'password',
    )
    const next = await reset(firm.manager)
    expect(next.password).not.toBe(password)
    expect(await opens(email, password)).toBe(false)
  })

  test('AC-095 who has a recovery address resets the password unaided', async () => {
    const firm = await company()
    const { email } = await as(firm.owner, (ctx) =>
      accounts.createPerson(ctx, firm.accountId, { ...person, recoveryEmail: 'carla@home.test' }),
    )
    await as(anonymous, (ctx) => directory.requestReset(ctx, email))
    await kernel.jobs.drain()
    const mail = await lastMail('carla@home.test')
    await as(anonymous, (ctx) => directory.resetPassword(ctx, { token: tokenIn(mail?.text), password: 'her own new password' }))
    expect(await opens(email, 'her own new password')).toBe(true)
    expect(await lastMail(email)).toBeUndefined()
  })

  test('AC-091 where the directory is filled from elsewhere, nothing is created here; what came in can be added', async () => {
    const firm = await company()
    await as(system, (ctx) => directory.setSynchronised(ctx, firm.tenantId, true))
    const refused = { kind: 'conflict', code: 'DirectorySynchronised' }
    const { accountId } = firm
    for (const use of [
      (ctx: Ctx) => accounts.createPerson(ctx, accountId, person),
      (ctx: Ctx) => accounts.createAccountGroup(ctx, accountId, { displayName: 'G', members: [], ...developer }),
      (ctx: Ctx) =>
        accounts.createAccountApplication(ctx, accountId, { name: 'A', replyUrl: 'https://a.example/', appIdUri: 'api://a', ...developer }),
      (ctx: Ctx) => accounts.invite(ctx, accountId, { addresses: 'guest@elsewhere.test', ...developer }),
    ]) {
      await expect(as<unknown>(firm.owner, use)).rejects.toMatchObject(refused)
    }
    await add(firm, firm.owner, firm.ann)
    expect(await usersOf(firm)).toContain('ann')
  })

  test('AC-092 several are removed at once; the directory keeps them unless asked; an account keeps an owner', async () => {
    const firm = await company()
    const remove = (who: Principal, ids: string[], disable = false) =>
      as(who, (ctx) => accounts.removeMembers(ctx, firm.accountId, { kind: 'user', ids, disable }))
    await add(firm, firm.owner, firm.ann)
    await add(firm, firm.owner, firm.ben)
    await remove(firm.manager, [firm.ann.objectId, firm.developer.objectId])
    expect(await usersOf(firm)).toEqual(['ben', 'manager', 'owner'])
    expect(await may(firm.ann, 'offer.write', firm)).toBe(false)
    expect((await again(firm.ann)).email).toBe(firm.ann.email)
    expect((await audited(`user:${firm.ann.objectId}`))[0]).toMatchObject({ action: 'account.member', after: { roles: [] } })
    await remove(firm.owner, [firm.ben.objectId], true)
    expect(await again(firm.ben)).toBeNull()
    // Together with somebody who is gone: nothing happens.
    await expect(remove(firm.owner, [firm.manager.objectId, firm.ann.objectId])).rejects.toMatchObject({ code: 'UnknownMember' })
    expect(await usersOf(firm)).toEqual(['manager', 'owner'])
    const last = { kind: 'conflict', code: 'LastOwner' }
    await expect(remove(firm.owner, [firm.owner.objectId])).rejects.toMatchObject(last)
    await expect(
      as(firm.owner, (ctx) => accounts.changeRights(ctx, firm.accountId, { kind: 'user', id: firm.owner.objectId, ...manager })),
    ).rejects.toMatchObject(last)
    await add(firm, firm.owner, firm.ann, { roles: ['owner'], permissions: [] })
    await expect(remove(firm.owner, [firm.owner.objectId, firm.ann.objectId])).rejects.toMatchObject(last)
    // An owner who cannot sign in is none.
    await as(system, (ctx) => directory.updateUser(ctx, firm.ann.objectId, { status: 'disabled' }))
    await expect(remove(firm.owner, [firm.owner.objectId])).rejects.toMatchObject(last)
    await as(system, (ctx) => directory.updateUser(ctx, firm.ann.objectId, { status: 'active' }))
    await remove(firm.owner, [firm.owner.objectId])
    expect(await usersOf(firm).catch(() => 'refused')).toEqual(['ann', 'manager'])
  })
})

describe('invitations', () => {
  const invite = (firm: Company, addresses: string, who: Principal = firm.owner) =>
    as(who, (ctx) => accounts.invite(ctx, firm.accountId, { addresses, ...developer }))
  const open = (token: string) => as(anonymous, (ctx) => accounts.openInvitation(ctx, token))

  test('AC-087 AC-088 one to ten addresses, each once, well-formed and foreign; by a global administrator', async () => {
    const firm = await company()
    await add(firm, firm.owner, firm.ann, manager)
    await expect(invite(firm, 'x@elsewhere.test', await again(firm.ann))).rejects.toMatchObject({
      kind: 'forbidden',
      code: 'AdministratorNeeded',
    })
    const ten = Array.from({ length: 10 }, (_, index) => `guest${index}@elsewhere.test`)
    for (const [addresses, code] of [
      ['', 'NoAddress'],
      [' ; , ', 'NoAddress'],
      [[...ten, 'guest10@elsewhere.test'].join(','), 'TooManyAddresses'],
      ['guest0@elsewhere.test; no address', 'MalformedAddress'],
      ['guest@elsewhere.test<script>', 'MalformedAddress'],
      ['guest@elsewhere.test\r\nBcc: all@elsewhere.test', 'MalformedAddress'],
      [`${'x'.repeat(10_000)}@elsewhere.test`, 'MalformedAddress'],
      ['gu\u202eest@elsewhere.test', 'MalformedAddress'],
      ['one@elsewhere.test, ONE@elsewhere.test', 'DuplicateAddress'],
      [`new@${firm.domain}`, 'OwnAddress'],
      [firm.developer.email, 'OwnAddress'],
    ] as const) {
      await expect(invite(firm, addresses), addresses.slice(0, 40)).rejects.toMatchObject({ kind: 'invalid', code, target: 'addresses' })
    }
    expect(await as(firm.owner, (ctx) => accounts.invitations(ctx, firm.accountId))).toEqual([])
    expect(await lastMail('guest0@elsewhere.test')).toBeUndefined()
    const sent = await invite(firm, `${ten.slice(0, 5).join(',')};${ten.slice(5).join(' ; ')}`)
    expect(sent.map((one) => one.email)).toEqual(ten)
    for (const address of ten) expect((await lastMail(address))?.template).toBe('account-invitation')
    await expect(invite(firm, 'GUEST3@elsewhere.test')).rejects.toMatchObject({ kind: 'conflict', code: 'InvitationPending' })
  })

  test('AC-089 an invited person is a guest without access until he accepts, and accepts once', async () => {
    const firm = await company()
    const email = `guest${++made}@elsewhere.test`
    await invite(firm, email)
    const [guest] = await as(system, (ctx) => directory.guestsOf(ctx, firm.tenantId))
    expect(guest).toMatchObject({ email, objectId: null, acceptedAt: null })
    expect(await as(system, (ctx) => directory.findUserByEmail(ctx, email))).toBeNull()
    const token = tokenIn((await lastMail(email))?.text)
    expect(await open(token)).toMatchObject({ email, account: expect.any(String), rights: 'Developer', isKnown: false })
    const acceptAs = (input: { displayName: string; password: string }) =>
      as(anonymous, (ctx) => accounts.acceptInvitationAsGuest(ctx, token, input))
    await expect(acceptAs({ displayName: 'Guest', password: 'short' })).rejects.toMatchObject({ target: 'password' })
    await expect(acceptAs({ displayName: 'G\u202euest', password: 'long enough for all' })).rejects.toMatchObject({ target: 'displayName' })
    await acceptAs({ displayName: 'Gustav Guest', password: 'long enough for all' })
    const user = await as(system, (ctx) => directory.findUserByEmail(ctx, email))
    if (!user) throw new Error('no guest')
    const principal = await again(user)
    expect(principal).toMatchObject({ isGuest: true, memberships: [{ accountId: firm.accountId, roles: ['developer'] }] })
    expect([allows(principal, 'offer.write', firm), allows(principal, 'subscription.read', { tenantId: firm.tenantId })]).toEqual([
      true,
      false,
    ])
    expect(await usersOf(firm)).toContain('Gustav Guest')
    for (const use of [open(token), acceptAs({ displayName: 'Again', password: 'long enough for all' })]) {
      await expect(use).rejects.toMatchObject({ kind: 'gone', code: 'InvitationUsed' })
    }
    expect((await audited(`user:${user.objectId}`)).map((row) => row.action)).toContain('account.member')
    // He is no user of the directory: he manages nobody there, whatever the account gives him.
    await expect(invite(firm, email)).rejects.toMatchObject({ kind: 'conflict', code: 'MemberExists' })
  })

  test('AC-089 somebody of another directory here accepts as himself, and only himself', async () => {
    const [firm, other] = [await company(), await company()]
    await invite(firm, other.ann.email)
    const token = tokenIn((await lastMail(other.ann.email))?.text)
    expect(await open(token)).toMatchObject({ isKnown: true })
    for (const who of [other.ben, firm.ann, anonymous]) {
      await expect(as(who, (ctx) => accounts.acceptInvitation(ctx, token))).rejects.toMatchObject({
        kind: 'forbidden',
        code: 'OtherPerson',
      })
    }
    await expect(
      as(anonymous, (ctx) => accounts.acceptInvitationAsGuest(ctx, token, { displayName: 'Ann', password: 'long enough for all' })),
    ).rejects.toMatchObject({ kind: 'invalid', code: 'ForeignDomain' })
    expect(await may(other.ann, 'offer.write', firm)).toBe(false)
    const impersonator = { objectId: 'o', email: 'operator@operator.example', displayName: 'Operator', until: '2099-01-01T00:00:00Z' }
    await expect(as({ ...other.ann, impersonator }, (ctx) => accounts.acceptInvitation(ctx, token))).rejects.toMatchObject({
      kind: 'forbidden',
    })
    await as(other.ann, (ctx) => accounts.acceptInvitation(ctx, token))
    expect([await may(other.ann, 'offer.write', firm), await may(other.ann, 'offer.write', other)]).toEqual([true, false])
    expect(await as(firm.owner, (ctx) => accounts.member(ctx, firm.accountId, 'user', other.ann.objectId))).toMatchObject({
      isGuest: true,
      tenantId: firm.tenantId,
    })
    // What he is in his own directory is not this account's business.
    for (const use of [
      (ctx: Ctx) => accounts.renamePerson(ctx, firm.accountId, other.ann.objectId, 'X'),
      (ctx: Ctx) => accounts.resetPersonsPassword(ctx, firm.accountId, other.ann.objectId),
    ]) {
      await expect(as<unknown>(firm.owner, use)).rejects.toMatchObject({ kind: 'forbidden', code: 'OtherDirectory' })
    }
    await as(firm.owner, (ctx) => accounts.removeMembers(ctx, firm.accountId, { kind: 'user', ids: [other.ann.objectId], disable: true }))
    expect((await again(other.ann)).email).toBe(other.ann.email)
    expect(await may(other.ann, 'offer.write', firm)).toBe(false)
  })

  test('AC-090 a pending invitation is listed, sent again with a new link and taken back; old, expired and unknown links open nothing', async () => {
    const firm = await company()
    const [email, second] = [`guest${++made}@elsewhere.test`, `guest${++made}@elsewhere.test`]
    const [pending, other] = await invite(firm, `${email}; ${second}`)
    const listed = () => as(firm.owner, (ctx) => accounts.invitations(ctx, firm.accountId))
    expect(await listed()).toMatchObject([
      { email, isExpired: false, roles: ['developer'] },
      { email: second, isExpired: false },
    ])
    const old = tokenIn((await lastMail(email))?.text)
    await as(firm.manager, (ctx) => accounts.resendInvitation(ctx, firm.accountId, pending?.id ?? ''))
    const fresh = tokenIn((await lastMail(email))?.text)
    expect(fresh).not.toBe(old)
    for (const token of [old, '', 'x', 'x'.repeat(10_000)]) {
      await expect(open(token)).rejects.toMatchObject({ kind: 'gone', code: 'InvitationUnknown' })
    }
    expect(await open(fresh)).toMatchObject({ email })
    await kernel.database.pool.query(`update accounts.invitation set expires_at = now() - interval '1 second' where email = $1`, [email])
    await expect(open(fresh)).rejects.toMatchObject({ kind: 'gone', code: 'InvitationExpired' })
    expect(await listed()).toMatchObject([{ email, isExpired: true }, { email: second }])
    await as(firm.manager, (ctx) => accounts.resendInvitation(ctx, firm.accountId, pending?.id ?? ''))
    expect(await open(tokenIn((await lastMail(email))?.text))).toMatchObject({ email })
    const link = tokenIn((await lastMail(second))?.text)
    await as(firm.owner, (ctx) => accounts.withdrawInvitations(ctx, firm.accountId, [other?.id ?? '']))
    await expect(open(link)).rejects.toMatchObject({ kind: 'gone', code: 'InvitationWithdrawn' })
    expect(await listed()).toMatchObject([{ email }])
    await expect(as(firm.owner, (ctx) => accounts.resendInvitation(ctx, firm.accountId, other?.id ?? ''))).rejects.toMatchObject({
      kind: 'not-found',
      code: 'UnknownInvitation',
    })
    const { rows } = await kernel.database.pool.query('select string_agg(i::text, $1) as text from accounts.invitation i', [' '])
    expect(rows[0].text).not.toContain(fresh)
  })
})

describe('groups', () => {
  test('AC-104 AC-105 a new group stands in the directory with its people, each of whom has its rights besides his own', async () => {
    const firm = await company()
    const groupId = await as(firm.manager, (ctx) =>
      accounts.createAccountGroup(ctx, firm.accountId, {
        displayName: 'Support',
        members: [firm.ann.objectId, firm.developer.objectId],
        ...manager,
      }),
    )
    const [group] = await as(system, (ctx) => directory.listGroups(ctx, firm.tenantId))
    expect(group).toMatchObject({ groupId, displayName: 'Support', members: 2 })
    for (const who of [firm.ann, firm.developer]) expect(await may(who, 'payout.read', firm)).toBe(true)
    expect((await again(firm.developer)).memberships).toMatchObject([{ roles: expect.arrayContaining(['developer', 'manager']) }])
    const ann = await again(firm.ann)
    expect((await as(ann, (ctx) => accounts.publishersOf(ctx, ann))).map(({ publisherId }) => publisherId)).toEqual([firm.publisherId])
    expect(await as(ann, (ctx) => accounts.membersAmong(ctx, firm.tenantId, [ann.objectId, firm.ben.objectId]))).toEqual(
      new Set([ann.objectId]),
    )
    await as(firm.manager, (ctx) =>
      accounts.changeGroup(ctx, firm.accountId, groupId, { displayName: 'Help', add: [firm.ben.objectId], remove: [firm.ann.objectId] }),
    )
    expect([await may(firm.ann, 'payout.read', firm), await may(firm.ben, 'payout.read', firm)]).toEqual([false, true])
    expect((await as(firm.manager, (ctx) => accounts.groupPeople(ctx, firm.accountId, groupId))).map(({ name }) => name)).toEqual([
      'ben',
      'developer',
    ])
    await as(firm.manager, (ctx) => accounts.removeMembers(ctx, firm.accountId, { kind: 'group', ids: [groupId] }))
    expect([await may(firm.ben, 'payout.read', firm), await may(firm.developer, 'offer.write', firm)]).toEqual([false, true])
    expect(await as(system, (ctx) => directory.listGroups(ctx, firm.tenantId))).toMatchObject([{ displayName: 'Help' }])
  })

  test('a group has a name of its own, and people of its directory only', async () => {
    const [firm, other] = [await company(), await company()]
    const create = (displayName: string, members: string[] = []) =>
      as(firm.owner, (ctx) => accounts.createAccountGroup(ctx, firm.accountId, { displayName, members, ...developer }))
    await create('Ops')
    await expect(create('OPS')).rejects.toMatchObject({ kind: 'conflict', code: 'GroupNameTaken', target: 'displayName' })
    for (const name of ['', ' ', 'x'.repeat(10_000), 'sp\u202eo', 'a\tb']) {
      await expect(create(name)).rejects.toMatchObject({ kind: 'invalid', target: 'displayName' })
    }
    await expect(create('Mixed', [other.ann.objectId])).rejects.toMatchObject({ kind: 'invalid', code: 'UnknownUser' })
    expect((await as(firm.owner, (ctx) => accounts.members(ctx, firm.accountId, 'group'))).map(({ name }) => name)).toEqual(['Ops'])
  })
})

describe('applications', () => {
  const application = { name: 'Automation', replyUrl: 'https://automation.example/reply', appIdUri: 'https://automation.example' }
  const create = (firm: Company, input: Partial<typeof application> = {}, rights = developer) =>
    as(firm.owner, (ctx) => accounts.createAccountApplication(ctx, firm.accountId, { ...application, ...input, ...rights }))

  test('AC-106 reply URL and App ID URI are addresses of at most 256 characters, unique in the directory', async () => {
    const [firm, other] = [await company(), await company()]
    await create(firm)
    for (const [input, target] of [
      [{ replyUrl: `https://a.example/${'x'.repeat(256)}`, appIdUri: 'api://b' }, 'redirectUris.0'],
      [{ replyUrl: 'no address', appIdUri: 'api://b' }, 'redirectUris.0'],
      [{ replyUrl: 'javascript:alert(1)', appIdUri: 'api://b' }, 'redirectUris.0'],
      [{ replyUrl: 'https://b.example/', appIdUri: `https://a.example/${'x'.repeat(256)}` }, 'appIdUri'],
      [{ replyUrl: 'https://b.example/', appIdUri: 'no address' }, 'appIdUri'],
      [{ name: 'x'.repeat(10_000), replyUrl: 'https://b.example/', appIdUri: 'api://b' }, 'name'],
    ] as const) {
      await expect(create(firm, input)).rejects.toMatchObject({ kind: 'invalid', target })
    }
    await expect(create(firm, { appIdUri: 'api://b' })).rejects.toMatchObject({ kind: 'conflict', code: 'ReplyUrlTaken' })
    await expect(create(firm, { replyUrl: 'https://b.example/' })).rejects.toMatchObject({ kind: 'conflict', code: 'AppIdUriTaken' })
    await create(firm, { replyUrl: `https://c.example/${'x'.repeat(238)}`, appIdUri: 'api://c' })
    await create(other)
  })

  test('AC-108 AC-293 an application has no key until one is asked for; values are returned once, keys expire and can be removed', async () => {
    const firm = await company()
    const clientId = await create(firm)
    const found = () => as(firm.owner, (ctx) => accounts.accountApplication(ctx, firm.accountId, clientId))
    expect((await found()).keys).toEqual([])
    expect(await as(firm.owner, (ctx) => accounts.member(ctx, firm.accountId, 'application', clientId))).toMatchObject({
      roles: ['developer'],
    })
    const key = () => as(firm.manager, (ctx) => accounts.addApplicationKey(ctx, firm.accountId, clientId, 6))
    const [first, second] = [await key(), await key()]
    expect(first).toMatchObject({ clientId, value: expect.any(String) })
    expect(first.value).not.toBe(second.value)
    const { keys } = await found()
    expect(keys).toHaveLength(2)
    for (const one of keys) expect(one.expiresAt?.since(one.createdAt).total('days')).toBeGreaterThan(180)
    expect(JSON.stringify(keys)).not.toContain(first.value)
    const check = (value: string) =>
      as(system, async (ctx) => {
        const tenant = await directory.findTenant(ctx, firm.tenantId)
        if (!tenant) throw new Error('no tenant')
        return directory.authenticateClient(ctx, tenant, clientId, value)
      })
    await check(first.value)
    await as(firm.manager, (ctx) => accounts.removeApplicationKey(ctx, firm.accountId, clientId, keys[0]?.keyId ?? ''))
    await expect(check(first.value)).rejects.toMatchObject({ code: 'InvalidClientSecret' })
    await check(second.value)
    await expect(as(firm.manager, (ctx) => accounts.addApplicationKey(ctx, firm.accountId, clientId, 1200))).rejects.toMatchObject({
      code: 'KeyMonths',
    })
    await kernel.database.pool.query(`update directory.application_key set expires_at = now() - interval '1 second' where client_id = $1`, [
      clientId,
    ])
    await expect(check(second.value)).rejects.toMatchObject({ code: 'ClientSecretExpired' })
  })

  test('AC-109 an application acts in the account with the rights of its role, by its token', async () => {
    const [firm, other] = [await company(), await company()]
    const clientId = await create(firm)
    const [tenant, app] = await as(system, async (ctx) => [
      await directory.findTenant(ctx, firm.tenantId),
      await directory.findApplication(ctx, clientId),
    ])
    if (!tenant || !app) throw new Error('not found')
    const bearer = async () => {
      const { accessToken } = await as(system, (ctx) =>
        directory.issueForApplication(ctx, { tenant, app, resource: resources.partnerCenter, version: 1 }),
      )
      return as(anonymous, (ctx) => directory.verifyBearer(ctx, accessToken, { audience: resources.partnerCenter }))
    }
    const caller = await bearer()
    expect(caller).toMatchObject({ kind: 'application', memberships: [{ accountId: firm.accountId, roles: ['developer'] }] })
    expect((await as(caller, (ctx) => accounts.publishersOf(ctx, caller))).map(({ publisherId }) => publisherId)).toEqual([
      firm.publisherId,
    ])
    expect([allows(caller, 'offer.write', firm), allows(caller, 'payout.read', firm), allows(caller, 'offer.write', other)]).toEqual([
      true,
      false,
      false,
    ])
    await as(firm.owner, (ctx) => accounts.changeRights(ctx, firm.accountId, { kind: 'application', id: clientId, ...manager }))
    expect(allows(await bearer(), 'payout.read', firm)).toBe(true)
    await as(firm.owner, (ctx) => accounts.removeMembers(ctx, firm.accountId, { kind: 'application', ids: [clientId] }))
    const gone = await bearer()
    expect([allows(gone, 'offer.write', firm), await as(gone, (ctx) => accounts.publishersOf(ctx, gone))]).toEqual([false, []])
  })
})

describe('tenants', () => {
  const request = (firm: Company, who: Principal = firm.manager) => as(who, (ctx) => accounts.requestTenant(ctx, firm.accountId))
  const confirm = (token: string, who: Principal) => as(who, (ctx) => accounts.confirmTenant(ctx, token))
  const tenants = (firm: Company) => as(firm.owner, (ctx) => accounts.tenants(ctx, firm.accountId))

  test('AC-069 AC-070 a directory joins when its administrator confirms it; then its people can be added', async () => {
    const firm = await company()
    const { users, ...other } = await organisation('admin', 'worker')
    const [admin, worker] = await Promise.all(users.map(again))
    if (!admin || !worker) throw new Error('nobody')
    const token = await request(firm)
    const view = await as(admin, (ctx) => accounts.openTenantRequest(ctx, token))
    expect(view).toMatchObject({ organisation: other.name, domain: other.domain, user: admin.email, mayConfirm: true, isAssociated: false })
    await expect(confirm(token, worker)).rejects.toMatchObject({ kind: 'forbidden', code: 'AdministratorNeeded' })
    await expect(confirm(token, anonymous)).rejects.toMatchObject({ kind: 'forbidden' })
    expect((await tenants(firm)).length).toBe(1)
    await confirm(token, admin)
    expect(await tenants(firm)).toMatchObject([
      { domain: firm.domain, isOwn: true, members: 3 },
      { domain: other.domain, isOwn: false, members: 1, associatedBy: firm.manager.email },
    ])
    await expect(confirm(token, admin)).rejects.toMatchObject({ kind: 'gone', code: 'RequestOver' })
    const boss = await again(admin)
    expect((await as(boss, (ctx) => accounts.candidates(ctx, firm.accountId, 'user'))).map(({ name }) => name)).toEqual(['worker'])
    await add(firm, boss, worker)
    expect(await may(worker, 'offer.write', firm)).toBe(true)
    await expect(confirm(await request(firm), boss)).rejects.toMatchObject({ kind: 'conflict', code: 'TenantAssociated' })
    const late = await request(firm)
    await kernel.database.pool.query(`update accounts.tenant_request set expires_at = now() - interval '1 second'`)
    await expect(confirm(late, boss)).rejects.toMatchObject({ kind: 'gone', code: 'RequestOver' })
    // A request of somebody who manages no longer is worth nothing.
    const orphan = await request(firm)
    await as(firm.owner, (ctx) => accounts.removeMembers(ctx, firm.accountId, { kind: 'user', ids: [firm.manager.objectId] }))
    const third = (await organisation('admin')).users[0]
    if (!third) throw new Error('nobody')
    await expect(confirm(orphan, await again(third))).rejects.toMatchObject({ kind: 'gone', code: 'RequestOver' })
    expect((await audited(`tenant:${other.tenantId}`))[0]).toMatchObject({ action: 'account.tenant-add' })
  })

  const newTenant = {
    contactEmail: 'it@elsewhere.test',
    firstName: 'Gina',
    lastName: 'Global',
    username: 'gina',
    password: 'a password of the tests',
  }

  test('AC-071 AC-072 a new directory has a domain that nobody has, and a global administrator', async () => {
    const firm = await company()
    const domainName = `newdir${++made}`
    const create = (input: Partial<typeof newTenant & { domainName: string }> = {}) =>
      as(firm.manager, (ctx) => accounts.createAccountTenant(ctx, firm.accountId, { ...newTenant, domainName, ...input }))
    const created = await create()
    expect(created).toMatchObject({ domain: `${domainName}.onmicrosoft.com`, email: `gina@${domainName}.onmicrosoft.com` })
    const gina = await as(system, (ctx) => directory.findUserByEmail(ctx, created.email))
    expect(gina).toMatchObject({ roles: ['global-admin'], tenantId: created.tenantId })
    expect((await tenants(firm)).map(({ domain }) => domain)).toContain(created.domain)
    for (const taken of [domainName, domainName.toUpperCase()]) {
      await expect(create({ domainName: taken })).rejects.toMatchObject({ kind: 'conflict', code: 'DomainTaken', target: 'domainName' })
    }
    for (const [field, value] of [
      ['domainName', 'two.parts'],
      ['domainName', '<b>'],
      ['domainName', ''],
      ['domainName', 'x'.repeat(10_000)],
      ['contactEmail', 'nobody'],
      ['lastName', 'a\u202eb'],
      ['username', 'a b'],
    ] as const) {
      await expect(create({ domainName: `other${made}`, [field]: value }), field).rejects.toMatchObject({
        kind: 'invalid',
        details: [{ target: field }],
      })
    }
    await expect(create({ domainName: `other${made}`, password: 'short' })).rejects.toMatchObject({ target: 'password' })
    expect((await tenants(firm)).length).toBe(2)
  })

  test('AC-074 AC-075 a directory is removed from another one; its people, groups and invitations are out', async () => {
    const firm = await company()
    const { users, ...other } = await organisation('admin', 'worker', 'grouped')
    const [admin, worker, grouped] = users
    if (!admin || !worker || !grouped) throw new Error('nobody')
    await confirm(await request(firm), await again(admin))
    const boss = await again(admin)
    await add(firm, boss, worker)
    await as(boss, (ctx) =>
      accounts.createAccountGroup(ctx, firm.accountId, { displayName: 'Theirs', members: [grouped.objectId], ...developer }),
    )
    const guest = `guest${++made}@elsewhere.test`
    await as(boss, (ctx) => accounts.invite(ctx, firm.accountId, { addresses: guest, ...developer }))
    const remove = (tenantId: string, who: Principal) => as(who, (ctx) => accounts.removeTenant(ctx, firm.accountId, tenantId))
    await expect(remove(other.tenantId, boss)).rejects.toMatchObject({ kind: 'conflict', code: 'SignedInFromTenant' })
    await expect(remove(firm.tenantId, firm.owner)).rejects.toMatchObject({ kind: 'conflict', code: 'SignedInFromTenant' })
    for (const who of [worker, grouped]) expect(await may(who, 'offer.write', firm)).toBe(true)
    // The only owner is of the other one: the account would have none.
    await expect(remove(firm.tenantId, boss)).rejects.toMatchObject({ kind: 'conflict', code: 'LastOwner' })
    for (const strange of ['00000000-0000-4000-8000-000000000000', 'no id']) {
      await expect(remove(strange, firm.manager)).rejects.toMatchObject({ kind: 'not-found', code: 'UnknownTenant' })
    }
    await remove(other.tenantId, firm.manager)
    for (const who of [admin, worker, grouped]) {
      const principal = await again(who)
      expect(principal.memberships).toBeUndefined()
      expect(await as(principal, (ctx) => accounts.publishersOf(ctx, principal))).toEqual([])
      expect(await may(who, 'publisher.read', firm)).toBe(false)
    }
    await expect(
      as(anonymous, async (ctx) => accounts.openInvitation(ctx, tokenIn((await kernel.mail.list(ctx, { to: guest }))[0]?.text))),
    ).rejects.toMatchObject({
      code: 'InvitationWithdrawn',
    })
    expect((await tenants(firm)).map(({ domain }) => domain)).toEqual([firm.domain])
    expect((await audited(`tenant:${other.tenantId}`))[0]).toMatchObject({
      action: 'account.tenant-remove',
      principal_name: firm.manager.email,
    })
  })

  test('AC-076 the only directory is removed by the person who opened the account and by nobody else', async () => {
    const { users, ...home } = await organisation('opener', 'second')
    const [opener, second] = users
    if (!opener || !second) throw new Error('nobody')
    const { tenantId } = await organisation('somebody')
    const { accountId } = await as(system, (ctx) =>
      accounts.createPublisher(ctx, { publisherId: `opened${made}`, tenantId, name: 'Opened' }),
    )
    for (const { objectId: id } of [opener, second]) {
      await as(system, (ctx) =>
        accounts.setMember(ctx, { accountTenantId: tenantId, kind: 'user', id, tenantId: home.tenantId, roles: ['owner'] }),
      )
    }
    const remove = async (who: { objectId: string }) => as(await again(who), (ctx) => accounts.removeTenant(ctx, accountId, tenantId))
    await expect(remove(second)).rejects.toMatchObject({ kind: 'conflict', code: 'OnlyTenant' })
    await remove(opener)
    expect(await as(await again(opener), (ctx) => accounts.tenants(ctx, accountId))).toEqual([])
  })
})
