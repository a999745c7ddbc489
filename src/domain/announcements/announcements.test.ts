import { expect, test } from 'vitest'
import { testKernel } from '../../../test/harness.ts'
import { anonymous, type Ctx, type Principal, type UserPrincipal } from '../../kernel/context.ts'
import { isDomainError } from '../../kernel/errors.ts'
import { createAnnouncements } from './index.ts'

const operator: UserPrincipal = {
  kind: 'user',
  tenantId: 'b5f7a1c2-0000-4000-8000-000000000001',
  objectId: 'b5f7a1c2-0000-4000-8000-0000000000aa',
  email: 'operator@market.example',
  displayName: 'Operator',
  roles: ['operator'],
}

test('AC-015 announcements are read by group, category and ISO day, the newest first, by those whom they are for and not before their day', async () => {
  const kernel = await testKernel()
  const announcements = createAnnouncements(kernel)
  const as = <T>(principal: Principal, use: (ctx: Ctx) => Promise<T>) => kernel.run(principal, use)
  await kernel.jumpTo('2031-05-10')
  const news = {
    group: 'new-features',
    category: 'Offers',
    text: 'Plans can be copied.',
    address: '/docs/tour',
    audience: 'everybody',
    onDay: '2031-05-01',
  }
  const say = (more: Partial<typeof news>) => as(operator, (ctx) => announcements.announce(ctx, { ...news, ...more }))
  await say({})
  const { id: tax } = await say({
    group: 'tax-updates',
    category: 'Taxation',
    text: 'A new rate.',
    address: '',
    audience: 'publishers',
    onDay: '',
  })
  await say({ group: 'documentation-updates', category: 'API guidance', text: 'For buyers.', audience: 'customers', onDay: '2031-05-05' })
  await say({ text: 'In a week.', onDay: '2031-05-17' })

  const read = async (audience: 'everybody' | 'publishers' | 'customers') =>
    (await as(anonymous, (ctx) => announcements.current(ctx, audience))).map(({ group, category, onDay }) => [
      group,
      category,
      onDay.toString(),
    ])
  expect(await read('publishers')).toEqual([
    ['tax-updates', 'Taxation', '2031-05-10'],
    ['new-features', 'Offers', '2031-05-01'],
  ])
  expect(await read('customers')).toEqual([
    ['documentation-updates', 'API guidance', '2031-05-05'],
    ['new-features', 'Offers', '2031-05-01'],
  ])
  expect(await read('everybody')).toEqual([['new-features', 'Offers', '2031-05-01']])
  await kernel.jumpTo('2031-05-17')
  expect(await read('everybody')).toHaveLength(2)

  await as(operator, (ctx) =>
    announcements.change(ctx, tax, { ...news, text: 'Another rate.', audience: 'everybody', onDay: '2031-05-16' }),
  )
  expect((await as(anonymous, (ctx) => announcements.current(ctx, 'everybody'))).map(({ text }) => text)).toEqual([
    'In a week.',
    'Another rate.',
    'Plans can be copied.',
  ])
  await as(operator, (ctx) => announcements.withdraw(ctx, tax))
  expect(await read('everybody')).toHaveLength(2)
  await expect(as(operator, (ctx) => announcements.withdraw(ctx, tax))).rejects.toMatchObject({ code: 'Withdrawn' })

  const error: unknown = await say({
    group: 'x',
    category: 'x',
    text: ' ',
    address: 'javascript:alert(1)',
    audience: 'x',
    onDay: '2031-02-30',
  }).catch((e: unknown) => e)
  expect(isDomainError(error) && error.details.map(({ target }) => target)).toEqual([
    'group',
    'category',
    'audience',
    'text',
    'address',
    'onDay',
  ])
  await expect(as({ ...operator, roles: [] }, (ctx) => announcements.announce(ctx, news))).rejects.toMatchObject({ kind: 'forbidden' })
  const audited = await as(operator, (ctx) => kernel.audit.search(ctx, { target: `announcement:${tax}` }, { limit: 9 }))
  expect(audited.map(({ action }) => action)).toEqual(['announcement.withdraw', 'announcement.change', 'announcement.publish'])
})
