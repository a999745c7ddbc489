import {
  Button,
  type ButtonProps,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  makeStyles,
  Select,
  Spinner,
  Textarea,
  tokens,
} from '@fluentui/react-components'
import { type ComponentProps, type ReactNode, useRef, useState } from 'react'
import { Form, useNavigation } from 'react-router'

/** What an action answers when it refuses: a sentence for the form, and one for each field named. */
export interface FormErrors {
  message: string
  fields: Record<string, string>
}

const useStyles = makeStyles({
  row: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalM,
    alignItems: 'flex-start',
    // Beside a field the button stands beneath the height of its label, whatever is said below the field.
    '& > button:not(:only-child)': { marginTop: '26px' },
  },
  // A choice with long names may not widen the page.
  field: { minWidth: '180px', flexGrow: 1, maxWidth: '360px', gridTemplateColumns: 'minmax(0, 1fr)' },
  control: { minWidth: 0, width: '100%' },
})

interface FieldProps {
  name: string
  label: string
  hint?: string
  error?: string | undefined
  required?: boolean
}

/** A labelled text field that shows the server's answer beneath it. */
export function TextField({
  name,
  label,
  hint,
  error,
  required = false,
  ...input
}: FieldProps & Pick<ComponentProps<typeof Input>, 'type' | 'defaultValue' | 'placeholder' | 'contentBefore' | 'autoComplete'>) {
  const styles = useStyles()
  return (
    <Field className={styles.field} label={label} hint={hint} validationMessage={error} required={required}>
      <Input className={styles.control} name={name} {...input} />
    </Field>
  )
}

/** A labelled choice; native, so that it works before the script is there. */
export function SelectField({
  name,
  label,
  hint,
  error,
  required = false,
  options,
  defaultValue,
}: FieldProps & { options: { value: string; label: string }[]; defaultValue?: string | undefined }) {
  const styles = useStyles()
  return (
    <Field className={styles.field} label={label} hint={hint} validationMessage={error} required={required}>
      <Select className={styles.control} name={name} defaultValue={defaultValue}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </Select>
    </Field>
  )
}

/** A labelled text of several lines that shows the server's answer beneath it. */
export function TextAreaField({
  name,
  label,
  hint,
  error,
  required = false,
  rows = 6,
  defaultValue,
}: FieldProps & { rows?: number; defaultValue?: string | undefined }) {
  return (
    <Field label={label} hint={hint} validationMessage={error} required={required}>
      <Textarea name={name} resize="vertical" textarea={{ rows }} defaultValue={defaultValue} />
    </Field>
  )
}

/** Fields and their button in one line where there is room. */
export function FormRow({ children }: { children: ReactNode }) {
  return <div className={useStyles().row}>{children}</div>
}

/** True while the answer to the form field `name=value` is awaited. */
function usePending(name: string | undefined, value: string | undefined): boolean {
  const navigation = useNavigation()
  return navigation.state !== 'idle' && navigation.formData !== undefined && (name === undefined || navigation.formData.get(name) === value)
}

type SubmitButtonProps = Pick<ButtonProps, 'appearance' | 'icon' | 'children'> & { name?: string; value?: string }

/** A submit button that says when it is working and cannot be pressed twice. */
export function SubmitButton({ name, value, icon, ...button }: SubmitButtonProps) {
  const pending = usePending(name, value)
  return (
    <Button
      type="submit"
      name={name}
      value={value}
      disabledFocusable={pending}
      icon={pending ? <Spinner size="tiny" /> : icon}
      {...button}
    />
  )
}

interface ConfirmFormProps {
  action?: string
  intent: string
  /** what is sent besides */
  fields?: Record<string, string>
  /** text of the button that opens the question */
  button: string
  /** in the row of a table */
  small?: boolean
  title: string
  /** what will happen, and what it costs */
  children: ReactNode
  confirm: string
  keep: string
  /** the step that the page is there for */
  primary?: boolean
}

/**
 * A form whose effect cannot be taken back: its button asks first. Without script the button sends the form at once,
 * so the page says beside it what will happen.
 */
export function ConfirmForm({
  action,
  intent,
  fields = {},
  button,
  small = false,
  title,
  children,
  confirm,
  keep,
  primary = false,
}: ConfirmFormProps) {
  const form = useRef<HTMLFormElement>(null)
  const [open, setOpen] = useState(false)
  const pending = usePending('intent', intent)
  return (
    <>
      <Form ref={form} method="post" action={action}>
        <input type="hidden" name="intent" value={intent} />
        {Object.entries(fields).map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
        <Button
          type="submit"
          appearance={primary ? 'primary' : 'secondary'}
          size={small ? 'small' : 'medium'}
          disabledFocusable={pending}
          onClick={(event) => {
            event.preventDefault()
            setOpen(true)
          }}
        >
          {button}
        </Button>
      </Form>
      <Dialog modalType="alert" open={open} onOpenChange={(_event, data) => setOpen(data.open)}>
        <DialogSurface>
          <DialogBody>
            <DialogTitle>{title}</DialogTitle>
            <DialogContent>{children}</DialogContent>
            <DialogActions fluid>
              <Button onClick={() => setOpen(false)}>{keep}</Button>
              <Button
                appearance="primary"
                onClick={() => {
                  setOpen(false)
                  form.current?.requestSubmit()
                }}
              >
                {confirm}
              </Button>
            </DialogActions>
          </DialogBody>
        </DialogSurface>
      </Dialog>
    </>
  )
}
