import { beforeAll, expect, test } from 'vitest'
import { type TestKernel, testKernel } from '../../../test/harness.ts'
import { type Ctx, type Principal, system, type UserPrincipal } from '../../kernel/context.ts'
import { createDirectory, type Directory } from '../directory/index.ts'
import { bankSchemeOf, checkedPayoutProfile } from './bank-details.ts'
import { type Accounts, createAccounts, type PayoutProfileInput, type TaxProfileInput } from './index.ts'
import { taxFormOf, treatyPartOf, withholdingRate } from './tax-form.ts'
import { Decimal } from '../../kernel/money.ts'

let kernel: TestKernel
let directory: Directory
let accounts: Accounts
const operator: UserPrincipal = {
  kind: 'user',
  tenantId: '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b70001',
  objectId: '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b7a001',
  email: 'operator@operator.example',
  displayName: 'Operator',
  roles: ['operator'],
}

beforeAll(async () => {
  kernel = await testKernel()
  directory = createDirectory(kernel)
  accounts = createAccounts(kernel, { directory })
})

const as = <T>(who: Principal, fn: (ctx: Ctx) => Promise<T>) => kernel.run(who, fn)
let made = 0

/** A seller with one publisher and people of each role. */
async function seller(country = 'DE') {
  const n = ++made
  const publisherId = `seller${n}`
  return as(system, async (ctx) => {
    const { tenantId } = await directory.createTenant(ctx, { name: `Seller ${n} GmbH`, domain: `seller${n}.example`, country })
    await accounts.createPublisher(ctx, { publisherId, tenantId, name: `Seller ${n}` })
    const person = async (role: 'owner' | 'manager' | 'developer') => {
      const user = await directory.createUser(ctx, { tenantId, email: `${role}@seller${n}.example`, displayName: role, roles: [] })
      await accounts.setMember(ctx, { accountTenantId: tenantId, kind: 'user', id: user.objectId, tenantId, roles: [role] })
      return (await directory.principal(ctx, user.objectId)) as UserPrincipal
    }
    return { publisherId, tenantId, owner: await person('owner'), manager: await person('manager'), developer: await person('developer') }
  })
}

const w8: TaxProfileInput = {
  entityType: 'corporation',
  legalName: 'Seller GmbH',
  residence: 'DE',
  citizenship: '',
  taxNumber: '',
  claimsTreaty: false,
  treatyRate: '',
  treatyArticle: '',
  signature: 'Olga Owner',
  certified: true,
}
const w9: TaxProfileInput = { ...w8, residence: 'US', taxNumber: '12-3456789' }
const german: PayoutProfileInput = {
  holder: 'Seller GmbH',
  country: 'DE',
  currency: 'EUR',
  bank: '',
  account: 'DE89 3704 0044 0532 0130 00',
  bic: 'COBADEFFXXX',
  routing: '',
}
const american: PayoutProfileInput = { ...german, country: 'US', currency: 'USD', account: '000123456789', bic: '', routing: '021000021' }

const fieldsOf = async (attempt: Promise<unknown>) => {
  const error = (await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  )) as { details: { target: string; code: string }[] } | undefined
  return error?.details.map((detail) => `${detail.target}: ${detail.code}`) ?? []
}
const mailsTo = async (to: string) => (await as(system, (ctx) => kernel.mail.list(ctx, { to }))).map((mail) => mail.template)
const problem = async (publisherId: string) =>
  (await as(system, (ctx) => accounts.paymentReadiness(ctx, [publisherId]))).get(publisherId)?.problem

test('AC-042 no payout profile before a tax profile has been submitted; submitted is enough', async () => {
  const { publisherId, owner } = await seller()
  expect(await problem(publisherId)).toBe('tax-profile-missing')
  await expect(as(owner, (ctx) => accounts.submitPayoutProfile(ctx, publisherId, german))).rejects.toMatchObject({
    kind: 'conflict',
    code: 'TaxProfileMissing',
  })
  await as(owner, (ctx) => accounts.submitTaxProfile(ctx, publisherId, w8))
  expect(await problem(publisherId)).toBe('tax-profile-pending')
  expect((await as(owner, (ctx) => accounts.submitPayoutProfile(ctx, publisherId, german))).status).toBe('pending')
})

