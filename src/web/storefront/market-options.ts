import escapeHtml from 'escape-html'
import { markets } from '../../kernel/reference-data.ts'

const made = new Map<string, string>()

/** The `<option>` elements of all markets. Every page has them, so their text is made once for each market and not by React. */
export function marketOptions(chosen: string): string {
  let html = made.get(chosen)
  if (html === undefined) {
    html = markets
      .map(({ iso2, name }) => `<option value="${iso2}"${iso2 === chosen ? ' selected' : ''}>${escapeHtml(name)}</option>`)
      .join('')
    made.set(chosen, html)
  }
  return html
}
