import { expect, test } from 'vitest'
import { testConfig } from '../../test/harness.ts'
import { openMarketplace } from '../../test/subscriptions.ts'
import { doctor } from './doctor.ts'

test('doctor says what is wrong, and with --fix repairs what follows from other facts, and only that', async () => {
  const market = await openMarketplace()
  const { pool } = market.kernel.database
  const subscription = await market.active()
  await market.settle()
  const config = testConfig({ databaseUrl: market.kernel.databaseUrl })
  const run = async (fix: boolean) => {
    let printed = ''
    const code = await doctor(config, { json: false, fix }, (text) => (printed += `${text}\n`))
    return { code, printed }
  }
  expect(await run(false)).toMatchObject({ code: 0 })

  const due = `select at from kernel.due where kind = 'subscriptions.term-end' and key = $1`
  const before = (await pool.query(due, [subscription])).rows
  await pool.query(`delete from kernel.due where kind = 'subscriptions.term-end' and key = $1`, [subscription])
  const pages = async () => Number((await pool.query<{ n: string }>('select count(*) as n from catalog.page')).rows[0]?.n)
  const shown = await pages()
  await pool.query(`delete from catalog.product where offer_id = 'contoso-crm'`)
  await pool.query(`delete from catalog.page where offer_id = 'contoso-crm'`)
  // No repair may decide what became of usage that was archived halfway.
  await pool.query(`insert into metering.archived_month values ('2020-01-01', 1, 1, 'x', 'x', '2020-02-01Z')`)

  const found = await run(false)
  expect(found.code).toBe(1)
  expect(found.printed).toContain(`Subscription ${subscription}: it is active and nothing is due at the end of its term.`)
  expect(found.printed).toContain('contoso.contoso-crm is missing in the catalog')
  expect(found.printed).toContain('stoa doctor --fix')
  expect((await pool.query(due, [subscription])).rows).toEqual([])

  const fixed = await run(true)
  expect(fixed.code).toBe(1)
  expect(fixed.printed).toContain('repaired: subscriptions: a renewal is planned')
  expect(fixed.printed).toContain('The page and the lists of contoso.contoso-crm were built anew.')
  expect((await pool.query(due, [subscription])).rows).toEqual(before)
  expect(await pages()).toBe(shown)
  expect(fixed.printed.match(/^BAD .*/gm)).toEqual(['BAD  metering'])
  const { rows } = await pool.query<{ target: string }>(`select target from kernel.audit where action = 'doctor.repair' order by target`)
  expect(rows.map(({ target }) => target)).toEqual(['catalog', 'subscriptions: a renewal is planned'])

  const again = await run(true)
  expect(again.printed).not.toContain('repaired')
})