test('AC-044 a tax profile is pending, visibly, for at most 48 hours in the sandbox; then the next step is the bank account', async () => {
  const { publisherId, owner } = await seller()
  await as(owner, (ctx) => accounts.submitTaxProfile(ctx, publisherId, w8))
  const status = async () => (await as(owner, (ctx) => accounts.paymentProfiles(ctx, publisherId))).tax?.status
  expect(await status()).toBe('pending')
  await kernel.due.move((from) => from.add({ hours: 47 }))
  expect(await status()).toBe('pending')
  await kernel.due.move((from) => from.add({ hours: 2 }))
  expect(await status()).toBe('validated')
  expect(await mailsTo(owner.email)).toContain('tax-profile-validated')
  expect(await problem(publisherId)).toBe('payout-profile-missing')
})

test('AC-045 a bank account outside of the country of registration is refused, by the country and by the IBAN', async () => {
  const { publisherId, owner } = await seller('DE')
  await as(owner, (ctx) => accounts.submitTaxProfile(ctx, publisherId, w8))
  const submit = (input: Partial<PayoutProfileInput>) =>
    fieldsOf(as(owner, (ctx) => accounts.submitPayoutProfile(ctx, publisherId, { ...german, ...input })))
  expect(await submit({ country: 'US' })).toEqual(['country: BankCountryMismatch'])
  expect(await submit({ account: 'FR14 2004 1010 0505 0001 3M02 606' })).toEqual(['account: BankCountryMismatch'])
  expect((await as(owner, (ctx) => accounts.paymentProfiles(ctx, publisherId))).payout).toBeNull()
})

test('AC-047 a changed bank account is verified anew; the earlier one is paid to no more', async () => {
  const { publisherId, owner } = await seller()
  const tax = await as(owner, (ctx) => accounts.submitTaxProfile(ctx, publisherId, w8))
  await as(operator, (ctx) => accounts.decideProfile(ctx, 'tax', tax.profileId, { verdict: 'validate', reason: '' }))
  const first = await as(owner, (ctx) => accounts.submitPayoutProfile(ctx, publisherId, german))
  const check = { verdict: 'validate' as const, reason: '', checkedWith: 'zero-amount', reference: 'transfer 17' }
  await as(operator, (ctx) => accounts.decideProfile(ctx, 'payout', first.profileId, check))
  expect(await problem(publisherId)).toBeNull()
  const second = await as(owner, (ctx) => accounts.submitPayoutProfile(ctx, publisherId, { ...german, account: 'DE02120300000000202051' }))
  expect(await problem(publisherId)).toBe('payout-profile-pending')
  const { payoutVersions } = await as(owner, (ctx) => accounts.paymentProfiles(ctx, publisherId))
  expect(payoutVersions.map((version) => version.status)).toEqual(['pending', 'replaced'])
  await expect(as(operator, (ctx) => accounts.decideProfile(ctx, 'payout', first.profileId, check))).rejects.toMatchObject({
    code: 'IllegalTransition',
  })
  await as(operator, (ctx) => accounts.decideProfile(ctx, 'payout', second.profileId, { ...check, checkedWith: 'test-transfer' }))
  expect(await problem(publisherId)).toBeNull()
  const ready = (await as(system, (ctx) => accounts.paymentReadiness(ctx, [publisherId]))).get(publisherId)
  expect(ready?.payout).toMatchObject({ profileId: second.profileId, currency: 'EUR', scheme: 'iban' })
  expect((await mailsTo(owner.email)).filter((template) => template === 'payout-profile-submitted')).toHaveLength(2)
})

test('AC-048 residents of the United States hand in a W-9, everybody else a W-8, and nobody nothing', async () => {
  expect(taxFormOf('US', 'corporation')).toBe('W-9')
  expect(taxFormOf('US', 'individual')).toBe('W-9')
  expect(taxFormOf('DE', 'individual')).toBe('W-8BEN')
  expect(taxFormOf('JP', 'corporation')).toBe('W-8BEN-E')
  const { publisherId, owner } = await seller('US')
  expect((await as(owner, (ctx) => accounts.submitTaxProfile(ctx, publisherId, w9))).form).toBe('W-9')
  expect(await fieldsOf(as(owner, (ctx) => accounts.submitTaxProfile(ctx, publisherId, { ...w9, taxNumber: '' })))).toEqual([
    'taxNumber: TaxNumberInvalid',
  ])
  const without = await seller('US')
  expect(await problem(without.publisherId)).toBe('tax-profile-missing')
})

