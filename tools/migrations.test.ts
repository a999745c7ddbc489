import { expect, test } from 'vitest'
import { checkMigrations, contractionsIn, readMigrationFiles } from './migrations.ts'

test('what only adds passes', () => {
  for (const sql of [
    'create table a.b (id int primary key, n int not null); alter table a.b add check (n > 0); create index b_n on a.b (n);',
    'alter table a.b add column c text;',
    "alter table a.b add column c text not null default 'x', add column d boolean not null default false;",
    "insert into a.b values ('drop table a.b'); -- drop table a.b",
    'alter table a.b drop constraint b_check;',
    'create function a.f() returns void language plpgsql as $$ begin truncate x; end $$;',
  ]) {
    expect(contractionsIn(sql), sql).toEqual([])
  }
})

test('what takes away, renames, narrows or requires is named', () => {
  for (const [sql, says] of [
    ['drop table a.b;', 'takes away'],
    ['alter table a.b\n  drop column c;', 'takes away'],
    ['alter table a.b rename to c;', 'new name'],
    ['alter table a.b rename column c to d;', 'new name'],
    ['alter table a.b alter column c type bigint;', 'type of a column'],
    ['alter table a.b alter c set not null;', 'does not write'],
    ['alter table a.b add column c text not null;', 'c is required'],
    ['alter table a.b add c text, add d int not null;', 'd is required'],
    ["alter table a.b add constraint b_c check (c <> '');", 'new rule'],
    ['truncate a.b;', 'deletes'],
  ] as const) {
    expect(contractionsIn(sql), sql).toEqual([expect.stringContaining(says)])
  }
})

test('only what comes after the baseline is held to it, unless it is meant and exists', () => {
  const files = [
    { name: '0001_a.sql', text: 'drop table a.b' },
    { name: '0002_b.sql', text: 'drop table a.c' },
  ]
  expect(checkMigrations(files, { baseline: '0002', meant: {} })).toEqual([])
  expect(checkMigrations(files, { baseline: '0001', meant: {} })).toEqual([expect.stringContaining('0002_b.sql: takes away')])
  expect(checkMigrations(files, { baseline: '0001', meant: { '0002_b.sql': 'nothing reads it' } })).toEqual([])
  expect(checkMigrations(files, { baseline: '0002', meant: { '0003_c.sql': 'x' } })).toEqual([expect.stringContaining('does not exist')])
  expect(readMigrationFiles().length).toBeGreaterThan(40)
})
