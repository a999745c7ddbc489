import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const read = (name: string) => readFileSync(join(root, 'docs', 'security', name), 'utf8')

/** Points of levels 1 and 2 in each section of ASVS 5.0.0, chapters 1 to 16. */
// biome-ignore format: one line a chapter
const points: Record<string, number> = {
  '1.1': 2, '1.2': 9, '1.3': 11, '1.4': 3, '1.5': 2,
  '2.1': 3, '2.2': 3, '2.3': 4, '2.4': 1,
  '3.2': 2, '3.3': 4, '3.4': 6, '3.5': 5, '3.7': 2,
  '4.1': 3, '4.2': 1, '4.3': 2, '4.4': 4,
  '5.1': 1, '5.2': 3, '5.3': 2, '5.4': 3,
  '6.1': 3, '6.2': 12, '6.3': 4, '6.4': 4, '6.5': 5, '6.6': 3, '6.8': 4,
  '7.1': 3, '7.2': 4, '7.3': 2, '7.4': 5, '7.5': 2, '7.6': 2,
  '8.1': 2, '8.2': 3, '8.3': 1, '8.4': 1,
  '9.1': 3, '9.2': 4,
  '10.1': 2, '10.2': 2, '10.3': 4, '10.4': 11, '10.5': 5, '10.6': 2, '10.7': 3,
  '11.1': 2, '11.2': 3, '11.3': 3, '11.4': 4, '11.5': 1, '11.6': 1,
  '12.1': 3, '12.2': 2, '12.3': 4,
  '13.1': 1, '13.2': 5, '13.3': 2, '13.4': 5,
  '14.1': 2, '14.2': 4, '14.3': 3,
  '15.1': 3, '15.2': 3, '15.3': 7,
  '16.1': 1, '16.2': 5, '16.3': 4, '16.4': 3, '16.5': 3,
}

test('the ASVS table has each point of levels 1 and 2 once, in a state that it explains, and its sums are right', () => {
  const text = read('asvs.md')
  const rows = [...text.matchAll(/^\| (\d+(?:\.\d+)*) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$/gm)].map(([, id, state, where]) => ({
    id: id as string,
    state: state as string,
    where: where as string,
  }))
  const counted: Record<string, number> = {}
  for (const { id } of rows)
    if (id !== '17') counted[id.split('.').slice(0, 2).join('.')] = (counted[id.split('.').slice(0, 2).join('.')] ?? 0) + 1
  expect(counted).toEqual(points)
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
  const states = ['met', 'partly', 'not met', 'operator', 'n/a']
  for (const { id, state, where } of rows) {
    expect(states, id).toContain(state)
    expect(where.trim().length, id).toBeGreaterThan(2)
  }
  const sums = states.map((state) => rows.filter((row) => row.state === state).length)
  expect(text).toContain(`| ${sums.join(' | ')} |`)
})

test('every file that the security documents name is there', () => {
  for (const name of ['asvs.md', 'threat-model.md', 'hardening.md']) {
    const named = [...read(name).matchAll(/`((?:src|test|tools|docs)\/[^`]+)`/g)].map((match) => match[1] as string)
    expect(
      named.filter((file) => !existsSync(join(root, file))),
      name,
    ).toEqual([])
  }
  expect(existsSync(join(root, 'SECURITY.md'))).toBe(true)
})
