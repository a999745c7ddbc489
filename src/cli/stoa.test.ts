import { expect, test } from 'vitest'
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
