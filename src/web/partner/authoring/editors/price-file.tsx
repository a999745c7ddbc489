import { Button, makeStyles, tokens } from '@fluentui/react-components'
import { ArrowDownloadRegular } from '@fluentui/react-icons/svg/arrow-download'
import { ArrowUploadRegular } from '@fluentui/react-icons/svg/arrow-upload'
import { useRef, useState } from 'react'
import { useRevalidator } from 'react-router'
import type { Problem } from '../form.ts'
import { useSection } from '../section-context.tsx'
import { Question } from './choice-editors.tsx'

const useStyles = makeStyles({
  tools: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
  answer: { flexBasis: '100%', margin: 0 },
  bad: { color: 'var(--color-danger)' },
  rows: {
    margin: `${tokens.spacingVerticalXS} 0 0`,
    paddingInlineStart: tokens.spacingHorizontalXL,
    maxHeight: '200px',
    overflowY: 'auto',
  },
})

/** Sends a file to a page's address and reads what it answers. */
export async function sendFile(url: string, file: File): Promise<{ message?: string; problems?: Problem[] }> {
  const form = new FormData()
  form.set('file', file)
  try {
    const answer = await fetch(url, { method: 'POST', body: form })
    return (await answer.json()) as { message?: string; problems?: Problem[] }
  } catch {
    return { message: 'The file could not be sent. Try again.' }
  }
}

/** All prices of the plan as a spreadsheet, and back. */
export function PriceFile() {
  const styles = useStyles()
  const { draft, page, base, readOnly } = useSection()
  const { revalidate } = useRevalidator()
  const input = useRef<HTMLInputElement>(null)
  const [file, setFile] = useState<File>()
  const [answer, setAnswer] = useState<{ message?: string; problems?: Problem[] }>()
  const url = `${base}/plans/${page.planId}/prices.xlsx`

  const exportPrices = async () => {
    // The file holds what is stored.
    if (draft.dirty && !(await draft.save())) return setAnswer({ message: 'Save the page first: the file holds stored prices.' })
    setAnswer(undefined)
    location.assign(url)
  }
  const importPrices = async (chosen: File) => {
    if (draft.dirty && !(await draft.save())) return setAnswer({ message: 'Save the page first: the file replaces stored prices.' })
    const said = await sendFile(url, chosen)
    setAnswer(said.message ? said : { message: '' })
    if (!said.message) await revalidate()
  }

  return (
    <>
      <div className={styles.tools}>
        <Button icon={<ArrowDownloadRegular />} onClick={() => void exportPrices()}>
          Export pricing data
        </Button>
        {readOnly ? null : (
          <>
            <input
              ref={input}
              type="file"
              hidden
              accept=".xlsx,.csv"
              aria-label="Import pricing data"
              onChange={(event) => {
                setFile(event.target.files?.[0])
                event.target.value = ''
              }}
            />
            <Button icon={<ArrowUploadRegular />} onClick={() => input.current?.click()}>
              Import pricing data
            </Button>
          </>
        )}
      </div>
      {answer ? (
        <div className={`${styles.answer} ${answer.message ? styles.bad : ''}`} role="status">
          {answer.message || 'The prices of the file are stored.'}
          {answer.problems && answer.problems.length > 0 ? (
            <ul className={styles.rows}>
              {answer.problems.map((problem) => (
                <li key={`${problem.target} ${problem.message}`}>{problem.message}</li>
              ))}
            </ul>
          ) : null}
        </div>
      ) : null}
      <Question
        open={file !== undefined}
        title="Import these prices?"
        confirm="Yes, import"
        onAnswer={(yes) => {
          const chosen = file
          setFile(undefined)
          if (yes && chosen) void importPrices(chosen)
        }}
      >
        {`The prices in ${file?.name ?? 'the file'} replace the prices of this plan in every market it names.`}
      </Question>
    </>
  )
}
