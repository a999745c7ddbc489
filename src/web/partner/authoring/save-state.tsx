import { makeStyles, Spinner, tokens } from '@fluentui/react-components'
import { CheckmarkCircleRegular } from '@fluentui/react-icons/svg/checkmark-circle'
import { CircleRegular } from '@fluentui/react-icons/svg/circle'
import { WarningRegular } from '@fluentui/react-icons/svg/warning'
import { type SavePhase } from './section-draft.ts'
import { useSaveState, useSection } from './section-context.tsx'

const useStyles = makeStyles({
  state: {
    display: 'inline-flex',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalXS,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    minHeight: '24px',
    '& svg': { fontSize: '16px', flexShrink: 0 },
  },
  good: { '& svg': { color: 'var(--color-success)' } },
  bad: { color: 'var(--color-danger)' },
})

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })

/** Whether what is on the page is stored, in words. */
export function SaveStateText() {
  const styles = useStyles()
  const { draft } = useSection()
  const phase = useSaveState((state) => state.phase)
  const savedAt = useSaveState((state) => state.savedAt)
  const message = useSaveState((state) => state.message)
  const problems = useSaveState((state) => state.problems)
  const words: Record<SavePhase, string> = {
    saved: savedAt ? `Saved ${clock.format(Date.parse(savedAt))}` : draft.revision === 0 ? 'Nothing entered yet' : 'Saved',
    unsaved: 'Not saved yet',
    saving: 'Saving …',
    refused: `Not saved: ${problems.length > 1 ? `${problems.length} values need a correction` : (problems[0]?.message ?? message ?? '')}`,
    conflict: 'Not saved: somebody else changed the same text',
    failed: `Not saved: ${message ?? ''}`,
  }
  const bad = phase === 'refused' || phase === 'conflict' || phase === 'failed'
  return (
    <span className={`${styles.state} ${bad ? styles.bad : phase === 'saved' ? styles.good : ''}`} role="status" data-phase={phase}>
      {phase === 'saving' ? (
        <Spinner size="extra-tiny" />
      ) : bad ? (
        <WarningRegular />
      ) : phase === 'saved' ? (
        <CheckmarkCircleRegular />
      ) : (
        <CircleRegular />
      )}
      {words[phase]}
    </span>
  )
}
