import { expect, test } from 'vitest'
import { guideNavigation, readGuide, renderGuide } from './guide.ts'

test('links between files become addresses of pages, others stay', () => {
  const { html } = renderGuide(
    '# A\n\n[tour](tour.md) [part](tour.md#one) [out](https://example.com/x.md) [here](#a) [why](decisions/0001-x.md)\n\n![p](images/p.png)',
    'index',
  )
  for (const address of [
    '"/docs/tour"',
    '"/docs/tour#one"',
    '"https://example.com/x.md"',
    '"#a"',
    '"/docs/decisions/0001-x"',
    '"/docs/images/p.png"',
  ]) {
    expect(html).toContain(address)
  }
  expect(renderGuide('[up](../tour.md)', 'decisions/0001-x').html).toContain('"/docs/tour"')
})

test('headings have anchors and the first one is the title', () => {
  const { html, title } = renderGuide('# Two `clocks`!\n\n## Stamp usage', 'x')
  expect(title).toBe('Two clocks!')
  expect(html).toContain('<h2 id="stamp-usage">Stamp usage</h2>')
})

test('markup that could run is removed', () => {
  const { html } = renderGuide('# A\n\n<script>alert(1)</script><img src=x onerror=alert(1)>\n\n[x](javascript:alert(1))', 'x')
  expect(html).not.toMatch(/script|onerror/)
})

test('a name that is not a guide is not found, wherever it points', async () => {
  for (const name of ['nothing', '../package', '../../etc/passwd', 'decisions/../index', 'a/b/c', ''])
    expect(await readGuide(name)).toBeNull()
})

test('every guide is in the navigation', async () => {
  const addresses = (await guideNavigation()).flatMap((group) => group.entries.map((entry) => entry.href))
  expect(addresses).toContain('/docs/tour')
  expect(addresses).toContain('/docs/decisions/0001-hand-written-migrations')
  expect(new Set(addresses).size).toBe(addresses.length)
})

test('a state diagram is a table that can be read without a script; other diagrams stay text', () => {
  const { html } = renderGuide(
    '```mermaid\nstateDiagram-v2\n    [*] --> Open\n    Open --> Paid : paid, credited\n    Paid --> [*]\n```',
    'x',
  )
  expect(html).toContain('<th>Open, begins here</th><td></td><td>paid, credited</td>')
  expect(html).toContain('<th>Paid, final</th>')
  expect(html).not.toContain('stateDiagram')
  expect(renderGuide('```mermaid\npie\n    "a" : 1\n```', 'x').html).toContain('<code class="language-mermaid">pie')
})
