import { Checkbox, Field } from '@fluentui/react-components'

interface CheckFieldProps {
  name: string
  /** what is sent where it is ticked */
  value: string
  label: string
  error?: string | undefined
  defaultChecked?: boolean
  required?: boolean
}

/** A box to tick, with the server's answer beneath it. */
export function CheckField({ error, required = false, ...box }: CheckFieldProps) {
  return (
    <Field validationMessage={error}>
      <Checkbox {...box} required={required} />
    </Field>
  )
}
