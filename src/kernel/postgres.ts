import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { type Binaries, canReach, findBinaries, postgresMajor, type ServerUser, serverUser, sharedFolder } from './postgres-binaries.ts'

const run = promisify(execFile)

export interface EmbeddedPostgres {
  /** Connection URL of a database of this server. */
  url(database: string): string
  /** Where the database lies. */
  folder: string
  /** The server was still running, left behind by a process that was killed. */
  adopted: boolean
  /** Sentences for the start screen: what a person would not expect. */
  notes: readonly string[]
  /** Releases the folder and stops the server; running statements are rolled back. */
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  /** Survive a power failure. Only tests switch it off. */
  durable?: boolean
  /** Called when the server is gone and did not come back within 30 seconds. */
  onLost?: (error: Error) => void
}

const user = 'stoa'
/** Key of the session lock that marks the one process of a data folder ("stoa" in ASCII). */
const folderLock = 0x73746f61
const longestSocketPath = 90 // sun_path holds 104 bytes on macOS, 108 on Linux, and "/.s.PGSQL.5432" follows

/** The database of a data folder cannot be used; the message says why and what to do. */
export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable'
}

/** Another process works on the data folder. */
export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse'
}

/**
 * Starts (or finds again) the PostgreSQL server of a data folder and claims the folder for this process.
 *
 * The server runs in a session of its own, so that Ctrl-C does not reach it before us, and it outlives a `kill -9` of this process: then the
 * next start adopts it. The claim is a session lock in the server itself; it ends with our connection, however we end.
 * @throws DataFolderInUse when another process has it
 */
export async function startPostgres(dataDir: string, options: EmbeddedPostgresOptions = {}): Promise<EmbeddedPostgres> {
  const notes: string[] = []
  const owner = serverUser()
  mkdirSync(dataDir, { recursive: true, mode: owner ? 0o711 : 0o700 })
  const folder = databaseFolder(dataDir, owner, notes)
  const binaries = findBinaries(owner)
  const password = await preparedFolder(dataDir, folder, binaries, owner, options)
  const started = await runningServer(folder, binaries, owner, password, options)
  const url = (database: string) => connectionUrl(started.address, password, database)
  let claim: Claim
  try {
    claim = await claimFolder(url('postgres'), dataDir, options)
  } catch (error) {
    // A server that we have started for nothing must not stay behind; another process's server must not be touched.
    if (!(error instanceof DataFolderInUse) && !started.adopted) await stopServer(folder, binaries, owner)
    throw error
  }
  return {
    url,
    folder,
    adopted: started.adopted,
    notes,
    async stop() {
      await claim.release()
      await stopServer(folder, binaries, owner)
    },
  }
}

/** URL of a database of the server that another process runs on a data folder, or undefined when none runs. */
export function runningDatabaseUrl(dataDir: string, database: string): string | undefined {
  const remembered = join(dataDir, 'database-location')
  const folder = existsSync(remembered) ? readFileSync(remembered, 'utf8').trim() : join(dataDir, `pg-${postgresMajor}`)
  const state = readPidFile(folder)
  if (!state || !isPostgresOn(state.pid, folder)) return undefined
  return connectionUrl(state.address, readFileSync(join(dataDir, 'database-password'), 'utf8').trim(), database)
}

/** Creates a database unless it exists. */
export async function ensureDatabase(server: EmbeddedPostgres, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.url('postgres') })
  await client.connect()
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (!rowCount) await client.query(`create database ${pg.escapeIdentifier(name)}`)
  } finally {
    await client.end()
  }
}

