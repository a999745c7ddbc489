import { Field, Input } from '@fluentui/react-components'
import { useState } from 'react'

interface CountedFieldProps {
  name: string
  label: string
  /** most characters */
  most: number
  defaultValue?: string
  error?: string | undefined
}

/** A required line of text that says how many characters are left. More are let in, so that nothing pasted is lost, and refused when sent. */
export function CountedField({ name, label, most, defaultValue = '', error }: CountedFieldProps) {
  const [length, setLength] = useState(defaultValue.length)
  const left = most - length
  return (
    <Field
      label={label}
      required
      validationMessage={error ?? (left < 0 ? `${-left} characters too many.` : undefined)}
      hint={<span aria-live="polite">{left >= 0 ? `${left} characters left` : ''}</span>}
    >
      <Input name={name} defaultValue={defaultValue} onChange={(_event, { value }) => setLength(value.trim().length)} />
    </Field>
  )
}
