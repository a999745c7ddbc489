import { afterEach, expect, test } from 'vitest'
import { offerFixture, unpayable } from '../../../test/offer-fixture.ts'

const market = await offerFixture()

afterEach(() => unpayable.clear())

/** Lets everything happen that is due. */
const drain = () => market.kernel.due.move((from) => from.add({ seconds: 1 }))

test('AC-043 AC-154 an offer that is sold goes live only when the publisher’s tax and payout profiles are validated', async () => {
  const { publishing, as } = market
  unpayable.add('contoso')
  const offer = await market.write({ offerId: 'unpaid' })
  await as('contoso', (ctx) => publishing.submit(ctx, { offer, notes: 'Sign in as demo, password demo.' }))
  await drain()
  const status = () => as('contoso', (ctx) => publishing.status(ctx, { offer }))
  // The preview can be made, and says what is missing.
  const codes = async () =>
    (await status()).phases.flatMap((phase) => phase.steps.flatMap((step) => step.findings.map((one) => `${one.severity} ${one.code}`)))
  expect(await codes()).toContain('warning PayoutProfilesNotValidated')
  await as('contoso', (ctx) => publishing.signOff(ctx, { offer }))
  await drain()
  expect(await codes()).toContain('error PayoutProfilesNotValidated')
  expect(await as('contoso', (ctx) => publishing.getLive(ctx, offer))).toBeNull()
  unpayable.clear()
  const again = await market.write({ offerId: 'paid' })
  await market.publish(again)
  expect(await as('contoso', (ctx) => publishing.getLive(ctx, again))).not.toBeNull()
})
