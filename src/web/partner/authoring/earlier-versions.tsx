import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import { HistoryRegular } from '@fluentui/react-icons/svg/history'
import { useState } from 'react'
import { MomentText } from '../../ui/portal-time.tsx'
import type { SaveAnswer } from './form.ts'
import { useSection } from './section-context.tsx'

/** A state of the page that is kept. */
export interface Revision {
  revision: number
  at: string
  by: string
}

const useStyles = makeStyles({
  list: { margin: 0, padding: 0, listStyleType: 'none', maxHeight: '50vh', overflowY: 'auto' },
  row: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalS} 0`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  who: { flexGrow: 1, minWidth: 0, display: 'grid' },
  muted: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  bad: { color: 'var(--color-danger)' },
})

/** Goes back to a state of the page as it was saved before, by whomever. Going back can be undone like any change. */
export function EarlierVersions({ revisions, send }: { revisions: Revision[]; send: (to: number) => Promise<SaveAnswer> }) {
  const styles = useStyles()
  const { draft } = useSection()
  const [open, setOpen] = useState(false)
  const [problem, setProblem] = useState<string>()
  // Right after a save the list is still on its way; what it lacks until then is the very state one would go back from.
  const behind = (revisions[0]?.revision ?? 0) < draft.revision
  const goBack = async (to: number) => {
    if (draft.dirty && !(await draft.save())) return setProblem('Save or correct the page first.')
    const answer = await send(to)
    if (answer.kind !== 'saved') return setProblem(answer.kind === 'conflict' ? 'Somebody else has just changed the page.' : answer.message)
    draft.replace({ revision: answer.revision, content: answer.content }, answer.missing, answer.at)
    setOpen(false)
    setProblem(undefined)
  }
  return (
    <>
      <Button
        appearance="subtle"
        type="button"
        icon={<HistoryRegular />}
        aria-label="Earlier versions of this page"
        title="Earlier versions of this page"
        disabledFocusable={revisions.length < 2}
        onClick={() => revisions.length < 2 || setOpen(true)}
      />
      <Dialog open={open} onOpenChange={(_event, data) => setOpen(data.open)}>
        <DialogSurface>
          <DialogBody>
            <DialogTitle>Earlier versions of this page</DialogTitle>
            <DialogContent>
              {problem ? (
                <p className={styles.bad} role="alert">
                  {problem}
                </p>
              ) : null}
              <ul className={styles.list}>
                {revisions.map((revision) => (
                  <li key={revision.revision} className={styles.row}>
                    <span className={styles.who}>
                      <MomentText value={revision.at} />
                      <span className={styles.muted}>{revision.by || 'The marketplace'}</span>
                    </span>
                    {revision.revision === draft.revision ? (
                      <span className={styles.muted}>As it is now</span>
                    ) : (
                      <Button size="small" disabled={behind} onClick={() => void goBack(revision.revision)}>
                        Go back to this
                      </Button>
                    )}
                  </li>
                ))}
              </ul>
            </DialogContent>
            <DialogActions>
              <Button onClick={() => setOpen(false)}>Close</Button>
            </DialogActions>
          </DialogBody>
        </DialogSurface>
      </Dialog>
    </>
  )
}
