import { Button, Field, Input, makeStyles, Radio, RadioGroup, tokens } from '@fluentui/react-components'
import { useState } from 'react'
import { GroupFrame } from '../field-frame.tsx'
import { useSection } from '../section-context.tsx'
import type { EditorProps } from './editor.ts'

const useStyles = makeStyles({
  within: { display: 'grid', gridTemplateColumns: 'minmax(0, 1fr)', rowGap: tokens.spacingVerticalM, maxWidth: '560px' },
  line: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
  bad: { color: 'var(--color-danger)' },
  good: { color: 'var(--color-success)' },
})

type Kept = { kept: true }
type Destination = { kind: 'list'; contactEmail?: string } | { kind: 'https'; url?: string | Kept; contactEmail?: string }

/** Where leads go: always into the portal's list, and to an endpoint of the publisher's when one is connected. */
export function LeadDestinationEditor({ field, value, onChange, errorAt, readOnly, id }: EditorProps<Destination>) {
  const styles = useStyles()
  const { base } = useSection()
  const [said, setSaid] = useState<{ ok: boolean; message: string }>()
  const [busy, setBusy] = useState(false)
  const contact = (
    <Field
      label="Contact e-mail"
      hint="Gets a message for every new lead. Separate several with a semicolon."
      required={value?.kind === 'https'}
      validationMessage={errorAt('contactEmail')}
    >
      <Input
        type="text"
        value={value?.contactEmail ?? ''}
        readOnly={readOnly}
        onChange={(_event, { value: text }) => {
          if (!value) return
          const { contactEmail: _before, ...rest } = value
          onChange(text === '' ? (rest as Destination) : { ...rest, contactEmail: text })
        }}
      />
    </Field>
  )
  const validate = async () => {
    setBusy(true)
    const form = new FormData()
    if (value?.kind === 'https' && typeof value.url === 'string') form.set('url', value.url)
    const answer = await fetch(`${base}/lead-destination`, { method: 'POST', body: form })
      .then(async (response) => ({ ok: false, ...((await response.json()) as { ok?: boolean; message: string }) }))
      .catch(() => ({ ok: false, message: 'The endpoint could not be asked. Try again.' }))
    setSaid(answer)
    setBusy(false)
  }
  return (
    <GroupFrame field={field} id={id} error={errorAt() ?? errorAt('kind')}>
      <RadioGroup
        value={value?.kind ?? ''}
        disabled={readOnly}
        aria-label={field.label}
        onChange={(_event, data) => {
          const rest = value?.contactEmail === undefined ? {} : { contactEmail: value.contactEmail }
          onChange(data.value === 'https' ? { kind: 'https', ...rest } : { kind: 'list', ...rest }, data.value === 'list')
        }}
      >
        <Radio value="list" label="The list of leads in Partner Center" />
        <Radio value="https" label="The list, and an HTTPS endpoint of yours" />
      </RadioGroup>
      {value?.kind === 'https' ? (
        <div className={styles.within}>
          {typeof value.url === 'object' ? (
            <Field label="HTTPS endpoint URL" validationMessage={errorAt('url')}>
              <div className={styles.line}>
                <span>Stored. It is a secret and is not shown again.</span>
                {readOnly ? null : (
                  <Button size="small" onClick={() => onChange({ ...value, url: '' })}>
                    Replace it
                  </Button>
                )}
              </div>
            </Field>
          ) : (
            <Field label="HTTPS endpoint URL" required hint="Each lead is sent there as JSON." validationMessage={errorAt('url')}>
              <Input
                type="url"
                placeholder="https://"
                value={value.url ?? ''}
                readOnly={readOnly}
                onChange={(_event, data) => {
                  setSaid(undefined)
                  onChange({ ...value, url: data.value })
                }}
              />
            </Field>
          )}
          {contact}
          {readOnly || typeof value.url === 'object' ? null : (
            <div className={styles.line}>
              <Button disabledFocusable={busy || value.url === undefined || value.url === ''} onClick={() => void validate()}>
                {busy ? 'Sending a test lead …' : 'Validate'}
              </Button>
              <span role="status" className={said ? (said.ok ? styles.good : styles.bad) : undefined}>
                {said?.message}
              </span>
            </div>
          )}
        </div>
      ) : value?.kind === 'list' ? (
        <div className={styles.within}>{contact}</div>
      ) : null}
    </GroupFrame>
  )
}
