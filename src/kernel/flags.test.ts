import { beforeAll, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../test/subscriptions.ts'
import { type Ctx, type Principal, system, type UserPrincipal } from './context.ts'

let market: Marketplace
let operator: UserPrincipal
const as = <T>(principal: Principal, use: (ctx: Ctx) => Promise<T>) => market.as(principal, use)
const set = (flag: string, on: boolean, reason = 'We move to another machine.', who: Principal = operator) =>
  as(who, (ctx) => market.kernel.flags.set(ctx, flag, on, reason))
const refusal = { kind: 'conflict', code: 'SwitchedOff', message: expect.stringContaining('We move to another machine.') as string }

beforeAll(async () => {
  market = await openMarketplace()
  operator = (await as(system, (ctx) => market.domain.directory.principal(ctx, '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b7a001'))) as UserPrincipal
})

test('what is switched off is refused with the reason, and works again when it is switched on', async () => {
  const { accounts, offers, publishing } = market.domain
  const bought = await market.active()
  const steps: Record<string, () => Promise<unknown>> = {
    purchases: () => market.buy(),
    publishing: () =>
      as(system, async (ctx) => {
        const offer = await offers.findOffer(ctx, 'contoso', 'contoso-crm')
        return publishing.submit(ctx, { offer: offer?.id ?? '' })
      }),
    enrollment: () => as(demo.buyer, (ctx) => accounts.enrollCompany(ctx, {} as never)),
    registration: () => as(system, (ctx) => accounts.startRegistration(ctx, 'somebody@new-company.example')),
  }
  expect((await as(operator, (ctx) => market.kernel.flags.list(ctx))).map(({ name, isOn }) => [name, isOn])).toEqual(
    Object.keys(steps).map((name) => [name, true]),
  )
  for (const [flag, step] of Object.entries(steps)) {
    await set(flag, false)
    await expect(step(), flag).rejects.toMatchObject(refusal)
    await set(flag, true)
    // Whatever else it may ask for, it is not the switch.
    const error = await step().then(
      () => null,
      (caught: { code?: string }) => caught,
    )
    expect(error?.code, flag).not.toBe('SwitchedOff')
  }
  expect((await market.get(bought)).subscription.status).toBe('Subscribed')
})

test('only operators switch, with a reason, and each switch is written down', async () => {
  await expect(set('purchases', false, 'no', operator)).rejects.toMatchObject({ target: 'reason' })
  await expect(set('everything', false)).rejects.toMatchObject({ code: 'UnknownFlag' })
  await expect(set('purchases', false, undefined, demo.buyer)).rejects.toMatchObject({ kind: 'forbidden' })
  const [last] = await as(operator, (ctx) => market.kernel.audit.search(ctx, { action: 'flag.set' }, { limit: 1 }))
  expect(last).toMatchObject({ target: 'flag:registration', before: false, after: true, reason: 'We move to another machine.' })
})
