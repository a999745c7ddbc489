import { expect, test } from 'vitest'
import { saveSection } from './authoring-data.server.ts'
import type { OfferVisit } from './offer-access.server.ts'

const visit = {
  offer: { id: 'offer' },
  run: () => {
    throw new Error('Nothing of this may reach the draft.')
  },
} as unknown as OfferVisit

test.each([
  ['nothing', undefined],
  ['a text', 'listing'],
  ['no module', { revision: 1, content: {} }],
  ['a list as content', { module: 'listing', revision: 1, content: [] }],
  ['no content', { module: 'listing', revision: 1 }],
  ['a revision below 0', { module: 'listing', revision: -1, content: {} }],
  ['a revision that no section can have', { module: 'listing', revision: 1e15, content: {} }],
  ['half a revision', { module: 'listing', revision: 1.5, content: {} }],
  ['a revision as text', { module: 'listing', revision: '1', content: {} }],
  ['going back to a revision that no section can have', { module: 'listing', revision: 1, revertTo: 1e20, content: {} }],
])('%s is no section: refused before anything is read or written', async (_name, input) => {
  const { answer, status } = await saveSection(visit, input)
  expect(status).toBe(400)
  expect(answer).toEqual({ kind: 'failed', final: true, message: 'what was sent is no section of an offer.' })
})
