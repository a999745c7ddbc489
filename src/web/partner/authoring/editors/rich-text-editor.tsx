import { makeStyles, tokens } from '@fluentui/react-components'
import { lazy, Suspense, useEffect, useState } from 'react'
import { GroupFrame } from '../field-frame.tsx'
import { type EditorProps, numberOption } from './editor.ts'
import { Counter } from './text-editors.tsx'

/** The editor itself is as large as the rest of the page, so it comes when it is needed. */
const Surface = lazy(() => import('./rich-text-surface.tsx'))

const useStyles = makeStyles({
  frame: {
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderBottomColor: tokens.colorNeutralStrokeAccessible,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
    maxWidth: '820px',
    minHeight: '180px',
    overflow: 'hidden',
    ':focus-within': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '1px' },
  },
  text: {
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
    overflowWrap: 'anywhere',
    lineHeight: tokens.lineHeightBase400,
  },
  foot: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
})

/** Text with the marks that listings may have. What is counted is what is stored: the markup too. */
export function RichTextEditor({ field, value, onChange, errorAt, readOnly, id }: EditorProps<string>) {
  const styles = useStyles()
  const [ready, setReady] = useState(false)
  useEffect(() => setReady(true), [])
  const max = numberOption(field, 'max')
  const html = value ?? ''
  // Stored text is sanitised by the server when it is saved.
  const still = <div className={styles.text} dangerouslySetInnerHTML={{ __html: html }} />
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <div className={styles.frame}>
        {readOnly || !ready ? (
          still
        ) : (
          <Suspense fallback={still}>
            <Surface id={id} label={field.label} html={html} required={field.required} onChange={onChange} />
          </Suspense>
        )}
      </div>
      {max === undefined || readOnly ? null : (
        <span className={styles.foot}>
          <Counter used={html.length} max={max} /> with markup
        </span>
      )}
    </GroupFrame>
  )
}
