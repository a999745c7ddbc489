import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createLog, redactBody, redacted, redactHeaders, redactUrl } from './log.ts'

test('tokens and secrets do not reach the log', () => {
  const lines: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const log = createLog({ logLevel: 'info' }, stream)
  log.info(
    {
      headers: { authorization: 'Bearer abc', cookie: 'stoa_session=abc' },
      request: { headers: { 'x-ms-marketplace-token': 'abc' } },
      body: { client_secret: 'abc' },
    },
    'call',
  )
  expect(lines.join('')).not.toContain('abc')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', msg: 'call' })
})

test('headers, queries, forms and JSON bodies are redacted by name', () => {
  expect(redactHeaders({ Authorization: 'Bearer x', 'X-Ms-Marketplace-Token': 't', Accept: ['a', 'b'] })).toEqual({
    authorization: redacted,
    'x-ms-marketplace-token': redacted,
    accept: 'a, b',
  })
  expect(redactUrl('/signup?token=abc&x=1&access%5Ftoken=abc')).not.toContain('abc')
  expect(redactBody('grant_type=client_credentials&client_secret=abc', 'application/x-www-form-urlencoded')).toBe(
    `grant_type=client_credentials&client_secret=${redacted}`,
  )
  expect(redactBody('{"planId":"gold","nested":{"Token":"abc"}}', 'application/json; charset=utf-8')).toBe(
    `{"planId":"gold","nested":{"Token":"${redacted}"}}`,
  )
  expect(redactBody('{"token":"abc", "cut": "in hal', 'application/json')).not.toContain('abc')
})

test('a kept body has at most 64 KB, and binary is not kept', () => {
  expect(redactBody('x'.repeat(200_000), 'text/plain')).toHaveLength(64 * 1024)
  expect(redactBody(Buffer.from([1, 2, 3]), 'image/png')).toBe('(3 bytes of image/png)')
  expect(redactBody('', 'application/json')).toBeUndefined()
})
