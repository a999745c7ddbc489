import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { system } from '../kernel/context.ts'
import { startTestStoa } from '../../test/harness.ts'
import { stoa as command } from './stoa.ts'

const market = await startTestStoa({ demo: true })

async function run(...args: string[]): Promise<{ code: number; output: string }> {
  const lines: string[] = []
  const env = { DATABASE_URL: market.kernel.databaseUrl, STOA_DATA: market.kernel.config.dataDir }
  const code = await command([...args, '--url', market.url], env, (text) => lines.push(text))
  return { code, output: lines.join('\n') }
}

test('a purchase, a token, a clock move and captured mail from the command line', async () => {
  const bought = await run('buy', 'contoso.contoso-desk', 'team', '--quantity', '2', '--json')
  expect(bought.code).toBe(0)
  const { subscriptionId } = JSON.parse(bought.output) as { subscriptionId: string }
  expect((await run('token', subscriptionId)).output).toContain('landingPageUrl: http://localhost:3980/signup?token=')
  expect((await run('clock', 'advance', 'PT1H')).output).toMatch(/^from: .*\nto: /)
  expect((await run('mail', '--to', 'buyer@adatum.example', '--json')).output).toContain('Contoso Desk')
  expect((await run('now')).output).toContain('mode: sandbox')
})

test('purchase, faults and a subscription as the marketplace keeps it', async () => {
  const { output } = await run('purchase', 'contoso.contoso-desk', 'team', '--quantity', '3', '--json')
  const { subscriptionId } = JSON.parse(output) as { subscriptionId: string }
  expect((await run('subscription', subscriptionId)).output).toContain('status: PendingFulfillmentStart')
  expect(await run('faults', 'set', '--contract', 'metering', '--status', '503', '--rate', '0.5')).toMatchObject({ code: 0 })
  expect((await run('faults')).output).toContain('rate: 0.5')
  const { faults } = JSON.parse((await run('faults', '--json')).output) as { faults: { faultId: string }[] }
  expect((await run('faults', 'clear', '--fault', String(faults[0]?.faultId))).output).toBe('deleted: 1')
  expect(await run('faults', 'clear', '--fault', String(faults[0]?.faultId))).toMatchObject({ code: 1 })
  expect((await run('faults', 'clear')).output).toBe('deleted: 0')
  expect((await run('offer', 'contoso.contoso-desk')).output).toContain('webhookUrl: http://localhost:3980/webhook')
  expect(await run('offer', 'contoso.contoso-desk', '--signed', 'off', '--success-word', 'Success')).toMatchObject({ code: 0 })
  expect(await run('offer', 'contoso.contoso-desk', '--signed', 'off', '--success-word', 'Done')).toMatchObject({ code: 1 })
  expect(await run('offer', 'contoso.contoso-desk', '--landing', 'http://localhost:1/x')).toMatchObject({
    code: 2,
    output: expect.stringContaining('--webhook is missing'),
  })
  expect(await run('give-up', 'no-delivery')).toMatchObject({ code: 1 })
  expect(await run('faults', 'set', '--contract', 'metering', '--status', 'x')).toMatchObject({
    code: 2,
    output: '--status: "x" is not a whole number.',
  })
  expect(await run('faults', 'set', '--status', '500')).toMatchObject({ code: 2, output: expect.stringContaining('--contract is missing') })
  expect(await run('mail', '--plan', 'team')).toMatchObject({ code: 2, output: expect.stringContaining('no option --plan') })
  expect(await run('requests', '--publisher', 'contoso', '--limit', '1', '--json')).toMatchObject({ code: 0 })
  expect((await run('clock', '--help')).output).toContain('advance <period> | to <time>')
})

test('a check that cannot begin names the option', async () => {
  expect(await run('check', '--webhook', 'http://localhost:9')).toMatchObject({
    code: 2,
    output: expect.stringContaining('--landing is missing'),
  })
  const both = ['check', '--landing', 'http://localhost:9', '--webhook', 'http://localhost:9/webhook']
  expect(await run(...both, '--activate-within', 'soon')).toMatchObject({ code: 2, output: expect.stringContaining('--activate-within') })
  expect(await run(...both, '--offer', 'contoso')).toMatchObject({ code: 2, output: expect.stringContaining('--offer') })
  expect(await run(...both, '--plan', 'gold')).toMatchObject({ code: 2, output: expect.stringContaining('It has: team, business') })
  expect(await run(...both, '--app', 'true')).toMatchObject({ code: 2, output: expect.stringContaining('--app') })
})

