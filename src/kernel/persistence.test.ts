import { type AddressInfo, createServer } from 'node:net'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { testKernel } from '../../test/harness.ts'
import { rowsOf } from './clock.ts'
import { type Ctx, system } from './context.ts'
import { DomainError } from './errors.ts'

const kernel = await testKernel()
const run = <T>(fn: (ctx: Ctx) => Promise<T>) => kernel.run(system, fn)

test('files are kept under their hash, once, with their content type', async () => {
  const bytes = Buffer.from('logo')
  const { hash } = await kernel.files.put(bytes, 'image/png')
  expect(await kernel.files.put(bytes, 'text/plain')).toEqual({ hash })
  const file = await kernel.files.get(hash)
  expect(file?.contentType).toBe('image/png')
  expect(file?.bytes.equals(bytes)).toBe(true)
  expect(await kernel.files.get('0'.repeat(64))).toBeNull()
  expect(await kernel.files.get('../../etc/passwd')).toBeNull()
})

test('the same key runs once, in parallel too, and answers the same', async () => {
  let ran = 0
  const call = () =>
    run((ctx) =>
      kernel.idempotency.once(ctx, 'test', 'key-1', async () => {
        ran++
        await new Promise((resolve) => setTimeout(resolve, 30))
        return { number: ran }
      }),
    )
  const answers = await Promise.all([call(), call(), call()])
  expect(ran).toBe(1)
  expect(answers).toEqual([{ number: 1 }, { number: 1 }, { number: 1 }])
})

test('a key is not taken by a call that failed, is refused for another request, and is forgotten after 24 hours', async () => {
  const once = (request: unknown, fn: () => Promise<number>) => run((ctx) => kernel.idempotency.once(ctx, 'test', 'key-2', fn, request))
  await expect(once('a', () => Promise.reject(new Error('planted')))).rejects.toThrow('planted')
  expect(await once('a', async () => 1)).toBe(1)
  await expect(once('b', async () => 2)).rejects.toThrow(DomainError)
  await kernel.database.db.execute(sql`update kernel.idempotency set wall_at = wall_at - interval '25 hours' where key = 'key-2'`)
  expect(await once('b', async () => 2)).toBe(2)
  expect(await run((ctx) => kernel.idempotency.once(ctx, 'test', undefined, async () => 3))).toBe(3)
})

test('the audit log holds who, what, before and after, in the transaction', async () => {
  await expect(
    run(async (ctx) => {
      await kernel.audit.record(ctx, { action: 'test.undone', target: 'x' })
      throw new Error('planted')
    }),
  ).rejects.toThrow('planted')
  const principal = { kind: 'user' as const, tenantId: 't', objectId: 'o', email: 'a@b.example', displayName: 'A', roles: [] }
  await kernel.run(principal, (ctx) =>
    kernel.audit.record(ctx, { action: 'test.done', target: 'x', before: { a: 1 }, after: { a: 2 }, reason: 'because' }),
  )
  const rows = rowsOf(await kernel.database.db.execute(sql`select action, principal_name, before, after, reason from kernel.audit`))
  expect(rows).toEqual([{ action: 'test.done', principal_name: 'a@b.example', before: { a: 1 }, after: { a: 2 }, reason: 'because' }])
})

test('sandbox mail is captured with market time; a line break in the subject does no harm', async () => {
  await kernel.jumpTo(kernel.at('2030-01-01'))
  await run((ctx) => kernel.mail.send(ctx, { to: 'a@b.example', subject: 'Hello\r\nBcc: c@d.example', text: 'text', template: 'test' }))
  const [mail] = await run((ctx) => kernel.mail.list(ctx))
  expect(mail).toMatchObject({ to: 'a@b.example', subject: 'Hello Bcc: c@d.example', state: 'captured', html: null })
  expect(mail?.at.toString()).toMatch(/^2030-01-01/)
})

test('a job that was sent in a transaction that fails is never run; one that fails is tried again', async () => {
  const jobs = await testKernel()
  const seen: string[] = []
  let failures = 1
  jobs.jobs.register<{ name: string }>(
    'test-queue',
    async ({ name }) => {
      if (name === 'fails once' && failures-- > 0) throw new Error('planted')
      seen.push(name)
    },
    { retries: 3 },
  )
  await expect(
    jobs.run(system, async (ctx) => {
      await jobs.jobs.send(ctx, 'test-queue', { name: 'undone' })
      throw new Error('planted')
    }),
  ).rejects.toThrow('planted')
  await jobs.run(system, (ctx) => jobs.jobs.send(ctx, 'test-queue', { name: 'done' }))
  await jobs.run(system, (ctx) => jobs.jobs.send(ctx, 'test-queue', { name: 'fails once' }))
  await jobs.jobs.drain()
  expect(seen).toEqual(['done'])
  await jobs.database.db.execute(sql`update pgboss.job set start_after = clock_timestamp() where state = 'retry'`)
  await jobs.jobs.drain()
  expect(seen).toEqual(['done', 'fails once'])
})

test('production mail is sent by SMTP after the commit, and a failed delivery is repeated', async () => {
  const received: string[] = []
  let refuse = true
  const smtp = createServer((socket) => {
    let data = false
    socket.write('220 test\r\n')
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\r\n').filter((part) => part !== '')) {
        if (data) {
          received.push(line)
          if (line === '.') {
            data = false
            socket.write('250 taken\r\n')
          }
        } else if (line.startsWith('EHLO')) socket.write('250 test\r\n')
        else if (line.startsWith('MAIL') && refuse) {
          refuse = false
          socket.write('451 later\r\n')
        } else if (line === 'DATA') {
          data = true
          socket.write('354 go\r\n')
        } else if (line === 'QUIT') socket.end('221 bye\r\n')
        else socket.write('250 ok\r\n')
      }
    })
  })
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve))
  const production = await testKernel({
    config: { mode: 'production', smtpUrl: `smtp://127.0.0.1:${(smtp.address() as AddressInfo).port}?ignoreTLS=true` },
  })
  await production.run(system, (ctx) =>
    production.mail.send(ctx, { to: 'a@b.example', subject: 'Hello', text: 'the text', template: 'test' }),
  )
  const state = async () => (await production.run(system, (ctx) => production.mail.list(ctx)))[0]?.state
  expect(await state()).toBe('queued')
  await production.jobs.drain()
  expect(await state()).toBe('failed')
  await production.database.db.execute(sql`update pgboss.job set start_after = clock_timestamp() where state = 'retry'`)
  await production.jobs.drain()
  expect(await state()).toBe('sent')
  expect(received.join('\n')).toContain('the text')
  smtp.close()
})

test('the doctor reports what its checks find', async () => {
  kernel.doctor.register('healthy', async () => [])
  kernel.doctor.register('sick', async () => ['a problem'])
  expect(await run((ctx) => kernel.doctor.examine(ctx.tx))).toEqual([
    { check: 'healthy', problems: [], repairable: false },
    { check: 'sick', problems: ['a problem'], repairable: false },
  ])
})
