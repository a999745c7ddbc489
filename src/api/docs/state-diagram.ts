import escapeHtml from 'escape-html'

interface Arrow {
  from: string
  to: string
  triggers: string
}

/** `[*]`: before the beginning and after the end. */
const outside = '[*]'

/** The arrows of a Mermaid state diagram, or null when the text is something else. */
function arrowsOf(text: string): Arrow[] | null {
  const [first, ...lines] = text.trim().split('\n')
  if (first?.trim() !== 'stateDiagram-v2') return null
  const arrows: Arrow[] = []
  for (const line of lines) {
    const found = /^\s*(\S+) --> (\S+?)(?: : (.+))?\s*$/.exec(line)
    if (!found) return null
    const [, from = '', to = '', triggers = ''] = found
    arrows.push({ from, to, triggers })
  }
  return arrows
}

/**
 * A Mermaid state diagram as a table that needs no script to be read: from the state of the row to that of the column by what is in the cell.
 * Null for other diagrams.
 */
export function stateTable(text: string): string | null {
  const arrows = arrowsOf(text)
  if (!arrows) return null
  const states = [...new Set(arrows.flatMap(({ from, to }) => [from, to]))].filter((state) => state !== outside)
  const notes = (state: string) => [
    ...(arrows.some(({ from, to }) => from === outside && to === state) ? ['begins here'] : []),
    ...(arrows.some(({ from, to }) => from === state && to === outside) ? ['final'] : []),
  ]
  const triggers = (from: string, to: string) => arrows.find((arrow) => arrow.from === from && arrow.to === to)?.triggers ?? ''
  const head = (state: string) => `<th>${escapeHtml([state, ...notes(state)].join(', '))}</th>`
  const row = (from: string) => `<tr>${head(from)}${states.map((to) => `<td>${escapeHtml(triggers(from, to))}</td>`).join('')}</tr>`
  return `<table><thead><tr><td>from, to</td>${states.map((state) => `<th>${escapeHtml(state)}</th>`).join('')}</tr></thead><tbody>${states
    .map(row)
    .join('')}</tbody></table>\n`
}
