import { expect, test } from 'vitest'
import { plainText, sanitiseRichText } from './rich-text.ts'

test('RF-22 the documented elements stay, without attributes', () => {
  const html = '<h2>Title</h2><p><b>bold</b> <i>it</i> <em>em</em> <u>u</u></p><ul><li>one<br />two</li></ul><ol><li>three</li></ol>'
  expect(sanitiseRichText(html)).toBe(html)
  expect(sanitiseRichText('<p class="x" onclick="evil()" style="color:red">text</p>')).toBe('<p>text</p>')
})

test.each([
  ['<script>alert(1)</script>text', 'text'],
  ['<style>p{}</style>text', 'text'],
  ['<a href="javascript:alert(1)">link</a>', 'link'],
  ['<img src=x onerror=alert(1)>', ''],
  ['<iframe src="https://evil.example"></iframe>a', 'a'],
  ['<p>not closed', '<p>not closed</p>'],
  ['<svg><script>alert(1)</script></svg>b', 'b'],
  ['a < b & c', 'a &lt; b &amp; c'],
])('RF-22 %s becomes %s', (html, clean) => {
  expect(sanitiseRichText(html)).toBe(clean)
})

test('sanitising twice changes nothing', () => {
  const once = sanitiseRichText('<div><p>a &amp; b <strong>c</strong></p></div>')
  expect(sanitiseRichText(once)).toBe(once)
})

test('plain text keeps words of neighbouring blocks apart', () => {
  expect(plainText('<h2>One</h2><p>two</p><ul><li>three</li><li>four &amp; five</li></ul>')).toBe('One two three four & five')
})
