import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import { ArrowRedoRegular } from '@fluentui/react-icons/svg/arrow-redo'
import { ArrowUndoRegular } from '@fluentui/react-icons/svg/arrow-undo'
import { SaveRegular } from '@fluentui/react-icons/svg/save'
import { createElement, memo, type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { useRevalidator } from 'react-router'
import { Notice } from '../../ui/portal-page.tsx'
import { ConflictPanel } from './conflict-panel.tsx'
import { withoutLabel } from './field-frame.tsx'
import { EarlierVersions, type Revision } from './earlier-versions.tsx'
import { editorOf } from './editors/index.ts'
import { focusField } from './focus-field.ts'
import type { FormField, FormPage, Problem, SavedSection, SaveAnswer } from './form.ts'
import { LeaveGuard } from './leave-guard.tsx'
import { ProblemSummary } from './problem-summary.tsx'
import { SaveStateText } from './save-state.tsx'
import { type FrozenPrice, SectionProvider, useFieldValue, useSaveState, useSection } from './section-context.tsx'
import { SectionDraft } from './section-draft.ts'
import './read-only.css'

const narrow = '@media (max-width: 720px)'

const useStyles = makeStyles({
  form: { display: 'grid', gridTemplateColumns: 'minmax(0, 1fr)', rowGap: tokens.spacingVerticalL },
  bar: {
    position: 'sticky',
    top: '56px',
    zIndex: 4,
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalXS,
    padding: `${tokens.spacingVerticalS} 0`,
    backgroundColor: 'var(--color-page)',
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase600,
    lineHeight: tokens.lineHeightBase600,
    fontWeight: tokens.fontWeightSemibold,
    overflowWrap: 'anywhere',
    [narrow]: { flexBasis: '100%', fontSize: tokens.fontSizeBase500, lineHeight: tokens.lineHeightBase500 },
  },
  space: { flexGrow: 1 },
  buttons: { display: 'flex', columnGap: tokens.spacingHorizontalS },
  help: { margin: 0, color: tokens.colorNeutralForeground2, maxWidth: '72ch', lineHeight: tokens.lineHeightBase400 },
  card: {
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    padding: tokens.spacingHorizontalXL,
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr)',
    rowGap: tokens.spacingVerticalXXL,
    [narrow]: { padding: tokens.spacingHorizontalL },
  },
  heading: { margin: 0, fontSize: tokens.fontSizeBase400, lineHeight: tokens.lineHeightBase400, fontWeight: tokens.fontWeightSemibold },
  field: { minWidth: 0, scrollMarginTop: '140px' },
})

export interface SectionFormProps {
  page: FormPage
  title: string
  variant: string
  saved: SavedSection
  missing: Problem[]
  warnings: Problem[]
  prices: Record<string, Record<string, FrozenPrice>>
  /** States that the page can go back to, newest first. */
  revisions: Revision[]
  /** Why nothing can be changed here, when it is so. */
  readOnly: string | undefined
  /** Address of the offer's pages. */
  base: string
  /** between title and fields: languages, a way back */
  above?: ReactNode
  /** beneath the fields: what belongs to the page but is no field of it */
  below?: ReactNode
}

/** Sends a section to the server. */
function send(url: string, address: object, section: SavedSection): Promise<SaveAnswer> {
  return post(url, { ...address, revision: section.revision, content: withoutEmptyRows(section.content) })
}

/** Asks the server to go back to an earlier state of a section. */
function sendRevert(url: string, address: object, revision: number, revertTo: number): Promise<SaveAnswer> {
  return post(url, { ...address, revision, revertTo })
}

/** Whatever goes wrong on the way is said, not thrown. */
async function post(url: string, body: object): Promise<SaveAnswer> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (answer.headers.get('content-type')?.includes('application/json')) return (await answer.json()) as SaveAnswer
    return {
      kind: 'failed',
      final: answer.status < 500,
      message:
        answer.redirected || answer.status === 401
          ? 'your session has ended. Sign in again in another tab, then save.'
          : `the server answered with ${answer.status}.`,
    }
  } catch {
    return { kind: 'failed', final: false, message: 'there is no connection. It is tried again.' }
  }
}

