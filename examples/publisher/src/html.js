// Templates: html`<p>${text}</p>` escapes what is put in, unless it is html itself.

class Html {
  constructor(text) {
    this.text = text
  }
  toString() {
    return this.text
  }
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function show(value) {
  if (value instanceof Html) return value.text
  if (Array.isArray(value)) return value.map(show).join('')
  if (value === undefined || value === null || value === false) return ''
  return String(value).replace(/[&<>"']/g, (character) => ENTITIES[character])
}

export function html(strings, ...values) {
  return new Html(strings.reduce((text, string, index) => text + show(values[index - 1]) + string))
}
