import { data } from 'react-router'

/** The fields of a sent form. Whatever is no form is refused with 400, as an error page. */
export async function readForm(request: Request): Promise<FormData> {
  try {
    return await request.formData()
  } catch {
    throw data('What was sent is not a form.', { status: 400 })
  }
}

/** The text of a field, without control characters, at most `most` characters; empty when it is absent or a file. */
export function fieldText(fields: FormData | URLSearchParams, name: string, most = 200): string {
  const value = fields.get(name)
  return typeof value === 'string'
    ? value
        .replaceAll(/\p{Cc}/gu, ' ')
        .trim()
        .slice(0, most)
    : ''
}
