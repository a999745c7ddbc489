import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { emptyTestDatabase, startTestStoa } from '../../test/harness.ts'
import { system } from '../kernel/context.ts'
import { folderStore } from '../kernel/files.ts'
import { stoa as command } from './stoa.ts'

const market = await startTestStoa({ demo: true })
const folder = mkdtempSync(path.join(tmpdir(), 'stoa-backup-'))
const file = path.join(folder, 'all.stoa')
const here = { DATABASE_URL: market.kernel.databaseUrl, STOA_DATA: path.join(folder, 'here') }
mkdirSync(here.STOA_DATA)
// All marketplaces of a test run share one folder of files.
symlinkSync(path.join(process.env.STOA_TEST_FOLDER as string, 'files'), path.join(here.STOA_DATA, 'files'))

async function run(env: Record<string, string | undefined>, ...args: string[]): Promise<{ code: number; output: string }> {
  const lines: string[] = []
  const code = await command(args, env, (text) => lines.push(text))
  return { code, output: lines.join('\n') }
}

async function elsewhere(name: string): Promise<{ DATABASE_URL: string; STOA_DATA: string }> {
  return { DATABASE_URL: await emptyTestDatabase(), STOA_DATA: path.join(folder, name) }
}

async function query<T>(url: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows as T[]
  } finally {
    await client.end()
  }
}

