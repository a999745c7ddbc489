import { expect, test } from 'vitest'
import { startTestStoa } from '../../../test/harness.ts'

test('the sandbox says and sets how submissions are certified', async () => {
  const stoa = await startTestStoa({ demo: true })
  const call = async (method: string, body?: unknown) => {
    const answer = await fetch(`${stoa.url}/api/sandbox/certification`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as unknown }
  }
  expect(await call('GET')).toEqual({ status: 200, body: { mode: 'automatic', rejectNext: null } })
  expect(await call('PUT', { mode: 'manual' })).toEqual({ status: 200, body: { mode: 'manual', rejectNext: null } })
  expect(await call('PUT', { rejectNext: 'For practice.' })).toMatchObject({ body: { mode: 'automatic', rejectNext: 'For practice.' } })
  expect((await call('PUT', { mode: 'sometimes' })).status).toBe(400)
  expect((await call('PUT', { mode: 'manual', reject: 'x' })).status).toBe(400)
  expect(await call('GET')).toMatchObject({ body: { rejectNext: 'For practice.' } })
})
