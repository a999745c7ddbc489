import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import { LockClosedRegular } from '@fluentui/react-icons/svg/lock-closed'
import { TextLink } from './portal-link.tsx'
import { MomentText } from './portal-time.tsx'

export interface Letter {
  id: string
  at: string
  author: string
  /** written by whoever looks at the page, or those they work with */
  own: boolean
  internal: boolean
  text: string
  files: { id: string; name: string; size: string; to: string | null; removed: number; restricted: boolean }[]
}

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', rowGap: tokens.spacingVerticalM },
  letter: {
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    padding: tokens.spacingHorizontalL,
    display: 'grid',
    rowGap: tokens.spacingVerticalS,
    marginInlineEnd: '5%',
    minWidth: 0,
  },
  own: { marginInlineEnd: 0, marginInlineStart: '5%', backgroundColor: 'var(--color-brand-soft)' },
  internal: { border: `1px dashed ${tokens.colorNeutralStroke1}`, backgroundColor: tokens.colorNeutralBackground2 },
  head: {
    display: 'flex',
    flexWrap: 'wrap',
    columnGap: tokens.spacingHorizontalM,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
  },
  author: { color: tokens.colorNeutralForeground1, fontWeight: tokens.fontWeightSemibold },
  text: { margin: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', lineHeight: tokens.lineHeightBase400 },
  files: {
    margin: 0,
    padding: 0,
    listStyleType: 'none',
    display: 'grid',
    rowGap: tokens.spacingVerticalXS,
    fontSize: tokens.fontSizeBase200,
  },
  file: { overflowWrap: 'anywhere' },
})

function fileNote({ size, removed, restricted }: Letter['files'][number]): string {
  return [
    size,
    ...(restricted ? ['recording, for participants only'] : []),
    ...(removed > 0 ? [`cookies, headers and tokens taken out: ${removed}`] : []),
  ].join(', ')
}

/** What was written, the oldest first. */
export function Correspondence({ letters }: { letters: Letter[] }) {
  const styles = useStyles()
  return (
    <ol className={styles.list}>
      {letters.map((letter) => (
        <li key={letter.id} className={mergeClasses(styles.letter, letter.own && styles.own, letter.internal && styles.internal)}>
          <div className={styles.head}>
            <span className={styles.author}>{letter.author}</span>
            {letter.internal ? <span>Note of the staff</span> : null}
            <MomentText value={letter.at} />
          </div>
          {letter.text === '' ? null : <p className={styles.text}>{letter.text}</p>}
          {letter.files.length === 0 ? null : (
            <ul className={styles.files} aria-label="Files">
              {letter.files.map((file) => (
                <li key={file.id} className={styles.file}>
                  {file.to === null ? (
                    <>
                      <LockClosedRegular aria-hidden="true" /> {file.name}
                    </>
                  ) : (
                    <TextLink to={file.to} document>
                      {file.name}
                    </TextLink>
                  )}{' '}
                  ({fileNote(file)})
                </li>
              ))}
            </ul>
          )}
        </li>
      ))}
    </ol>
  )
}
