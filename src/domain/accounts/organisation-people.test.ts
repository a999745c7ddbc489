import { beforeAll, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { system, type UserPrincipal } from '../../kernel/context.ts'

let market: Marketplace
const { tenantId } = demo.buyer
const person = (objectId: string, email: string, roles: string[]): UserPrincipal => ({
  ...demo.buyer,
  objectId,
  email,
  displayName: email,
  roles,
})
const admin = person('3a6c1e77-2d58-4e9a-9f31-c4d5e8f3a0b1', 'admin@adatum.example', ['global-admin'])
const helper = person('3a6c1e77-2d58-4e9a-9f31-c4d5e8f3a0b2', 'helper@adatum.example', ['user-admin'])

beforeAll(async () => {
  market = await openMarketplace()
  for (const { objectId, email, roles } of [admin, helper]) {
    const given = roles as ['global-admin' | 'user-admin']
    await market.as(system, (ctx) =>
      market.domain.directory.createUser(ctx, { objectId, tenantId, email, displayName: email, roles: given }),
    )
  }
})

const rolesOf = async (id: string) => (await market.as(system, (ctx) => market.domain.directory.getUsers(ctx, [id])))[0]?.roles
const add = (as: UserPrincipal, input: { email: string; roles?: string[] }) =>
  market.as(as, (ctx) => market.domain.accounts.addOrganisationPerson(ctx, tenantId, { displayName: 'Somebody', roles: [], ...input }))

test('administrators add people, who choose a password by mail, and give them roles that count at once', async () => {
  const made = await add(helper, { email: 'new@adatum.example', roles: ['purchaser'] })
  await market.kernel.jobs.drain()
  const [mail] = await market.as(system, (ctx) => market.kernel.mail.list(ctx, { to: made.email }))
  expect(mail?.template).toBe('password-reset')
  expect(await rolesOf(made.objectId)).toEqual(['purchaser'])
  await market.as(admin, (ctx) =>
    market.domain.accounts.setOrganisationRoles(ctx, tenantId, made.objectId, ['billing-admin', 'user-admin']),
  )
  expect(await market.as(system, (ctx) => market.domain.directory.principal(ctx, made.objectId))).toMatchObject({
    roles: ['billing-admin', 'user-admin'],
  })
  await market.as(helper, (ctx) => market.domain.accounts.setOrganisationPersonActive(ctx, tenantId, made.objectId, false))
  expect(await market.as(system, (ctx) => market.domain.directory.principal(ctx, made.objectId))).toBeNull()
})

test.each<[string, UserPrincipal]>([
  ['a purchaser', { ...demo.buyer, roles: ['purchaser'] }],
  ['a billing administrator', demo.buyer],
  ['a user', demo.colleague],
  ['an administrator of another organisation', { ...demo.stranger, roles: ['global-admin'] }],
])('%s administers nobody here', async (_name, as) => {
  const { accounts } = market.domain
  const colleague = demo.colleague.objectId
  for (const use of [
    () => market.as(as, (ctx) => accounts.organisationPeople(ctx, tenantId)),
    () => add(as, { email: 'x@adatum.example' }),
    () => market.as(as, (ctx) => accounts.setOrganisationRoles(ctx, tenantId, colleague, ['billing-admin'])),
    () => market.as(as, (ctx) => accounts.setOrganisationPersonActive(ctx, tenantId, colleague, false)),
    () => market.as(as, (ctx) => accounts.resetOrganisationPassword(ctx, tenantId, colleague)),
  ]) {
    await expect(use()).rejects.toMatchObject({ kind: 'forbidden' })
  }
})

test('a user administrator has no power over global administrators, and nobody gives the marketplace’s own roles', async () => {
  const { accounts } = market.domain
  await expect(add(helper, { email: 'y@adatum.example', roles: ['global-admin'] })).rejects.toMatchObject({
    code: 'GlobalAdministratorNeeded',
  })
  for (const use of [
    () => market.as(helper, (ctx) => accounts.setOrganisationRoles(ctx, tenantId, admin.objectId, [])),
    () => market.as(helper, (ctx) => accounts.setOrganisationRoles(ctx, tenantId, helper.objectId, ['global-admin'])),
    () => market.as(helper, (ctx) => accounts.setOrganisationPersonActive(ctx, tenantId, admin.objectId, false)),
    () => market.as(helper, (ctx) => accounts.resetOrganisationPassword(ctx, tenantId, admin.objectId)),
  ]) {
    await expect(use()).rejects.toMatchObject({ code: 'GlobalAdministratorNeeded' })
  }
  for (const role of ['operator', 'reseller', 'owner', '']) {
    await expect(add(admin, { email: 'z@adatum.example', roles: [role] })).rejects.toMatchObject({ code: 'UnknownRole', target: 'roles' })
  }
  expect(await rolesOf(admin.objectId)).toEqual(['global-admin'])
})

test.each([
  ['an address of another organisation', { email: 'a@northwind.example' }, 'ForeignDomain'],
  ['an address that is taken', { email: 'BUYER@adatum.example' }, 'EmailTaken'],
  ['what is no address', { email: 'nobody' }, 'InvalidValue'],
])('%s is refused', async (_name, input, code) => {
  await expect(add(admin, input)).rejects.toMatchObject({ code })
})

test('nobody disables himself or resets his own password; strangers are not found; roles that others gave stay', async () => {
  const { accounts } = market.domain
  await expect(market.as(admin, (ctx) => accounts.setOrganisationPersonActive(ctx, tenantId, admin.objectId, false))).rejects.toMatchObject(
    { code: 'Yourself' },
  )
  await expect(market.as(admin, (ctx) => accounts.resetOrganisationPassword(ctx, tenantId, admin.objectId))).rejects.toMatchObject({
    code: 'Yourself',
  })
  await expect(market.as(admin, (ctx) => accounts.setOrganisationRoles(ctx, tenantId, demo.stranger.objectId, []))).rejects.toMatchObject({
    code: 'UnknownUser',
  })
  expect(await market.as(admin, (ctx) => accounts.resetOrganisationPassword(ctx, tenantId, demo.colleague.objectId))).toMatch(/^\S{8,}$/)
  const { reseller } = demo
  await market.as({ ...reseller, roles: ['global-admin'] }, (ctx) =>
    accounts.setOrganisationRoles(ctx, reseller.tenantId, reseller.objectId, ['global-admin', 'purchaser']),
  )
  expect(await rolesOf(reseller.objectId)).toEqual(['reseller', 'global-admin', 'purchaser'])
})
