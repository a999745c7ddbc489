import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Content, SaveAnswer, SavedSection } from './form.ts'
import { SectionDraft } from './section-draft.ts'

/** A server that keeps one section and refuses what is older than what it has. */
function server(content: Content, revision = 1) {
  const stored = { revision, content }
  return {
    stored,
    sends: 0,
    async send(section: SavedSection): Promise<SaveAnswer> {
      this.sends++
      if (section.revision !== stored.revision) return { kind: 'conflict', ...stored, by: 'Ann' }
      Object.assign(stored, { revision: stored.revision + 1, content: section.content })
      return { kind: 'saved', ...stored, at: '2026-11-21T12:03:00Z', missing: [], merged: false }
    },
  }
}

function editorOf(at: ReturnType<typeof server>, more: Partial<ConstructorParameters<typeof SectionDraft>[0]> = {}) {
  return new SectionDraft({
    saved: { ...at.stored },
    missing: [],
    send: (section) => at.send(section),
    waits: { typing: 1200, choice: 80, retry: 5000 },
    ...more,
  })
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('what is typed is saved by itself after a pause, a choice at once, and each only once', async () => {
  const at = server({ name: 'CRM' })
  const draft = editorOf(at)
  draft.set('name', 'CRM 2')
  draft.set('name', 'CRM 21')
  expect(draft.state.phase).toBe('unsaved')
  await vi.advanceTimersByTimeAsync(1199)
  expect(at.sends).toBe(0)
  await vi.advanceTimersByTimeAsync(1)
  expect(at.stored).toEqual({ revision: 2, content: { name: 'CRM 21' } })
  expect(draft.state).toMatchObject({ phase: 'saved', savedAt: '2026-11-21T12:03:00Z' })
  draft.set('option', 'trial', true)
  await vi.advanceTimersByTimeAsync(80)
  expect(at.sends).toBe(2)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(at.sends).toBe(2)
})

test('text typed while a save is on its way is saved next', async () => {
  const at = server({})
  let answer: (() => void) | undefined
  const draft = editorOf(at, {
    send: async (section) => {
      await new Promise<void>((resolve) => (answer = resolve))
      return at.send(section)
    },
  })
  draft.set('name', 'one')
  await vi.advanceTimersByTimeAsync(1200)
  draft.set('name', 'one two')
  expect(draft.state.phase).toBe('saving')
  answer?.()
  await vi.advanceTimersByTimeAsync(0)
  expect(draft.state.phase).toBe('unsaved')
  await vi.advanceTimersByTimeAsync(1200)
  answer?.()
  await vi.advanceTimersByTimeAsync(0)
  expect(at.stored.content).toEqual({ name: 'one two' })
  expect(draft.state.phase).toBe('saved')
})

test('two editors of different fields: both texts are stored, and the second sees what was taken over', async () => {
  const at = server({ name: 'CRM', summary: 'Old', keywords: ['a'] })
  const ann = editorOf(at)
  const ben = editorOf(at)
  ann.set('summary', 'Written by Ann')
  await ann.save()
  ben.set('name', 'Named by Ben')
  expect(await ben.save()).toBe(true)
  expect(at.stored.content).toEqual({ name: 'Named by Ben', summary: 'Written by Ann', keywords: ['a'] })
  expect(ben.state).toMatchObject({ phase: 'saved', taken: ['summary'], by: 'Ann' })
  expect(ben.values.summary).toBe('Written by Ann')
})

test('two editors of the same field: both versions stay until one is chosen, and nothing is sent before', async () => {
  const at = server({ name: 'CRM', summary: 'Old' })
  const ann = editorOf(at)
  const ben = editorOf(at)
  ann.set('summary', 'By Ann')
  await ann.save()
  ben.set('summary', 'By Ben')
  ben.set('name', 'Named by Ben')
  expect(await ben.save()).toBe(false)
  expect(ben.state).toMatchObject({ phase: 'conflict', clashes: [{ name: 'summary', mine: 'By Ben', theirs: 'By Ann' }] })
  expect(ben.values).toEqual({ name: 'Named by Ben', summary: 'By Ben' })
  expect(at.stored.content.summary).toBe('By Ann')
  // Typing goes on, and still nothing is overwritten.
  ben.set('summary', 'By Ben, longer')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(at.stored.content).toEqual({ name: 'CRM', summary: 'By Ann' })
  expect(await ben.decide({ summary: 'mine' })).toBe(true)
  expect(at.stored.content).toEqual({ name: 'Named by Ben', summary: 'By Ben, longer' })
})

test('taking their version keeps the other fields, and undo brings the own text back', async () => {
  const at = server({ name: 'CRM', summary: 'Old' })
  const ann = editorOf(at)
  const ben = editorOf(at)
  ann.set('summary', 'By Ann')
  await ann.save()
  ben.set('summary', 'By Ben')
  await ben.save()
  expect(await ben.decide({ summary: 'theirs' })).toBe(true)
  expect(ben.values.summary).toBe('By Ann')
  ben.undo()
  expect(ben.values.summary).toBe('By Ben')
})

test('a refused value stays in the editor, is not sent again by itself, and is saved once it is right', async () => {
  const at = server({ url: 'https://a.example' })
  const draft = editorOf(at, {
    send: async (section) =>
      section.content.url === 'nonsense'
        ? {
            kind: 'refused',
            message: 'Enter a complete address.',
            problems: [{ code: 'InvalidValue', target: 'url', message: 'Enter a complete address.' }],
          }
        : at.send(section),
  })
  draft.set('url', 'nonsense')
  await vi.advanceTimersByTimeAsync(1200)
  expect(draft.state).toMatchObject({ phase: 'refused', problems: [{ target: 'url' }] })
  expect(draft.values.url).toBe('nonsense')
  draft.set('url', 'https://b.example')
  await vi.advanceTimersByTimeAsync(1200)
  expect(draft.state).toMatchObject({ phase: 'saved', problems: [] })
  expect(at.stored.content).toEqual({ url: 'https://b.example' })
})

test('without a connection it says so, keeps the text and tries again', async () => {
  const at = server({ name: 'a' })
  let reachable = false
  const draft = editorOf(at, {
    send: async (section) => (reachable ? at.send(section) : { kind: 'failed', final: false, message: 'there is no connection.' }),
  })
  draft.set('name', 'b')
  await vi.advanceTimersByTimeAsync(1200)
  expect(draft.state).toMatchObject({ phase: 'failed', message: 'there is no connection.' })
  reachable = true
  await vi.advanceTimersByTimeAsync(5000)
  expect(draft.state.phase).toBe('saved')
  expect(at.stored.content).toEqual({ name: 'b' })
})

test('undo and redo go step by step, a run of typing in one field is one step', () => {
  const draft = editorOf(server({ name: 'a', summary: 's' }))
  draft.set('name', 'ab')
  draft.set('name', 'abc')
  draft.set('summary', 'st')
  draft.undo()
  expect(draft.values).toEqual({ name: 'abc', summary: 's' })
  draft.undo()
  expect(draft.values).toEqual({ name: 'a', summary: 's' })
  expect(draft.state.canUndo).toBe(false)
  draft.redo()
  draft.redo()
  expect(draft.values).toEqual({ name: 'abc', summary: 'st' })
  draft.close()
})

test('what is saved on its own holds readers back until it is saved', () => {
  const draft = editorOf(server({ name: 'a' }))
  expect(draft.unsaved).toBe(false)
  draft.hold('audience', true)
  expect(draft).toMatchObject({ dirty: false, unsaved: true })
  draft.hold('audience', false)
  expect(draft.unsaved).toBe(false)
})
