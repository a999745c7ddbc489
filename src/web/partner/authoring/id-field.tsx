import { Field, Input, makeStyles, tokens } from '@fluentui/react-components'
import { CheckmarkCircleFilled } from '@fluentui/react-icons/svg/checkmark-circle'
import { CircleRegular } from '@fluentui/react-icons/svg/circle'
import { ErrorCircleFilled } from '@fluentui/react-icons/svg/error-circle'
import type { IdRule } from './id-rules.ts'

const useStyles = makeStyles({
  rules: {
    margin: `${tokens.spacingVerticalXS} 0 0`,
    padding: 0,
    listStyleType: 'none',
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
  },
  rule: {
    display: 'flex',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalXS,
    minHeight: '20px',
    '& svg': { flexShrink: 0, fontSize: '14px' },
  },
  kept: { color: 'var(--color-success)' },
  broken: { color: 'var(--color-danger)' },
})

interface IdFieldProps {
  name: string
  label: string
  hint: string
  value: string
  rules: IdRule[]
  error: string | undefined
  onChange: (value: string) => void
}

/** An id with its rules, each marked as it is kept or broken. */
export function IdField({ name, label, hint, value, rules, error, onChange }: IdFieldProps) {
  const styles = useStyles()
  return (
    <div>
      <Field label={label} hint={hint} required validationMessage={error}>
        <Input
          name={name}
          value={value}
          autoComplete="off"
          spellCheck={false}
          aria-describedby={`${name}-rules`}
          onChange={(_event, data) => onChange(data.value)}
        />
      </Field>
      <ul className={styles.rules} id={`${name}-rules`}>
        {rules.map((rule) => {
          const kept = rule.kept(value)
          return (
            <li key={rule.text} className={styles.rule}>
              {value === '' ? (
                <CircleRegular aria-hidden="true" />
              ) : kept ? (
                <CheckmarkCircleFilled className={styles.kept} aria-label="Kept:" />
              ) : (
                <ErrorCircleFilled className={styles.broken} aria-label="Broken:" />
              )}
              {rule.text}
            </li>
          )
        })}
      </ul>
    </div>
  )
}
