import { Temporal } from 'temporal-polyfill'
import { beforeAll, expect, test } from 'vitest'
import { type TestKernel, testKernel } from '../../../test/harness.ts'
import { allows } from '../../kernel/authorization.ts'
import { type Ctx, type Principal, system, type UserPrincipal } from '../../kernel/context.ts'
import { publisherResidences } from '../../kernel/reference-data.ts'
import { createDirectory, type Directory } from '../directory/index.ts'
import { type Accounts, type CompanyEnrollment, createAccounts } from './index.ts'

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
const again = async (who: UserPrincipal) => (await as(system, (ctx) => directory.principal(ctx, who.objectId))) as UserPrincipal
let made = 0

/** A directory with one person in it. */
async function person(roles: 'global-admin'[] = [], domain = `company${++made}.example`) {
  const user = await as(system, async (ctx) => {
    const known = await directory.findTenant(ctx, domain)
    const { tenantId } = known ?? (await directory.createTenant(ctx, { name: `Company ${made}`, domain, country: 'DE' }))
    return directory.createUser(ctx, { tenantId, email: `p${++made}@${domain}`, displayName: 'Petra Person', roles })
  })
  return again(user as unknown as UserPrincipal)
}

const company = (changes: Partial<CompanyEnrollment> = {}): CompanyEnrollment => ({
  legalName: 'Proseware GmbH',
  country: 'Germany',
  line1: 'Marktplatz 1',
  line2: '',
  postalCode: '10115',
  city: 'Berlin',
  region: '',
  contactName: 'Petra Person',
  contactEmail: `petra@company${made}.example`,
  contactPhone: '+49 30 123456',
  publisherName: 'Proseware',
  publisherId: `proseware${made}`,
  hasAuthority: true,
  publisherAgreement: '1.0',
  partnerNetworkAgreement: '1.0',
  ...changes,
})

/** A company that has enrolled, with its owner. */
async function enrolled(changes: Partial<CompanyEnrollment> = {}) {
  const founder = await person()
  const result = await as(founder, (ctx) =>
    accounts.enrollCompany(ctx, company({ contactEmail: `contact@${founder.email.split('@')[1]}`, ...changes })),
  )
  return { ...result, owner: await again(founder) }
}

/** The token of the link in the latest mail to an address. */
async function linkTo(to: string): Promise<string> {
  const [mail] = await as(system, (ctx) => kernel.mail.list(ctx, { to, limit: 1 }))
  return /token=([\w-]+)/.exec(mail?.text ?? '')?.[1] ?? ''
}

const accountCount = async () => (await kernel.database.pool.query('select count(*)::int as n from accounts.seller_account')).rows[0].n

test('AC-017 a personal account or a guest cannot enrol a company', async () => {
  const worker = await person()
  const before = await accountCount()
  for (const stranger of [{ email: 'petra@gmail.com' }, { email: 'petra@elsewhere.example' }, { isGuest: true as const }]) {
    await expect(as({ ...worker, ...stranger }, (ctx) => accounts.enrollCompany(ctx, company()))).rejects.toMatchObject({
      kind: 'forbidden',
      code: 'PersonalAccount',
    })
  }
  expect((await as({ ...worker, email: 'petra@gmail.com' }, (ctx) => accounts.enrollmentPaths(ctx))).company).toBe('personal-account')
  expect((await as(worker, (ctx) => accounts.enrollmentPaths(ctx))).company).toBeNull()
  expect(await accountCount()).toBe(before)
})

