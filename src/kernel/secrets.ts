import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config.ts'

export interface Secrets {
  /** Encrypts with the newest key. `purpose` binds the text to its place: it cannot be decrypted for another. */
  encrypt(text: string, purpose?: string): string
  /** @throws SecretUnreadable when no configured key fits or the text was tampered with */
  decrypt(encrypted: string, purpose?: string): string
  /** True when the text was encrypted with an older key and should be encrypted anew. */
  isStale(encrypted: string): boolean
  /** A key of 32 bytes for another mechanism (cookie signatures …), one for every configured key, newest first. */
  deriveKeys(purpose: string): Buffer[]
  /** Keyed hash for values that must be found again but not read (base64url). */
  fingerprint(text: string, purpose: string): string
}

/** The configured keys do not fit what is stored. */
export class SecretUnreadable extends Error {
  override readonly name = 'SecretUnreadable'
}

interface Key {
  id: string
  text: string
  bytes: Buffer
}

const derive = (text: string, purpose: string) => Buffer.from(hkdfSync('sha256', text, '', `stoa ${purpose}`, 32))

/** Keys are texts of at least 32 characters, newest first; the newest encrypts, all decrypt. */
export function createSecrets(keyTexts: readonly string[]): Secrets {
  const keys: Key[] = keyTexts.map((text) => {
    const bytes = derive(text, 'encryption')
    return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 8), text, bytes }
  })
  const [newest] = keys
  if (!newest) throw new Error('At least one secret key is needed.')
  return {
    encrypt(text, purpose = '') {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', newest.bytes, iv)
      cipher.setAAD(Buffer.from(purpose))
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `v1.${newest.id}.${iv.toString('base64url')}.${sealed.toString('base64url')}`
    },
    decrypt(encrypted, purpose = '') {
      const [version, id, iv, sealed] = encrypted.split('.')
      const key = keys.find((candidate) => candidate.id === id)
      if (version !== 'v1' || !key || !iv || !sealed) {
        throw new SecretUnreadable('A stored secret was encrypted with a key that STOA_SECRET_KEY does not contain.')
      }
      const bytes = Buffer.from(sealed, 'base64url')
      try {
        const decipher = createDecipheriv('aes-256-gcm', key.bytes, Buffer.from(iv, 'base64url'))
        decipher.setAAD(Buffer.from(purpose))
        decipher.setAuthTag(bytes.subarray(-16))
        return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new SecretUnreadable('A stored secret was changed or belongs to another place.', { cause })
      }
    },
    isStale: (encrypted) => encrypted.split('.')[1] !== newest.id,
    deriveKeys: (purpose) => keys.map((key) => derive(key.text, purpose)),
    fingerprint: (text, purpose) =>
      createHmac('sha256', derive(newest.text, `fingerprint ${purpose}`))
        .update(text)
        .digest('base64url'),
  }
}

/** Where the generated key of a sandbox lies. */
export const generatedKeyFile = (config: Pick<Config, 'dataDir'>) => join(config.dataDir, 'secret-key')

/** The configured keys; in sandbox, without any, one that is generated once and kept in the data folder. */
export function secretKeys(config: Pick<Config, 'secretKeys' | 'dataDir'>): readonly string[] {
  if (config.secretKeys.length > 0) return config.secretKeys
  const file = generatedKeyFile(config)
  if (!existsSync(file)) {
    mkdirSync(config.dataDir, { recursive: true })
    const unfinished = `${file}.${process.pid}`
    writeFileSync(unfinished, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
    try {
      linkSync(unfinished, file) // fails when another process was first: then its key counts
    } catch (error) {
      if (!existsSync(file)) throw error
    } finally {
      rmSync(unfinished)
    }
  }
  return [readFileSync(file, 'utf8').trim()]
}