/** Rows that were added and not filled in yet are nobody's text. */
function withoutEmptyRows(content: Record<string, unknown>): Record<string, unknown> {
  const filled = (value: unknown): boolean =>
    typeof value === 'object' && value !== null ? Object.values(value).some(filled) : value !== undefined && value !== '' && value !== null
  return Object.fromEntries(
    Object.entries(content).map(([name, value]) => {
      if (!Array.isArray(value)) return [name, value]
      const rows = [...value]
      while (rows.length > 0 && typeof rows.at(-1) === 'object' && !filled(rows.at(-1))) rows.pop()
      return [name, rows]
    }),
  )
}

/** One page of the draft while somebody edits it. Give it a `key` of the section's address: it keeps what is typed. */
export function SectionForm(props: SectionFormProps) {
  const { page, variant, saved, missing, prices, readOnly, base } = props
  const { revalidate } = useRevalidator()
  const [draft] = useState(
    () =>
      new SectionDraft({
        saved: saved.revision === 0 ? { revision: 0, content: { ...initialContent(page), ...saved.content } } : saved,
        missing,
        send: (section) => send(`${base}/sections`, { module: page.module, planId: page.planId, variant }, section),
      }),
  )
  useEffect(() => draft.whenSaved(() => void revalidate()), [draft, revalidate])
  useEffect(() => () => draft.close(), [draft])
  useEffect(() => draft.refresh(saved, missing), [draft, saved, missing])
  const tools = useMemo(
    () => ({ draft, page, readOnly: readOnly !== undefined, variant, uploadUrl: `${base}/files`, base, prices }),
    [draft, page, readOnly, variant, base, prices],
  )
  return (
    <SectionProvider value={tools}>
      <Editing {...props} />
    </SectionProvider>
  )
}

function initialContent(page: FormPage): Record<string, unknown> {
  return Object.fromEntries(page.fields.filter((field) => field.initial !== undefined).map((field) => [field.name, field.initial]))
}

function Editing({ page, title, warnings, revisions, readOnly, above, below }: SectionFormProps) {
  const styles = useStyles()
  const { draft, base, variant } = useSection()
  const phase = useSaveState((state) => state.phase)
  const canUndo = useSaveState((state) => state.canUndo)
  const canRedo = useSaveState((state) => state.canRedo)
  const taken = useSaveState((state) => state.taken)
  const problems = useSaveState((state) => state.problems)
  const missing = useSaveState((state) => state.missing)
  /** How often somebody asked to save: only then what is missing is marked, and the focus goes to the first mistake. */
  const [asked, setAsked] = useState(0)
  const form = useRef<HTMLFormElement>(null)

  const save = async () => {
    await draft.save()
    setAsked((count) => count + 1)
  }
  useEffect(() => {
    if (asked > 0) focusField(form.current?.querySelector('[data-wrong]'))
  }, [asked])

  const latestSave = useRef(save)
  useEffect(() => {
    latestSave.current = save
  })
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 's') {
        event.preventDefault()
        void latestSave.current()
      }
      // Enter in a line of text is no wish to leave it.
      if (event.key === 'Enter' && event.target instanceof HTMLInputElement) event.preventDefault()
    }
    const element = form.current
    element?.addEventListener('keydown', keys)
    return () => element?.removeEventListener('keydown', keys)
  }, [])

  const shown = page.fields.filter((field) => !field.hidden)
  const groups: { title: string | undefined; fields: FormField[] }[] = []
  for (const field of shown) {
    const last = groups.at(-1)
    if (last && last.title === field.group) last.fields.push(field)
    else groups.push({ title: field.group, fields: [field] })
  }
  return (
    <form
      ref={form}
      className={mergeClasses('offer-section', styles.form)}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <div className={styles.bar}>
        <h1 className={styles.title}>{title}</h1>
        <span className={styles.space} />
        {readOnly === undefined ? (
          <>
            <SaveStateText />
            <div className={styles.buttons}>
              <Button
                appearance="subtle"
                type="button"
                icon={<ArrowUndoRegular />}
                aria-label="Undo"
                title="Undo"
                disabledFocusable={!canUndo}
                onClick={() => draft.undo()}
              />
              <Button
                appearance="subtle"
                type="button"
                icon={<ArrowRedoRegular />}
                aria-label="Redo"
                title="Redo"
                disabledFocusable={!canRedo}
                onClick={() => draft.redo()}
              />
              <EarlierVersions
                revisions={revisions}
                send={(to) => sendRevert(`${base}/sections`, { module: page.module, planId: page.planId, variant }, draft.revision, to)}
              />
              <Button type="submit" appearance="primary" icon={<SaveRegular />} disabledFocusable={phase === 'saving'}>
                Save draft
              </Button>
            </div>
          </>
        ) : null}
      </div>
      {page.help ? <p className={styles.help}>{page.help}</p> : null}
      {readOnly === undefined ? null : (
        <Notice intent="info" title="You can read this page.">
          {readOnly}
        </Notice>
      )}
      {above}
      <ConflictPanel />
      {taken.length > 0 && phase !== 'conflict' ? <TakenNotice /> : null}
      <ProblemSummary problems={phase === 'refused' ? problems : []} missing={missing} />
      {warnings.map((warning) => (
        <Notice key={warning.message} intent="warning" title="Worth a look.">
          {warning.message}
        </Notice>
      ))}
      {groups.map((group) => (
        <div key={`${group.title} ${group.fields[0]?.name}`} className={styles.card}>
          {group.title === undefined || (group.fields.length === 1 && group.fields[0]?.label === group.title) ? null : (
            <h2 className={styles.heading}>{group.title}</h2>
          )}
          {group.fields.map((field) => (
            <FieldRow key={field.name} field={field} asked={asked} />
          ))}
        </div>
      ))}
      {below}
      {readOnly === undefined ? <LeaveGuard /> : null}
    </form>
  )
}

