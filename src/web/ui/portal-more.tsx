import { makeStyles, tokens } from '@fluentui/react-components'
import type { ReactNode } from 'react'

const useStyles = makeStyles({
  summary: { cursor: 'pointer', lineHeight: '24px', minHeight: '24px', color: tokens.colorBrandForegroundLink },
  content: { display: 'grid', rowGap: tokens.spacingVerticalM, marginTop: tokens.spacingVerticalS },
})

/** What is seldom needed, behind a line that opens it; works without script. */
export function More({ label, children }: { label: string; children: ReactNode }) {
  const styles = useStyles()
  return (
    <details>
      <summary className={styles.summary}>{label}</summary>
      <div className={styles.content}>{children}</div>
    </details>
  )
}

/** Rows of a form, one below the other. */
export function FormRows({ children }: { children: ReactNode }) {
  return <div className={useStyles().content}>{children}</div>
}
