import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { emptyTestDatabase } from '../../test/harness.ts'
import { migrate, SchemaMismatch } from './migrations.ts'

const installation = `create table kernel.installation (mode text not null);`

function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'stoa-migrations-'))
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(folder, name), sql)
  return folder
}

test('files run once, in the order of names, also one that was added below the newest; twenty processes at once do it once', async () => {
  const url = await emptyTestDatabase()
  const files = {
    '0001_first.sql': `${installation} create table kernel.log (n serial, name text); insert into kernel.log (name) values ('first')`,
    '0003_third.sql': `insert into kernel.log (name) values ('third')`,
  }
  const folder = folderWith(files)
  const reports = await Promise.all(Array.from({ length: 20 }, () => migrate(url, 'sandbox', { folder })))
  expect(reports.flatMap((report) => report.applied)).toEqual(['0001_first', '0003_third'])
  writeFileSync(join(folder, '0002_second.sql'), `insert into kernel.log (name) values ('second')`)
  expect((await migrate(url, 'sandbox', { folder })).applied).toEqual(['0002_second'])
})

test('a migration that fails leaves nothing of itself, and names itself', async () => {
  const url = await emptyTestDatabase()
  const folder = folderWith({ '0001_first.sql': installation, '0002_broken.sql': 'create table kernel.half (n int); select 1/0' })
  await expect(migrate(url, 'sandbox', { folder })).rejects.toThrow(/Migration 0002_broken failed: division by zero/)
  writeFileSync(join(folder, '0002_broken.sql'), 'create table kernel.half (n int)')
  expect((await migrate(url, 'sandbox', { folder })).applied).toEqual(['0002_broken'])
})

test('a newer schema, a changed file and another mode are refused in one sentence', async () => {
  const url = await emptyTestDatabase()
  const files = { '0001_first.sql': installation, '0002_second.sql': 'select 2' }
  await migrate(url, 'sandbox', { folder: folderWith(files) })
  const older = migrate(url, 'sandbox', { folder: folderWith({ '0001_first.sql': installation }) })
  await expect(older).rejects.toThrow(SchemaMismatch)
  await expect(older).rejects.toThrow(/^The database has schema 0002_second, newer than this Stoa knows \(0001_first\): [^\n]+$/)
  const changed = migrate(url, 'sandbox', { folder: folderWith({ ...files, '0002_second.sql': 'select 3' }) })
  await expect(changed).rejects.toThrow(/another text of 0002_second/)
  await expect(migrate(url, 'production', { folder: folderWith(files) })).rejects.toThrow(/installed in sandbox mode/)
  // Line endings of another checkout are no change.
  expect((await migrate(url, 'sandbox', { folder: folderWith({ ...files, '0002_second.sql': 'select 2' }) })).applied).toEqual([])
})