/** `<data>/pg-18`, or a folder elsewhere when the server's user cannot get there; the choice is remembered in the data folder. */
function databaseFolder(dataDir: string, owner: ServerUser | undefined, notes: string[]): string {
  for (const entry of readdirSync(dataDir)) {
    const other = /^pg-(\d+)$/.exec(entry)?.[1]
    if (other && Number(other) !== postgresMajor) {
      throw new DatabaseUnusable(
        `${dataDir} holds a database of PostgreSQL ${other}, and this Stoa brings PostgreSQL ${postgresMajor}. Make a backup with the Stoa release that wrote it ("stoa backup"), move ${join(dataDir, entry)} away and restore the backup here ("stoa restore").`,
      )
    }
  }
  const ordinary = join(dataDir, `pg-${postgresMajor}`)
  const remembered = join(dataDir, 'database-location')
  if (existsSync(remembered)) {
    const elsewhere = readFileSync(remembered, 'utf8').trim()
    // Somebody has removed it: a new, empty database in its place would look like lost data.
    if (!existsSync(dirname(elsewhere))) {
      throw new DatabaseUnusable(
        `The database of ${dataDir} lay in ${elsewhere}, and that folder is gone. Bring it back, or remove ${dataDir} to begin with an empty marketplace.`,
      )
    }
    notes.push(`The database lies in ${elsewhere}.`)
    return elsewhere
  }
  if (!owner) return ordinary
  const { mode, uid } = statSync(dataDir)
  if (uid === 0 && (mode & 0o001) === 0) chmodSync(dataDir, mode | 0o011)
  if (canReach(ordinary, owner)) return ordinary
  const parent = join(sharedFolder, randomBytes(6).toString('hex'))
  mkdirSync(sharedFolder, { recursive: true, mode: 0o755 })
  mkdirSync(parent, { mode: 0o711 })
  const elsewhere = join(parent, `pg-${postgresMajor}`)
  writeFileSync(remembered, `${elsewhere}\n`)
  notes.push(`PostgreSQL runs as user ${owner.name}, who cannot enter ${dataDir}: the database lies in ${elsewhere}.`)
  return elsewhere
}

/** Runs initdb unless the folder holds a database. Returns the password of the server's only user. */
async function preparedFolder(
  dataDir: string,
  folder: string,
  binaries: Binaries,
  owner: ServerUser | undefined,
  options: EmbeddedPostgresOptions,
): Promise<string> {
  const passwordFile = join(dataDir, 'database-password')
  if (existsSync(join(folder, 'PG_VERSION'))) {
    if (!existsSync(passwordFile))
      throw new DatabaseUnusable(`${passwordFile} is missing: without it the database in ${folder} cannot be opened.`)
    return readFileSync(passwordFile, 'utf8').trim()
  }
  const password = existsSync(passwordFile) ? readFileSync(passwordFile, 'utf8').trim() : randomBytes(24).toString('hex')
  if (!existsSync(passwordFile)) writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  // Under another name first: an initdb that was interrupted leaves nothing that looks like a database.
  const unfinished = `${folder}.${process.pid}`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { mode: 0o700 })
  const handed = join(unfinished, '..', `.pw-${process.pid}`)
  writeFileSync(handed, `${password}\n`, { mode: 0o600 })
  try {
    if (owner) for (const path of [unfinished, handed]) chownSync(path, owner.uid, owner.gid)
    await run(
      binaries.initdb,
      [
        '-D',
        unfinished,
        '-U',
        user,
        '--auth=scram-sha-256',
        `--pwfile=${handed}`,
        // Whatever the machine's locale is, texts are UTF-8 and compare the same everywhere.
        '--encoding=UTF8',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
        ...(options.durable === false ? ['--no-sync'] : []),
      ],
      { ...asOwner(owner), cwd: unfinished },
    )
    appendFileSync(join(unfinished, 'postgresql.conf'), "\ninclude_if_exists 'stoa.conf'\n")
    renameSync(unfinished, folder)
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true })
    if (existsSync(join(folder, 'PG_VERSION'))) return readFileSync(passwordFile, 'utf8').trim() // another process was faster
    throw new DatabaseUnusable(`The database could not be created in ${folder}: ${outputOf(error)}`, { cause: error })
  } finally {
    rmSync(handed, { force: true })
  }
  return password
}

