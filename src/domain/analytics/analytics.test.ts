import { getTableColumns, is } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import { testKernel } from '../../../test/harness.ts'
import * as schema from './schema.ts'
import { counts, referralDomain, visitorCode } from './visitor.ts'

const { kernel } = await testKernel()

test('the tables are those of the migration', async () => {
  for (const table of Object.values(schema)) {
    if (is(table, PgTable)) await kernel.database.db.select(getTableColumns(table)).from(table).limit(1)
  }
})

const browser = 'Mozilla/5.0 (X11; Linux x86_64) Firefox/146.0'
const facts = { ip: '192.0.2.7', userAgent: browser, referrer: '', objects: false, prefetch: false }

test.each([
  [{}, true],
  [{ userAgent: '' }, false],
  [{ userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1)' }, false],
  [{ objects: true }, false],
  [{ prefetch: true }, false],
])('counted or not: %j', (change, counted) => {
  expect(counts({ ...facts, ...change })).toBe(counted)
})

test('a visitor is the same within a day and another one the next; the code tells nothing of the address', () => {
  const code = visitorCode(facts, 'salt of Monday')
  expect(visitorCode(facts, 'salt of Monday')).toBe(code)
  expect(visitorCode(facts, 'salt of Tuesday')).not.toBe(code)
  expect(visitorCode({ ...facts, ip: '192.0.2.8' }, 'salt of Monday')).not.toBe(code)
  expect(code).toMatch(/^[\w-]{16}$/)
})

test.each([
  ['https://www.linkedin.com/feed?id=secret', 'www.linkedin.com'],
  ['http://localhost:3978/store/business', null],
  ['', null],
  ['nonsense', null],
])('who led here: %s', (referrer, domain) => {
  expect(referralDomain(referrer, 'localhost')).toBe(domain)
})
