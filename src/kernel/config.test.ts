import { expect, test } from 'vitest'
import { ConfigError, readConfig } from './config.ts'

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

test('an empty environment is a sandbox on loopback with the documented ports', () => {
  const config = readConfig({ STOA_PORT: '' })
  expect(config).toMatchObject({
    mode: 'sandbox',
    roles: ['web', 'api', 'worker'],
    host: '127.0.0.1',
    port: 3978,
    tlsPort: 3979,
    publicUrl: 'http://localhost:3978',
    issuerUrl: 'https://localhost:3979',
    secretKeys: [],
  })
})

test('all mistakes are reported at once, each naming its variable', () => {
  const problems = problemsOf({
    STOA_PORT: 'http',
    STOA_TLS_PORT: '70000',
    STOA_MODE: 'test',
    STOA_ROLES: 'web,cook',
    DATABASE_URL: 'mysql://x',
    STOA_OUTBOUND_ALLOW: '10.0.0.0/8,10.0.0.0/33',
    STOA_LOG_LEVEL: 'loud',
    STOA_STORE_FEE: '-3',
    STOA_WRITE_OFF_ALONE: 'lots',
    STOA_PUBLIC_URL: 'market.example/path',
    STOA_SECRET_KEY: 'short',
  })
  for (const name of [
    'STOA_PORT',
    'STOA_TLS_PORT',
    'STOA_MODE',
    'STOA_ROLES',
    'DATABASE_URL',
    'STOA_OUTBOUND_ALLOW',
    'STOA_LOG_LEVEL',
    'STOA_WRITE_OFF_ALONE',
  ]) {
    expect(problems.filter((problem) => problem.startsWith(`${name} `))).toHaveLength(1)
  }
  expect(problems).toHaveLength(11)
})

test('production demands its keys and addresses, also beside other mistakes', () => {
  const alone = problemsOf({ STOA_MODE: 'production' })
  const beside = problemsOf({ STOA_MODE: 'production', STOA_PORT: 'x' })
  for (const name of ['STOA_SECRET_KEY', 'STOA_PUBLIC_URL', 'STOA_ISSUER_URL', 'SMTP_URL']) {
    expect(alone.some((problem) => problem.startsWith(name))).toBe(true)
    expect(beside.some((problem) => problem.startsWith(name))).toBe(true)
  }
})

test('the same port twice is refused', () => {
  expect(problemsOf({ STOA_PORT: '4000', STOA_TLS_PORT: '4000' })).toEqual(['STOA_TLS_PORT must differ from STOA_PORT (4000)'])
})

test('keys are taken newest first', () => {
  const fresh = 'n'.repeat(32)
  const old = 'o'.repeat(32)
  expect(readConfig({ STOA_SECRET_KEY: `${fresh},${old}` }).secretKeys).toEqual([fresh, old])
})

test('cards need both secrets of Stripe, and in sandbox mode a test key', () => {
  const key = { STOA_STRIPE_SECRET_KEY: 'sk_test_1' }
  const secret = { STOA_STRIPE_WEBHOOK_SECRET: 'whsec_1' }
  expect(readConfig({}).stripe).toBeUndefined()
  expect(readConfig({ ...key, ...secret }).stripe).toEqual({
    secretKey: 'sk_test_1',
    webhookSecret: 'whsec_1',
    apiUrl: 'https://api.stripe.com',
  })
  expect(problemsOf(key)).toEqual(['STOA_STRIPE_WEBHOOK_SECRET is required with STOA_STRIPE_SECRET_KEY'])
  expect(problemsOf(secret)).toEqual(['STOA_STRIPE_SECRET_KEY is required with STOA_STRIPE_WEBHOOK_SECRET'])
  expect(problemsOf({ STOA_STRIPE_SECRET_KEY: 'pk_test_1', ...secret })).toMatchObject([
    expect.stringMatching(/^STOA_STRIPE_SECRET_KEY must be/),
  ])
  expect(problemsOf({ STOA_STRIPE_SECRET_KEY: 'sk_live_1', ...secret })).toEqual([
    'STOA_STRIPE_SECRET_KEY must be a test key in sandbox mode: nobody there means to pay',
  ])
})
