import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import { useEffect, useState } from 'react'
import { useFetcher } from 'react-router'
import { TextLink } from './portal-link.tsx'
import { Status } from './portal-status.tsx'
import { MomentText } from './portal-time.tsx'

export interface NotificationRow {
  id: string
  /** ISO instant */
  at: string
  title: string
  text: string
  path: string
  isNew: boolean
}

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', rowGap: tokens.spacingVerticalM },
  item: {
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    padding: tokens.spacingHorizontalL,
    display: 'grid',
    rowGap: tokens.spacingVerticalXS,
  },
  isNew: { boxShadow: 'inset 4px 0 0 var(--color-brand)' },
  head: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
  text: { margin: 0, whiteSpace: 'pre-line', overflowWrap: 'anywhere', color: tokens.colorNeutralForeground2, maxWidth: '80ch' },
  at: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
})

/**
 * News, the newest first. Opening the page posts `intent=seen` to its action: what is new then stays marked while it is read, and the count in the
 * header goes.
 */
export function NotificationList({ rows }: { rows: NotificationRow[] }) {
  const styles = useStyles()
  const { submit } = useFetcher()
  const [first] = useState(() => new Set(rows.filter((one) => one.isNew).map((one) => one.id)))
  const hasNew = rows.some((one) => one.isNew)
  useEffect(() => {
    if (hasNew) void submit({ intent: 'seen' }, { method: 'post' })
  }, [hasNew, submit])
  return (
    <ol className={styles.list}>
      {rows.map((one) => {
        const isNew = one.isNew || first.has(one.id)
        return (
          <li key={one.id} className={mergeClasses(styles.item, isNew && styles.isNew)}>
            <div className={styles.head}>
              <TextLink to={one.path}>{one.title}</TextLink>
              {isNew ? <Status tone="info">New</Status> : null}
            </div>
            <p className={styles.text}>{one.text}</p>
            <span className={styles.at}>
              <MomentText value={one.at} />
            </span>
          </li>
        )
      })}
    </ol>
  )
}
