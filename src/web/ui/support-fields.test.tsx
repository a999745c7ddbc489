import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { requestKinds } from '../../domain/support/kinds.ts'
import { CountedField } from './counted-field.tsx'
import { FileDrop } from './file-drop.tsx'

const textOf = (html: string) => html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ')

test('AC-111 the counter shows the characters left: 157 of 200 for a text of 43', () => {
  const field = (text: string, error?: string) =>
    textOf(renderToStaticMarkup(<CountedField name="summary" label="Problem summary" most={200} defaultValue={text} error={error} />))
  expect(field('x'.repeat(43))).toContain('157 characters left')
  expect(field(requestKinds['legal-notice'].summary)).toContain(`${200 - requestKinds['legal-notice'].summary.length} characters left`)
  expect(field('x'.repeat(203))).toContain('3 characters too many.')
  expect(field('', 'Sum the problem up.')).toContain('Sum the problem up.')
})

test('AC-113 one field takes several files, dropped on it or browsed for', () => {
  const html = renderToStaticMarkup(<FileDrop name="files" label="Attachments" hint="Up to 10 files" />)
  const [input = ''] = /<input[^>]*>/.exec(html) ?? []
  // A browser lets files be dropped on its own field for files; this one covers the whole zone.
  expect(input).toMatch(/type="file"/)
  expect(input).toMatch(/multiple/)
  expect(input).toMatch(/name="files"/)
  expect(textOf(html)).toContain('Drop files here, or browse')
})
