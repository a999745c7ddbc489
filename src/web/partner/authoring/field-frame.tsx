import { Field, makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import { ErrorCircleFilled } from '@fluentui/react-icons/svg/error-circle'
import { LockClosedRegular } from '@fluentui/react-icons/svg/lock-closed'
import type { ReactElement, ReactNode } from 'react'
import type { FormField } from './form.ts'

const useStyles = makeStyles({
  field: { gridTemplateColumns: 'minmax(0, 1fr)' },
  set: {
    border: 'none',
    margin: 0,
    padding: 0,
    minWidth: 0,
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr)',
    rowGap: tokens.spacingVerticalS,
  },
  legend: {
    padding: 0,
    color: tokens.colorNeutralForeground1,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    // Room between legend and content: a legend takes no part in the grid.
    marginBottom: tokens.spacingVerticalXXS,
  },
  label: { fontWeight: tokens.fontWeightSemibold },
  star: { color: tokens.colorPaletteRedForeground3, marginInlineStart: tokens.spacingHorizontalXS },
  hint: {
    margin: 0,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    maxWidth: '72ch',
  },
  error: {
    margin: 0,
    display: 'flex',
    columnGap: tokens.spacingHorizontalXS,
    alignItems: 'flex-start',
    color: 'var(--color-danger)',
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    '& svg': { flexShrink: 0, fontSize: '12px', marginTop: '2px' },
  },
})

interface FrameProps {
  field: Pick<FormField, 'label' | 'help' | 'required' | 'locked'>
  id: string
  error: string | undefined
}

/** Beside the field its name need not be said again. */
export function withoutLabel(message: string, label: string): string {
  return message.startsWith(`${label}: `) ? message.slice(label.length + 2) : message
}

/** Help, and why the value is fixed. */
function hintOf({ label, help, locked }: FrameProps['field']): ReactNode {
  if (!locked) return help
  const reason = withoutLabel(locked, label)
  const said = help?.toLowerCase().includes(reason.toLowerCase()) ?? false
  return (
    <>
      {said ? null : help}
      {said || !help ? null : ' '}
      <LockClosedRegular aria-hidden="true" style={{ verticalAlign: '-2px' }} />{' '}
      {said ? help : reason.charAt(0).toUpperCase() + reason.slice(1)}
    </>
  )
}

/** Label, help and message around one control, tied together for screen readers. */
export function ControlFrame({ field, id, error, after, children }: FrameProps & { after?: ReactNode; children: ReactElement }) {
  const styles = useStyles()
  const hint = hintOf(field)
  return (
    <Field
      className={styles.field}
      label={{ children: field.label, className: styles.label, htmlFor: `${id}-control` }}
      required={field.required}
      validationMessage={error}
      hint={
        hint || after ? (
          <>
            {hint}
            {hint && after ? ' ' : null}
            {after}
          </>
        ) : undefined
      }
    >
      {children}
    </Field>
  )
}

/** The same around several controls. */
export function GroupFrame({
  field,
  id,
  error,
  children,
  className,
}: FrameProps & { children: ReactNode; className?: string | undefined }) {
  const styles = useStyles()
  const hint = hintOf(field)
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ')
  return (
    <fieldset className={mergeClasses(styles.set, className)} aria-describedby={described || undefined}>
      <legend className={styles.legend}>
        <span className={styles.label}>{field.label}</span>
        {field.required ? (
          <>
            <span className={styles.star} aria-hidden="true">
              *
            </span>
            <span className="visually-hidden"> (required)</span>
          </>
        ) : null}
      </legend>
      {hint ? (
        <p className={styles.hint} id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
      {children}
      <FieldError id={`${id}-error`}>{error}</FieldError>
    </fieldset>
  )
}

/** What is wrong with a value, beneath it. */
export function FieldError({ id, children }: { id?: string; children: string | undefined }) {
  const styles = useStyles()
  if (!children) return null
  return (
    <p className={styles.error} id={id} role="alert">
      <ErrorCircleFilled aria-hidden="true" />
      <span>{children}</span>
    </p>
  )
}

/** A sentence below a control that is neither label nor error. */
export function FieldNote({ children }: { children: ReactNode }) {
  return <p className={useStyles().hint}>{children}</p>
}
