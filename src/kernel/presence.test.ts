import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { testKernel } from '../../test/harness.ts'
import { rowsOf } from './clock.ts'
import { createPresence } from './presence.ts'

test('what a process has claimed is free when it is gone, and only then', async () => {
  const { kernel } = await testKernel()
  const { database } = kernel
  const living = createPresence(database)
  const dying = createPresence(database)
  await living.enter()
  await dying.enter()
  const absent = createPresence(database)
  const claims = { living: living.claim(), dying: dying.claim(), 'not present': absent.claim() }
  for (const [key, claim] of Object.entries(claims)) {
    await database.db.execute(sql`insert into kernel.due (kind, key, at, payload, claim, claimed_until)
      values ('test.claimed', ${key}, '2030-01-01Z', '{}', ${claim}::uuid, '2030-01-01Z')`)
  }
  const claimed = async () =>
    rowsOf<{ key: string }>(await database.db.execute(sql`select key from kernel.due where claim is not null order by key`)).map(
      ({ key }) => key,
    )

  await living.releaseOfAbsent()
  expect(await claimed()).toEqual(['dying', 'living', 'not present'])
  await dying.leave()
  await expect
    .poll(async () => {
      await living.releaseOfAbsent()
      return claimed()
    })
    .toEqual(['living', 'not present'])
  await living.leave()
})
