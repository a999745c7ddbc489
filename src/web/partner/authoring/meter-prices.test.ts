import { expect, test } from 'vitest'
import { offerFixture } from '../../../../test/offer-fixture.ts'
import { type MarketPrices, priceHint } from './meter-prices.ts'

test('SA-151 once prices of a dimension come from a file, the grid says where to see them', async () => {
  const { as, offers, write } = await offerFixture()
  const email = { id: 'email', displayName: 'E-mail', unitOfMeasure: 'per 100' }
  const metered = [email, { ...email, id: 'text' }].map(({ id }) => ({ dimensionId: id, pricePerUnit: '0.5' }))
  const offer = await write({
    sections: { pricing: { model: 'flat-rate', dimensions: [email, { ...email, id: 'text' }] } },
    plans: [{ planId: 'basic', pricing: { markets: ['US'], dimensions: metered } }],
  })
  const importPrices = (price: string) =>
    as('contoso', (ctx) =>
      offers.importPrices(ctx, {
        offer,
        planId: 'basic',
        bytes: Buffer.from(`Market,Item,Price\nUS,base:P1M,49\nUS,dimension:email,${price}\nUS,dimension:text,0.5\n`),
      }),
    )
  const hints = async (price: string) => {
    const { content } = await importPrices(price)
    return ['email', 'text'].map((id) => priceHint(id, content.marketPrices as MarketPrices | undefined))
  }
  expect(await hints('0.5')).toEqual([undefined, undefined])
  expect(await hints('0.75')).toEqual(['(export to see)', undefined])
})
