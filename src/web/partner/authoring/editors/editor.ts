import type { FormField } from '../form.ts'

/** What the editor of a field gets, whatever its kind. `undefined` is a value that is not filled in. */
export interface EditorProps<V = unknown> {
  field: FormField
  value: V | undefined
  /** `soon`: save at once, because other fields may depend on it. */
  onChange: (value: V | undefined, soon?: boolean) => void
  /** What is wrong at a path below the field (`email`, `0.url`), or with the field as a whole. */
  errorAt: (path?: string) => string | undefined
  readOnly: boolean
  /** id of the element that holds the editor; the labelled control carries `${id}-control` where there is just one */
  id: string
}

/** A number among the options of the field's kind. */
export function numberOption(field: FormField, name: string): number | undefined {
  const value = field.options[name]
  return typeof value === 'number' ? value : undefined
}
