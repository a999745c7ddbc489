import { expect, test } from 'vitest'
import { allows, authorize } from './authorization.ts'
import { anonymous, type Principal, system } from './context.ts'

const user = (tenantId: string, ...roles: string[]): Principal => ({
  kind: 'user',
  tenantId,
  objectId: 'o',
  email: 'a@b.example',
  displayName: 'A',
  roles,
})
const contoso = { tenantId: 'contoso' }

test('a role counts in its own tenant only', () => {
  expect(allows(user('contoso', 'developer'), 'offer.write', contoso)).toBe(true)
  expect(allows(user('fabrikam', 'owner'), 'offer.write', contoso)).toBe(false)
  expect(allows(user('contoso', 'owner'), 'offer.write', {})).toBe(false)
})

test('a developer sees no payouts, a manager does (spec/01 §8.2)', () => {
  expect(allows(user('contoso', 'developer'), 'payout.read', contoso)).toBe(false)
  expect(allows(user('contoso', 'manager'), 'payout.read', contoso)).toBe(true)
  expect(allows(user('contoso', 'manager'), 'payout.manage', contoso)).toBe(false)
  expect(allows(user('contoso', 'owner'), 'payout.manage', contoso)).toBe(true)
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
