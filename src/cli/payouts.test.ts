import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { openMarketplace } from '../../test/subscriptions.ts'
import { system } from '../kernel/context.ts'
import { stoa } from './stoa.ts'

test('payouts from the command line: preview, run, what it paid, and files for the bank', async () => {
  const market = await openMarketplace()
  market.endpoint.answer = 200
  const { kernel, domain } = market
  const env = { DATABASE_URL: kernel.databaseUrl, STOA_DATA: kernel.config.dataDir, STOA_SECRET_KEY: kernel.config.secretKeys.join(',') }
  const run = async (...args: string[]) => {
    const printed: string[] = []
    const code = await stoa(['payouts', ...args], env, (text) => printed.push(text))
    return { code, output: printed.join('\n') }
  }
  expect(await run()).toMatchObject({ code: 2, output: expect.stringContaining('payouts preview') })
  expect(await run('preview', 'x')).toEqual({ code: 2, output: '"x" is one argument too many.' })
  expect(await run('run', '--pay-on', '2026-12-01')).toMatchObject({ code: 2 })
  expect(await run('show')).toEqual({ code: 1, output: 'There has been no run yet.' })
  expect(JSON.parse((await run('preview', '--json')).output)).toEqual({ payouts: [] })

  await market.as(system, (ctx) =>
    domain.billing.setPayerAccount(ctx, { holder: 'Stoa Marketplace', iban: 'DE89370400440532013000', bic: 'COBADEFFXXX' }),
  )
  await market.active({ planId: 'basic' })
  const first = (await kernel.clock.marketNow(kernel.database.db))
    .toZonedDateTimeISO('UTC')
    .startOfDay()
    .with({ day: 1 })
    .add({ months: 1 })
  await kernel.due.move(first.toInstant().add({ hours: 1 }))
  const { payouts } = JSON.parse((await run('preview', '--json')).output) as { payouts: { amount: string }[] }
  expect(payouts).toMatchObject([
    { publisherId: 'contoso', outcome: 'paid', currency: 'USD', net: '49', fee: '1.47', amount: '47.53', lines: 1 },
  ])
  const begun = JSON.parse((await run('run', '--json')).output) as { run: string }
  expect((await run('show', begun.run)).output).toContain('finishedAt: not yet')
  await market.pass({ seconds: 1 })
  expect(JSON.parse((await run('show', '--json')).output)).toMatchObject({
    run: begun.run,
    startedBy: 'system',
    payouts: [{ outcome: 'paid', amount: '47.53' }],
  })
  expect(await run('show', 'nonsense')).toEqual({ code: 1, output: 'There is no such run.' })

  const folder = mkdtempSync(path.join(tmpdir(), 'stoa-files-'))
  expect(await run('files')).toMatchObject({ code: 2 })
  expect(await run('files', folder, '--pay-on', 'tomorrow')).toMatchObject({ code: 1, output: expect.stringContaining('within 60 days') })
  expect(JSON.parse((await run('files', folder, '--json')).output)).toEqual({ files: [] })
  const payOn = first.toPlainDate().add({ days: 2 }).toString()
  const written = JSON.parse((await run('files', folder, '--pay-on', payOn, '--json')).output) as { files: { file: string }[] }
  expect(written.files).toMatchObject([{ payOn, payouts: 1, totals: '47.53 USD' }])
  const file = path.join(folder, written.files[0]?.file ?? '')
  const text = readFileSync(file, 'utf8')
  expect(text).toContain('PO-000001')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  // Written again it is the same, and no payout is sent twice.
  expect((await run('files', folder, '--pay-on', payOn, '--json')).output).toBe(JSON.stringify(written))
  expect(readFileSync(file, 'utf8')).toBe(text)
  expect(await market.as(system, (ctx) => domain.billing.listPayouts(ctx, 'contoso'))).toMatchObject([
    { state: 'sent', publisherId: 'contoso' },
  ])
})
