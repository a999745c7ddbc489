import { sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { beforeAll, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { rowsOf } from '../../kernel/clock.ts'
import { type Ctx, type Principal, system, type UserPrincipal } from '../../kernel/context.ts'
import { Decimal } from '../../kernel/money.ts'
import type { PayoutProfileInput, TaxProfileInput } from '../accounts/index.ts'
import { memberOf } from '../../../test/people.ts'

// One marketplace whose market time goes on from test to test; each begins on the first of a month.

let market: Marketplace

const staff = (n: number): UserPrincipal => ({
  kind: 'user',
  tenantId: '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b70001',
  objectId: `0e0b5a2e-6a51-4c1c-9d5f-3f1a52b7a00${n}`,
  email: `operator${n}@operator.example`,
  displayName: 'Operator',
  roles: ['operator'],
})
const operator = staff(1)
const colleague = staff(2)
const contosoTenant = demo.contoso.tenantId
const person = (role: string, tenantId = contosoTenant): UserPrincipal => ({
  ...demo.buyer,
  tenantId,
  objectId: tenantId,
  roles: [],
  memberships: memberOf(tenantId, role),
})
const owner = person('owner')
const stranger = person('owner', demo.fabrikam.tenantId)

beforeAll(async () => {
  market = await openMarketplace()
  market.endpoint.answer = 200
  // With an account to pay from there are bank files, as in production, instead of the demo bank that takes every transfer at once.
  await as(operator, (ctx) => billing().setPayerAccount(ctx, { holder: 'Stoa Ltd', iban: 'DE02120300000000202051', bic: '' }))
})

const billing = () => market.domain.billing
const accounts = () => market.domain.accounts
const as = <T>(who: Principal, fn: (ctx: Ctx) => Promise<T>) => market.as(who, fn)
const now = () => market.kernel.clock.marketNow(market.kernel.database.db)
const today = async () => (await now()).toZonedDateTimeISO('UTC').toPlainDate()
const moveTo = (day: Temporal.PlainDate, hour = 1) =>
  market.kernel.due.move(day.toZonedDateTime({ timeZone: 'UTC', plainTime: { hour } }).toInstant())
const nextFirst = async () => moveTo((await today()).with({ day: 1 }).add({ months: 1 }))
const theFifteenth = async () => moveTo((await today()).with({ day: 15 }))

async function healthy() {
  const findings = await market.kernel.doctor.examine(market.kernel.database.db)
  expect(findings.flatMap((finding) => finding.problems)).toEqual([])
}

/** The ledger by account and currency, zero left out; with the publisher where one is given. */
async function books(publisherId?: string): Promise<Record<string, string>> {
  const rows = rowsOf<{ key: string; amount: string }>(
    await market.kernel.database.db.execute(sql`
      select account || ' ' || currency as key, sum(amount)::text as amount from billing.posting
      where ${publisherId === undefined ? sql`true` : sql`publisher_id = ${publisherId}`} group by 1 having sum(amount) <> 0 order by 1`),
  )
  return Object.fromEntries(rows.map((row) => [row.key, row.amount]))
}

const payoutsOf = async (publisherId = 'contoso') => as(system, (ctx) => billing().listPayouts(ctx, publisherId))
const preview = async () => as(operator, (ctx) => billing().previewPayouts(ctx))
const reasons = async () => (await preview()).map((one) => `${one.publisherId} ${one.currency} ${one.reason ?? 'paid'}`)

const w9: TaxProfileInput = {
  entityType: 'corporation',
  legalName: 'Contoso Ltd',
  residence: 'US',
  citizenship: '',
  taxNumber: '12-3456789',
  claimsTreaty: false,
  treatyRate: '',
  treatyArticle: '',
  signature: 'Owner',
  certified: true,
}
const bank: PayoutProfileInput = {
  holder: 'Contoso Ltd',
  country: 'US',
  currency: 'USD',
  bank: '',
  account: '000123456789',
  bic: '',
  routing: '021000021',
}

async function submitTax(input: Partial<TaxProfileInput> = {}) {
  const { profileId } = await as(owner, (ctx) => accounts().submitTaxProfile(ctx, 'contoso', { ...w9, ...input }))
  await as(operator, (ctx) => accounts().decideProfile(ctx, 'tax', profileId, { verdict: 'validate', reason: '' }))
}
const validate = (profileId: string) =>
  as(operator, (ctx) =>
    accounts().decideProfile(ctx, 'payout', profileId, { verdict: 'validate', reason: '', checkedWith: 'test-transfer', reference: 'T1' }),
  )

/** Everything that is prepared goes to the bank and is paid. */
async function payAll(): Promise<string[]> {
  const files = await as(operator, async (ctx) => billing().createBankFiles(ctx, { payOn: (await today()).toString() }))
  for (const id of files) await as(operator, (ctx) => billing().confirmBankFile(ctx, id))
  return files
}

test('AC-047 a bank account changed before a run: the payout waits one cycle, and the next one pays both months', async () => {
  await market.active({ planId: 'basic' }) // $49 a month, $47.53 for the publisher
  await nextFirst()
  const { profileId } = await as(owner, (ctx) => accounts().submitPayoutProfile(ctx, 'contoso', { ...bank, account: '987654321' }))
  // The sandbox would validate by itself: here it waits for the operator.
  await as(system, (ctx) => market.kernel.due.cancel(ctx, 'accounts.profile-check', `payout:${profileId}`))
  expect(await reasons()).toEqual(['contoso USD payout-profile-pending'])
  await theFifteenth()
  expect(await payoutsOf()).toEqual([])
  const [run] = await as(operator, (ctx) => billing().payoutRuns(ctx))
  const { items } = await as(operator, (ctx) => billing().payoutRun(ctx, run?.id ?? ''))
  expect(run?.finishedAt).not.toBeNull()
  expect(items.map((item) => [item.publisherId, item.outcome, item.reason, item.amount.toFixed(2)])).toEqual([
    ['contoso', 'held', 'payout-profile-pending', '47.53'],
  ])
  const standing = await as(owner, (ctx) => billing().payoutStanding(ctx, 'contoso'))
  expect(standing.held.map((item) => item.reason)).toEqual(['payout-profile-pending'])
  await validate(profileId)
  await nextFirst()
  await theFifteenth()
  const [paid] = await payoutsOf()
  expect([paid?.state, paid?.amount.toFixed(2), paid?.lines, paid?.profile]).toEqual(['prepared', '95.06', 2, profileId])
  await payAll()
  expect((await payoutsOf())[0]?.state).toBe('paid')
  await healthy()
})

test('a publisher without valid profiles accrues and is told; with them it is paid', async () => {
  await nextFirst()
  const { pool } = market.kernel.database
  await pool.query(`update accounts.payout_profile set status = 'replaced'`)
  await theFifteenth()
  expect(await payoutsOf()).toHaveLength(1)
  expect(await reasons()).toEqual(['contoso USD payout-profile-missing'])
  const totals = await as(owner, (ctx) => billing().payoutTotals(ctx, 'contoso'))
  expect(totals.find((total) => total.currency === 'USD')?.inNextPayout.toFixed(2)).toBe('47.53')
  const mails = await as(system, (ctx) => market.kernel.mail.list(ctx, { to: 'owner@contoso.example' }))
  expect(mails.find((mail) => mail.template === 'payout-held')?.text).toContain('There is no bank account yet')
  const { profileId } = await as(owner, (ctx) => accounts().submitPayoutProfile(ctx, 'contoso', bank))
  await validate(profileId)
  // The operator need not wait a month: the same run, for what is left.
  await as(operator, (ctx) => billing().startPayoutRun(ctx))
  await market.pass({ seconds: 1 })
  expect((await payoutsOf()).map((row) => [row.state, row.amount.toFixed(2)])).toEqual([
    ['prepared', '47.53'],
    ['paid', '95.06'],
  ])
  await as(operator, (ctx) => billing().startPayoutRun(ctx))
  await market.pass({ seconds: 1 })
  expect(await payoutsOf()).toHaveLength(2)
  await payAll()
  await healthy()
})

test('RF-09 AC-050 other currencies are paid in the publisher’s, at the rate of the day of purchase, through the exchange account', async () => {
  const before = await books()
  await market.active({ planId: 'basic', purchaser: demo.stranger }) // 45.08 euro: 43.73 for the publisher
  await nextFirst()
  // A rate that comes later changes nothing about what was bought before.
  await as(operator, (ctx) => market.domain.offers.setRates(ctx, { rates: { EUR: '0.5' }, source: 'test' }))
  await theFifteenth()
  const [row] = await payoutsOf()
  const statement = await as(owner, (ctx) => billing().payoutStatement(ctx, row?.id ?? ''))
  const euro = statement.lines.find((line) => line.currency === 'EUR')
  // 43.73 euro at 1/0.92 are 47.53 dollars.
  expect([euro?.rate?.toFixed(), euro?.withheld?.toFixed(), euro?.paid?.toFixed(2)]).toEqual(['1.086956522', '0', '47.53'])
  expect(row?.amount.toFixed(2)).toBe('95.06')
  expect(row?.net.minus(row.fee).minus(row.withheld).plus(row.adjusted).toFixed(2)).toBe('95.06')
  expect(statement.parts.map((part) => [part.currency, part.lines, part.paid.toFixed(2)])).toEqual([
    ['EUR', 1, '47.53'],
    ['USD', 1, '47.53'],
  ])
  const after = await books()
  expect(after['exchange EUR']).toBe('-43.73')
  expect(after['exchange USD']).toBe('47.53')
  expect(before['exchange EUR']).toBeUndefined()
  expect((await books('contoso'))['payable EUR']).toBeUndefined()
  await payAll()
  await healthy()
})

test('AC-050 AC-051 sales into the United States are paid less what is withheld, rounded line by line; others in full', async () => {
  await nextFirst()
  await submitTax({ residence: 'DE', taxNumber: '', entityType: 'corporation' })
  await theFifteenth()
  const [row] = await payoutsOf()
  const { lines } = await as(owner, (ctx) => billing().payoutStatement(ctx, row?.id ?? ''))
  // 30 % of 47.53 are 14.259.
  const withheld = lines.map(
    (line) => `${line.customerCountry} ${line.currency} ${line.withholdingRate?.toFixed()} % ${line.withheld?.toFixed(2)}`,
  )
  expect(new Set(withheld)).toEqual(new Set(['DE EUR 0 % 0.00', 'US USD 30 % 14.26']))
  expect([row?.withheld.toFixed(2), row?.amount.toFixed(2)]).toEqual(['14.26', row?.net.minus(row.fee).minus('14.26').toFixed(2)])
  expect((await books('contoso'))['withholding USD']).toBe('-14.26')
  await payAll()
  await nextFirst()
  await submitTax({ residence: 'DE', taxNumber: '', claimsTreaty: true, treatyRate: '5', treatyArticle: 'Article 12' })
  await theFifteenth()
  // 5 % of 47.53 are 2.3765.
  expect((await payoutsOf())[0]?.withheld.toFixed(2)).toBe('2.38')
  await payAll()
  await submitTax()
  await healthy()
})

test('AC-055 a threshold keeps small balances until they reach it; it holds from its day on, in its currency', async () => {
  await nextFirst()
  const set = (threshold: string, escrowDays = '0') =>
    as(operator, async (ctx) =>
      billing().setPayoutTerms(ctx, { currency: 'USD', validFrom: (await today()).toString(), threshold, escrowDays }),
    )
  await set('150')
  const count = (await payoutsOf()).length
  expect(await reasons()).toEqual(['contoso USD below-threshold'])
  await theFifteenth()
  expect(await payoutsOf()).toHaveLength(count)
  await nextFirst()
  await theFifteenth()
  expect(await payoutsOf()).toHaveLength(count + 1)
  await payAll()
  await set('0')
  await expect(set('1.005')).rejects.toMatchObject({ code: 'PayoutTermsInvalid' })
  await expect(set('0', '181')).rejects.toMatchObject({ code: 'PayoutTermsInvalid' })
  await expect(set('NaN')).rejects.toMatchObject({ code: 'PayoutTermsInvalid' })
  await healthy()
})

test('money is kept for the days of escrow after the customer has paid, and the forecast says so', async () => {
  await nextFirst()
  await as(operator, async (ctx) =>
    billing().setPayoutTerms(ctx, { currency: 'USD', validFrom: (await today()).toString(), threshold: '0', escrowDays: '30' }),
  )
  const expected = (await today()).with({ day: 15 }).add({ months: 1 }).toString()
  const forecast = await as(owner, (ctx) => billing().payoutForecast(ctx, 'contoso'))
  expect(forecast.map((row) => [row.on?.toString(), row.currency, row.lines])).toEqual([
    [expected, 'EUR', 1],
    [expected, 'USD', 1],
  ])
  const count = (await payoutsOf()).length
  await theFifteenth()
  expect(await payoutsOf()).toHaveLength(count)
  await nextFirst()
  await theFifteenth()
  const [row] = await payoutsOf()
  expect([row?.month.toString(), row?.lines]).toEqual([(await today()).with({ day: 1 }).toString(), 2])
  await payAll()
  await as(operator, async (ctx) =>
    billing().setPayoutTerms(ctx, { currency: 'USD', validFrom: (await today()).toString(), threshold: '0', escrowDays: '0' }),
  )
  await nextFirst()
  await theFifteenth()
  await payAll()
  await healthy()
})

test('an adjustment counts once somebody else has approved it: booked, shown to the publisher, paid with the next payout', async () => {
  await nextFirst()
  const request = (input: Partial<{ publisherId: string; currency: string; amount: string; reason: string }> = {}) =>
    as(operator, (ctx) =>
      billing().requestAdjustment(ctx, {
        publisherId: 'contoso',
        currency: 'USD',
        amount: '10.50',
        reason: 'Goodwill for the outage',
        ...input,
      }),
    )
  const row = await request()
  expect(row).toMatchObject({ state: 'requested', requestedName: operator.email })
  expect(await as(owner, (ctx) => billing().publisherAdjustments(ctx, 'contoso'))).toEqual([])
  await expect(as(operator, (ctx) => billing().decideAdjustment(ctx, row.id, 'approve'))).rejects.toMatchObject({
    kind: 'forbidden',
    code: 'SecondPersonNeeded',
  })
  await expect(
    market.kernel.database.pool.query(`update billing.adjustment set state = 'approved', decided_by = requested_by where id = $1`, [
      row.id,
    ]),
  ).rejects.toThrow(/adjustment_second_person/)
  await expect(as(colleague, (ctx) => billing().decideAdjustment(ctx, row.id, 'withdraw'))).rejects.toMatchObject({ code: 'NotYours' })
  await expect(as(owner, (ctx) => billing().decideAdjustment(ctx, row.id, 'approve'))).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(as(system, (ctx) => billing().decideAdjustment(ctx, row.id, 'approve'))).rejects.toMatchObject({ code: 'PersonNeeded' })
  const before = await books('contoso')
  await as(colleague, (ctx) => billing().decideAdjustment(ctx, row.id, 'approve'))
  const after = await books('contoso')
  expect(Number(after['payable USD'] ?? 0) - Number(before['payable USD'] ?? 0)).toBeCloseTo(-10.5, 6)
  expect((await as(owner, (ctx) => billing().publisherAdjustments(ctx, 'contoso'))).map((one) => one.reason)).toEqual([
    'Goodwill for the outage',
  ])
  await expect(as(stranger, (ctx) => billing().publisherAdjustments(ctx, 'contoso'))).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(as(colleague, (ctx) => billing().decideAdjustment(ctx, row.id, 'refuse', 'late'))).rejects.toMatchObject({
    code: 'IllegalTransition',
  })
  const second = await request({ amount: '-3', currency: 'EUR', reason: 'Paid twice' })
  await expect(as(colleague, (ctx) => billing().decideAdjustment(ctx, second.id, 'refuse'))).rejects.toMatchObject({ code: 'NoteInvalid' })
  await as(colleague, (ctx) => billing().decideAdjustment(ctx, second.id, 'approve'))
  const third = await request({ reason: 'By mistake' })
  await as(operator, (ctx) => billing().decideAdjustment(ctx, third.id, 'withdraw'))
  for (const [input, target] of [
    [{ amount: '0.00' }, 'amount'],
    [{ amount: '1.005' }, 'amount'],
    [{ amount: '1', currency: 'XXX' }, 'currency'],
    [{ amount: '1e3' }, 'amount'],
    [{ reason: ' ' }, 'reason'],
  ] as const) {
    await expect(request(input)).rejects.toMatchObject({ details: [expect.objectContaining({ target })] })
  }
  await healthy()
  await theFifteenth()
  const [paid] = await payoutsOf()
  const statement = await as(owner, (ctx) => billing().payoutStatement(ctx, paid?.id ?? ''))
  // -3 euro at the rate of their day (0.5): -6 dollars.
  expect(paid?.adjusted.toFixed(2)).toBe('4.50')
  expect(statement.adjustments.map((one) => [one.number, one.paid?.toFixed(2)])).toEqual([
    [second.number, '-6.00'],
    [row.number, '10.50'],
  ])
  await payAll()
  await healthy()
  const mails = await as(system, (ctx) => market.kernel.mail.list(ctx, { to: 'owner@contoso.example' }))
  expect(mails.filter((mail) => mail.template === 'payout-adjusted')).toHaveLength(2)
})

test('a payment that the bank returns is due again; a wrong account is paid to no more, and the next run pays to the new one', async () => {
  await nextFirst()
  await theFifteenth()
  const [row] = await payoutsOf()
  await as(operator, async (ctx) => billing().createBankFiles(ctx, { payOn: (await today()).toString() }))
  expect((await books('contoso'))['payable USD']).toBeUndefined()
  await expect(
    as(operator, (ctx) => billing().returnPayout(ctx, row?.id ?? '', { reason: ' ', accountIsWrong: true })),
  ).rejects.toMatchObject({
    code: 'ReasonMissing',
  })
  await as(operator, (ctx) => billing().returnPayout(ctx, row?.id ?? '', { reason: 'Account closed', accountIsWrong: true }))
  expect((await books('contoso'))['payable USD']).toBe(row?.amount.negated().toFixed(2))
  await healthy()
  const mails = await as(system, (ctx) => market.kernel.mail.list(ctx, { to: 'owner@contoso.example' }))
  expect(mails.some((mail) => mail.template === 'payout-returned' && mail.text.includes('Account closed'))).toBe(true)
  expect(await reasons()).toEqual(['contoso USD payout-profile-failed'])
  const forecast = await as(owner, (ctx) => billing().payoutForecast(ctx, 'contoso'))
  const invoiced = forecast.filter((one) => one.unbilled.isZero())
  expect(invoiced.map((one) => [one.currency, one.amount.toFixed(2)])).toEqual([['USD', row?.amount.toFixed(2)]])
  await expect(as(operator, (ctx) => billing().changePayout(ctx, row?.id ?? '', 'prepare'))).rejects.toMatchObject({ code: 'NotPayable' })
  const { profileId } = await as(owner, (ctx) => accounts().submitPayoutProfile(ctx, 'contoso', { ...bank, account: '555000111' }))
  await validate(profileId)
  await nextFirst()
  await theFifteenth()
  const rows = (await payoutsOf()).slice(0, 2)
  expect(rows.map((one) => [one.state, one.profile])).toEqual([
    ['prepared', profileId],
    ['prepared', profileId],
  ])
  expect(rows[1]?.number).toBe(row?.number)
  const [file = ''] = await payAll()
  const { payouts } = await as(operator, (ctx) => billing().bankFile(ctx, file))
  expect(payouts.map((one) => one.state)).toEqual(['paid', 'paid'])
  const csv = await as(operator, (ctx) => billing().bankFileContent(ctx, file, 'csv'))
  expect(csv.rows.slice(1).map((line) => line[7])).toEqual(['555000111', '555000111'])
  await healthy()
})

test('bank files: euro to an IBAN as pain.001, everything else as CSV; payouts of a publisher whose profile changed stay behind', async () => {
  await nextFirst()
  // One publisher paid in euro, to a German account: contoso moves there for this test.
  await market.kernel.database.pool.query(`update accounts.seller_account set country = 'DE' where tenant_id = $1`, [contosoTenant])
  const german = { ...bank, country: 'DE', currency: 'EUR', account: 'DE89370400440532013000', bic: 'COBADEFFXXX', routing: '' }
  const { profileId } = await as(owner, (ctx) => accounts().submitPayoutProfile(ctx, 'contoso', german))
  await validate(profileId)
  await theFifteenth()
  const [row] = await payoutsOf()
  expect([row?.currency, row?.state]).toEqual(['EUR', 'prepared'])
  // Changed between the run and the file: nothing is sent to an account that nobody has checked.
  const changed = await as(owner, (ctx) => accounts().submitPayoutProfile(ctx, 'contoso', { ...german, account: 'DE02120300000000202051' }))
  const payOn = (await today()).add({ days: 2 }).toString()
  expect(await as(operator, (ctx) => billing().createBankFiles(ctx, { payOn }))).toEqual([])
  await validate(changed.profileId)
  for (const wrong of ['2020-01-01', '2099-01-01', 'soon', '2027-02-30', '']) {
    await expect(
      as(operator, (ctx) => billing().createBankFiles(ctx, { payOn: wrong })),
      wrong,
    ).rejects.toMatchObject({ code: 'PayOnInvalid' })
  }
  const [id = ''] = await as(operator, (ctx) => billing().createBankFiles(ctx, { payOn }))
  expect(await as(operator, (ctx) => billing().createBankFiles(ctx, { payOn }))).toEqual([])
  const content = await as(operator, (ctx) => billing().bankFileContent(ctx, id, 'pain.001.001.09'))
  expect(content.xml).toContain('<IBAN>DE02120300000000202051</IBAN>')
  expect(content.xml).toContain(`<InstdAmt Ccy="EUR">${row?.amount.toFixed(2)}</InstdAmt>`)
  expect(content.xml).toContain(`<EndToEndId>${row?.number}</EndToEndId>`)
  expect((await as(operator, (ctx) => billing().bankFileContent(ctx, id, 'pain.001.001.09'))).xml).toBe(content.xml)
  await expect(as(operator, (ctx) => billing().bankFileContent(ctx, id, 'pain.008'))).rejects.toMatchObject({ code: 'FormatInvalid' })
  await expect(as(owner, (ctx) => billing().bankFileContent(ctx, id, 'csv'))).rejects.toMatchObject({ kind: 'forbidden' })
  expect(await as(operator, (ctx) => billing().confirmBankFile(ctx, id))).toBe(1)
  await expect(as(operator, (ctx) => billing().confirmBankFile(ctx, id))).rejects.toMatchObject({ code: 'NothingToConfirm' })
  await healthy()
})

test('a run that is repeated pays nothing twice; one without a rate of exchange holds and says so', async () => {
  // Several lines of one currency: what rounding each of them adds is booked.
  for (let n = 0; n < 3; n++) await market.active({ planId: 'basic', purchaser: demo.stranger })
  await nextFirst()
  await market.kernel.database.pool.query(`update accounts.payout_profile set currency = 'KWD' where status = 'validated'`)
  expect(await reasons()).toContain('contoso KWD rate-missing')
  await as(operator, (ctx) =>
    market.domain.offers.setRates(ctx, {
      rates: { KWD: '0.307' },
      source: 'test',
      validFrom: Temporal.Instant.from('2026-01-01T00:00:00Z'),
    }),
  )
  const planned = (await preview()).find((one) => one.publisherId === 'contoso')
  await theFifteenth()
  const [row] = await payoutsOf()
  expect([row?.currency, row?.amount.toFixed()]).toEqual(['KWD', planned?.amount.toFixed()])
  expect(row?.amount.decimalPlaces()).toBeLessThanOrEqual(3)
  const count = (await payoutsOf()).length
  // The same due work again, as after a crash before its row was removed.
  const month = (await today()).with({ day: 1 }).toString()
  await as(system, async (ctx) => market.kernel.due.schedule(ctx, { kind: 'billing.payouts', key: month, at: ctx.now, payload: {} }))
  await market.pass({ seconds: 1 })
  expect(await payoutsOf()).toHaveLength(count)
  await healthy()
})

test('a run of many publishers that fails in the middle goes on where it stopped, and pays each once', async () => {
  await theFifteenth().catch(() => undefined)
  const { pool } = market.kernel.database
  // 120 publishers of one account, each owed an adjustment: more than one part of a run.
  await pool.query(`
    insert into accounts.publisher (publisher_id, account_id, tenant_id, name, status, created_at)
    select 'many-' || lpad(n::text, 3, '0'), account_id, tenant_id, 'Many ' || n, 'active', created_at from accounts.publisher, generate_series(1, 120) n
    where publisher_id = 'contoso'`)
  const ids = await pool.query(`select publisher_id as id from accounts.publisher where publisher_id like 'many-%' order by 1`)
  await as(operator, async (ctx) => {
    for (const { id } of ids.rows) {
      await billing().requestAdjustment(ctx, { publisherId: id, currency: 'USD', amount: '5', reason: 'Welcome' })
    }
  })
  const asked = (await as(operator, (ctx) => billing().adjustments(ctx, 200))).filter((row) => row.state === 'requested')
  await as(colleague, async (ctx) => {
    for (const row of asked) await billing().decideAdjustment(ctx, row.id, 'approve')
  })
  await pool.query(`
    create function billing.stumble() returns trigger language plpgsql as $$ begin raise exception 'The power is gone.'; end $$;
    create trigger stumble before insert on billing.payout for each row when (new.publisher_id = 'many-115') execute function billing.stumble()`)
  await as(operator, (ctx) => billing().startPayoutRun(ctx))
  await market.pass({ seconds: 1 })
  const made = async () =>
    (
      await pool.query(
        `select count(*)::int as n, count(distinct publisher_id)::int as publishers from billing.payout where publisher_id like 'many-%'`,
      )
    ).rows[0]
  const before = await made()
  expect(before?.n).toBeGreaterThan(50)
  expect(before?.n).toBeLessThan(120)
  const [halfway] = await as(operator, (ctx) => billing().payoutRuns(ctx))
  expect(halfway?.finishedAt).toBeNull()
  await healthy()
  await pool.query('drop trigger stumble on billing.payout')
  // Failed work waits a while by the machine's clock before it is tried again.
  await pool.query(`update kernel.due set attempts = 0, retry_at = null where kind = 'billing.payouts'`)
  await market.pass({ hours: 1 })
  expect(await made()).toEqual({ n: 120, publishers: 120 })
  const { run, items } = await as(operator, (ctx) => billing().payoutRun(ctx, halfway?.id ?? ''))
  expect(run.finishedAt).not.toBeNull()
  expect(items.filter((item) => item.publisherId.startsWith('many-')).length).toBe(120)
  await healthy()
})

test('rates of exchange: from now or a day ahead, never into the past; every one is kept', async () => {
  const { offers } = market.domain
  const add = (input: Partial<{ currency: string; unitsPerUsd: string; validFrom: string; source: string }>) =>
    as(operator, (ctx) => offers.addRate(ctx, { currency: 'SEK', unitsPerUsd: '11', validFrom: '', source: 'Treasury', ...input }))
  const current = async () => (await as(system, (ctx) => offers.rates(ctx))).SEK
  const day = await today()
  await add({ unitsPerUsd: '12', validFrom: day.add({ days: 2 }).toString() })
  await add({})
  expect(await current()).toBe('11')
  await market.pass({ hours: 72 })
  expect(await current()).toBe('12')
  for (const [input, target] of [
    [{ unitsPerUsd: '0' }, 'unitsPerUsd'],
    [{ unitsPerUsd: '-1' }, 'unitsPerUsd'],
    [{ unitsPerUsd: '1e308' }, 'unitsPerUsd'],
    [{ currency: 'USD' }, 'currency'],
    [{ validFrom: '2020-01-01' }, 'validFrom'],
    [{ validFrom: '2027-02-30' }, 'validFrom'],
    [{ source: ' ' }, 'source'],
  ] as const) {
    await expect(add(input), target).rejects.toMatchObject({ code: 'RateInvalid', details: [expect.objectContaining({ target })] })
  }
  const history = await as(operator, (ctx) => offers.rateHistory(ctx))
  expect(history.filter((row) => row.currency === 'SEK').map((row) => row.unitsPerUsd.toFixed())).toEqual(['12', '11', '10.6'])
  await expect(as(owner, (ctx) => offers.rateHistory(ctx))).rejects.toMatchObject({ kind: 'forbidden' })
})

test('balances of any past day; every kind of account is used; the ledger cannot be changed', async () => {
  const day = await today()
  const current = await as(operator, (ctx) => billing().balances(ctx, day))
  expect(new Set(current.map((row) => row.account))).toEqual(
    new Set(['cash', 'exchange', 'payable', 'rounding', 'store-fee', 'tax', 'withholding']),
  )
  const { rows } = await market.kernel.database.pool.query('select distinct account from billing.posting order by 1')
  expect(rows.map((row) => row.account)).toEqual([
    'cash',
    'exchange',
    'payable',
    'receivable',
    'revenue-share',
    'rounding',
    'store-fee',
    'tax',
    'withholding',
  ])
  for (const currency of new Set(current.map((row) => row.currency))) {
    const sum = current.filter((row) => row.currency === currency).reduce((total, row) => total.plus(row.amount), new Decimal(0))
    expect(sum.toFixed(), currency).toBe('0')
  }
  expect(await as(operator, (ctx) => billing().balances(ctx, day.subtract({ years: 5 })))).toEqual([])
  const earlier = await as(operator, (ctx) => billing().balances(ctx, day.subtract({ months: 3 })))
  expect(earlier).not.toEqual(current)
  expect(await as(operator, (ctx) => billing().balances(ctx, day.subtract({ months: 3 })))).toEqual(earlier)
  const own = await as(owner, (ctx) => billing().publisherBalances(ctx, 'contoso', day))
  expect(own.every((row) => row.publisherId === 'contoso')).toBe(true)
  await expect(as(stranger, (ctx) => billing().publisherBalances(ctx, 'contoso', day))).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(as(owner, (ctx) => billing().balances(ctx, day))).rejects.toMatchObject({ kind: 'forbidden' })
  const [newest] = await as(operator, (ctx) => billing().ledgerTransactions(ctx, day, 5))
  expect(newest?.postings.length).toBeGreaterThan(1)
  await expect(market.kernel.database.pool.query('update billing.ledger_transaction set description = $1', ['x'])).rejects.toThrow(
    /append-only/,
  )
  await expect(market.kernel.database.pool.query('delete from billing.posting')).rejects.toThrow(/append-only/)
})

test('transactions are found by text, state, currency and day', async () => {
  const find = (query: Parameters<ReturnType<typeof billing>['listPayoutLines']>[2]) =>
    as(owner, (ctx) => billing().listPayoutLines(ctx, 'contoso', query))
  const all = await find({ limit: 1000 })
  const [first] = all
  expect((await find({ search: first?.invoiceNumber ?? '' })).every((line) => line.invoiceNumber === first?.invoiceNumber)).toBe(true)
  expect(await find({ search: '100%_' })).toEqual([])
  expect((await find({ currency: 'EUR', limit: 1000 })).length).toBe(all.filter((line) => line.currency === 'EUR').length)
  expect((await find({ state: 'paid', limit: 1000 })).every((line) => line.state === 'paid')).toBe(true)
  const day = all.at(-1)?.earnedAt.toZonedDateTimeISO('UTC').toPlainDate() as Temporal.PlainDate
  const ofDay = await find({ from: day, to: day })
  expect(ofDay.length).toBeGreaterThan(0)
  expect(ofDay.every((line) => line.earnedAt.toString().startsWith(day.toString()))).toBe(true)
  expect((await find({ limit: 2, offset: 1 })).map((line) => line.line)).toEqual(all.slice(1, 3).map((line) => line.line))
  const sums = await as(owner, (ctx) => billing().payoutLineSums(ctx, 'contoso', {}))
  expect(sums.reduce((n, row) => n + row.lines, 0)).toBe(all.length)
  await expect(as(stranger, (ctx) => billing().listPayoutLines(ctx, 'contoso'))).rejects.toMatchObject({ kind: 'forbidden' })
})

test('AC-101 only the operator pays; developers see no money; financial roles of other programs give nothing', async () => {
  const payOn = (await today()).toString()
  const operatorOnly: ((ctx: Ctx) => Promise<unknown>)[] = [
    (ctx) => billing().previewPayouts(ctx),
    (ctx) => billing().startPayoutRun(ctx),
    (ctx) => billing().payoutRuns(ctx),
    (ctx) => billing().allPayouts(ctx),
    (ctx) => billing().createBankFiles(ctx, { payOn }),
    (ctx) => billing().bankFiles(ctx),
    (ctx) => billing().payerAccount(ctx),
    (ctx) => billing().setPayerAccount(ctx, { holder: 'x', iban: 'DE02120300000000202051', bic: '' }),
    (ctx) => billing().adjustments(ctx),
    (ctx) => billing().requestAdjustment(ctx, { publisherId: 'contoso', currency: 'USD', amount: '1', reason: 'x' }),
    (ctx) => billing().payoutTerms(ctx),
    (ctx) => billing().setPayoutTerms(ctx, { currency: 'USD', validFrom: payOn, threshold: '0', escrowDays: '0' }),
    (ctx) => accounts().storeFees(ctx),
  ]
  for (const use of operatorOnly) {
    for (const who of [owner, person('manager'), person('developer'), demo.buyer]) {
      await expect(as(who, use)).rejects.toMatchObject({ kind: 'forbidden' })
    }
    await expect(as({ kind: 'anonymous' }, use)).rejects.toMatchObject({ kind: 'unauthenticated' })
  }
  for (const role of ['developer', 'financial-contributor', 'business-contributor', 'marketer', 'global-admin']) {
    await expect(
      as(person(role), (ctx) => billing().listPayouts(ctx, 'contoso')),
      role,
    ).rejects.toMatchObject({ kind: 'forbidden' })
    await expect(
      as(person(role), (ctx) => accounts().paymentProfiles(ctx, 'contoso')),
      role,
    ).rejects.toMatchObject({ kind: 'forbidden' })
  }
  expect((await as(person('manager'), (ctx) => billing().listPayouts(ctx, 'contoso'))).length).toBeGreaterThan(0)
  await expect(as(person('manager'), (ctx) => accounts().setPayoutHold(ctx, 'contoso', true))).rejects.toMatchObject({ kind: 'forbidden' })
})
