import {
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  Radio,
  RadioGroup,
  Select,
  tokens,
} from '@fluentui/react-components'
import { useState } from 'react'
import { ControlFrame, FieldError, GroupFrame } from '../field-frame.tsx'
import type { FormField } from '../form.ts'
import { type EditorProps, numberOption } from './editor.ts'

const useStyles = makeStyles({
  select: { maxWidth: '360px' },
  options: { display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(220px, 1fr))', columnGap: tokens.spacingHorizontalL },
  radios: { marginInlineStart: `-${tokens.spacingHorizontalS}` },
})

const mostRadios = 6

function valuesOf(field: FormField): [string, string][] {
  return Object.entries((field.options.values ?? {}) as Record<string, string>)
}

/** Few choices are all in view; many are a list. */
export function ChoiceEditor({ field, value, onChange, errorAt, readOnly, id }: EditorProps<string>) {
  const styles = useStyles()
  const values = valuesOf(field)
  // Leaving it open is a choice too, unless one of the values says so itself.
  const none = field.required || values.some(([key]) => key === 'none') ? [] : [['', 'None'] as [string, string]]
  if (values.length + none.length > mostRadios) {
    return (
      <ControlFrame field={field} id={id} error={errorAt()}>
        <Select
          className={styles.select}
          id={`${id}-control`}
          value={value ?? ''}
          disabled={readOnly}
          onChange={(_event, data) => onChange(data.value === '' ? undefined : data.value, true)}
        >
          {value === undefined || !field.required ? <option value="">{field.required ? 'Choose' : 'None'}</option> : null}
          {values.map(([key, label]) => (
            <option key={key} value={key}>
              {label}
            </option>
          ))}
        </Select>
      </ControlFrame>
    )
  }
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <RadioGroup
        className={styles.radios}
        value={value ?? ''}
        disabled={readOnly}
        aria-label={field.label}
        onChange={(_event, data) => onChange(data.value === '' ? undefined : data.value, true)}
      >
        {[...none, ...values].map(([key, label]) => (
          <Radio key={key} value={key} label={label} />
        ))}
      </RadioGroup>
    </GroupFrame>
  )
}

export function MultiChoiceEditor({ field, value = [], onChange, errorAt, readOnly, id }: EditorProps<string[]>) {
  const styles = useStyles()
  const max = numberOption(field, 'max')
  const full = max !== undefined && value.length >= max
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <div className={styles.options}>
        {valuesOf(field).map(([key, label]) => {
          const chosen = value.includes(key)
          return (
            <Checkbox
              key={key}
              label={label}
              checked={chosen}
              disabled={readOnly || (full && !chosen)}
              onChange={() => onChange(chosen ? value.filter((one) => one !== key) : [...value, key], true)}
            />
          )
        })}
      </div>
    </GroupFrame>
  )
}

/** Yes or no. One with consequences asks before it is set. */
export function FlagEditor({ field, value = false, onChange, errorAt, readOnly, id }: EditorProps<boolean>) {
  const [asking, setAsking] = useState(false)
  const consequence = typeof field.options.consequence === 'string' ? field.options.consequence : undefined
  return (
    <div>
      <Checkbox
        id={`${id}-control`}
        label={field.label}
        checked={value}
        disabled={readOnly}
        required={field.required}
        aria-describedby={field.help ? `${id}-hint` : undefined}
        onChange={(_event, data) => {
          if (data.checked === true && consequence) setAsking(true)
          else onChange(data.checked === true, true)
        }}
      />
      {field.help || field.locked ? <Hint id={`${id}-hint`}>{[field.help, field.locked].filter(Boolean).join(' ')}</Hint> : null}
      <FieldError>{errorAt()}</FieldError>
      {consequence ? (
        <Question
          open={asking}
          title={field.label}
          onAnswer={(yes) => {
            setAsking(false)
            if (yes) onChange(true, true)
          }}
        >
          {consequence}
        </Question>
      ) : null}
    </div>
  )
}

const useHintStyles = makeStyles({
  hint: {
    margin: 0,
    paddingInlineStart: '32px',
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    maxWidth: '72ch',
  },
})

function Hint({ id, children }: { id: string; children: string }) {
  return (
    <p className={useHintStyles().hint} id={id}>
      {children}
    </p>
  )
}

interface QuestionProps {
  open: boolean
  title: string
  children: string
  confirm?: string
  onAnswer: (yes: boolean) => void
}

/** Asks before something that cannot be taken back. */
export function Question({ open, title, children, confirm = 'Accept', onAnswer }: QuestionProps) {
  return (
    <Dialog modalType="alert" open={open} onOpenChange={(_event, data) => data.open || onAnswer(false)}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          <DialogContent>{children}</DialogContent>
          <DialogActions fluid>
            <Button onClick={() => onAnswer(false)}>Cancel</Button>
            <Button appearance="primary" onClick={() => onAnswer(true)}>
              {confirm}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
