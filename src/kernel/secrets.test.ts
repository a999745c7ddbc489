import { mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSecrets, SecretUnreadable, secretKeys } from './secrets.ts'

const older = 'o'.repeat(32)
const newer = 'n'.repeat(32)

test('what the old key encrypted is read after a new key was put before it, and is marked as stale', () => {
  const before = createSecrets([older])
  const after = createSecrets([newer, older])
  const encrypted = before.encrypt('grüße', 'mail')
  expect(encrypted).not.toContain('grüße')
  expect(after.decrypt(encrypted, 'mail')).toBe('grüße')
  expect(after.isStale(encrypted)).toBe(true)
  expect(after.isStale(after.encrypt('x'))).toBe(false)
})

test('a wrong key, another purpose, a changed text and nonsense are refused', () => {
  const secrets = createSecrets([newer])
  const encrypted = secrets.encrypt('text', 'a')
  expect(() => createSecrets([older]).decrypt(encrypted, 'a')).toThrow(SecretUnreadable)
  expect(() => secrets.decrypt(encrypted, 'b')).toThrow(SecretUnreadable)
  const [version, id, iv, sealed = ''] = encrypted.split('.')
  const changed = sealed.startsWith('A') ? `B${sealed.slice(1)}` : `A${sealed.slice(1)}`
  expect(() => secrets.decrypt([version, id, iv, changed].join('.'), 'a')).toThrow(SecretUnreadable)
  expect(() => secrets.decrypt('nonsense')).toThrow(SecretUnreadable)
})

test('in sandbox a key is generated once, readable by its owner only', () => {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'stoa-secrets-')), 'data')
  const [first] = secretKeys({ secretKeys: [], dataDir })
  expect(secretKeys({ secretKeys: [], dataDir })).toEqual([first])
  expect(first?.length).toBeGreaterThanOrEqual(32)
  expect(statSync(join(dataDir, 'secret-key')).mode & 0o077).toBe(0)
})
