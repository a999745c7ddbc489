import { Parser } from 'htmlparser2'

export interface Field {
  name: string
  type: string
  value: string
  required: boolean
  checked: boolean
}

export interface Button {
  name: string
  value: string
  text: string
}

export interface HtmlForm {
  action: string
  method: string
  multipart: boolean
  fields: Field[]
  buttons: Button[]
}

export interface Html {
  title: string
  forms: HtmlForm[]
  links: { href: string; text: string }[]
}

/** What a person without a script could do on a page: its forms and links. */
export function readHtml(text: string): Html {
  const page: Html = { title: '', forms: [], links: [] }
  let form: HtmlForm | undefined
  let select: (Field & { chosen: boolean }) | undefined
  let collect: ((text: string) => void) | undefined
  const parser = new Parser({
    onopentag(tag, attributes) {
      const { name = '', value = '', type = '' } = attributes
      const field = (kind: string): Field => ({
        name,
        type: kind,
        value,
        required: 'required' in attributes,
        checked: 'checked' in attributes,
      })
      if (tag === 'title') collect = (more) => (page.title += more)
      else if (tag === 'a' && attributes.href !== undefined) {
        const link = { href: attributes.href, text: '' }
        page.links.push(link)
        collect = (more) => (link.text += more)
      } else if (tag === 'form') {
        const { action = '', method = 'get', enctype = '' } = attributes
        form = { action, method: method.toLowerCase(), multipart: enctype.toLowerCase() === 'multipart/form-data', fields: [], buttons: [] }
        page.forms.push(form)
      } else if (!form || 'disabled' in attributes) return
      else if (tag === 'button' && (type === '' || type.toLowerCase() === 'submit')) {
        const button = { name, value, text: '' }
        form.buttons.push(button)
        collect = (more) => (button.text += more)
      } else if (tag === 'input') {
        const kind = type.toLowerCase() || 'text'
        if (kind === 'submit' || kind === 'image') form.buttons.push({ name, value, text: value })
        else if (name !== '' && kind !== 'button' && kind !== 'reset') form.fields.push(field(kind))
      } else if (tag === 'textarea' && name !== '') {
        const area = field('textarea')
        form.fields.push(area)
        collect = (more) => (area.value += more)
      } else if (tag === 'select' && name !== '') {
        select = { ...field('select'), chosen: false }
        form.fields.push(select)
      } else if (tag === 'option' && select) {
        const selected = 'selected' in attributes
        if (selected || (!select.chosen && select.value === '')) select.value = value
        select.chosen ||= selected
      }
    },
    ontext: (more) => collect?.(more),
    onclosetag(tag) {
      if (tag === 'form') form = undefined
      if (tag === 'select') select = undefined
      if (tag === 'title' || tag === 'a' || tag === 'button' || tag === 'textarea') collect = undefined
    },
  })
  parser.write(text)
  parser.end()
  return page
}