test('AC-049 a W-8 needs no ITIN, nor does the claim of a treaty', async () => {
  const { publisherId, owner } = await seller()
  const claim = { ...w8, claimsTreaty: true, treatyRate: '0', treatyArticle: 'Article 7', taxNumber: '' }
  const profile = await as(owner, (ctx) => accounts.submitTaxProfile(ctx, publisherId, claim))
  expect(profile).toMatchObject({ status: 'pending', taxNumberEnd: null })
  expect(profile.treatyRate?.toFixed()).toBe('0')
})

test('AC-050 withholding applies to sales into the United States only', () => {
  const seller = { form: 'W-8BEN-E', treatyRate: null } as const
  expect(withholdingRate(seller, 'US').toFixed()).toBe('30')
  for (const country of ['DE', 'GB', 'PR', 'CA']) expect(withholdingRate(seller, country).toFixed()).toBe('0')
  expect(withholdingRate({ form: 'W-9', treatyRate: null }, 'US').toFixed()).toBe('0')
})

test('AC-051 30 percent by default; only the claim of a treaty reduces it, and only where there is one', async () => {
  expect(withholdingRate({ form: 'W-8BEN', treatyRate: null }, 'US').toFixed()).toBe('30')
  expect(withholdingRate({ form: 'W-8BEN', treatyRate: new Decimal('12.5') }, 'US').toFixed()).toBe('12.5')
  expect([treatyPartOf('W-8BEN'), treatyPartOf('W-8BEN-E'), treatyPartOf('W-9')]).toEqual(['Part II', 'Part III', null])
  const { publisherId, owner } = await seller()
  const submit = (input: Partial<TaxProfileInput>) =>
    fieldsOf(
      as(owner, (ctx) =>
        accounts.submitTaxProfile(ctx, publisherId, { ...w8, claimsTreaty: true, treatyRate: '10', treatyArticle: '12', ...input }),
      ),
    )
  expect(await submit({ residence: 'SG' })).toEqual(['claimsTreaty: NoTreaty'])
  expect(await submit({ treatyRate: '30' })).toEqual(['treatyRate: TreatyRateInvalid'])
  expect(await submit({ treatyRate: '-1' })).toEqual(['treatyRate: TreatyRateInvalid'])
  expect(await submit({ treatyRate: 'NaN', treatyArticle: ' ' })).toEqual(['treatyRate: TreatyRateInvalid', 'treatyArticle: Missing'])
  expect(await submit({ residence: 'US', taxNumber: '12-3456789' })).toEqual(['claimsTreaty: NoTreaty'])
  expect(await submit({})).toEqual([])
})

test('AC-052 AC-098 the owner reads status, entity type, certificate and rate; manager and developer may not, nor may another seller', async () => {
  const { publisherId, owner, manager, developer } = await seller()
  const stranger = (await seller()).owner
  await as(owner, (ctx) => accounts.submitTaxProfile(ctx, publisherId, { ...w8, taxNumber: 'DE136695976' }))
  const { tax } = await as(owner, (ctx) => accounts.paymentProfiles(ctx, publisherId))
  expect(tax).toMatchObject({
    status: 'pending',
    entityType: 'corporation',
    form: 'W-8BEN-E',
    taxNumberEnd: '5976',
    signedBy: 'Olga Owner',
  })
  for (const who of [manager, developer, stranger]) {
    await expect(as(who, (ctx) => accounts.paymentProfiles(ctx, publisherId))).rejects.toMatchObject({ kind: 'forbidden' })
    await expect(as(who, (ctx) => accounts.submitTaxProfile(ctx, publisherId, w8))).rejects.toMatchObject({ kind: 'forbidden' })
    await expect(as(who, (ctx) => accounts.submitPayoutProfile(ctx, publisherId, german))).rejects.toMatchObject({ kind: 'forbidden' })
    await expect(as(who, (ctx) => accounts.queuedProfiles(ctx))).rejects.toMatchObject({ kind: 'forbidden' })
    await expect(
      as(who, (ctx) => accounts.decideProfile(ctx, 'tax', tax?.profileId ?? '', { verdict: 'validate', reason: '' })),
    ).rejects.toMatchObject({ kind: 'forbidden' })
    await expect(as(who, (ctx) => accounts.revealProfile(ctx, 'tax', tax?.profileId ?? ''))).rejects.toMatchObject({ kind: 'forbidden' })
  }
})

