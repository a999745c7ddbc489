import { Field, Input, makeStyles, tokens } from '@fluentui/react-components'
import { FieldNote, GroupFrame } from '../field-frame.tsx'
import type { FormField } from '../form.ts'
import { type EditorProps, numberOption } from './editor.ts'
import { Rows } from './rows.tsx'

const useStyles = makeStyles({
  keywords: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(180px, 100%), 240px))', gap: tokens.spacingHorizontalM },
  pair: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(220px, 100%), 1fr))', gap: tokens.spacingHorizontalM },
  three: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(200px, 100%), 1fr))', gap: tokens.spacingHorizontalM, maxWidth: '820px' },
})

const fewKeywords = 5

/** A few slots for keywords; a list where many are allowed. */
export function KeywordsEditor({ field, value = [], onChange, errorAt, readOnly, id }: EditorProps<string[]>) {
  const styles = useStyles()
  const max = numberOption(field, 'max') ?? 3
  if (max > fewKeywords) {
    return (
      <GroupFrame field={field} id={id} error={errorAt()}>
        <Rows rows={value} onChange={onChange} item="keyword" nameOf={(word, index) => word || `keyword ${index + 1}`} blank={() => ''} max={max} readOnly={readOnly}>
          {(word, index, change) => (
            <Field validationMessage={errorAt(String(index))}>
              <Input aria-label={`Keyword ${index + 1}`} value={word} readOnly={readOnly} onChange={(_event, data) => change(data.value)} />
            </Field>
          )}
        </Rows>
      </GroupFrame>
    )
  }
  const slots = Array.from({ length: max }, (_unused, index) => value[index] ?? '')
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <div className={styles.keywords}>
        {slots.map((word, index) => (
          // A slot is its place.
          // oxlint-disable-next-line react/no-array-index-key
          <Field key={index} validationMessage={errorAt(String(index))}>
            <Input
              id={index === 0 ? `${id}-control` : undefined}
              aria-label={`${field.label}, keyword ${index + 1}`}
              value={word}
              readOnly={readOnly}
              onChange={(_event, data) => {
                const next = slots.map((one, at) => (at === index ? data.value : one))
                while (next.at(-1) === '') next.pop()
                onChange(next.length === 0 ? undefined : next)
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
              aria-label={`${field.label}: ${label}`}
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

type Person = string | { id: string; description?: string }

const usualManualRows = 10

/** People who see a preview: addresses with a note. A longer list comes from a file. */
export function PeopleEditor({ field, value = [], onChange, errorAt, readOnly, id }: EditorProps<Person[]>) {
  const styles = useStyles()
  const people = value.map((person) => (typeof person === 'string' ? { id: person } : person))
  const manual = numberOption(field, 'manual') ?? usualManualRows
  const max = numberOption(field, 'max')
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <Rows
        rows={people}
        onChange={onChange}
        item="person"
        nameOf={(person, index) => person.id || `person ${index + 1}`}
        blank={() => ({ id: '' })}
        max={Math.max(manual, people.length)}
        readOnly={readOnly}
        addLabel="Add another e-mail"
      >
        {(person, index, change) => (
          <div className={styles.pair}>
            <Field label="E-mail" validationMessage={errorAt(`${index}.id`) ?? errorAt(String(index))}>
              <Input type="email" value={person.id} readOnly={readOnly} onChange={(_event, data) => change({ ...person, id: data.value })} />
            </Field>
            <Field label="Description" validationMessage={errorAt(`${index}.description`)}>
              <Input
                value={person.description ?? ''}
                readOnly={readOnly}
                onChange={(_event, data) => change({ ...person, description: data.value })}
              />
            </Field>
          </div>
        )}
      </Rows>
      {max !== undefined && max > manual && !readOnly ? (
        <FieldNote>
          {manual} people are entered here; up to {max} come with a CSV file.
        </FieldNote>
      ) : null}
    </GroupFrame>
  )
}

interface RepeatedField extends FormField {
  options: { fields?: FormField[]; itemLabel?: string; max?: number }
}

/** A group of fields that repeats, in an order of the publisher's. */
export function repeatedEditor(editorOf: (kind: string) => React.ComponentType<EditorProps> | undefined) {
  return function RepeatedEditor({ field, value = [], onChange, errorAt, readOnly, id }: EditorProps<Record<string, unknown>[]>) {
    const { fields = [], itemLabel = 'entry' } = (field as RepeatedField).options
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
