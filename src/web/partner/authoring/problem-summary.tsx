import { makeStyles, MessageBar, MessageBarBody, MessageBarTitle, tokens } from '@fluentui/react-components'
import { focusField } from './focus-field.ts'
import type { Problem } from './form.ts'

const useStyles = makeStyles({
  list: { margin: `${tokens.spacingVerticalXS} 0 0`, paddingInlineStart: tokens.spacingHorizontalXL },
  link: {
    background: 'none',
    border: 'none',
    padding: 0,
    margin: 0,
    minHeight: '24px',
    font: 'inherit',
    color: 'inherit',
    textAlign: 'start',
    textDecorationLine: 'underline',
    textUnderlineOffset: '3px',
    cursor: 'pointer',
  },
})

function goTo(problem: Problem): void {
  focusField(document.querySelector(`#field-${CSS.escape((problem.target ?? '').split('.')[0] ?? '')}`))
}

function List({ problems }: { problems: Problem[] }) {
  const styles = useStyles()
  return (
    <ul className={styles.list}>
      {problems.map((problem) => (
        <li key={`${problem.target} ${problem.message}`}>
          <button type="button" className={styles.link} onClick={() => goTo(problem)}>
            {problem.message}
          </button>
        </li>
      ))}
    </ul>
  )
}

/** What is refused, and what the page lacks before it is complete; each leads to its field. */
export function ProblemSummary({ problems, missing }: { problems: Problem[]; missing: Problem[] }) {
  return (
    <>
      {problems.length > 0 ? (
        <MessageBar intent="error" layout="multiline" role="alert">
          <MessageBarBody>
            <MessageBarTitle>
              {problems.length === 1 ? 'One value was refused.' : `${problems.length} values were refused.`}
            </MessageBarTitle>
            Nothing of this page is saved until they are corrected.
            <List problems={problems} />
          </MessageBarBody>
        </MessageBar>
      ) : null}
      {problems.length === 0 && missing.length > 0 ? (
        <MessageBar intent="info" layout="multiline" role="status">
          <MessageBarBody>
            <MessageBarTitle>Still to do before this page is complete:</MessageBarTitle>
            <List problems={missing} />
          </MessageBarBody>
        </MessageBar>
      ) : null}
    </>
  )
}