/** Every table with the number of its rows and a hash over them. */
async function contents(url: string): Promise<Record<string, string>> {
  const tables = await query<{ name: string }>(
    url,
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and not c.relispartition and n.nspname not like 'pg\\_%'
       and n.nspname not in ('information_schema', 'pgboss', 'public') and c.relname <> 'migration' order by 1`,
  )
  const found: Record<string, string> = {}
  for (const { name } of tables) {
    const [row] = await query<{ text: string }>(
      url,
      `select count(*) || ' ' || coalesce(sum(hashtextextended((to_jsonb(t) - 'xid')::text, 0)), 0) as text from ${name} t`,
    )
    found[name] = row?.text ?? ''
  }
  return found
}

test('a backup of a running marketplace with 100,000 rows comes back as it was, and works', async () => {
  await query(
    market.kernel.databaseUrl,
    `insert into kernel.event (at, wall_at, type, version, payload)
     select now(), now(), 'note', 1, jsonb_build_object('n', n, 'text', E'tab\\t, \\\\ and "quotes"') from generate_series(1, 100000) n`,
  )
  const before = await contents(market.kernel.databaseUrl)

  // Somebody works on while it is taken: what is committed after its moment is not in it.
  let working = true
  const worker = (async () => {
    while (working) await market.kernel.run(system, (ctx) => market.kernel.audit.record(ctx, { action: 'test.work', target: 'backup' }))
  })()
  const taken = await run(here, 'backup', file, '--json')
  working = false
  await worker
  expect(taken.output).toContain('"missingFiles":[]')
  expect(taken.code).toBe(0)
  expect(existsSync(`${file}.unfinished`)).toBe(false)
  expect(statSync(file).mode & 0o077).toBe(0)

  const there = await elsewhere('restored')
  const back = await run(there, 'restore', file, '--json')
  expect(back.output).toContain('"migrated":[]')
  expect(back.code).toBe(0)
  const after = await contents(there.DATABASE_URL)
  // Rows that were written while the backup was taken are in it up to its moment.
  expect({ ...after, 'kernel.audit': '' }).toEqual({ ...before, 'kernel.audit': '' })
  expect((JSON.parse(back.output) as { rows: number }).rows).toBeGreaterThan(100_000)

  const second = await startTestStoa({ databaseUrl: there.DATABASE_URL, config: { dataDir: there.STOA_DATA } })
  const logo = (await query<{ hash: string }>(there.DATABASE_URL, 'select hash from kernel.file limit 1'))[0]?.hash as string
  expect((await folderStore(path.join(there.STOA_DATA, 'files')).read(logo))?.byteLength).toBeGreaterThan(0)
  const bought = await fetch(`${second.url}/api/sandbox/purchases`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ publisherId: 'contoso', offerId: 'contoso-desk', planId: 'team', quantity: 2 }),
  })
  expect(bought.status).toBe(200)
  expect((await run(there, 'doctor')).code).toBe(0)
})

test('a backup never overwrites, and is refused where something is', async () => {
  expect(await run(here, 'backup', file)).toMatchObject({ code: 1, output: expect.stringContaining('never overwrites') })
  expect(await run(here, 'backup', path.join(folder, 'no', 'where'))).toMatchObject({
    code: 1,
    output: expect.stringContaining('no folder'),
  })
  expect(await run(here, 'backup')).toMatchObject({ code: 2, output: expect.stringContaining('<file> is missing') })
  const offers = () => query(here.DATABASE_URL, 'select id, revision from offers.offer order by id')
  const before = await offers()
  expect(await run(here, 'restore', file)).toMatchObject({ code: 1, output: expect.stringContaining('The database is not empty') })
  expect(await offers()).toEqual(before)
})

test('a backup that was cut, changed or is something else leaves the database empty', async () => {
  const there = await elsewhere('refused')
  const cut = path.join(folder, 'cut.stoa')
  copyFileSync(file, cut)
  truncateSync(cut, Math.floor(statSync(file).size / 2))
  const damaged = path.join(folder, 'damaged.stoa')
  const bytes = readFileSync(file)
  const place = bytes.indexOf('tables/kernel.event.copy') + 5000
  bytes.fill(0x41, place, place + 40)
  writeFileSync(damaged, bytes)
  const other = path.join(folder, 'other.txt')
  writeFileSync(other, 'not a backup')
  for (const [name, sentence] of [
    [cut, 'not a whole backup'],
    [damaged, 'could not be brought back'],
    [other, 'not a whole backup'],
    [path.join(folder, 'absent'), 'There is no file'],
  ] as const) {
    expect(await run(there, 'restore', name)).toMatchObject({ code: 1, output: expect.stringContaining(sentence) })
    expect(await query(there.DATABASE_URL, `select nspname from pg_namespace where nspname in ('kernel', 'offers', 'pgboss')`)).toEqual([])
  }
})

test('the keys and the mode of the installation must fit', async () => {
  const there = await elsewhere('keys')
  const wrong = { ...there, STOA_SECRET_KEY: 'another key that has never seen this backup' }
  expect(await run(wrong, 'restore', file)).toMatchObject({ code: 1, output: expect.stringContaining('STOA_SECRET_KEY is not the key') })
  const production = {
    ...wrong,
    STOA_MODE: 'production',
    STOA_PUBLIC_URL: 'https://market.example',
    STOA_ISSUER_URL: 'https://market.example',
    SMTP_URL: 'smtp://mail.example',
  }
  expect(await run(production, 'restore', file)).toMatchObject({ code: 1, output: expect.stringContaining('STOA_MODE=sandbox') })
})

test('a database is migrated without starting, once', async () => {
  const there = await elsewhere('migrated')
  const first = JSON.parse((await run(there, 'migrate', '--json')).output) as { applied: string[]; schemaVersion: string }
  expect(first.applied.at(-1)).toBe(first.schemaVersion)
  expect(JSON.parse((await run(there, 'migrate', '--json')).output)).toEqual({ applied: [], schemaVersion: first.schemaVersion })
  await query(there.DATABASE_URL, `insert into kernel.migration (name, hash) values ('9999_later', 'x')`)
  expect(await run(there, 'migrate')).toMatchObject({ code: 1, output: expect.stringContaining('newer than this Stoa knows') })
})

test('an export holds every table as lines of JSON and every file', async () => {
  const target = path.join(folder, 'export')
  const { code, output } = await run(here, 'export', target, '--json')
  expect(code).toBe(0)
  const report = JSON.parse(output) as { rows: number; files: number; missingFiles: string[] }
  expect(report.missingFiles).toEqual([])
  expect(readdirSync(path.join(target, 'files'))).toHaveLength(report.files)
  const lines = readFileSync(path.join(target, 'kernel.event.ndjson'), 'utf8').trimEnd().split('\n')
  expect(lines.length).toBeGreaterThan(100_000)
  const notes = lines.map((line) => JSON.parse(line) as { type: string; payload: { text: string } }).filter(({ type }) => type === 'note')
  expect(notes).toHaveLength(100_000)
  expect(notes[0]?.payload.text).toBe('tab\t, \\ and "quotes"')
  expect(await run(here, 'export', target)).toMatchObject({ code: 1, output: expect.stringContaining('is not empty') })
})
