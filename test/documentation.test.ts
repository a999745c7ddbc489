/** The examples of the documentation, run as readers would run them. That they type-check is said by `npm run check`. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Marked, type Token, type Tokens } from 'marked'
import { beforeAll, expect, test } from 'vitest'
import { startTestStoa, type TestStoa } from './harness.ts'

const docs = path.join(import.meta.dirname, '../docs')
let stoa: TestStoa

beforeAll(async () => {
  stoa = await startTestStoa({ demo: true })
})

/** The code of a page in one language, with the addresses of this run's marketplace. */
function codeOf(page: string, language: string): string[] {
  const codes: string[] = []
  const visit = (token: Token) => {
    if (token.type === 'code' && (token as Tokens.Code).lang === language) codes.push((token as Tokens.Code).text)
  }
  const marked = new Marked()
  void marked.walkTokens(marked.lexer(readFileSync(path.join(docs, page), 'utf8')), visit)
  return codes.map((code) => code.replaceAll('http://localhost:3978', stoa.url).replaceAll('https://localhost:3979', stoa.tlsUrl))
}

function run(command: string, args: string[], env: Record<string, string> = {}): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, NODE_OPTIONS: '', ...env } })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}

function fileOf(name: string, text: string): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'stoa-docs-')), name)
  writeFileSync(file, text)
  return file
}

test('testing-in-ci: the test from purchase to renewal passes', async () => {
  const [example] = codeOf('testing-in-ci.md', 'ts')
  const { code, output } = await run(process.execPath, ['--test', fileOf('marketplace.test.mts', example!)], { STOA_URL: stoa.url })
  expect(code, output).toBe(0)
  expect(output).toContain('pass 1')
})

test('pointing-an-integration-at-stoa: the Azure credential gets a token and the list is answered', async () => {
  const [example] = codeOf('pointing-an-integration-at-stoa.md', 'ts')
  // From the project's folder, so that its imports are found.
  const { code, output } = await run(process.execPath, ['--input-type=module-typescript', '--eval', example!], {
    MARKETPLACE_API_URL: `${stoa.tlsUrl}/api`,
    MARKETPLACE_AUTHORITY_URL: stoa.tlsUrl,
    NODE_EXTRA_CA_CERTS: stoa.caFile,
  })
  expect(code, output).toBe(0)
  expect(output).toContain('subscriptions')
})

test('api-overview: the curl lines, one after the other, end in an activated subscription', async (context) => {
  if ((await run('curl', ['--version']).catch(() => null)) === null) context.skip('curl is not installed')
  const [token, purchase, fulfillment] = codeOf('api-overview.md', 'sh')
  const read = `const { readFileSync } = require('node:fs'); const answer = JSON.parse(readFileSync(0, 'utf8'))`
  const script = `set -eu
TOKEN=$(${token} | "$NODE" -e "${read}; console.log(answer.access_token)")
PURCHASE=$(${purchase})
PURCHASE_TOKEN=$(printf '%s' "$PURCHASE" | "$NODE" -e "${read}; console.log(answer.token)")
SUBSCRIPTION=$(printf '%s' "$PURCHASE" | "$NODE" -e "${read}; console.log(answer.subscriptionId)")
${fulfillment!.replaceAll('curl -s', 'curl -s --fail-with-body')}
curl -s --fail-with-body "${stoa.url}/api/saas/subscriptions/$SUBSCRIPTION?api-version=2018-08-31" -H "authorization: Bearer $TOKEN"
`
  const { code, output } = await run('sh', [fileOf('overview.sh', script)], { NODE: process.execPath })
  expect(code, output).toBe(0)
  expect(output).toContain('"saasSubscriptionStatus":"Subscribed"')
})

test('tour: the line that moves the clock moves it', async (context) => {
  if ((await run('curl', ['--version']).catch(() => null)) === null) context.skip('curl is not installed')
  const moves = codeOf('tour.md', 'sh').filter((code) => code.includes('/api/sandbox/clock'))
  expect(moves).toHaveLength(1)
  const { code, output } = await run('sh', ['-c', moves[0]!.replace('curl', 'curl -s --fail-with-body')])
  expect(code, output).toBe(0)
  expect(JSON.parse(output)).toMatchObject({ from: expect.any(String), to: expect.any(String) })
})
