import { Field, makeStyles, tokens } from '@fluentui/react-components'
import { AttachRegular } from '@fluentui/react-icons/svg/attach'
import { useState } from 'react'

interface FileDropProps {
  name: string
  label: string
  hint?: string
  error?: string | undefined
}

const useStyles = makeStyles({
  zone: {
    position: 'relative',
    display: 'grid',
    justifyItems: 'center',
    rowGap: tokens.spacingVerticalXS,
    padding: tokens.spacingVerticalXL,
    border: `1px dashed ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    textAlign: 'center',
    color: tokens.colorNeutralForeground2,
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
    ':focus-within': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
    '& svg': { fontSize: '24px', color: tokens.colorBrandForeground1 },
  },
  // The field itself takes what is dropped on it, without any script.
  input: { position: 'absolute', inset: 0, width: '100%', height: '100%', opacity: 0, cursor: 'pointer' },
  names: { margin: 0, padding: 0, listStyleType: 'none', color: tokens.colorNeutralForeground1, overflowWrap: 'anywhere', minWidth: 0 },
})

/** A field for several files: dropped on it or browsed for. */
export function FileDrop({ name, label, hint, error }: FileDropProps) {
  const styles = useStyles()
  const [chosen, setChosen] = useState<string[]>([])
  return (
    <Field label={label} hint={hint} validationMessage={error}>
      {(field) => (
        <div className={styles.zone}>
          <AttachRegular />
          {chosen.length === 0 ? (
            <span>Drop files here, or browse</span>
          ) : (
            <ul className={styles.names} aria-live="polite">
              {chosen.map((one) => (
                <li key={one}>{one}</li>
              ))}
            </ul>
          )}
          <input
            {...field}
            className={styles.input}
            type="file"
            name={name}
            multiple
            onChange={(event) => setChosen([...(event.target.files ?? [])].map((file) => file.name))}
          />
        </div>
      )}
    </Field>
  )
}
