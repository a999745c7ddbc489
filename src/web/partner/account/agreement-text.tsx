import { makeStyles, tokens } from '@fluentui/react-components'

const useStyles = makeStyles({
  text: { display: 'grid', rowGap: tokens.spacingVerticalM, maxWidth: '80ch' },
  frame: {
    maxHeight: '280px',
    overflowY: 'auto',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusLarge,
    padding: tokens.spacingHorizontalL,
    backgroundColor: tokens.colorNeutralBackground2,
  },
  paragraph: { margin: 0, lineHeight: tokens.lineHeightBase400, overflowWrap: 'anywhere', whiteSpace: 'pre-line' },
})

/** The paragraphs of an agreement; framed: in a box of its own that scrolls, and that the keyboard reaches. */
export function AgreementText({ title, body, framed = false }: { title: string; body: string; framed?: boolean }) {
  const styles = useStyles()
  const paragraphs = (
    <div className={styles.text}>
      {body.split(/\n\s*\n/).map((paragraph) => (
        <p key={paragraph.slice(0, 60)} className={styles.paragraph}>
          {paragraph}
        </p>
      ))}
    </div>
  )
  if (!framed) return paragraphs
  return (
    // What scrolls must be reachable with the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.frame} role="region" aria-label={title} tabIndex={0}>
      {paragraphs}
    </div>
  )
}