test('numbers are encrypted at rest and masked; whoever reveals them is written down', async () => {
  const { publisherId, owner } = await seller()
  await as(owner, (ctx) => accounts.submitTaxProfile(ctx, publisherId, { ...w8, taxNumber: 'HRB 99887766' }))
  const profile = await as(owner, (ctx) => accounts.submitPayoutProfile(ctx, publisherId, german))
  expect(JSON.stringify(profile)).not.toContain('0532')
  expect(profile.accountEnd).toBe('3000')
  const { rows } = await kernel.database.pool.query(
    `select p::text as row from accounts.payout_profile p union all select t::text from accounts.tax_profile t
     union all select a::text from kernel.audit a union all select e::text from kernel.event e union all select m::text from kernel.mail m`,
  )
  const stored = rows.map((row) => row.row).join('\n')
  expect(stored).not.toContain('370400440532013000')
  expect(stored).not.toContain('99887766')
  expect(await as(operator, (ctx) => accounts.revealProfile(ctx, 'payout', profile.profileId))).toMatchObject({
    account: 'DE89370400440532013000',
    bic: 'COBADEFFXXX',
  })
  const audit = await kernel.database.pool.query(`select principal_name from kernel.audit where action = 'payout-profile.reveal'`)
  expect(audit.rows).toEqual([{ principal_name: operator.email }])
})

test('the operator’s queue: validating needs a check, rejecting a reason that the owner is told', async () => {
  const { publisherId, owner } = await seller()
  await as(owner, (ctx) => accounts.submitTaxProfile(ctx, publisherId, w8))
  const profile = await as(owner, (ctx) => accounts.submitPayoutProfile(ctx, publisherId, german))
  const queue = await as(operator, (ctx) => accounts.queuedProfiles(ctx))
  expect(queue.filter((item) => item.publisherIds.includes(publisherId)).map((item) => item.kind)).toEqual(['tax', 'payout'])
  const decide = (decision: { verdict: 'validate' | 'reject'; reason?: string; checkedWith?: string; reference?: string }) =>
    as(operator, (ctx) => accounts.decideProfile(ctx, 'payout', profile.profileId, { reason: '', ...decision }))
  await expect(decide({ verdict: 'validate' })).rejects.toMatchObject({ code: 'CheckMissing', target: 'checkedWith' })
  await expect(decide({ verdict: 'validate', checkedWith: 'document', reference: ' ' })).rejects.toMatchObject({ target: 'reference' })
  await expect(decide({ verdict: 'reject' })).rejects.toMatchObject({ code: 'ReasonMissing', target: 'reason' })
  await decide({ verdict: 'reject', reason: 'The holder is another company.' })
  expect(await mailsTo(owner.email)).toContain('payout-profile-failed')
  expect((await as(owner, (ctx) => accounts.paymentProfiles(ctx, publisherId))).payout).toMatchObject({
    status: 'failed',
    reason: 'The holder is another company.',
  })
  await expect(decide({ verdict: 'validate', checkedWith: 'document', reference: 'x' })).rejects.toMatchObject({
    code: 'IllegalTransition',
  })
  await expect(as(operator, (ctx) => accounts.findProfile(ctx, 'tax', 'nonsense'))).rejects.toMatchObject({ kind: 'not-found' })
})

test('in the sandbox an account ending in 0002 fails its check', async () => {
  const { publisherId, owner } = await seller('US')
  await as(owner, (ctx) => accounts.submitTaxProfile(ctx, publisherId, w9))
  await as(owner, (ctx) => accounts.submitPayoutProfile(ctx, publisherId, { ...american, account: '00010002' }))
  await kernel.due.move((from) => from.add({ hours: 49 }))
  expect(await problem(publisherId)).toBe('payout-profile-failed')
})

test('bank accounts by country: IBAN, routing number, BIC; what is wrong is named', () => {
  expect(['DE', 'GB', 'US', 'JP', 'KW'].map(bankSchemeOf)).toEqual(['iban', 'iban', 'aba', 'swift', 'iban'])
  const codes = (input: Partial<PayoutProfileInput>, registered: string) => {
    try {
      checkedPayoutProfile({ ...german, ...input, country: registered }, registered)
      return []
    } catch (error) {
      return (error as { details: { target: string; code: string }[] }).details.map((detail) => detail.code)
    }
  }
  expect(codes({}, 'DE')).toEqual([])
  expect(codes({ account: 'DE89370400440532013001' }, 'DE')).toEqual(['IbanInvalid'])
  expect(codes({ bic: 'NOTABIC' }, 'DE')).toEqual(['BicInvalid'])
  expect(codes({ holder: 'A\u0000B' }, 'DE')).toEqual(['InvalidValue'])
  expect(codes({ currency: 'XXX' }, 'DE')).toEqual(['InvalidValue'])
  expect(codes(american, 'US')).toEqual([])
  expect(codes({ ...american, routing: '021000022' }, 'US')).toEqual(['RoutingInvalid'])
  expect(codes({ ...american, account: '12x' }, 'US')).toEqual(['AccountInvalid'])
  expect(codes({ account: '1234567', bic: '', currency: 'JPY' }, 'JP')).toEqual(['Missing'])
  expect(codes({ account: '1234567', bic: 'BOTKJPJT', currency: 'JPY' }, 'JP')).toEqual([])
})

