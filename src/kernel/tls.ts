import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { wallNow } from './clock.ts'

export interface DevelopmentCertificate {
  /** PEM of the authority that clients may trust; also in `<data>/ca.pem` */
  ca: string
  caFile: string
  key: string
  cert: string
}

const day = 24 * 60 * 60 * 1000
const authorityDays = 3650
/** Clients refuse server certificates that are valid for more than 398 days. */
const leafDays = 397

/**
 * The certificate of the TLS port: signed by a development authority that is made once in the data folder and used again at the next start,
 * so that a client needs to be told to trust it only once. Renewed when it ends within 30 days or lacks one of `hosts`.
 */
export async function developmentCertificate(dataDir: string, hosts: readonly string[]): Promise<DevelopmentCertificate> {
  mkdirSync(dataDir, { recursive: true })
  const file = (name: string) => join(dataDir, name)
  const caFile = file('ca.pem')
  let ca = pair(caFile, file('ca-key.pem'))
  if (!ca) {
    const now = wallNow().epochMilliseconds
    const made = await generate([{ name: 'commonName', value: 'Stoa development authority' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      notBeforeDate: asDate(now - day),
      notAfterDate: asDate(now + authorityDays * day),
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      ],
    })
    ca = { cert: made.cert, key: made.private }
    keep(file('ca-key.pem'), ca.key, 0o600)
    keep(caFile, ca.cert, 0o644)
  }
  const names = [...new Set(['localhost', '127.0.0.1', '::1', ...hosts])]
  let leaf = pair(file('tls.pem'), file('tls-key.pem'))
  if (!leaf || !fits(leaf.cert, ca.cert, names)) {
    const now = wallNow().epochMilliseconds
    const made = await generate([{ name: 'commonName', value: names[0] as string }], {
      keyType: 'ec',
      algorithm: 'sha256',
      notBeforeDate: asDate(now - day),
      notAfterDate: asDate(now + leafDays * day),
      ca,
      extensions: [
        { name: 'basicConstraints', cA: false, critical: true },
        { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
        { name: 'extKeyUsage', serverAuth: true },
        {
          name: 'subjectAltName',
          altNames: names.map((name) => (isIP(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name })),
        },
      ],
    })
    leaf = { cert: made.cert, key: made.private }
    keep(file('tls-key.pem'), leaf.key, 0o600)
    keep(file('tls.pem'), leaf.cert, 0o644)
  }
  return { ca: ca.cert, caFile, key: leaf.key, cert: leaf.cert }
}

// selfsigned takes a Date; this is the one that it is given.
const asDate = (epochMilliseconds: number) => new Date(epochMilliseconds)

function pair(certFile: string, keyFile: string): { cert: string; key: string } | undefined {
  if (!existsSync(certFile) || !existsSync(keyFile)) return undefined
  const cert = readFileSync(certFile, 'utf8')
  return expiresWithin(cert, 30 * day) ? undefined : { cert, key: readFileSync(keyFile, 'utf8') }
}

function expiresWithin(cert: string, milliseconds: number): boolean {
  try {
    return Date.parse(new X509Certificate(cert).validTo) < wallNow().epochMilliseconds + milliseconds
  } catch {
    return true
  }
}

function fits(cert: string, ca: string, names: readonly string[]): boolean {
  const leaf = new X509Certificate(cert)
  if (!leaf.verify(new X509Certificate(ca).publicKey)) return false
  return names.every((name) => (isIP(name) ? leaf.checkIP(name) : leaf.checkHost(name)) !== undefined)
}

function keep(path: string, text: string, mode: number): void {
  writeFileSync(`${path}.new`, text, { mode })
  renameSync(`${path}.new`, path)
}
