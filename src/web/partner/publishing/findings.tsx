import { makeStyles, tokens } from '@fluentui/react-components'
import { TextLink } from '../../ui/portal-link.tsx'
import { Status } from '../../ui/portal-status.tsx'
import type { FoundThing } from './publishing-data.server.ts'

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', rowGap: tokens.spacingVerticalM },
  item: { display: 'grid', gridTemplateColumns: 'auto minmax(0, 1fr)', columnGap: tokens.spacingHorizontalM, alignItems: 'start' },
  text: { margin: 0, overflowWrap: 'anywhere', lineHeight: tokens.lineHeightBase400 },
  policy: { fontWeight: tokens.fontWeightSemibold },
  notes: {
    margin: `${tokens.spacingVerticalXXS} 0 0`,
    color: tokens.colorNeutralForeground2,
    whiteSpace: 'pre-line',
    overflowWrap: 'anywhere',
  },
})

/** What was found, each with its policy, the reviewer's notes and the page where it is mended. */
export function Findings({ findings }: { findings: FoundThing[] }) {
  const styles = useStyles()
  return (
    <ul className={styles.list}>
      {findings.map((finding) => (
        <li key={finding.id} className={styles.item}>
          <Status tone={finding.severity === 'error' ? 'bad' : 'attention'}>{finding.severity === 'error' ? 'Error' : 'Advice'}</Status>
          <div>
            {finding.policy || finding.title ? (
              <p className={`${styles.text} ${styles.policy}`}>{`${finding.policy} ${finding.title}`.trim()}</p>
            ) : null}
            <p className={styles.text}>{finding.message}</p>
            {finding.notes ? <p className={styles.notes}>Review notes: {finding.notes}</p> : null}
            {finding.page ? <TextLink to={finding.page}>Open the page</TextLink> : null}
          </div>
        </li>
      ))}
    </ul>
  )
}
