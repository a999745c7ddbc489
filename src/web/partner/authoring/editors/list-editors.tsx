import { Field, Input, makeStyles, tokens } from '@fluentui/react-components'
import { type ComponentType, useState } from 'react'
import { GroupFrame } from '../field-frame.tsx'
import type { FormField } from '../form.ts'
import { type EditorProps, numberOption } from './editor.ts'
import { Rows } from './rows.tsx'

const useStyles = makeStyles({
  keywords: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(180px, 100%), 240px))', gap: tokens.spacingHorizontalM },
  pair: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(220px, 100%), 1fr))', gap: tokens.spacingHorizontalM },
  three: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(200px, 100%), 1fr))',
    gap: tokens.spacingHorizontalM,
    maxWidth: '820px',
  },
})

const fewKeywords = 5

/** A few slots for keywords; a list where many are allowed. */
export function KeywordsEditor({ field, value = [], onChange, errorAt, readOnly, id }: EditorProps<string[]>) {
  const max = numberOption(field, 'max') ?? 3
  if (max > fewKeywords) {
    return (
      <GroupFrame field={field} id={id} error={errorAt()}>
        <Rows
          rows={value}
          onChange={onChange}
          item="keyword"
          nameOf={(word, index) => word || `keyword ${index + 1}`}
          blank={() => ''}
          max={max}
          readOnly={readOnly}
        >
          {(word, index, change) => (
            <Field validationMessage={errorAt(String(index))}>
              <Input aria-label={`Keyword ${index + 1}`} value={word} readOnly={readOnly} onChange={(_event, data) => change(data.value)} />
            </Field>
          )}
        </Rows>
      </GroupFrame>
    )
  }
  return <KeywordSlots field={field} value={value} max={max} onChange={onChange} errorAt={errorAt} readOnly={readOnly} id={id} />
}

/** A word stays in the slot it was typed in; what is saved has no gaps. */
function KeywordSlots({ field, value = [], max, onChange, errorAt, readOnly, id }: EditorProps<string[]> & { max: number }) {
  const styles = useStyles()
  const [slots, setSlots] = useState<string[]>(() => Array.from({ length: max }, (_unused, index) => value[index] ?? ''))
  const filled = slots.filter((word) => word.trim() !== '')
  if (filled.join('\n') !== value.join('\n')) setSlots(Array.from({ length: max }, (_unused, index) => value[index] ?? ''))
  const place = (index: number) => slots.slice(0, index).filter((word) => word.trim() !== '').length
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <div className={styles.keywords}>
        {slots.map((word, index) => (
          // A slot is its place.
          // oxlint-disable-next-line react/no-array-index-key
          <Field key={index} validationMessage={word === '' ? undefined : errorAt(String(place(index)))}>
            <Input
              id={index === 0 ? `${id}-control` : undefined}
              aria-label={`${field.label}, keyword ${index + 1}`}
              value={word}
              readOnly={readOnly}
              onChange={(_event, data) => {
                const next = slots.map((one, at) => (at === index ? data.value : one))
                const words = next.filter((one) => one.trim() !== '')
                setSlots(next)
                onChange(words.length === 0 ? undefined : words)
              }}
            />
          </Field>
        ))}
      </div>
    </GroupFrame>
  )
}

interface Contact {
  name?: string
  email?: string
  phone?: string
}

const contactParts = [
  { part: 'name', label: 'Name', type: 'text' },
  { part: 'email', label: 'E-mail', type: 'email' },
  { part: 'phone', label: 'Phone', type: 'tel' },
] as const

export function ContactEditor({ field, value, onChange, errorAt, readOnly, id }: EditorProps<Contact>) {
  const styles = useStyles()
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <div className={styles.three}>
        {contactParts.map(({ part, label, type }) => (
          <Field key={part} label={label} validationMessage={errorAt(part)}>
            <Input
              id={`${id}-${part}`}
              type={type}
              value={value?.[part] ?? ''}
              readOnly={readOnly}
              autoComplete="off"
              onChange={(_event, data) => {
                const next = { ...value, [part]: data.value === '' ? undefined : data.value }
                onChange(Object.values(next).every((one) => one === undefined) ? undefined : next)
              }}
            />
          </Field>
        ))}
      </div>
    </GroupFrame>
  )
}