test('AC-132 a publisher’s own fee holds from its day on and can end; without one it is the marketplace’s', async () => {
  const { publisherId, owner } = await seller()
  const fee = async () => (await as(system, (ctx) => accounts.publisher(ctx, publisherId))).storeFeePercent.toFixed()
  const today = (await kernel.clock.marketNow(kernel.database.db)).toZonedDateTimeISO('UTC').toPlainDate()
  const set = (percent: string, validFrom: string, reason = 'Agreement of 2026') =>
    as(operator, (ctx) => accounts.setStoreFee(ctx, { publisherId, percent, validFrom, reason }))
  expect(await fee()).toBe('3')
  await set('2.5', today.add({ days: 10 }).toString())
  await set('', today.add({ days: 20 }).toString(), 'The agreement ends')
  expect(await fee()).toBe('3')
  await kernel.due.move((from) => from.add({ hours: 240 }))
  expect(await fee()).toBe('2.5')
  await kernel.due.move((from) => from.add({ hours: 240 }))
  expect(await fee()).toBe('3')
  expect(await fieldsOf(set('2', today.toString()))).toEqual(['validFrom: InThePast'])
  expect(await fieldsOf(set('100', '2090-02-30', ' '))).toEqual([
    'percent: InvalidValue',
    'validFrom: InvalidValue',
    'reason: InvalidValue',
  ])
  await expect(
    as(owner, (ctx) => accounts.setStoreFee(ctx, { publisherId, percent: '0', validFrom: '2090-01-01', reason: 'x' })),
  ).rejects.toMatchObject({ kind: 'forbidden' })
  const { rows } = await kernel.database.pool.query(
    `select count(*)::int as n from kernel.audit where action = 'store-fee.set' and target = $1`,
    [publisherId],
  )
  expect(rows).toEqual([{ n: 2 }])
})

test('AC-059 AC-060 the billing profile is prefilled from the legal entity; a VAT number is required in the Union, optional elsewhere', async () => {
  const german = await seller('DE')
  const prefilled = await as(german.owner, (ctx) => accounts.sellerBilling(ctx, german.publisherId))
  expect(prefilled).toMatchObject({
    legalName: expect.stringMatching(/^Seller \d+ GmbH$/),
    country: 'DE',
    saved: false,
    vatIdRequired: true,
  })
  const address = { line1: 'Hauptstr. 1', line2: '', postalCode: '10115', city: 'Berlin', region: '', taxId: '', vatId: '' }
  const save = (input: Partial<typeof address>) =>
    fieldsOf(as(german.owner, (ctx) => accounts.setSellerBilling(ctx, german.publisherId, { ...address, ...input })))
  expect(await save({})).toEqual(['vatId: Missing'])
  expect(await save({ vatId: 'DE111111111' })).toEqual(['vatId: TaxIdInvalid'])
  expect(await save({ vatId: 'DE136695976' })).toEqual([])
  expect(await as(german.owner, (ctx) => accounts.sellerBilling(ctx, german.publisherId))).toMatchObject({
    address: { city: 'Berlin' },
    vatId: 'DE136695976',
    legalName: prefilled.legalName,
    country: 'DE',
  })
  const american = await seller('US')
  await as(american.owner, (ctx) => accounts.setSellerBilling(ctx, american.publisherId, { ...address, city: 'Boston' }))
  await expect(as(american.manager, (ctx) => accounts.sellerBilling(ctx, american.publisherId))).rejects.toMatchObject({
    kind: 'forbidden',
  })
})

test('AC-058 only Dynamics 365 Customer Engagement and Operations offers need a billing profile', async () => {
  const { needsSellerBilling } = await import('./index.ts')
  expect(['dynamics-365-customer-engagement', 'dynamics-365-operations'].every(needsSellerBilling)).toBe(true)
  expect(['saas', 'virtual-machine', 'consulting', 'dynamics-365-business-central'].some(needsSellerBilling)).toBe(false)
})
