import { Button, Field, Input, makeStyles, Spinner, tokens } from '@fluentui/react-components'
import { type ComponentProps, useEffect, useState } from 'react'
import { useFetcher, useRevalidator } from 'react-router'
import { FieldNote, GroupFrame } from '../field-frame.tsx'
import type { FormField, Problem } from '../form.ts'
import { useSection } from '../section-context.tsx'
import { type EditorProps, numberOption } from './editor.ts'
import { Rows } from './rows.tsx'
import { TableFile } from './table-file.tsx'

const useStyles = makeStyles({
  pair: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(220px, 100%), 1fr))', gap: tokens.spacingHorizontalM },
  tools: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
  list: { margin: 0, paddingInlineStart: tokens.spacingHorizontalXL, maxHeight: '240px', overflowY: 'auto', overflowWrap: 'anywhere' },
  muted: { color: tokens.colorNeutralForeground2 },
})

interface Member {
  id: string
  description?: string
}

const usualByHand = 10
/** Of a long list the beginning is enough to recognise it. */
const mostShown = 100

interface MembersProps {
  field: FormField
  members: Member[]
  onChange: (members: Member[], soon?: boolean) => void
  errorAt: EditorProps['errorAt']
  readOnly: boolean
}

/** Members by hand, up to as many as that is for; a longer list came from a file and is shown. */
function Members({ field, members, onChange, errorAt, readOnly }: MembersProps) {
  const styles = useStyles()
  const byHand = numberOption(field, 'manual') ?? usualByHand
  const tenants = field.options.id === 'tenant'
  const [item, label] = tenants ? ['tenant', 'Tenant ID'] : ['person', 'E-mail']
  if (members.length > byHand) {
    return (
      <>
        <p style={{ margin: 0 }}>{members.length.toLocaleString('en-US')} members, from a file.</p>
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable with the keyboard */}
        <ol className={styles.list} tabIndex={0} aria-label={`${item}s`}>
          {members.slice(0, mostShown).map((member) => (
            <li key={member.id}>
              {member.id} {member.description ? <span className={styles.muted}>{member.description}</span> : null}
            </li>
          ))}
        </ol>
        {members.length > mostShown ? <FieldNote>The first {mostShown} are shown. Export the list to see all.</FieldNote> : null}
      </>
    )
  }
  return (
    <Rows
      rows={members}
      onChange={onChange}
      item={item}
      nameOf={(member, index) => member.id || `${item} ${index + 1}`}
      blank={() => ({ id: '' })}
      max={byHand}
      readOnly={readOnly}
      addLabel={tenants ? 'Add another tenant ID' : 'Add another e-mail'}
    >
      {(member, index, change) => (
        <div className={styles.pair}>
          <Field label={label} validationMessage={errorAt(`${index}.id`) ?? errorAt(`${index}.tenantId`) ?? errorAt(String(index))}>
            <Input
              type={tenants ? 'text' : 'email'}
              placeholder={tenants ? '00000000-0000-0000-0000-000000000000' : ''}
              autoComplete="off"
              value={member.id}
              readOnly={readOnly}
              onChange={(_event, data) => change({ ...member, id: data.value })}
            />
          </Field>
          <Field label="Description" validationMessage={errorAt(`${index}.description`)}>
            <Input
              value={member.description ?? ''}
              autoComplete="off"
              readOnly={readOnly}
              onChange={(_event, { value: text }) => {
                const { description: _before, ...rest } = member
                change(text === '' ? rest : { ...rest, description: text })
              }}
            />
          </Field>
        </div>
      )}
    </Rows>
  )
}

/** The list as a CSV file, and back. */
function AudienceFile(props: Pick<ComponentProps<typeof TableFile>, 'url' | 'readOnly' | 'ready' | 'onImported'>) {
  return (
    <TableFile
      accept=".csv,text/csv"
      exportLabel="Export audience (csv)"
      importLabel="Import audience (csv)"
      title="Import this audience?"
      confirm="Yes"
      warning={(name) => `The list in ${name} replaces the whole audience.`}
      stored="The list of the file is stored."
      {...props}
    />
  )
}

/** Who sees the preview: part of the page like any other value. */
export function AudienceEditor({ field, value = [], onChange, errorAt, readOnly, id }: EditorProps<(Member | string)[]>) {
  const { draft, base } = useSection()
  const { revalidate } = useRevalidator()
  const members = value.map((member) => (typeof member === 'string' ? { id: member } : member))
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <Members field={field} members={members} onChange={onChange} errorAt={errorAt} readOnly={readOnly} />
      <AudienceFile
        url={`${base}/audience.csv`}
        readOnly={readOnly}
        ready={async () => !draft.dirty || draft.save()}
        onImported={() => void revalidate()}
      />
    </GroupFrame>
  )
}

interface AudienceAnswer {
  members?: Member[]
  message?: string
  problems?: Problem[]
}

/**
 * Who sees a private plan. It is kept apart from the page and put into force by publishing or by a synchronisation, so it is saved with
 * a button of its own.
 */
export function LiveAudienceEditor({ field, readOnly, id, errorAt }: EditorProps) {
  const styles = useStyles()
  const { draft, page, base } = useSection()
  const { revalidate } = useRevalidator()
  const loaded = useFetcher<AudienceAnswer>()
  const saved = useFetcher<AudienceAnswer>()
  const url = `${base}/plans/${page.planId}/audience`
  const [members, setMembers] = useState<Member[]>()
  const stored = loaded.data?.members
  useEffect(() => {
    draft.hold(field.name, members !== undefined)
    return () => draft.hold(field.name, false)
  }, [draft, field.name, members])
  // Once for a plan; imports ask again by themselves.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  useEffect(() => void loaded.load(url), [url])
  const shown = members ?? stored
  const done = saved.state === 'idle' && saved.data !== undefined && !saved.data.message
  useEffect(() => {
    if (!done) return
    setMembers(undefined)
    void loaded.load(url)
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [done])
  const wrong = new Map((saved.data?.problems ?? []).map((problem) => [(problem.target ?? '').replace(/^members\./, ''), problem.message]))
  const save = () =>
    void saved.submit(JSON.stringify({ members: (members ?? []).filter((member) => member.id.trim() !== '') }), {
      method: 'post',
      action: url,
      encType: 'application/json',
    })
  return (
    <GroupFrame field={field} id={id} error={errorAt() ?? (saved.state === 'idle' && wrong.size === 0 ? saved.data?.message : undefined)}>
      {shown === undefined ? (
        <Spinner size="tiny" label="Loading the audience" labelPosition="after" />
      ) : (
        <Members
          field={field}
          members={shown}
          onChange={(next) => setMembers(next)}
          errorAt={(path = '') => (members ? wrong.get(path) : undefined)}
          readOnly={readOnly}
        />
      )}
      {members && !readOnly ? (
        <div className={styles.tools}>
          <Button appearance="primary" disabledFocusable={saved.state !== 'idle'} onClick={save}>
            Save the audience
          </Button>
          <Button onClick={() => setMembers(undefined)}>Discard</Button>
          <span className={styles.muted}>Not saved yet</span>
        </div>
      ) : null}
      <AudienceFile
        url={`${url}.csv`}
        readOnly={readOnly}
        ready={async () => members === undefined}
        onImported={() => {
          setMembers(undefined)
          void loaded.load(url)
          void revalidate()
        }}
      />
    </GroupFrame>
  )
}