function TakenNotice() {
  const { page } = useSection()
  const taken = useSaveState((state) => state.taken)
  const by = useSaveState((state) => state.by)
  const labels = page.fields.filter((field) => taken.includes(field.name)).map((field) => field.label)
  return (
    <Notice intent="info" title={`${by ?? 'Somebody else'} changed this page too.`}>
      {labels.join(', ')}: their version was taken over, since you had not changed it. Undo brings yours back.
    </Notice>
  )
}

/** Where a problem is: the field's name, and the path below it. */
function stepsOf(problem: Problem): [string, string] {
  const target = problem.target ?? ''
  const dot = target.indexOf('.')
  return dot < 0 ? [target, ''] : [target.slice(0, dot), target.slice(dot + 1)]
}

const FieldRow = memo(function FieldRow({ field, asked }: { field: FormField; asked: number }) {
  const styles = useStyles()
  const { draft, readOnly } = useSection()
  const value = useFieldValue(field.name)
  const problems = useSaveState((state) => state.problems)
  const missing = useSaveState((state) => state.missing)
  const [quietSince, setQuietSince] = useState(-1)
  const errors = useMemo(() => {
    const found = new Map<string, string>()
    for (const problem of [...problems, ...(asked > 0 ? missing : [])]) {
      const [name, path] = stepsOf(problem)
      if (name === field.name && !found.has(path)) found.set(path, withoutLabel(problem.message, field.label))
    }
    return found
  }, [problems, missing, asked, field.name, field.label])
  // Nobody is told about a mistake in the middle of a word: only when the focus has left the field, or on request.
  const quiet = quietSince === asked
  const wrong = errors.size > 0 && !quiet
  const Editor = editorOf(field.kind)
  if (!Editor) return null
  const id = `field-${field.name}`
  return (
    <div
      id={id}
      className={styles.field}
      data-wrong={wrong || undefined}
      onFocus={() => {
        if (errors.size === 0 && !quiet) setQuietSince(asked)
      }}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setQuietSince(-1)
      }}
    >
      {createElement(Editor, {
        field,
        id,
        value,
        readOnly: readOnly || field.locked !== undefined,
        onChange: (next, soon) => draft.set(field.name, next, soon),
        errorAt: (path = '') => (wrong ? errors.get(path) : undefined),
      })}
    </div>
  )
})
