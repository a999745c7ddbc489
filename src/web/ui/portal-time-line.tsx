import { makeStyles, tokens } from '@fluentui/react-components'
import { TextLink } from './portal-link.tsx'
import { MomentText } from './portal-time.tsx'

export interface TimeLineEntry {
  id: string
  /** market time, ISO */
  at: string
  title: string
  /** who did it, and what else is worth knowing */
  detail?: string
  /** the page that says more */
  to?: string
}

const useStyles = makeStyles({
  list: {
    listStyleType: 'none',
    margin: 0,
    padding: `0 0 0 ${tokens.spacingHorizontalL}`,
    borderLeft: `2px solid ${tokens.colorNeutralStroke2}`,
    marginInlineStart: '6px',
    display: 'grid',
    rowGap: tokens.spacingVerticalL,
  },
  entry: {
    position: 'relative',
    display: 'grid',
    rowGap: tokens.spacingVerticalXXS,
    '::before': {
      content: '""',
      position: 'absolute',
      left: `calc(-1 * ${tokens.spacingHorizontalL} - 7px)`,
      top: '5px',
      width: '12px',
      height: '12px',
      boxSizing: 'border-box',
      borderRadius: '50%',
      border: `2px solid var(--color-brand)`,
      backgroundColor: tokens.colorNeutralBackground1,
    },
  },
  title: { fontWeight: tokens.fontWeightSemibold },
  muted: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
})

/** What happened, in the order given. */
export function TimeLine({ entries }: { entries: TimeLineEntry[] }) {
  const styles = useStyles()
  return (
    <ol className={styles.list}>
      {entries.map((entry) => (
        <li key={entry.id} className={styles.entry}>
          {entry.to ? <TextLink to={entry.to}>{entry.title}</TextLink> : <span className={styles.title}>{entry.title}</span>}
          {entry.detail ? <span className={styles.muted}>{entry.detail}</span> : null}
          <span className={styles.muted}>
            <MomentText value={entry.at} seconds />
          </span>
        </li>
      ))}
    </ol>
  )
}
