import { Button, Input, makeStyles, Textarea, tokens } from '@fluentui/react-components'
import { type ComponentProps, useState } from 'react'
import { ControlFrame } from '../field-frame.tsx'
import { type EditorProps, numberOption } from './editor.ts'

const useStyles = makeStyles({
  short: { maxWidth: '240px' },
  line: { maxWidth: '560px' },
  text: { maxWidth: '720px' },
  counter: { fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' },
  over: { color: 'var(--color-danger)', fontWeight: tokens.fontWeightSemibold },
  kept: { display: 'flex', alignItems: 'center', columnGap: tokens.spacingHorizontalM, flexWrap: 'wrap' },
})

function asText(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

/** Characters used of those allowed. */
export function Counter({ used, max, soft }: { used: number; max: number; soft?: number | undefined }) {
  const styles = useStyles()
  const over = used > max
  return (
    <span className={over ? styles.over : styles.counter}>
      {used.toLocaleString('en-US')} / {max.toLocaleString('en-US')}
      {over ? ': too long' : soft !== undefined && used > soft ? `: may be cut after ${soft} in search results` : ''}
    </span>
  )
}

type InputType = ComponentProps<typeof Input>['type']

function Line({
  field,
  value,
  onChange,
  errorAt,
  readOnly,
  id,
  type = 'text',
  placeholder,
  inputMode,
  narrow = false,
}: EditorProps<string> & { type?: InputType; placeholder?: string; inputMode?: 'numeric' | 'decimal'; narrow?: boolean }) {
  const styles = useStyles()
  const max = numberOption(field, 'max')
  const text = asText(value)
  return (
    <ControlFrame
      field={field}
      id={id}
      error={errorAt()}
      after={
        field.kind === 'text' && max !== undefined && !readOnly ? (
          <Counter used={text.length} max={max} soft={numberOption(field, 'warnAbove')} />
        ) : undefined
      }
    >
      <Input
        className={narrow ? styles.short : styles.line}
        id={`${id}-control`}
        type={type ?? 'text'}
        value={text}
        readOnly={readOnly}
        placeholder={placeholder}
        inputMode={inputMode}
        autoComplete="off"
        onChange={(_event, data) => onChange(data.value === '' ? undefined : data.value)}
      />
    </ControlFrame>
  )
}

export function TextEditor(props: EditorProps<string>) {
  return <Line {...props} narrow={(numberOption(props.field, 'max') ?? 100) <= 20} />
}

export function UrlEditor(props: EditorProps<string>) {
  return <Line {...props} type="url" placeholder="https://" />
}

export function EmailEditor(props: EditorProps<string>) {
  return <Line {...props} type="email" />
}

export function PhoneEditor(props: EditorProps<string>) {
  return <Line {...props} type="tel" narrow />
}

export function GuidEditor(props: EditorProps<string>) {
  return <Line {...props} placeholder="00000000-0000-0000-0000-000000000000" />
}

export function MoneyEditor(props: EditorProps<string>) {
  return <Line {...props} inputMode="decimal" narrow />
}

/** Digits become a number; anything else is kept as text until the server says what is wrong with it. */
export function wholeNumber(text: string): number | string | undefined {
  const entered = text.trim()
  if (entered === '') return undefined
  return /^-?\d{1,15}$/.test(entered) ? Number(entered) : entered
}

export function IntegerEditor({ onChange, value, ...props }: EditorProps<number | string>) {
  return <Line {...props} value={asText(value)} onChange={(text) => onChange(wholeNumber(text ?? ''))} inputMode="numeric" narrow />
}

export function MultilineEditor({ field, value, onChange, errorAt, readOnly, id }: EditorProps<string>) {
  const styles = useStyles()
  const max = numberOption(field, 'max')
  const text = asText(value)
  return (
    <ControlFrame
      field={field}
      id={id}
      error={errorAt()}
      after={max !== undefined && !readOnly ? <Counter used={text.length} max={max} /> : undefined}
    >
      <Textarea
        className={styles.text}
        id={`${id}-control`}
        value={text}
        readOnly={readOnly}
        resize="vertical"
        rows={max !== undefined && max <= 300 ? 3 : 6}
        onChange={(_event, data) => onChange(data.value === '' ? undefined : data.value)}
      />
    </ControlFrame>
  )
}

/** A secret is never shown again: it is kept, or replaced by a new one. */
export function SecretEditor({ field, value, onChange, errorAt, readOnly, id }: EditorProps<string | { kept: true }>) {
  const styles = useStyles()
  const [kept] = useState(() => (typeof value === 'object' ? value : undefined))
  if (typeof value === 'object') {
    return (
      <ControlFrame field={field} id={id} error={errorAt()}>
        <div className={styles.kept}>
          <span id={`${id}-control`}>A value is stored. It is not shown again.</span>
          {readOnly ? null : (
            <Button size="small" onClick={() => onChange('')}>
              Replace it
            </Button>
          )}
        </div>
      </ControlFrame>
    )
  }
  return (
    <ControlFrame
      field={field}
      id={id}
      error={errorAt()}
      after={
        kept && !readOnly ? (
          <Button size="small" appearance="transparent" onClick={() => onChange(kept)}>
            Keep the stored value
          </Button>
        ) : undefined
      }
    >
      <Input
        className={styles.line}
        id={`${id}-control`}
        type="password"
        value={asText(value)}
        readOnly={readOnly}
        autoComplete="new-password"
        onChange={(_event, data) => onChange(data.value === '' ? undefined : data.value)}
      />
    </ControlFrame>
  )
}