interface Address {
  /** folder of the Unix socket, or 127.0.0.1 */
  host: string
  port: number
}

async function runningServer(
  folder: string,
  binaries: Binaries,
  owner: ServerUser | undefined,
  password: string,
  options: EmbeddedPostgresOptions,
): Promise<{ address: Address; adopted: boolean }> {
  const deadline = performance.now() + 60_000
  for (let adopted = true; ; ) {
    const state = readPidFile(folder)
    if (state && isPostgresOn(state.pid, folder)) {
      const client = new pg.Client({ connectionString: connectionUrl(state.address, password, 'postgres'), connectionTimeoutMillis: 5000 })
      client.on('error', () => {})
      try {
        await client.connect()
        return { address: state.address, adopted }
      } catch (error) {
        // Starting, recovering or shutting down: it will be there or gone in a moment.
        if (performance.now() > deadline) {
          throw new DatabaseUnusable(`The database server in ${folder} does not answer: ${outputOf(error)}`, { cause: error })
        }
        await sleep(100)
        continue
      } finally {
        await client.end().catch(() => {})
      }
    }
    // The pid file of a server that was killed; its number may belong to any other process by now.
    if (state) rmSync(join(folder, 'postmaster.pid'), { force: true })
    await writeSettings(folder, owner, options)
    adopted = false
    try {
      await run(binaries.pgCtl, ['start', '-D', folder, '-w', '-t', '60', '-l', join(folder, 'start.log'), '-s'], {
        ...asOwner(owner),
        cwd: folder,
      })
    } catch (error) {
      const said = lastWords(folder) || outputOf(error)
      // Two processes started at once, or the backends of a killed server still hold its memory: look again.
      if (performance.now() > deadline || !/lock file|shared memory|still in use|Address already in use/i.test(said)) {
        throw new DatabaseUnusable(`The database server did not start in ${folder}:\n${said}`, { cause: error })
      }
      adopted = true
      await sleep(300)
    }
  }
}

/** What the server said last: before its log files are open in start.log, after that in this weekday's file. */
function lastWords(folder: string): string {
  const logs = join(folder, 'log')
  const files = existsSync(logs) ? readdirSync(logs).map((name) => join(logs, name)) : []
  const newest = files.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0]
  return [join(folder, 'start.log'), newest]
    .filter((file) => file !== undefined && existsSync(file))
    .map((file) => readFileSync(String(file), 'utf8').trim().split('\n').slice(-5).join('\n'))
    .join('\n')
}

/** Written before every start, so that a folder that was moved or an unlucky port does no harm. */
async function writeSettings(folder: string, owner: ServerUser | undefined, options: EmbeddedPostgresOptions): Promise<void> {
  const bySocket = process.platform !== 'win32' && Buffer.byteLength(folder) <= longestSocketPath
  const quoted = (text: string) => `'${text.replaceAll('\\', '/').replaceAll("'", "''")}'`
  const settings = [
    bySocket ? `unix_socket_directories = ${quoted(folder)}` : `unix_socket_directories = ''`,
    bySocket ? `listen_addresses = ''` : `listen_addresses = '127.0.0.1'`,
    `port = ${bySocket ? 5432 : await freePort()}`,
    'max_connections = 300',
    "timezone = 'UTC'",
    "log_timezone = 'UTC'",
    'logging_collector = on', // one file a weekday, each overwritten after a week
    "log_filename = 'postgresql-%a.log'",
    'log_truncate_on_rotation = on',
    'log_rotation_age = 1d',
    'log_rotation_size = 0',
    ...(options.durable === false
      ? ['fsync = off', 'synchronous_commit = off', 'full_page_writes = off']
      : // Indexes of millions of usage events stay in memory, and a checkpoint does not follow the other.
        ['shared_buffers = 256MB', 'max_wal_size = 2GB']),
  ]
  const file = join(folder, 'stoa.conf')
  writeFileSync(file, `# written by Stoa at every start\n${settings.join('\n')}\n`, { mode: 0o600 })
  const log = join(folder, 'start.log')
  writeFileSync(log, '')
  if (owner) for (const path of [file, log]) chownSync(path, owner.uid, owner.gid)
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done))
  const { port } = probe.address() as { port: number }
  await new Promise((done) => probe.close(done))
  return port
}