interface Link {
  title: string
  url: string
}

export function LinksEditor({ field, value = [], onChange, errorAt, readOnly, id }: EditorProps<Link[]>) {
  const styles = useStyles()
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <Rows
        rows={value}
        onChange={onChange}
        item="link"
        nameOf={(link, index) => link.title || `link ${index + 1}`}
        blank={() => ({ title: '', url: '' })}
        max={numberOption(field, 'max')}
        ordered
        readOnly={readOnly}
      >
        {(link, index, change) => (
          <div className={styles.pair}>
            <Field label="Title" validationMessage={errorAt(`${index}.title`)}>
              <Input value={link.title} readOnly={readOnly} onChange={(_event, data) => change({ ...link, title: data.value })} />
            </Field>
            <Field label="Address" validationMessage={errorAt(`${index}.url`)}>
              <Input
                type="url"
                placeholder="https://"
                value={link.url}
                readOnly={readOnly}
                onChange={(_event, data) => change({ ...link, url: data.value })}
              />
            </Field>
          </div>
        )}
      </Rows>
    </GroupFrame>
  )
}

/** Listings that this offer is shown together with, in the order of the page. */
export function ProductsEditor({ field, value = [], onChange, errorAt, readOnly, id }: EditorProps<{ url: string }[]>) {
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <Rows
        rows={value}
        onChange={onChange}
        item="product"
        nameOf={(product, index) => product.url || `product ${index + 1}`}
        blank={() => ({ url: '' })}
        max={numberOption(field, 'max')}
        ordered
        readOnly={readOnly}
        addLabel="Add another link"
      >
        {(product, index, change) => (
          <Field label={`Rank ${index + 1}`} validationMessage={errorAt(`${index}.url`) ?? errorAt(String(index))}>
            <Input
              type="url"
              placeholder="https://"
              value={product.url}
              readOnly={readOnly}
              onChange={(_event, data) => change({ ...product, url: data.value })}
            />
          </Field>
        )}
      </Rows>
    </GroupFrame>
  )
}

/** Codes of regions, one a line. */
export function RegionsEditor({ field, value = [], onChange, errorAt, readOnly, id }: EditorProps<string[]>) {
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <Rows
        rows={value}
        onChange={onChange}
        item="region"
        nameOf={(region, index) => region || `region ${index + 1}`}
        blank={() => ''}
        max={numberOption(field, 'max')}
        readOnly={readOnly}
      >
        {(region, index, change) => (
          <Field validationMessage={errorAt(String(index))}>
            <Input aria-label={`Region ${index + 1}`} value={region} readOnly={readOnly} onChange={(_event, data) => change(data.value)} />
          </Field>
        )}
      </Rows>
    </GroupFrame>
  )
}

/** A group of fields that repeats, in an order of the publisher's. */
export function repeatedEditor(editorOf: (kind: string) => ComponentType<EditorProps> | undefined) {
  return function RepeatedEditor({ field, value = [], onChange, errorAt, readOnly, id }: EditorProps<Record<string, unknown>[]>) {
    const { fields = [], itemLabel = 'entry' } = field.options as { fields?: FormField[]; itemLabel?: string }
    return (
      <GroupFrame field={field} id={id} error={errorAt()}>
        <Rows
          rows={value}
          onChange={onChange}
          item={itemLabel}
          nameOf={(_row, index) => `${itemLabel} ${index + 1}`}
          blank={() => ({})}
          max={numberOption(field, 'max')}
          ordered
          readOnly={readOnly}
        >
          {(row, index, change) => (
            <div style={{ display: 'grid', rowGap: '12px', gridTemplateColumns: 'minmax(0, 1fr)' }}>
              {fields.map((part) => {
                const Editor = editorOf(part.kind)
                if (!Editor) return null
                return (
                  <Editor
                    key={part.name}
                    field={part}
                    id={`${id}-${index}-${part.name}`}
                    value={row[part.name]}
                    readOnly={readOnly}
                    onChange={(next, soon) => change({ ...row, [part.name]: next }, soon)}
                    errorAt={(path) => errorAt([index, part.name, path].filter((step) => step !== undefined).join('.'))}
                  />
                )
              })}
            </div>
          )}
        </Rows>
      </GroupFrame>
    )
  }
}
