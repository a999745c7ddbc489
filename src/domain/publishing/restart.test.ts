import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { offerFixture } from '../../../test/offer-fixture.ts'

/** What a submission waits for are rows: it goes on with any process that opens the database, whatever the last one was doing when it died. */

const notes = 'Sign in as demo.'
type Fixture = Awaited<ReturnType<typeof offerFixture>>

const stateOf = (fixture: Fixture, offer: string) => fixture.as('contoso', (ctx) => fixture.publishing.status(ctx, { offer }))
const settle = (fixture: Fixture) => fixture.kernel.due.move((from) => from.add({ seconds: 1 }))

/** Runs due work once, as the worker does: at most one step of a submission. */
async function once(fixture: Fixture) {
  const ran = await fixture.kernel.due.runDue()
  // Calls run beside the worker; the next round finds their outcome.
  for (let waited = 0; waited < 200; waited++) {
    const { rows } = await fixture.kernel.database.pool.query('select 1 from kernel.due where claim is not null')
    if (rows.length === 0) break
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  return ran
}

/** The same database with a kernel of its own, as a process that starts. */
async function restart(fixture: Fixture): Promise<Fixture> {
  await fixture.close()
  return offerFixture({ databaseUrl: fixture.databaseUrl })
}

test('a submission goes on after a restart between any two of its steps', async () => {
  let fixture = await offerFixture()
  const offer = await fixture.write({ offerId: 'restarted' })
  await fixture.as('contoso', (ctx) => fixture.publishing.submit(ctx, { offer, notes }))
  const seen: string[] = []
  for (let round = 0; round < 40; round++) {
    fixture = await restart(fixture)
    const { status, phases, can } = await stateOf(fixture, offer)
    const phase = phases.find((one) => one.status === 'In Progress')?.label
    if (phase && seen.at(-1) !== phase) seen.push(phase)
    if (status === 'Live') break
    if (can.goLive) await fixture.as('contoso', (ctx) => fixture.publishing.signOff(ctx, { offer }))
    else await once(fixture)
  }
  expect((await stateOf(fixture, offer)).status).toBe('Live')
  expect(seen).toEqual(['Automated validation', 'Preview creation', 'Publisher signoff', 'Certification', 'Publish'])
  expect((await fixture.kernel.doctor.examine(fixture.kernel.database.db)).flatMap((finding) => finding.problems)).toEqual([])
}, 60_000)

test('a process that dies in the middle of a call leaves it to the next one', async () => {
  let fixture = await offerFixture()
  const offer = await fixture.write({ offerId: 'killed' })
  const { submission } = await fixture.as('contoso', (ctx) => fixture.publishing.submit(ctx, { offer, notes }))
  while (await fixture.as('contoso', (ctx) => fixture.publishing.advance(ctx, submission))) {
    // up to the call
  }
  // The dead process had claimed the call and got no further; its lease has run out.
  await fixture.kernel.database.db.execute(
    sql`update kernel.due set claim = gen_random_uuid(), claimed_until = '2000-01-01' where kind = 'publishing.call'`,
  )
  fixture = await restart(fixture)
  await settle(fixture)
  expect((await stateOf(fixture, offer)).status).toBe('Preview')
})

test('cancelling goes on after a restart too, and a certification by hand is still in its queue', async () => {
  let fixture = await offerFixture({ config: { mode: 'production' } })
  const mode = { config: { mode: 'production' as const } }
  const reopen = async () => {
    await fixture.close()
    fixture = await offerFixture({ ...mode, databaseUrl: fixture.databaseUrl })
  }
  const offer = await fixture.write({ offerId: 'queued' })
  const submit = () => fixture.as('contoso', (ctx) => fixture.publishing.submit(ctx, { offer, notes }))
  await submit()
  await fixture.as('contoso', (ctx) => fixture.publishing.cancel(ctx, { offer }))
  await reopen()
  await settle(fixture)
  expect((await stateOf(fixture, offer)).status).toBe('Draft')
  await submit()
  await settle(fixture)
  await fixture.as('contoso', (ctx) => fixture.publishing.signOff(ctx, { offer }))
  await settle(fixture)
  await reopen()
  await settle(fixture)
  expect((await stateOf(fixture, offer)).phases.find((phase) => phase.key === 'certification')?.status).toBe('In Progress')
})
