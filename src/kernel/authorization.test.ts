import { expect, test } from 'vitest'
import { allows, authorize } from './authorization.ts'
import { memberOf } from '../../test/people.ts'
import { anonymous, type Principal, system, type UserPrincipal } from './context.ts'

const user = (tenantId: string, ...roles: string[]): UserPrincipal => ({
  kind: 'user',
  tenantId,
  objectId: 'o',
  email: 'a@b.example',
  displayName: 'A',
  roles,
})
const contoso = { tenantId: 'contoso' }

/** A person of `home` whom the account of a tenant gives rights. */
const seller = (home: string, account: { tenantId: string; roles?: string[]; permissions?: string[]; accountId?: string }): Principal => ({
  ...user(home),
  memberships: [{ accountId: account.tenantId, roles: [], permissions: [], ...account }],
})

test('AC-068 a seller role counts in the account that gave it, wherever its holder signs in, and in no other', () => {
  expect(allows(seller('contoso', { tenantId: 'contoso', roles: ['developer'] }), 'offer.write', contoso)).toBe(true)
  expect(allows(seller('partner', { tenantId: 'contoso', roles: ['developer'] }), 'offer.write', contoso)).toBe(true)
  expect(allows(seller('contoso', { tenantId: 'fabrikam', roles: ['owner'] }), 'offer.write', contoso)).toBe(false)
  expect(allows(seller('contoso', { tenantId: 'contoso', roles: ['owner'] }), 'offer.write', {})).toBe(false)
  const inOne = seller('contoso', { tenantId: 'contoso', accountId: 'one', roles: ['owner'] })
  expect(allows(inOne, 'offer.write', { ...contoso, accountId: 'one' })).toBe(true)
  expect(allows(inOne, 'offer.write', { ...contoso, accountId: 'two' })).toBe(false)
  expect(allows(user('contoso', 'owner', 'manager', 'developer'), 'offer.write', contoso)).toBe(false)
})

test('custom permissions give the actions they name, of those that roles give', () => {
  const reader = seller('contoso', { tenantId: 'contoso', permissions: ['offer.read', 'operator.console', 'invoice.read'] })
  expect(allows(reader, 'offer.read', contoso)).toBe(true)
  expect(allows(reader, 'offer.read', { tenantId: 'fabrikam' })).toBe(false)
  for (const action of ['offer.write', 'operator.console', 'invoice.read'] as const)
    expect(allows(reader, action, contoso), action).toBe(false)
})

test('a guest has no right of every user of the directory', () => {
  const guest: Principal = { ...user('adatum'), isGuest: true }
  expect(allows(guest, 'subscription.read', { tenantId: 'adatum' })).toBe(false)
  expect(allows({ ...guest, memberships: memberOf('contoso', 'developer') }, 'offer.read', contoso)).toBe(true)
})

test('a developer sees no payouts, a manager does (spec/01 §8.2)', () => {
  const held = (role: string) => seller('contoso', { tenantId: 'contoso', roles: [role] })
  expect(allows(held('developer'), 'payout.read', contoso)).toBe(false)
  expect(allows(held('manager'), 'payout.read', contoso)).toBe(true)
  expect(allows(held('manager'), 'payout.manage', contoso)).toBe(false)
  expect(allows(held('owner'), 'payout.manage', contoso)).toBe(true)
})

test('any member reads the tenant’s subscriptions, a billing admin cancels them', () => {
  expect(allows(user('adatum'), 'subscription.read', { tenantId: 'adatum' })).toBe(true)
  expect(allows(user('adatum'), 'subscription.cancel', { tenantId: 'adatum' })).toBe(false)
  expect(allows(user('adatum', 'billing-admin'), 'subscription.cancel', { tenantId: 'adatum' })).toBe(true)
})

test('a reseller acts for its own customers only', () => {
  const resource = { tenantId: 'adatum', resellerTenantId: 'tailspin' }
  expect(allows(user('tailspin', 'reseller'), 'subscription.cancel', resource)).toBe(true)
  expect(allows(user('other', 'reseller'), 'subscription.cancel', resource)).toBe(false)
  expect(allows(user('tailspin'), 'subscription.cancel', resource)).toBe(false)
})

test('the console is the operator’s; the marketplace itself may do everything', () => {
  expect(allows(user('contoso', 'owner'), 'operator.console')).toBe(false)
  expect(allows(user('op', 'operator'), 'operator.console')).toBe(true)
  expect(allows(system, 'offer.write', contoso)).toBe(true)
})

test('a visitor is asked to sign in, somebody without the right is refused', () => {
  expect(() => authorize(anonymous, 'invoice.read', contoso)).toThrow(expect.objectContaining({ kind: 'unauthenticated' }))
  expect(() => authorize(user('contoso'), 'invoice.read', contoso)).toThrow(expect.objectContaining({ kind: 'forbidden' }))
})
