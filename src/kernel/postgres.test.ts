import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { DataFolderInUse, type EmbeddedPostgres, ensureDatabase, runningDatabaseUrl, startPostgres } from './postgres.ts'

const folders: string[] = []
const servers: EmbeddedPostgres[] = []

afterAll(async () => {
  for (const server of servers) await server.stop()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function newFolder(name = 'data'): string {
  const folder = mkdtempSync(join(tmpdir(), 'stoa-pg-'))
  chmodSync(folder, 0o711)
  folders.push(folder)
  return join(folder, name)
}

async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const server = await startPostgres(dataDir, { durable: false })
  servers.push(server)
  return server
}

async function ask<T>(url: string, sql: string): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<Record<string, T>>(sql)
  await client.end()
  return Object.values(rows[0] ?? {})[0] as T
}

test('the database is UTF-8 and UTC whatever the machine says, by socket, and only with the password', async () => {
  const server = await start(newFolder())
  await ensureDatabase(server, 'market')
  const url = server.url('market')
  expect(await ask(url, 'show server_encoding')).toBe('UTF8')
  expect(await ask(url, 'show timezone')).toBe('UTC')
  expect(await ask(url, 'show fsync')).toBe('off') // asked for by this test only
  expect(await ask(url, `select lower('ÄÖ')`)).toBe('äö')
  expect(url).toContain('%2F')
  await expect(ask(url.replace(/:[0-9a-f]{48}@/, ':wrong@'), 'select 1')).rejects.toThrow(/password/)
})

test('a folder whose path is too long for a socket is served on a port of loopback', async () => {
  const server = await start(newFolder(`data-${'long-'.repeat(20)}`))
  expect(new URL(server.url('postgres')).hostname).toBe('127.0.0.1')
  expect(await ask(server.url('postgres'), 'show listen_addresses')).toBe('127.0.0.1')
})

test('the folder belongs to one; released, it is anybody’s again', async () => {
  const dataDir = newFolder()
  const first = await start(dataDir)
  await expect(startPostgres(dataDir)).rejects.toThrow(DataFolderInUse)
  expect(await ask(runningDatabaseUrl(dataDir, 'postgres') as string, 'select 1')).toBe(1)
  await first.stop()
  expect(runningDatabaseUrl(dataDir, 'postgres')).toBeUndefined()
  const second = await start(dataDir)
  expect(second.adopted).toBe(false)
})

test('a creation that was interrupted leaves nothing that counts; a lost password is said', async () => {
  const dataDir = newFolder()
  mkdirSync(join(dataDir, 'pg-18.123', 'base'), { recursive: true })
  const server = await start(dataDir)
  await server.stop()
  expect(existsSync(join(server.folder, 'PG_VERSION'))).toBe(true)
  const password = readFileSync(join(dataDir, 'database-password'), 'utf8')
  rmSync(join(dataDir, 'database-password'))
  await expect(startPostgres(dataDir)).rejects.toThrow(/database-password is missing/)
  writeFileSync(join(dataDir, 'database-password'), password)
  expect(readdirSync(dataDir)).toContain('pg-18')
})

test('a database that lay elsewhere and was removed there is missed, not replaced by an empty one', async () => {
  const dataDir = newFolder()
  const elsewhere = join(newFolder(), 'gone', 'pg-18')
  mkdirSync(dataDir, { recursive: true })
  writeFileSync(join(dataDir, 'database-location'), `${elsewhere}\n`)
  await expect(startPostgres(dataDir)).rejects.toThrow(/lay in .*gone.*, and that folder is gone/)
})