test('AC-018 AC-024 RF-11 without name, address, contact, authority, a country of the list or the agreements nobody is registered', async () => {
  const worker = await person()
  const before = await accountCount()
  const refused = async (changes: Partial<CompanyEnrollment>) => {
    const error = await as(worker, (ctx) => accounts.enrollCompany(ctx, company(changes))).catch((thrown) => thrown)
    return [error.target, ...(error.details ?? []).map((detail: { target: string }) => detail.target)].filter(Boolean)
  }
  expect(
    await refused({ legalName: '', line1: ' ', city: '', contactName: '', contactEmail: 'petra', contactPhone: '', hasAuthority: false }),
  ).toEqual(['line1', 'city', 'legalName', 'contactName', 'contactEmail', 'contactPhone', 'hasAuthority'])
  for (const country of ['DE', 'germany', 'China', 'Cuba', 'Atlantis', '']) expect(await refused({ country }), country).toEqual(['country'])
  expect(await refused({ legalName: 'Evil \u202Egnp.exe' })).toEqual(['legalName'])
  expect(await refused({ legalName: 'x'.repeat(10_000) })).toEqual(['legalName'])
  expect(await refused({ publisherId: 'Not.An.Id' })).toEqual(['publisherId'])
  expect(await refused({ publisherAgreement: '' })).toEqual(['publisherAgreement'])
  expect(await refused({ partnerNetworkAgreement: '' })).toEqual(['partnerNetworkAgreement'])
  expect(await refused({ publisherAgreement: '0.9' })).toEqual(['publisher'])
  expect(await accountCount()).toBe(before)
  expect(publisherResidences).toHaveLength(245)
  const { accountId, owner } = await enrolled({ country: 'Saba', legalName: '<b>Saba</b> Ltd' })
  expect(await as(owner, (ctx) => accounts.accountSettings(ctx, accountId))).toMatchObject({
    country: 'BQ',
    countryName: 'Saba',
    legalName: '<b>Saba</b> Ltd',
  })
})

test('AC-019 AC-026 AC-096 a new company accepts both agreements, has the directory of its people and its first owner', async () => {
  const { accountId, publisherId, owner } = await enrolled()
  const { accepted, missing } = await as(owner, (ctx) => accounts.agreementsOf(ctx, accountId))
  expect(accepted.map((one) => `${one.kind} ${one.version} ${one.acceptedAs}`).sort()).toEqual([
    `partner-network 1.0 ${owner.email}`,
    `publisher 1.0 ${owner.email}`,
  ])
  expect(missing).toEqual([])
  const settings = await as(owner, (ctx) => accounts.accountSettings(ctx, accountId))
  expect(settings).toMatchObject({ tenantId: owner.tenantId, accountType: 'company', sellerId: expect.stringMatching(/^\d{8}$/) })
  expect(settings.programs.map((one) => one.program).sort()).toEqual(['commercial-marketplace', 'partner-network'])
  expect(settings.mpnIds).toEqual([expect.objectContaining({ mpnId: expect.stringMatching(/^\d{7}$/), isCsp: false })])
  expect(owner.memberships).toMatchObject([{ accountId, roles: ['owner'] }])
  expect((await as(owner, (ctx) => accounts.publishersOf(ctx, owner))).map((one) => one.publisherId)).toEqual([publisherId])
})