test('endpoints that do not answer: the report says so, in every form', async () => {
  const junit = path.join(mkdtempSync(path.join(tmpdir(), 'stoa-check-')), 'deep', 'report.xml')
  const { code, output } = await run(
    'check',
    '--landing',
    'http://localhost:9/',
    '--webhook',
    'http://localhost:9/webhook',
    '--no-clock',
    '--junit',
    junit,
  )
  expect(code).toBe(1)
  expect(output).toContain('http://localhost:9/ did not answer')
  expect(output).toContain('To mend: ')
  expect(readFileSync(junit, 'utf8')).toContain('<failure message="http://localhost:9/ did not answer')
})

test('what is refused, not understood or not there has a sentence and an exit code', async () => {
  expect(await run('buy', 'contoso.contoso-desk', 'team', '--quantity', '0')).toMatchObject({ code: 1 })
  expect(await run('clock', 'back', 'P1D')).toMatchObject({ code: 2 })
  expect(await run('dance')).toMatchObject({ code: 2, output: expect.stringContaining('no command "dance"') })
  expect(await run('now', '--loud')).toMatchObject({ code: 2 })
  expect(await command(['now', '--url', 'http://localhost:9'], {}, () => {})).toBe(1)
})

test('the doctor finds the demo data healthy', async () => {
  const { code, output } = await run('doctor')
  expect(output).not.toContain('BAD')
  expect(code).toBe(0)
})

test('an invoice is explained by its number: every line with its reasons, in text and as JSON', async () => {
  const bought = await run('buy', 'contoso.contoso-desk', 'team', '--quantity', '2', '--json')
  const { subscriptionId } = JSON.parse(bought.output) as { subscriptionId: string }
  await market.kernel.run(system, (ctx) =>
    market.domain.subscriptions.activate(ctx, subscriptionId, { planId: 'team', quantity: undefined }),
  )
  expect((await run('clock', 'advance', 'P1M')).code).toBe(0)
  const text = await run('explain', 'INV-000001')
  expect(text.code).toBe(0)
  expect(text.output).toMatch(/^INV-000001 of \d{4}-\d\d-01: net \$/)
  expect(text.output).toContain('1. Contoso Desk')
  expect(text.output).toContain('for the term')
  expect(text.output).toContain('Calculated again, it is the same.')
  const json = JSON.parse((await run('explain', 'INV-000001', '--json')).output) as {
    agrees: boolean
    total: string
    lines: { why: string[] }[]
  }
  expect(json).toMatchObject({ number: 'INV-000001', kind: 'invoice', currency: 'USD', agrees: true })
  expect(json.lines.every((line) => line.why.length >= 3)).toBe(true)
  // Somebody has changed a line behind its back.
  await market.kernel.database.pool.query('update billing.invoice_line set net = net + 1, publisher_share = publisher_share + 1')
  expect((await run('explain', 'INV-000001')).code).toBe(1)
  await market.kernel.database.pool.query('update billing.invoice_line set net = net - 1, publisher_share = publisher_share - 1')
  expect(await run('explain', 'INV-000999')).toMatchObject({ code: 1, output: 'INV-000999: There is no such invoice.' })
  expect((await run('explain')).code).toBe(2)
})

test('an operator is made with a directory of its own, may sign in, and is not made twice', async () => {
  const env = { DATABASE_URL: market.kernel.databaseUrl, STOA_DATA: market.kernel.config.dataDir }
  const operator = async (password: string | undefined, ...args: string[]) => {
    const lines: string[] = []
    const code = await command(['operator', ...args], { ...env, STOA_OPERATOR_PASSWORD: password }, (text) => lines.push(text))
    return { code, output: lines.join('\n') }
  }
  const ann = ['ann@staff.example', '--name', 'Ann', '--organisation', 'Staff Ltd', '--country', 'DE']
  expect(await operator('short', ...ann)).toMatchObject({ code: 1, output: expect.stringContaining('password') })
  expect(await operator(undefined, ...ann)).toMatchObject({ code: 2, output: expect.stringContaining('STOA_OPERATOR_PASSWORD is missing') })
  const made = await operator('a long enough sentence', ...ann, '--json')
  expect(made.code).toBe(0)
  const principal = await market.kernel.read(system, (ctx) =>
    market.domain.directory.principal(ctx, (JSON.parse(made.output) as { objectId: string }).objectId),
  )
  expect(principal).toMatchObject({ email: 'ann@staff.example', roles: ['operator'] })
  expect((await operator('a long enough sentence', ...ann)).code).toBe(1)
})

test('the second factor of a person who has lost it is removed, and nobody else’s', async () => {
  expect(await run('remove-second-factor', 'nobody@contoso.example')).toMatchObject({
    code: 1,
    output: expect.stringContaining('Nobody has'),
  })
  expect(await run('remove-second-factor', 'owner@contoso.example', '--json')).toMatchObject({
    code: 0,
    output: expect.stringContaining('"removed":false'),
  })
})
