import { expect, test } from 'vitest'
import { withoutStyleAttributes } from './style-attributes.ts'

test('style attributes become rules of one style element with the nonce; equal ones share a rule; text stays as it is', () => {
  const page =
    '<html><head><title>x</title></head><body><p class="a" style="margin:0">1</p><p style="margin:0">2</p>' +
    '<i style="font-family:&quot;A B&quot;;width:5px">say style=&quot;x&quot;</i><script nonce="n">"<b style=\\"margin:1px\\">"</script></body></html>'
  const html = withoutStyleAttributes(page, 'n')
  expect(html).not.toContain(' style="')
  expect(html).toContain('<p class="a" data-styled="0">1</p><p data-styled="0">2</p><i data-styled="1">say style=&quot;x&quot;</i>')
  expect(html).toContain('<script nonce="n">"<b style=\\"margin:1px\\">"</script>')
  const rule = (index: number) => `[data-styled="${index}"]`.repeat(4)
  expect(html).toContain(`<style nonce="n">${rule(0)}{margin:0}${rule(1)}{font-family:"A B";width:5px}</style></head>`)
})

test('what would end the rule or the element is left out; a page without any is untouched', () => {
  expect(withoutStyleAttributes('<head></head><p style="x:1}</style>"></p>', 'n')).toBe('<head></head><p></p>')
  expect(withoutStyleAttributes('<head></head><p style="x:1}*{y:2"></p>', 'n')).toBe('<head></head><p></p>')
  expect(withoutStyleAttributes('<head></head><p></p>', 'n')).toBe('<head></head><p></p>')
})
