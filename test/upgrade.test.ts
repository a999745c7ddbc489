/**
 * The release before this one goes on working while the database is brought to this one's schema, and beside this one's processes: what an upgrade
 * without an interruption needs. The release is the latest version tag before HEAD; STOA_UPGRADE_FROM names any other commit.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { system } from '../src/kernel/context.ts'
import { migrate } from '../src/kernel/migrations.ts'
import { wire } from '../src/wiring.ts'
import { emptyTestDatabase, testKernel } from './harness.ts'
import { environmentFor, newDataFolder, type StoaProcess, startStoaProcess } from './stoa-process.ts'

const root = join(import.meta.dirname, '..')
const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 })

/** The release to upgrade from, or why there is none. */
function releaseBefore(): { ref: string } | { none: string } {
  if (process.env.STOA_UPGRADE_FROM) return { ref: process.env.STOA_UPGRADE_FROM }
  try {
    const [latest] = git('tag', '--list', 'v*', '--merged', 'HEAD~1', '--sort=-v:refname').split('\n')
    return latest ? { ref: latest } : { none: 'no version has been released yet (no tag v*)' }
  } catch {
    return { none: 'this is no clone with its history' }
  }
}

const before = releaseBefore()
const running: StoaProcess[] = []
afterAll(async () => {
  for (const stoa of running) await stoa.stop().catch(() => null)
})

/** The release's files, with its own dependencies where they differ from ours. */
function unpack(ref: string): string {
  const folder = join(process.env.STOA_TEST_FOLDER as string, 'release-before')
  mkdirSync(folder)
  execFileSync('tar', ['-x', '-C', folder], { input: execFileSync('git', ['archive', ref], { cwd: root, maxBuffer: 1 << 28 }) })
  const lock = (of: string) => readFileSync(join(of, 'package-lock.json'), 'utf8')
  const same = lock(folder) === lock(root)
  if (same || process.env.STOA_UPGRADE_FROM) symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  else execFileSync('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'ignore' })
  return folder
}

const title = 'the release before works on while its database is brought to this schema, and beside this release'

test.skipIf('none' in before)('none' in before ? `${title} (left out: ${before.none})` : title, { timeout: 300_000 }, async () => {
  const { ref } = before as { ref: string }
  const folder = unpack(ref)
  const databaseUrl = await emptyTestDatabase()
  const start = async (from?: string) => {
    const more = { DATABASE_URL: databaseUrl, STOA_SECRET_KEY: 'a key of the tests that is long enough for everybody' }
    const stoa = await startStoaProcess(await environmentFor(newDataFolder(), more), from)
    running.push(stoa)
    return stoa
  }
  /** What a customer, a publisher and time do, on one process. */
  async function useIt(stoa: StoaProcess): Promise<string> {
    const ok = async <T>(method: string, path: string, body?: unknown) => {
      const answer = await stoa.call<T>(method, path, body)
      expect(answer.status, `${method} ${path} ${JSON.stringify(answer.body)}`).toBe(200)
      return answer.body
    }
    const order = { publisherId: 'contoso', offerId: 'contoso-desk', planId: 'team', quantity: 3 }
    const { subscriptionId } = await ok<{ subscriptionId: string }>('POST', '/api/sandbox/purchases', order)
    await ok('POST', `/api/sandbox/subscriptions/${subscriptionId}/token`)
    const token = await fetch(`${stoa.url}/contoso.example/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c001',
        client_secret: 'contoso-demo-secret-fulfillment-0001',
        resource: '20e940b3-4c77-4b0b-9a53-9e16a1b010a7',
      }),
    })
    const { access_token: bearer } = (await token.json()) as { access_token: string }
    const activated = await fetch(`${stoa.url}/api/saas/subscriptions/${subscriptionId}/activate?api-version=2018-08-31`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ planId: 'team', quantity: 3 }),
    })
    expect(activated.status, await activated.text()).toBe(200)
    const moved = await ok<{ counts: Record<string, number> }>('POST', '/api/sandbox/clock', { advance: 'P32D' })
    expect(moved.counts['subscriptions.term-end']).toBeGreaterThan(0)
    await ok('GET', '/api/sandbox/mail')
    return subscriptionId
  }

  const old = await start(folder)
  await useIt(old)
  await migrate(databaseUrl, 'sandbox')
  await useIt(old)
  const current = await start()
  await useIt(current)
  await useIt(old)
  expect(await old.stop()).toBe(0)
  expect(await current.stop()).toBe(0)

  const kernel = await testKernel({ databaseUrl })
  wire(kernel)
  const findings = await kernel.run(system, (ctx) => kernel.doctor.examine(ctx.tx))
  expect(findings.filter(({ problems }) => problems.length > 0)).toEqual([])
})
