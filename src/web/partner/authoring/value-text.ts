import type { FormField } from './form.ts'

/** A value in words, for comparing two versions side by side. */
export function valueText(field: FormField | undefined, value: unknown): string {
  if (value === undefined || value === null || value === '') return '(empty)'
  if (typeof value === 'boolean') return value ? 'Yes' : 'No'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') {
    if (field?.kind === 'rich-text') return plain(value)
    const labels = field?.options.values as Record<string, string> | undefined
    return labels?.[value] ?? value
  }
  return lines(value, '').join('\n') || '(empty)'
}

function plain(html: string): string {
  return html
    .replace(/<(?:\/(?:p|li|h[1-6])|br)\b[^>]*>/gi, '\n')
    .replace(/<[^>]+>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&amp;', '&')
    .trim()
}

function lines(value: unknown, indent: string): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) =>
      typeof item === 'object' && item !== null ? [`${indent}${index + 1}.`, ...lines(item, `${indent}  `)] : [`${indent}${String(item)}`],
    )
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, member]) =>
      typeof member === 'object' && member !== null
        ? [`${indent}${name}:`, ...lines(member, `${indent}  `)]
        : [`${indent}${name}: ${String(member)}`],
    )
  }
  return [`${indent}${String(value)}`]
}
