import { makeStyles, mergeClasses, Spinner, Switch, tokens } from '@fluentui/react-components'
import { CheckmarkCircleFilled } from '@fluentui/react-icons/svg/checkmark-circle'
import { CircleRegular } from '@fluentui/react-icons/svg/circle'
import { DismissCircleFilled } from '@fluentui/react-icons/svg/dismiss-circle'
import { PersonClockRegular } from '@fluentui/react-icons/svg/person-clock'
import { useState } from 'react'
import { MomentText } from '../../ui/portal-time.tsx'
import { Findings } from './findings.tsx'
import type { OfferOverview } from './publishing-data.server.ts'

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid' },
  phase: {
    display: 'grid',
    gridTemplateColumns: '28px minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalM,
    paddingBottom: tokens.spacingVerticalL,
    position: 'relative',
    // The line that leads to the next phase.
    ':not(:last-child)::before': {
      content: '""',
      position: 'absolute',
      left: '13px',
      top: '28px',
      bottom: '0',
      width: '2px',
      backgroundColor: tokens.colorNeutralStroke2,
    },
  },
  mark: {
    fontSize: '24px',
    height: '28px',
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'center',
    alignSelf: 'start',
    color: tokens.colorNeutralForeground2,
  },
  done: { color: 'var(--color-success)' },
  failed: { color: 'var(--color-danger)' },
  waits: { color: 'var(--color-brand)' },
  title: { margin: 0, fontSize: tokens.fontSizeBase400, lineHeight: '28px', fontWeight: tokens.fontWeightSemibold },
  state: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200, lineHeight: tokens.lineHeightBase300 },
  steps: { listStyleType: 'none', margin: `${tokens.spacingVerticalS} 0 0`, padding: 0, display: 'grid', rowGap: tokens.spacingVerticalS },
  step: {
    display: 'grid',
    gridTemplateColumns: '20px minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalS,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
  },
  small: { fontSize: '16px', height: '20px' },
  name: { overflowWrap: 'anywhere' },
  note: {
    margin: `${tokens.spacingVerticalXXS} 0`,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    overflowWrap: 'anywhere',
  },
})

type Phases = OfferOverview['phases']

function Mark({ status, waits, small = false }: { status: string; waits?: boolean; small?: boolean }) {
  const styles = useStyles()
  const className = (tone?: string) => mergeClasses(styles.mark, tone, small && styles.small)
  if (status === 'Completed') return <CheckmarkCircleFilled className={className(styles.done)} aria-hidden="true" />
  if (status === 'Failed') return <DismissCircleFilled className={className(styles.failed)} aria-hidden="true" />
  if (status === 'In Progress' && waits) return <PersonClockRegular className={className(styles.waits)} aria-hidden="true" />
  if (status === 'In Progress') {
    return (
      <span className={className()} aria-hidden="true">
        <Spinner size={small ? 'extra-tiny' : 'tiny'} />
      </span>
    )
  }
  return <CircleRegular className={className()} aria-hidden="true" />
}

/** The phases of the newest submission with their steps; the details can be hidden. */
export function PublishPhases({ phases }: { phases: Phases }) {
  const styles = useStyles()
  const [details, setDetails] = useState(true)
  return (
    <div>
      <Switch
        checked={details}
        label={details ? 'Showing details' : 'Show details'}
        onChange={(_event, { checked }) => setDetails(checked)}
      />
      <ol className={styles.list}>
        {phases.map((phase) => (
          <li key={phase.key} className={styles.phase}>
            <Mark status={phase.status} waits={phase.waits} />
            <div>
              <h3 className={styles.title}>{phase.label}</h3>
              <div className={styles.state}>
                {phase.status}
                {phase.completedAt ? (
                  <>
                    {' · '}
                    <MomentText value={phase.completedAt} seconds />
                  </>
                ) : null}
                {phase.waits && phase.status === 'In Progress' ? ' · waits for you to select Go live' : null}
              </div>
              {details && phase.steps.length > 0 ? (
                <ul className={styles.steps}>
                  {phase.steps.map((step) => (
                    <li key={step.seq} className={styles.step}>
                      <Mark status={step.status} small />
                      <div>
                        <div className={styles.name}>
                          {step.label} <span className={styles.state}>({step.duration})</span>
                        </div>
                        <div className={styles.state}>
                          {step.status}
                          {step.completedAt ? (
                            <>
                              {' · '}
                              <MomentText value={step.completedAt} seconds />
                            </>
                          ) : null}
                          {step.retryAt ? (
                            <>
                              {` · tried ${step.attempts} ${step.attempts === 1 ? 'time' : 'times'}, again at `}
                              <MomentText value={step.retryAt} seconds />
                            </>
                          ) : null}
                        </div>
                        {step.note ? <p className={styles.note}>{step.note}</p> : null}
                        {step.findings.length > 0 ? <Findings findings={step.findings} /> : null}
                      </div>
                    </li>
                  ))}
                </ul>
              ) : null}
            </div>
          </li>
        ))}
      </ol>
    </div>
  )
}
