/**
 * Moves the `style` attributes of rendered HTML into one style element with the page's nonce, so that the content security policy need not allow
 * inline styles. Each distinct text becomes a rule of an attribute of its own, written often enough to win against classes, as the attribute did; what
 * scripts set later on an element still wins against it.
 */
export function withoutStyleAttributes(html: string, nonce: string): string {
  const names = new Map<string, number>()
  const moved = html.replaceAll(styleAttribute, (_text, value: string) => {
    const declarations = decode(value)
    // Not a list of declarations: it would end the rule, or the element.
    if (/[{}<>]|\/\*/.test(declarations)) return ''
    let index = names.get(declarations)
    if (index === undefined) names.set(declarations, (index = names.size))
    return ` data-styled="${index}"`
  })
  if (names.size === 0) return moved
  const rules = [...names].map(([declarations, index]) => `${`[data-styled="${index}"]`.repeat(4)}{${declarations}}`).join('')
  return moved.replace('</head>', () => `<style nonce="${nonce}">${rules}</style></head>`)
}

/** React escapes quotation marks in texts and values, and JSON in scripts has them after a backslash: this is found in tags only. */
const styleAttribute = / style="([^"]*)"/g

const entities: Record<string, string> = { '&quot;': '"', '&#x27;': "'", '&#39;': "'", '&lt;': '<', '&gt;': '>', '&amp;': '&' }
const decode = (text: string) => text.replaceAll(/&(?:quot|#x27|#39|lt|gt|amp);/g, (entity) => entities[entity] as string)
