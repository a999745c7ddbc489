import { Field, Input, makeStyles, Radio, RadioGroup, Textarea, tokens } from '@fluentui/react-components'
import { useState } from 'react'
import { FieldError, GroupFrame } from '../field-frame.tsx'
import { Question } from './choice-editors.tsx'
import { type EditorProps, numberOption } from './editor.ts'
import { RichTextEditor } from './rich-text-editor.tsx'
import { Rows } from './rows.tsx'

const useStyles = makeStyles({
  within: { display: 'grid', gridTemplateColumns: 'minmax(0, 1fr)', rowGap: tokens.spacingVerticalL, maxWidth: '820px' },
  pair: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(220px, 100%), 1fr))', gap: tokens.spacingHorizontalM },
})

interface Tenant {
  tenantId: string
  description?: string
}

interface Amendment {
  text: string
  tenants: Tenant[]
}

type Terms = { kind: 'standard'; amendment?: string; custom?: Amendment[] } | { kind: 'own'; html?: string; url?: string }

const mostAmendments = 10
const mostTenants = 20

/** The marketplace's standard contract, with amendments for everybody and for single customers, or terms of the publisher's own. */
export function TermsEditor({ field, value, onChange, errorAt, readOnly, id }: EditorProps<Terms>) {
  const styles = useStyles()
  const [asking, setAsking] = useState(false)
  return (
    <GroupFrame field={field} id={id} error={errorAt() ?? errorAt('kind')}>
      <RadioGroup
        value={value?.kind ?? ''}
        disabled={readOnly}
        aria-label={field.label}
        onChange={(_event, data) => (data.value === 'standard' ? setAsking(true) : onChange({ kind: 'own' }, true))}
      >
        <Radio value="standard" label="Standard contract of the marketplace" />
        <Radio value="own" label="Terms and conditions of your own" />
      </RadioGroup>
      <Question
        open={asking}
        title="Use the standard contract?"
        onAnswer={(yes) => {
          setAsking(false)
          if (yes) onChange({ kind: 'standard' }, true)
        }}
      >
        {typeof field.options.consequence === 'string'
          ? field.options.consequence
          : 'Customers accept it once for everything they buy under it. An offer that has been published under the standard contract cannot change to terms of its own.'}
      </Question>
      {value?.kind === 'standard' ? (
        <div className={styles.within}>
          <Field
            label="Universal amendment terms"
            hint="Shown to every customer, in addition to the standard contract."
            validationMessage={errorAt('amendment')}
          >
            <Textarea
              value={value.amendment ?? ''}
              readOnly={readOnly}
              resize="vertical"
              rows={4}
              onChange={(_event, { value: text }) => {
                const { amendment: _before, ...rest } = value
                onChange(text === '' ? rest : { ...rest, amendment: text })
              }}
            />
          </Field>
          <Amendments value={value} onChange={onChange} errorAt={errorAt} readOnly={readOnly} id={id} />
        </div>
      ) : null}
      {value?.kind === 'own' ? (
        <RichTextEditor
          field={{
            ...field,
            label: 'Terms and conditions',
            help: 'Customers accept them before they buy or try.',
            required: true,
            locked: undefined,
            options: { max: numberOption(field, 'max') ?? 10_000 },
          }}
          id={`${id}-html`}
          value={value.html}
          readOnly={readOnly}
          errorAt={() => errorAt('html')}
          onChange={(html) => onChange({ ...value, html: html ?? '' })}
        />
      ) : null}
    </GroupFrame>
  )
}

interface AmendmentsProps {
  value: Extract<Terms, { kind: 'standard' }>
  onChange: EditorProps<Terms>['onChange']
  errorAt: EditorProps['errorAt']
  readOnly: boolean
  id: string
}

function Amendments({ value, onChange, errorAt, readOnly, id }: AmendmentsProps) {
  const styles = useStyles()
  const rows = value.custom ?? []
  return (
    <GroupFrame
      field={{
        label: 'Custom amendment terms',
        help: 'Only the customers of the named tenants see and accept them, besides the universal amendment.',
        required: false,
      }}
      id={`${id}-custom`}
      error={errorAt('custom')}
    >
      <Rows
        rows={rows}
        onChange={(custom, soon) => {
          const { custom: _before, ...rest } = value
          onChange(custom.length === 0 ? rest : { ...rest, custom }, soon)
        }}
        item="custom amendment"
        nameOf={(_row, index) => `custom amendment ${index + 1}`}
        blank={() => ({ text: '', tenants: [{ tenantId: '' }] })}
        max={mostAmendments}
        readOnly={readOnly}
        addLabel={`Add custom amendment term (max ${mostAmendments})`}
      >
        {(row, index, change) => (
          <div className={styles.within}>
            <Field label="Amendment" required validationMessage={errorAt(`custom.${index}.text`)}>
              <Textarea
                value={row.text}
                readOnly={readOnly}
                resize="vertical"
                rows={3}
                onChange={(_event, data) => change({ ...row, text: data.value })}
              />
            </Field>
            <Rows
              rows={row.tenants}
              onChange={(tenants, soon) => change({ ...row, tenants }, soon)}
              item="tenant"
              nameOf={(tenant, at) => tenant.description || `tenant ${at + 1} of custom amendment ${index + 1}`}
              blank={() => ({ tenantId: '' })}
              max={mostTenants}
              readOnly={readOnly}
              addLabel="Add a customer’s tenant ID"
            >
              {(tenant, at, changeTenant) => (
                <div className={styles.pair}>
                  <Field label="Tenant ID" required validationMessage={errorAt(`custom.${index}.tenants.${at}.tenantId`)}>
                    <Input
                      value={tenant.tenantId}
                      readOnly={readOnly}
                      placeholder="00000000-0000-0000-0000-000000000000"
                      onChange={(_event, data) => changeTenant({ ...tenant, tenantId: data.value })}
                    />
                  </Field>
                  <Field label="Description" validationMessage={errorAt(`custom.${index}.tenants.${at}.description`)}>
                    <Input
                      value={tenant.description ?? ''}
                      readOnly={readOnly}
                      onChange={(_event, { value: text }) => {
                        const { description: _before, ...rest } = tenant
                        changeTenant(text === '' ? rest : { ...rest, description: text })
                      }}
                    />
                  </Field>
                </div>
              )}
            </Rows>
            <FieldError>{errorAt(`custom.${index}.tenants`)}</FieldError>
          </div>
        )}
      </Rows>
    </GroupFrame>
  )
}
