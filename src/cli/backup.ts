import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createDomain } from '../domain/domain.ts'
import {
  type Archive,
  BackupUnusable,
  bringBack,
  describeBackup,
  exportTables,
  openArchive,
  secretKeyEntry,
  takeBackup,
} from '../kernel/backup/index.ts'
import type { Config } from '../kernel/config.ts'
import { system } from '../kernel/context.ts'
import { folderStore } from '../kernel/files.ts'
import { createLog } from '../kernel/log.ts'
import { migrate, SchemaMismatch } from '../kernel/migrations.ts'
import { openKernel } from '../kernel/open.ts'
import { ensureDatabase, runningDatabaseUrl, startPostgres } from '../kernel/postgres.ts'
import { createSecrets, generatedKeyFile, secretKeys } from '../kernel/secrets.ts'
import { CommandFailed } from './sandbox.ts'

const database = 'stoa'

/** The database of this environment by its address, without opening Stoa on it; the embedded server is started when none runs. */
async function withServer<T>(config: Config, work: (databaseUrl: string) => Promise<T>): Promise<T> {
  const running = config.databaseUrl ?? runningDatabaseUrl(config.dataDir, database)
  if (running !== undefined) return work(running)
  const server = await startPostgres(config.dataDir)
  try {
    await ensureDatabase(server, database)
    return await work(server.url(database))
  } finally {
    await server.stop()
  }
}

function version(): string {
  return (JSON.parse(readFileSync(path.join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as { version: string }).version
}

const filesOf = (config: Config) => folderStore(path.join(config.dataDir, 'files'))

async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof BackupUnusable || error instanceof SchemaMismatch) throw new CommandFailed(error.message, true)
    throw error
  }
}

/** Brings the database to the schema of this program. @throws CommandFailed when it is newer or of the other mode */
export async function migrateDatabase(config: Config) {
  return refusing(() => withServer(config, (databaseUrl) => migrate(databaseUrl, config.mode)))
}

/** Writes a backup of the installation, which may be running. @throws CommandFailed when the file exists */
export async function backup(config: Config, file: string) {
  if (existsSync(file)) throw new CommandFailed(`${file} exists. A backup never overwrites a file.`, true)
  if (!existsSync(path.dirname(path.resolve(file)))) throw new CommandFailed(`There is no folder ${path.dirname(file)}.`, true)
  if (config.databaseUrl === undefined && !existsSync(config.dataDir))
    throw new CommandFailed(`There is no installation in ${config.dataDir}: set STOA_DATA or DATABASE_URL.`, true)
  const keyFile = generatedKeyFile(config)
  return refusing(() =>
    withServer(config, async (databaseUrl) => {
      const secrets = createSecrets(secretKeys(config))
      const generatedKey = config.secretKeys.length === 0 ? readFileSync(keyFile, 'utf8') : undefined
      const report = await takeBackup(
        { databaseUrl, mode: config.mode, version: version(), secrets, generatedKey, files: filesOf(config) },
        file,
      )
      return { file, ...report }
    }),
  )
}

/** Brings a backup back into the empty database of this environment. @throws CommandFailed with the reason; then nothing was changed */
export async function restore(config: Config, file: string) {
  return refusing(async () => {
    const archive = await openArchive(file)
    try {
      const manifest = await describeBackup(archive)
      const texts = await keysFor(config, archive)
      const secrets = createSecrets(texts)
      return await withServer(config, async (databaseUrl) => {
        const report = await bringBack(archive, manifest, {
          databaseUrl,
          mode: config.mode,
          secrets,
          files: filesOf(config),
          send: (jobs) => sendAgain({ ...config, secretKeys: texts }, databaseUrl, jobs),
        })
        if (config.secretKeys.length === 0) keepGeneratedKey(config, texts[0] as string)
        return { file, ...report }
      })
    } finally {
      archive.close()
    }
  })
}

/** The configured keys; without any, the generated one that the backup of a sandbox carries. */
async function keysFor(config: Config, archive: Archive): Promise<readonly string[]> {
  if (config.secretKeys.length > 0) return config.secretKeys
  if (existsSync(generatedKeyFile(config))) return secretKeys(config)
  if (!archive.has(secretKeyEntry))
    throw new BackupUnusable('The backup was taken with a STOA_SECRET_KEY: set it to bring the backup back.')
  return [(await archive.read(secretKeyEntry)).toString('utf8').trim()]
}

function keepGeneratedKey(config: Config, key: string): void {
  if (existsSync(generatedKeyFile(config))) return
  mkdirSync(config.dataDir, { recursive: true })
  writeFileSync(generatedKeyFile(config), `${key}\n`, { mode: 0o600 })
}

async function sendAgain(config: Config, databaseUrl: string, jobs: { name: string; data: object }[]): Promise<void> {
  const { kernel, close } = openKernel({ config, log: createLog({ logLevel: 'error' }), databaseUrl, connections: 3 })
  try {
    createDomain(kernel)
    await kernel.jobs.start({ work: false })
    await kernel.run(system, async (ctx) => {
      for (const { name, data } of jobs) await kernel.jobs.send(ctx, name, data)
    })
    await kernel.jobs.stop()
  } finally {
    await close()
  }
}

/** Writes every table and file into an empty folder. @throws CommandFailed when the folder holds something */
export async function exportAll(config: Config, folder: string) {
  mkdirSync(folder, { recursive: true })
  if ((await readdir(folder)).length > 0) throw new CommandFailed(`${folder} is not empty.`, true)
  return withServer(config, async (databaseUrl) => {
    const report = await exportTables({ databaseUrl, files: filesOf(config) }, folder)
    await writeFile(path.join(folder, 'export.json'), `${JSON.stringify({ stoa: version(), mode: config.mode, ...report }, null, 2)}\n`)
    const counts = Object.values(report.rows)
    return {
      folder,
      tables: counts.length,
      rows: counts.reduce((sum, count) => sum + count, 0),
      files: report.files,
      missingFiles: report.missingFiles,
    }
  })
}