async function stopServer(folder: string, binaries: Binaries, owner: ServerUser | undefined): Promise<void> {
  const state = readPidFile(folder)
  if (!state || !isPostgresOn(state.pid, folder)) return
  await run(binaries.pgCtl, ['stop', '-D', folder, '-m', 'fast', '-w', '-t', '60', '-s'], { ...asOwner(owner), cwd: folder })
}

/** postmaster.pid: pid, folder, start time, port, socket folder, listen address. */
function readPidFile(folder: string): { pid: number; address: Address } | undefined {
  try {
    const lines = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')
    const socket = lines[4]?.trim()
    return { pid: Math.abs(Number(lines[0])), address: { host: socket || '127.0.0.1', port: Number(lines[3]) } }
  } catch {
    return undefined
  }
}

/** A pid counts only if that process is a PostgreSQL on this folder. */
function isPostgresOn(pid: number, folder: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    if (process.platform === 'linux') {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      return command.includes('postgres') && command.includes(folder)
    }
    if (process.platform === 'win32') {
      return execFileSync('tasklist', ['/FI', `PID eq ${pid}`, '/NH'], { encoding: 'utf8' })
        .toLowerCase()
        .includes('postgres')
    }
    const command = execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' })
    return command.includes('postgres') && command.includes(folder)
  } catch {
    return false
  }
}

interface Claim {
  release(): Promise<void>
}

/** Holds the folder's session lock; takes it again when the server restarts after a crash of one of its processes. */
async function claimFolder(url: string, dataDir: string, options: EmbeddedPostgresOptions): Promise<Claim> {
  let client: pg.Client
  let released = false

  async function take(patience: number): Promise<void> {
    const deadline = performance.now() + patience
    client = new pg.Client({ connectionString: url, application_name: `stoa, process ${process.pid}`, keepAlive: true })
    client.on('error', (error) => {
      if (!released) void retake(error)
    })
    await client.connect()
    for (;;) {
      const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [folderLock])
      if (rows[0]?.mine) return
      // The connection of a process that was killed a moment ago needs that moment to go away.
      if (performance.now() < deadline) {
        await sleep(100)
        continue
      }
      const holder = await client.query<{ name: string }>(
        `select application_name as name from pg_locks join pg_stat_activity using (pid) where locktype = 'advisory' and objid = $1 and granted`,
        [folderLock],
      )
      released = true
      await client.end()
      throw new DataFolderInUse(
        `The data folder ${dataDir} is in use by another Stoa (${holder.rows[0]?.name ?? 'unknown process'}). Stop that one, or give this one a folder of its own with STOA_DATA.`,
      )
    }
  }

  async function retake(cause: Error): Promise<void> {
    const deadline = performance.now() + 30_000
    while (!released) {
      await sleep(500)
      try {
        await take(5000)
        return
      } catch {
        if (performance.now() > deadline) return options.onLost?.(cause)
      }
    }
  }

  await take(1500)
  return {
    async release() {
      released = true
      await client.end().catch(() => {})
    },
  }
}

function connectionUrl({ host, port }: Address, password: string, database: string): string {
  return `postgres://${user}:${password}@${encodeURIComponent(host)}:${port}/${database}`
}

function asOwner(owner: ServerUser | undefined) {
  const env = { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot, TEMP: process.env.TEMP, LC_ALL: 'C' }
  return { env, windowsHide: true, ...(owner ? { uid: owner.uid, gid: owner.gid } : {}) }
}

function outputOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string }
  return (stderr || message || String(error)).trim()
}
