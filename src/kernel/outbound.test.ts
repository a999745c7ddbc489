import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import { afterAll, expect, test } from 'vitest'
import { addressGuard, createOutbound, OutboundError } from './outbound.ts'

const servers: Server[] = []
const sandbox = createOutbound({ mode: 'sandbox', outboundAllow: [] })
const production = createOutbound({ mode: 'production', outboundAllow: [] })

afterAll(async () => {
  for (const server of servers) server.close().closeAllConnections()
  await sandbox.close()
  await production.close()
})

async function serve(listener: RequestListener, tls?: { key: string; cert: string }): Promise<string> {
  const server = tls ? createTlsServer(tls, listener) : createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `${tls ? 'https' : 'http'}://localhost:${(server.address() as AddressInfo).port}`
}

const failureOf = async (call: Promise<unknown>): Promise<OutboundError> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(OutboundError)
  return error as OutboundError
}

test('a call brings status, headers, body and duration', async () => {
  const url = await serve((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => response.writeHead(202, { 'X-Answer': 'yes' }).end(`got ${text}`))
  })
  const answer = await sandbox.request({ url, method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'it' })
  expect(answer).toMatchObject({ status: 202, headers: { 'x-answer': 'yes' } })
  expect(answer.body.toString()).toBe('got it')
})

test('redirects are answers, not followed', async () => {
  let asked = 0
  const url = await serve((_request, response) => {
    asked++
    response.writeHead(302, { location: '/elsewhere' }).end()
  })
  expect((await sandbox.request({ url })).status).toBe(302)
  expect(asked).toBe(1)
})

test('a slow answer ends at the deadline, also when it trickles', async () => {
  const silent = await serve(() => {})
  expect(await failureOf(sandbox.request({ url: silent, timeoutMs: 150 }))).toMatchObject({ failure: 'timeout' })
  const trickling = await serve((_request, response) => {
    const timer = setInterval(() => response.write('.'), 20)
    response.on('close', () => clearInterval(timer))
  })
  const failure = await failureOf(sandbox.request({ url: trickling, timeoutMs: 250 }))
  expect(failure.failure).toBe('timeout')
  expect(failure.reason).toMatch(/did not answer within 0.25 seconds/)
})

test('an answer that is too large is cut off', async () => {
  const url = await serve((_request, response) => response.end('x'.repeat(5000)))
  expect(await failureOf(sandbox.request({ url, maxBytes: 1000 }))).toMatchObject({ failure: 'too-large' })
})

test('a certificate that nobody vouches for is a failure with a reason', async () => {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], { algorithm: 'sha256' })
  const url = await serve((_request, response) => response.end(), { key: made.private, cert: made.cert })
  const failure = await failureOf(sandbox.request({ url }))
  expect(failure.failure).toBe('tls')
  expect(failure.reason).toMatch(/TLS connection to localhost:\d+ failed/)
})

test('nothing listening, an unknown host and what is no address are told apart', async () => {
  expect((await failureOf(sandbox.request({ url: 'http://127.0.0.1:9' }))).reason).toMatch(/connection refused/)
  expect((await failureOf(sandbox.request({ url: 'http://nowhere.invalid' }))).failure).toBe('connection')
  for (const url of ['file:///etc/passwd', 'nonsense', 'ftp://example.com', 'http://user:secret@example.com']) {
    expect((await failureOf(sandbox.request({ url }))).failure).toBe('address-refused')
  }
})

test('production calls no private, loopback or link-local address, in digits, by name or in disguise', async () => {
  for (const host of [
    '127.0.0.1',
    '10.1.2.3',
    '192.168.0.1',
    '169.254.169.254',
    '[::1]',
    '[fe80::1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    '0x7f.1',
    'localhost',
  ]) {
    expect((await failureOf(production.request({ url: `https://${host}/` }))).failure, host).toBe('address-refused')
  }
})

test('sandbox calls loopback, but never link-local addresses', async () => {
  expect((await failureOf(sandbox.request({ url: 'http://169.254.169.254/latest/meta-data' }))).failure).toBe('address-refused')
  expect((await failureOf(sandbox.request({ url: 'http://[::ffff:169.254.169.254]/' }))).failure).toBe('address-refused')
})

test('allowed networks are reached in production', () => {
  const refusal = addressGuard({ mode: 'production', outboundAllow: ['10.20.0.0/16', 'fd12::/16'] })
  expect(refusal('10.20.3.4')).toBeNull()
  expect(refusal('fd12::1')).toBeNull()
  expect(refusal('10.21.0.1')).toMatch(/not on the public internet/)
  expect(refusal('93.184.216.34')).toBeNull()
})