test('two people of one company enrol it once', async () => {
  const [one, other] = [await person([], 'twice.example'), await person([], 'twice.example')]
  const ends = await Promise.allSettled(
    [one, other].map((who, index) => as(who, (ctx) => accounts.enrollCompany(ctx, company({ publisherId: `twice${index}` })))),
  )
  expect(ends.map((end) => end.status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(ends.find((end) => end.status === 'rejected')).toMatchObject({ reason: { kind: 'conflict', code: 'AccountExists' } })
  expect((await as(other, (ctx) => accounts.enrollmentPaths(ctx))).company).toBe('has-account')
})

test('AC-027 a colleague signs in with the same directory, yet has no rights before somebody gives him a role', async () => {
  const { accountId, owner, publisherId } = await enrolled()
  const colleague = await person([], owner.email.split('@')[1])
  expect(colleague.tenantId).toBe(owner.tenantId)
  await expect(as(colleague, (ctx) => accounts.accountSettings(ctx, accountId))).rejects.toMatchObject({ kind: 'forbidden' })
  expect(allows(colleague, 'offer.read', { tenantId: owner.tenantId, accountId })).toBe(false)
  expect(await as(colleague, (ctx) => accounts.publishersOf(ctx, colleague))).toEqual([])
  const { tenantId, objectId: id } = colleague
  await as(system, (ctx) => accounts.setMember(ctx, { accountTenantId: tenantId, kind: 'user', id, tenantId, roles: ['developer'] }))
  expect((await as(system, async (ctx) => accounts.publishersOf(ctx, await again(colleague)))).map((one) => one.publisherId)).toEqual([
    publisherId,
  ])
})

/** An account that is in other programs only, with its owner. */
async function elsewhere(programs: ('partner-network' | 'developer')[], accountType: 'company' | 'individual' = 'company') {
  const founder = await person()
  const domain = founder.email.split('@')[1] ?? ''
  const { accountId } = await as(operator, (ctx) =>
    accounts.importAccount(ctx, {
      legalName: 'Litware AG',
      accountType,
      country: 'Germany',
      contact: { name: 'Petra', email: founder.email, phone: '' },
      owner: { email: founder.email, displayName: 'Petra' },
      programs,
      mpnIds: programs.includes('partner-network') ? [{ mpnId: String(40_000 + made), location: 'Berlin' }] : [],
    }),
  )
  const token = await linkTo(founder.email)
  await as(founder, (ctx) => accounts.claimAccount(ctx, token))
  return { accountId, owner: await again(founder), domain, mpnId: String(40_000 + made) }
}

test('AC-020 AC-021 an organisation of the partner network enrols by an owner or its directory’s administrator, under one of its partner ids', async () => {
  const { accountId, owner, domain, mpnId } = await elsewhere(['partner-network'])
  const input = {
    mpnId,
    companyName: 'Litware',
    publisherName: 'Litware',
    publisherId: `litware${made}`,
    publisherAgreement: '1.0',
  }
  const path = { accountId, name: 'Litware AG', path: 'partner', accountType: 'company' }
  expect((await as(owner, (ctx) => accounts.enrollmentPaths(ctx))).existing).toEqual([path])
  const colleague = await person([], domain)
  expect((await as(colleague, (ctx) => accounts.enrollmentPaths(ctx))).existing).toEqual([])
  await expect(as(colleague, (ctx) => accounts.enrollPartner(ctx, accountId, input))).rejects.toMatchObject({ kind: 'forbidden' })
  const administrator = await person(['global-admin'], domain)
  expect((await as(administrator, (ctx) => accounts.enrollmentPaths(ctx))).existing).toEqual([path])
  const enrol = (changes: object) => as(administrator, (ctx) => accounts.enrollPartner(ctx, accountId, { ...input, ...changes }))
  await expect(enrol({ mpnId: '1234567' })).rejects.toMatchObject({ target: 'mpnId' })
  await expect(enrol({ companyName: '' })).rejects.toMatchObject({ details: [{ target: 'companyName' }] })
  await expect(enrol({ publisherAgreement: '' })).rejects.toMatchObject({ code: 'AgreementNotAccepted' })
  expect((await as(owner, (ctx) => accounts.accountSettings(ctx, accountId))).programs).toHaveLength(1)
  const { publisherId } = await enrol({})
  expect((await again(administrator)).memberships).toMatchObject([{ accountId, roles: ['owner'] }])
  const [publisher] = await as(owner, (ctx) => accounts.publishersOfAccount(ctx, accountId))
  expect(publisher).toMatchObject({ publisherId, mpnId, accountId })
  expect((await as(owner, (ctx) => accounts.accountSettings(ctx, accountId))).displayName).toBe('Litware')
  await expect(enrol({ publisherId: 'litware-again' })).rejects.toMatchObject({ code: 'AlreadyRegistered' })
})

test('AC-022 AC-023 a developer enrols with a work address: a company joins its account, a single developer gets another one', async () => {
  const input = (n: number, email: string) => ({
    workEmail: email,
    companyName: 'Wingtip Toys',
    publisherName: 'Wingtip',
    publisherId: `wingtip_${n}`,
    publisherAgreement: '1.0',
  })
  const joint = await elsewhere(['developer'])
  for (const workEmail of ['', 'nobody', 'jane@outlook.com']) {
    const error = await as(joint.owner, (ctx) => accounts.enrollDeveloper(ctx, joint.accountId, input(0, workEmail))).catch(
      (thrown) => thrown,
    )
    expect(error.target ?? error.details[0].target, workEmail).toBe('workEmail')
  }
  const same = await as(joint.owner, (ctx) => accounts.enrollDeveloper(ctx, joint.accountId, input(1, joint.owner.email)))
  expect(same.accountId).toBe(joint.accountId)
  expect(
    (await as(joint.owner, (ctx) => accounts.accountSettings(ctx, joint.accountId))).programs.map((one) => one.program).sort(),
  ).toEqual(['commercial-marketplace', 'developer'])

  const alone = await elsewhere(['developer'], 'individual')
  const separate = await as(alone.owner, (ctx) => accounts.enrollDeveloper(ctx, alone.accountId, input(2, 'jane@wingtip.example')))
  expect(separate.accountId).not.toBe(alone.accountId)
  const owner = await again(alone.owner)
  const programs = async (accountId: string) =>
    (await as(owner, (ctx) => accounts.accountSettings(ctx, accountId))).programs.map((one) => one.program)
  expect([await programs(alone.accountId), await programs(separate.accountId)]).toEqual([['developer'], ['commercial-marketplace']])
  const two = await as(owner, (ctx) => accounts.accountsOf(ctx, owner))
  expect(new Set(two.map((one) => one.accountId))).toEqual(new Set([alone.accountId, separate.accountId]))
})

test('AC-028 e-mail, employment and business are verified each by itself, and refused with a reason', async () => {
  const { accountId, publisherId, owner } = await enrolled()
  const states = async () => (await as(owner, (ctx) => accounts.verificationOf(ctx, accountId))).map((one) => `${one.step} ${one.state}`)
  const contact = (await as(owner, (ctx) => accounts.accountSettings(ctx, accountId))).sellerContact.email ?? ''
  expect(await states()).toEqual(['email pending', 'employment pending', 'business pending'])
  expect(await as(system, (ctx) => accounts.notPublishing(ctx, publisherId))).toBe('not-verified')
  const old = await linkTo(contact)
  await as(owner, (ctx) => accounts.resendConfirmation(ctx, accountId))
  await expect(as({ kind: 'anonymous' }, (ctx) => accounts.confirmContact(ctx, old))).rejects.toMatchObject({ kind: 'gone' })
  const token = await linkTo(contact)
  await as({ kind: 'anonymous' }, (ctx) => accounts.confirmContact(ctx, token))
  // The address is of the account's own directory: its owner works there.
  expect(await states()).toEqual(['email accepted', 'employment accepted', 'business pending'])
  await expect(as({ kind: 'anonymous' }, (ctx) => accounts.confirmContact(ctx, token))).rejects.toMatchObject({ code: 'LinkExpired' })

  const decide = (who: Principal, verdict: 'accept' | 'refuse', reason: string) =>
    as(who, (ctx) => accounts.decideVerification(ctx, accountId, 'business', { verdict, reason }))
  await expect(decide(owner, 'accept', '')).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(decide(operator, 'refuse', ' ')).rejects.toMatchObject({ code: 'ReasonMissing' })
  expect((await as(operator, (ctx) => accounts.verificationQueue(ctx))).filter((one) => one.accountId === accountId)).toMatchObject([
    { step: 'business', legalName: 'Proseware GmbH', country: 'Germany' },
  ])
  await decide(operator, 'refuse', 'No register knows this company.')
  expect(await states()).toEqual(['email accepted', 'employment accepted', 'business refused'])
  expect((await as(owner, (ctx) => accounts.verificationOf(ctx, accountId)))[2]?.reason).toBe('No register knows this company.')
  const [mail] = await as(system, (ctx) => kernel.mail.list(ctx, { to: owner.email, limit: 1 }))
  expect(mail).toMatchObject({ template: 'verification-refused', text: expect.stringContaining('No register knows this company.') })
  await as(owner, (ctx) => accounts.askForVerification(ctx, accountId, 'business'))
  await expect(as(owner, (ctx) => accounts.askForVerification(ctx, accountId, 'business'))).rejects.toMatchObject({ code: 'NotRefused' })
  await decide(operator, 'accept', '')
  expect(await as(system, (ctx) => accounts.notPublishing(ctx, publisherId))).toBeNull()
  const { rows } = await kernel.database.pool.query(
    `select action, reason from kernel.audit where target = $1 and action like 'verification.%' order by id`,
    [`account:${accountId}`],
  )
  expect(rows.at(-3)).toEqual({ action: 'verification.refuse', reason: 'No register knows this company.' })
})

test('in the sandbox what the operator would look at is accepted after two days', async () => {
  const { accountId, owner } = await enrolled()
  await kernel.due.move((from) => from.add({ hours: 49 }))
  expect((await as(owner, (ctx) => accounts.verificationOf(ctx, accountId))).map((one) => one.state)).toEqual([
    'pending',
    'accepted',
    'accepted',
  ])
})

test('AC-033 display name and contact are changed by owners and managers; another address is confirmed anew', async () => {
  const { accountId, owner } = await enrolled()
  const contact = (await as(owner, (ctx) => accounts.accountSettings(ctx, accountId))).sellerContact.email ?? ''
  await as({ kind: 'anonymous' }, async (ctx) => accounts.confirmContact(ctx, await linkTo(contact)))
  const input = {
    displayName: 'Proseware International',
    contactName: 'Paul',
    contactEmail: 'paul@proseware.example',
    contactPhone: '+49 30 99',
    line1: 'Ring 2',
    line2: '',
    postalCode: '',
    city: 'Bonn',
    region: '',
    approverName: 'Anna',
    approverEmail: 'anna@proseware.example',
    approverPhone: '+49 30 98765',
  }
  const set = (changes: object) => as(owner, (ctx) => accounts.setDeveloperInfo(ctx, accountId, { ...input, ...changes }))
  await expect(set({ contactEmail: 'paul', contactPhone: 'none' })).rejects.toMatchObject({
    details: [{ target: 'contactEmail' }, { target: 'contactPhone' }],
  })
  await set({ contactPhone: '+49 30 99999' })
  expect(await as(owner, (ctx) => accounts.accountSettings(ctx, accountId))).toMatchObject({
    displayName: 'Proseware International',
    legalName: 'Proseware GmbH',
    sellerContact: { name: 'Paul', email: 'paul@proseware.example', address: { line1: 'Ring 2', city: 'Bonn' } },
    companyApprover: { email: 'anna@proseware.example' },
  })
  expect((await as(owner, (ctx) => accounts.verificationOf(ctx, accountId)))[0]).toMatchObject({ step: 'email', state: 'pending' })
  expect(await linkTo('paul@proseware.example')).not.toBe('')
})

test('AC-035 AC-037 tracking GUIDs have 32 hexadecimal digits, are registered once, and are made and mailed', async () => {
  const [{ accountId, owner }, other] = [await enrolled(), await enrolled()]
  const register = (guid: string, who = { accountId, owner }) =>
    as(who.owner, (ctx) =>
      accounts.registerTrackingGuid(ctx, who.accountId, { guid, name: 'Store', product: 'Proseware CRM', channel: 'Business store' }),
    )
  for (const guid of ['', '1234', `${'a'.repeat(31)}g`, 'a'.repeat(33), 'a'.repeat(31), `${'a'.repeat(16)}-${'a'.repeat(16)}`]) {
    await expect(register(guid), guid).rejects.toMatchObject({ details: [{ target: 'guid' }] })
  }
  expect((await register('0E0B5A2E-6A51-4C1C-9D5F-3F1A52B7A001')).guid).toBe('0e0b5a2e6a514c1c9d5f3f1a52b7a001')
  await expect(register('0e0b5a2e6a514c1c9d5f3f1a52b7a001', other)).rejects.toMatchObject({ code: 'GuidTaken' })
  const { guid } = await as(owner, (ctx) =>
    accounts.generateTrackingGuid(ctx, accountId, {
      name: 'Repository',
      product: 'Proseware CRM',
      channel: 'GitHub',
      mailTo: 'dev@proseware.example',
    }),
  )
  expect(guid).toMatch(/^[0-9a-f]{32}$/)
  const [mail] = await as(system, (ctx) => kernel.mail.list(ctx, { to: 'dev@proseware.example', limit: 1 }))
  expect(mail?.text.replaceAll('-', '')).toContain(guid)
  expect((await as(owner, (ctx) => accounts.trackingGuids(ctx, accountId))).map((one) => one.channel)).toEqual(['Business store', 'GitHub'])
  await as(owner, (ctx) => accounts.retireTrackingGuid(ctx, accountId, guid))
  expect(await as(owner, (ctx) => accounts.trackingGuids(ctx, accountId))).toHaveLength(1)
  await expect(register(guid)).rejects.toMatchObject({ code: 'GuidTaken' })
})

test('AC-036 a product may have several tracking GUIDs; usage is told by partner id and GUID', async () => {
  const { accountId, owner } = await enrolled()
  const second = await as(owner, (ctx) => accounts.addLocation(ctx, accountId, { location: 'Lyon', country: 'France', isCsp: false }))
  const make = (channel: string, mpnId?: string) =>
    as(owner, (ctx) =>
      accounts.generateTrackingGuid(ctx, accountId, { name: channel, product: 'Trains', channel, mailTo: '', ...(mpnId ? { mpnId } : {}) }),
    )
  const [store, repository, lyon] = [await make('Store'), await make('GitHub'), await make('Partner', second)]
  await expect(make('Elsewhere', '1999999')).rejects.toMatchObject({ target: 'mpnId' })
  const first = store.mpnId
  const row = (guid: string, amount: string, changes: object = {}) => ({
    ...{ guid, day: '2026-11-03', resource: 'vm-1', amount, currency: 'USD' },
    ...changes,
  })
  const record = (who: Principal, rows: ReturnType<typeof row>[]) => as(who, (ctx) => accounts.recordAttributedUsage(ctx, rows))
  await expect(record(owner, [row(store.guid, '1')])).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(record(operator, [row(store.guid, '1'), row('0'.repeat(32), '1'), row(store.guid, '-1')])).rejects.toMatchObject({
    details: [
      { target: 'line 2', code: 'UnknownGuid' },
      { target: 'line 3', code: 'InvalidValue' },
    ],
  })
  await record(operator, [
    row(store.guid, '1.10'),
    row(store.guid, '2.20', { day: '2026-11-04' }),
    row(store.guid, '100', { day: '2026-12-01' }),
    row(repository.guid, '3.30'),
    row(repository.guid, '4.40', { resource: 'vm-2' }),
    row(lyon.guid, '5.50', { currency: 'EUR' }),
  ])
  await record(operator, [row(store.guid, '1.00')])
  const november = { from: Temporal.PlainDate.from('2026-11-01'), to: Temporal.PlainDate.from('2026-11-30') }
  const totals = (await as(owner, (ctx) => accounts.attributedUsage(ctx, accountId, november))).map(
    (one) => `${one.partnerId} ${one.guid} ${one.product} ${one.channel} ${one.amount.toFixed(2)} ${one.currency} ${one.resources}`,
  )
  expect(new Set(totals)).toEqual(
    new Set([
      `${first} ${store.guid} Trains Store 3.20 USD 1`,
      `${first} ${repository.guid} Trains GitHub 7.70 USD 2`,
      `${second} ${lyon.guid} Trains Partner 5.50 EUR 1`,
    ]),
  )
  const stranger = (await enrolled()).owner
  await expect(as(stranger, (ctx) => accounts.attributedUsage(ctx, accountId, november))).rejects.toMatchObject({ kind: 'forbidden' })
})

test('AC-038 AC-039 a newer version of an agreement asks every account again until somebody accepts it', async () => {
  const { accountId, owner } = await enrolled()
  const publish = (who: Principal, changes: object) =>
    as(who, (ctx) =>
      accounts.publishAgreement(ctx, { kind: 'publisher', version: '2.0', title: 'Publisher Agreement', body: 'New.', ...changes }),
    )
  await expect(publish(owner, {})).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(publish(operator, { version: '1.0' })).rejects.toMatchObject({ code: 'VersionTaken' })
  await expect(publish(operator, { kind: 'other', body: '' })).rejects.toMatchObject({ details: [{ target: 'kind' }, { target: 'body' }] })
  await publish(operator, {})
  await expect(publish(operator, {})).rejects.toMatchObject({ code: 'VersionTaken' })
  const of = () => as(owner, (ctx) => accounts.agreementsOf(ctx, accountId))
  expect((await of()).missing).toMatchObject([{ kind: 'publisher', version: '2.0', body: 'New.' }])
  await kernel.jobs.drain()
  const [mail] = await as(system, (ctx) => kernel.mail.list(ctx, { to: owner.email, limit: 1 }))
  expect(mail).toMatchObject({ template: 'agreement-version', text: expect.stringContaining(`/partner/accounts/${accountId}/agreements`) })
  await expect(as(owner, (ctx) => accounts.acceptForAccount(ctx, accountId, 'publisher', '1.0'))).rejects.toMatchObject({
    code: 'AgreementChanged',
  })
  await as(owner, (ctx) => accounts.acceptForAccount(ctx, accountId, 'publisher', '2.0'))
  const { accepted, missing } = await of()
  expect(missing).toEqual([])
  const now = await as(system, async (ctx) => ctx.now)
  expect(accepted[0]).toMatchObject({ title: 'Publisher Agreement', version: '2.0', acceptedAs: owner.email })
  expect(Math.abs(now.since(accepted[0]?.acceptedAt ?? now).total('minutes'))).toBeLessThan(1)
  expect(accepted).toHaveLength(3)
  await expect(as(await person(), (ctx) => accounts.enrollCompany(ctx, company()))).rejects.toMatchObject({ code: 'AgreementChanged' })
  await kernel.database.pool.query(`delete from accounts.agreement_version`)
})

test('AC-061 AC-062 AC-063 AC-064 AC-065 AC-292 owners and managers add publishers, under a partner id of the account and an id that nobody ever had', async () => {
  const { accountId, publisherId, owner } = await enrolled()
  const { mpnIds } = await as(owner, (ctx) => accounts.accountSettings(ctx, accountId))
  const input = {
    mpnId: mpnIds[0]?.mpnId ?? '',
    publisherId: `second${made}`,
    name: 'Second',
    contactName: '',
    contactEmail: '',
    contactPhone: '',
  }
  const add = (who: Principal, changes: object = {}) => as(who, (ctx) => accounts.addPublisher(ctx, accountId, { ...input, ...changes }))
  const colleague = async (role: string) => {
    const user = await person([], owner.email.split('@')[1])
    const { tenantId, objectId: id } = user
    await as(system, (ctx) => accounts.setMember(ctx, { accountTenantId: tenantId, kind: 'user', id, tenantId, roles: [role] }))
    return again(user)
  }
  const stranger = (await enrolled()).owner
  for (const who of [await colleague('developer'), await person([], owner.email.split('@')[1]), stranger, operator]) {
    await expect(add(who), who.email).rejects.toMatchObject({ kind: 'forbidden' })
  }
  await expect(add(owner, { mpnId: '' })).rejects.toMatchObject({ target: 'mpnId' })
  await expect(add(owner, { mpnId: '1999999' })).rejects.toMatchObject({ target: 'mpnId' })
  await expect(add(owner, { publisherId })).rejects.toMatchObject({ code: 'PublisherIdTaken', target: 'publisherId' })
  await add(owner)
  await add(await colleague('manager'), { publisherId: `third${made}` })
  expect(await as(owner, (ctx) => accounts.publishersOfAccount(ctx, accountId))).toHaveLength(3)
  await as(operator, (ctx) => accounts.closePublisher(ctx, input.publisherId, 'Asked for by its owner.'))
  await expect(add(owner)).rejects.toMatchObject({ code: 'PublisherIdTaken' })
  await expect(as(stranger, (ctx) => accounts.suspendPublisher(ctx, publisherId, 'Why not'))).rejects.toMatchObject({ kind: 'forbidden' })

  const bare = await elsewhere(['partner-network'])
  await expect(
    as(bare.owner, (ctx) => accounts.addPublisher(ctx, bare.accountId, { ...input, mpnId: bare.mpnId, publisherId: `bare${made}` })),
  ).rejects.toMatchObject({ code: 'NoPublisher' })
})
