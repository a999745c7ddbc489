import { expect, test } from 'vitest'
import { checkStorable } from './offer.ts'

test('a value nested without end is refused and named by its field, whatever it is made of', () => {
  const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown
  expect(() => checkStorable({ name: nested(5) }, '')).not.toThrow()
  expect(() => checkStorable({ name: nested(50_000) }, '')).toThrow(expect.objectContaining({ code: 'TooDeep', target: 'name' }))
  const members = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`) as unknown
  expect(() => checkStorable(members, 'rows')).toThrow(expect.objectContaining({ code: 'TooDeep', target: 'rows' }))
})
