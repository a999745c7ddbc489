import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { testConfig, testKernel } from '../../test/harness.ts'

/** A text that no scanner of this test likes. */
const harmful = Buffer.from('%PDF-1.7 HARMFUL')
const harmless = Buffer.from('%PDF-1.7 fine')

const program = join(testConfig().dataDir, 'scanner.mjs')
writeFileSync(
  program,
  `let text = ''
for await (const chunk of process.stdin) text += chunk
if (process.env.STOA_SECRET_KEY) process.exit(0)
if (text.includes('SLOW')) await new Promise((resolve) => setTimeout(resolve, 60_000))
if (text.includes('BROKEN')) process.exit(2)
if (text.includes('HARMFUL')) { console.log('\\nstream: Test.Harmful FOUND\\n'); process.exit(1) }`,
)

let answer: { status: number; body: string } = { status: 200, body: '' }
const received: Buffer[] = []
const service = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    received.push(Buffer.concat(chunks))
    response.writeHead(answer.status).end(answer.body)
  })
})
await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/scan`
afterAll(() => service.close())

const kept = async (kernel: Awaited<ReturnType<typeof testKernel>>) =>
  Number((await kernel.database.pool.query<{ n: string }>('select count(*) as n from kernel.file')).rows[0]?.n)

test('a program looks at each file: what it refuses, and what it cannot look at, is not kept', async () => {
  const kernel = await testKernel({ config: { scanner: { command: [process.execPath, program], url: undefined, seconds: 3 } } })
  const refused = { kind: 'invalid', code: 'FileRefused', target: 'file', message: expect.stringContaining('stream: Test.Harmful FOUND.') }
  await expect(kernel.files.put(harmful, 'application/pdf')).rejects.toMatchObject(refused)
  await expect(kernel.files.check(harmful)).rejects.toMatchObject(refused)
  const silent = { kind: 'unavailable', code: 'ScannerSilent' }
  await expect(kernel.files.put(Buffer.from('BROKEN'), 'text/plain')).rejects.toMatchObject(silent)
  await expect(kernel.files.put(Buffer.from('SLOW'), 'text/plain')).rejects.toMatchObject(silent)
  expect(await kept(kernel)).toBe(0)
  const { hash } = await kernel.files.put(harmless, 'application/pdf')
  expect((await kernel.files.get(hash))?.bytes).toEqual(harmless)
  const text = await kernel.metrics.registry.metrics()
  for (const line of ['refused"} 2', 'unchecked"} 2', 'accepted"} 1']) expect(text).toContain(`stoa_uploads_total{outcome="${line}`)
})

test('a service looks at each file once, wherever the operator has put it; another status is no answer', async () => {
  const kernel = await testKernel({ config: { scanner: { command: undefined, url, seconds: 3 } } })
  await kernel.files.check(harmless)
  await kernel.files.put(harmless, 'application/pdf')
  expect(received).toEqual([harmless])
  answer = { status: 406, body: 'Test.Harmful\u202e <b>found</b>\nmore' }
  await expect(kernel.files.put(harmful, 'application/pdf')).rejects.toMatchObject({
    code: 'FileRefused',
    message: 'The file was refused by the check for harmful content: Test.Harmful   b found /b.',
  })
  answer = { status: 500, body: '' }
  await expect(kernel.files.put(Buffer.from('other'), 'text/plain')).rejects.toMatchObject({ code: 'ScannerSilent' })
  service.closeAllConnections()
  await new Promise((resolve) => service.close(resolve))
  await expect(kernel.files.put(Buffer.from('another'), 'text/plain')).rejects.toMatchObject({ code: 'ScannerSilent' })
  expect(await kept(kernel)).toBe(1)
})

test('without a scanner files are kept', async () => {
  const kernel = await testKernel()
  await kernel.files.put(harmful, 'application/pdf')
  expect(await kept(kernel)).toBe(1)
})
