import { beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestKernel, testKernel } from '../../../test/harness.ts'
import { type Ctx, system } from '../../kernel/context.ts'
import { createDirectory, type Directory } from './index.ts'

const contoso = '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002'
const fabrikam = '5d3f8b16-90c4-4f0b-a2c7-7b8e61d20003'
let kernel: TestKernel
let directory: Directory
/** what DNS says */
const dns = new Map<string, string[]>()

beforeAll(async () => {
  kernel = await testKernel({ config: { mode: 'production' } })
  directory = createDirectory(kernel, { resolveTxt: async (name) => dns.get(name) ?? [] })
  await run(async (ctx) => {
    await directory.createTenant(ctx, { tenantId: contoso, name: 'Contoso', domain: 'contoso.example', country: 'US' })
    await directory.createTenant(ctx, { tenantId: fabrikam, name: 'Fabrikam', domain: 'fabrikam.example', country: 'DE' })
  })
})
beforeEach(() => dns.clear())

const run = <T>(use: (ctx: Ctx) => Promise<T>) => kernel.run(system, use)
const claim = (name: string, tenantId = contoso) => run((ctx) => directory.claimDomain(ctx, tenantId, name))

async function prove(name: string, tenantId = contoso): Promise<void> {
  const found = await run((ctx) => directory.findClaim(ctx, tenantId, name))
  const proved = await directory.isProved(found)
  await run((ctx) => directory.confirmDomain(ctx, tenantId, name, proved))
}

test('a domain belongs to a directory when its DNS says so, and addresses may end in it from then on', async () => {
  const asked = await claim(' Contoso-Mail.example ')
  expect(asked).toMatchObject({ name: 'contoso-mail.example', record: '_stoa.contoso-mail.example' })
  expect(asked.value).toMatch(/^stoa-domain-verification=[\w-]{32}$/)
  expect((await claim('contoso-mail.example')).value).toBe(asked.value)
  const person = { tenantId: contoso, email: 'ada@contoso-mail.example', displayName: 'Ada' }
  await expect(run((ctx) => directory.createUser(ctx, person))).rejects.toMatchObject({ code: 'ForeignDomain' })

  await expect(prove(asked.name)).rejects.toMatchObject({ code: 'DomainNotProved' })
  dns.set(asked.record, ['v=spf1 -all', `${asked.value}x`])
  await expect(prove(asked.name)).rejects.toMatchObject({ code: 'DomainNotProved' })
  dns.set(asked.record, ['v=spf1 -all', asked.value])
  await prove(asked.name)
  expect(await run((ctx) => directory.listClaims(ctx, contoso))).toEqual([])
  expect((await run((ctx) => directory.findTenant(ctx, 'contoso-mail.example')))?.tenantId).toBe(contoso)
  await run((ctx) => directory.createUser(ctx, person))

  const inUse = run((ctx) => directory.removeDomain(ctx, contoso, 'contoso-mail.example'))
  await expect(inUse).rejects.toMatchObject({ code: 'DomainInUse', message: expect.stringContaining('1 people') })
  await run((ctx) => directory.makePrimary(ctx, contoso, 'contoso-mail.example'))
  expect(await run((ctx) => directory.listDomains(ctx, contoso))).toEqual([
    { name: 'contoso-mail.example', isPrimary: true, people: 1 },
    { name: 'contoso.example', isPrimary: false, people: 0 },
  ])
  await run((ctx) => directory.removeDomain(ctx, contoso, 'contoso.example'))
  expect(await run((ctx) => directory.findTenant(ctx, 'contoso.example'))).toBeNull()
})

test('nobody gets another’s domain: not by claiming first, nor with another’s proof, nor when it is taken', async () => {
  const first = await claim('wanted.example', fabrikam)
  const second = await claim('wanted.example')
  expect(second.value).not.toBe(first.value)
  dns.set(second.record, [second.value])
  await expect(prove('wanted.example', fabrikam)).rejects.toMatchObject({ code: 'DomainNotProved' })
  await prove('wanted.example')
  expect(await run((ctx) => directory.listClaims(ctx, fabrikam))).toEqual([])
  await expect(claim('wanted.example', fabrikam)).rejects.toMatchObject({ code: 'DomainTaken' })
  await expect(run((ctx) => directory.makePrimary(ctx, fabrikam, 'wanted.example'))).rejects.toMatchObject({ code: 'UnknownDomain' })
  await expect(run((ctx) => directory.removeDomain(ctx, fabrikam, 'wanted.example'))).rejects.toMatchObject({ code: 'UnknownDomain' })
  for (const name of ['', 'nodot', 'a b.example', '-x.example', '127.0.0.1', `${'a'.repeat(250)}.example`, '<script>.example']) {
    await expect(claim(name), name).rejects.toMatchObject({ code: 'InvalidValue', target: 'domain' })
  }
  expect((await claim('bücher.example')).name).toBe('xn--bcher-kva.example')
  await run((ctx) => directory.dropClaim(ctx, contoso, 'xn--bcher-kva.example'))
  await expect(prove('xn--bcher-kva.example')).rejects.toMatchObject({ code: 'UnknownClaim' })
})

test('in the sandbox a domain is believed at once', async () => {
  const sandbox = createDirectory(await testKernel(), { resolveTxt: async () => [] })
  expect(await sandbox.isProved(await claim('anything.example'))).toBe(true)
})
