import { expect, test } from 'vitest'
import { askTogether } from './together.ts'

test('what is asked for in one turn is asked for in one statement, and nothing is answered from memory', async () => {
  const stored = new Map([
    ['a', 1],
    ['b', 2],
  ])
  const statements: string[][] = []
  const find = askTogether(async (keys) => {
    statements.push(keys)
    return new Map(stored)
  })
  expect(await Promise.all([find('a'), find('b'), find('a'), find('c')])).toEqual([1, 2, 1, undefined])
  expect(statements).toEqual([['a', 'b', 'c']])
  stored.set('a', 3)
  expect(await find('a')).toBe(3)
})

test('when a statement fails, all that were asked with it fail, and the next ones do not', async () => {
  let fails = true
  const find = askTogether(async () => {
    if (fails) throw new Error('no database')
    return new Map([['a', 1]])
  })
  expect(await Promise.allSettled([find('a'), find('b')])).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }])
  fails = false
  expect(await find('a')).toBe(1)
})
