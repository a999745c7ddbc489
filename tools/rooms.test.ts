import { describe, expect, test } from 'vitest'
import { checkRooms } from './rooms.ts'

/** A house given as path → text. Every path that is imported must be in it. */
function problemsOf(house: Record<string, string>): string[] {
  const all = Object.entries(house).map(([path, text]) => ({ path, text }))
  const report = checkRooms(
    all.filter((file) => !file.path.endsWith('.sql')),
    all.filter((file) => file.path.endsWith('.sql')),
    (file) => file in house,
  )
  return report.problems
}

const kernel = { 'src/kernel/errors.ts': 'export const x = 1', 'src/kernel/ids.ts': "export { x } from './errors.ts'" }

describe('rules between rooms', () => {
  test('a house that keeps them has no problem', () => {
    expect(
      problemsOf({
        ...kernel,
        'src/domain/offers/index.ts':
          "import { x } from '../../kernel/errors.ts'\nexport type { Row } from './schema.ts'\nexport const o = x",
        'src/domain/offers/schema.ts': "export const offers = pgSchema('offers')",
        'src/domain/catalog/index.ts': "import { o } from '../offers/index.ts'\nconst q = sql`select * from catalog.card`",
        'src/domain/domain.ts': "import './catalog/index.ts'\nexport interface Domain {}",
        'src/api/metering/routes.ts': "import type { Domain } from '../../domain/domain.ts'\nimport '../shared.ts'",
        'src/api/shared.ts': '',
        'src/web/storefront/list.tsx':
          "import type { Domain } from '../../domain/domain.ts'\nimport type { Route } from './+types/list'\nimport '../ui/card'",
        'src/web/ui/card.tsx': '',
        'src/main.ts': "import './domain/domain.ts'",
        'migrations/0020_offers.sql': 'create table offers.offer (id uuid primary key references offers.other(id)); -- from billing.x',
      }),
    ).toEqual([])
  })

  test.each([
    ['the kernel imports a room', 'src/kernel/a.ts', "import '../domain/offers/index.ts'", /imports none/],
    ['a room imports one to its right', 'src/domain/accounts/a.ts', "import '../offers/index.ts'", /to the right/],
    ['a type is an import too', 'src/domain/accounts/a.ts', "import type { O } from '../offers/index.ts'", /to the right/],
    ['so is a type query', 'src/domain/accounts/a.ts', "type O = import('../offers/index.ts').O", /to the right/],
    ['and a dynamic import', 'src/domain/accounts/a.ts', "await import('../offers/index.ts')", /to the right/],
    ['a room enters another by the window', 'src/domain/catalog/a.ts', "import '../offers/schema.ts'", /index\.ts only/],
    ['api enters a room by the window', 'src/api/x/routes.ts', "import type { S } from '../../domain/offers/schema.ts'", /index\.ts only/],
    ['web runs domain code', 'src/web/storefront/a.tsx', "import { o } from '../../domain/offers/index.ts'", /types only/],
    [
      'inline types keep the import alive',
      'src/web/storefront/a.tsx',
      "import { type O } from '../../domain/offers/index.ts'",
      /types only/,
    ],
    ['a room imports a contract', 'src/domain/offers/a.ts', "import '../../api/metering/routes.ts'", /does not know the api layer/],
    ['a contract imports another', 'src/api/x/routes.ts', "import '../metering/routes.ts'", /does not import another/],
    ['a contract imports a site', 'src/api/x/routes.ts', "import '../../web/ui/card.tsx'", /api does not import web/],
    ['a site imports another', 'src/web/partner/a.tsx', "import '../storefront/list.tsx'", /not another site/],
    ['code imports a test', 'src/domain/offers/a.ts', "import './a.test.ts'", /must not import tests/],
    ['a file that is not there', 'src/domain/offers/a.ts', "import './gone.ts'", /does not exist/],
    ['a missing extension', 'src/domain/offers/a.ts', "import './schema'", /does not exist/],
    ['a room without a place', 'src/domain/misc/a.ts', '', /no place in the order/],
    ['tables handed out', 'src/domain/accounts/index.ts', "export * from './schema.ts'", /hand out its tables/],
    ["SQL on another room's table", 'src/domain/catalog/a.ts', 'sql`select 1 from offers.offer join x on true`', /table of 'offers'/],
    ["tables in another's schema", 'src/domain/catalog/schema.ts', "pgSchema('offers')", /not its own/],
    ["a migration in another's schema", 'migrations/0015_accounts.sql', 'alter table offers.offer add column x int', /belongs to one room/],
    [
      'a foreign key between rooms',
      'migrations/0015_accounts_x.sql',
      'create table accounts.a (o uuid references offers.offer(id))',
      /belongs to one room/,
    ],
    [
      'a migration that asks for the time',
      'migrations/0020_offers.sql',
      'create table offers.o (at timestamptz default now())',
      /database's time/,
    ],
    ['a migration of no room', 'migrations/0099_misc.sql', 'select 1', /says no room/],
    ['code that does not parse', 'src/domain/offers/a.ts', 'const = 1', /src\/domain\/offers\/a\.ts/],
  ])('%s', (_, path, text, message) => {
    const problems = problemsOf({
      ...kernel,
      'src/domain/offers/index.ts': '',
      'src/domain/offers/schema.ts': '',
      'src/domain/offers/a.test.ts': '',
      'src/domain/accounts/schema.ts': '',
      'src/api/metering/routes.ts': '',
      'src/web/ui/card.tsx': '',
      'src/web/storefront/list.tsx': '',
      [path]: text,
    })
    expect(problems).toEqual([expect.stringMatching(message)])
  })

  test('reading no file is a failure', () => {
    expect(problemsOf({})).toEqual([expect.stringMatching(/No source file was read/)])
  })

  test('reading files without an import is a failure', () => {
    expect(problemsOf({ 'src/kernel/a.ts': '' })).toEqual([expect.stringMatching(/read nothing/)])
  })
})
