import { Button, makeStyles, tokens } from '@fluentui/react-components'
import { ArrowDownloadRegular } from '@fluentui/react-icons/svg/arrow-download'
import { ArrowUploadRegular } from '@fluentui/react-icons/svg/arrow-upload'
import { useRef, useState } from 'react'
import { FieldError } from '../field-frame.tsx'
import type { Problem } from '../form.ts'
import { Question } from './choice-editors.tsx'

const useStyles = makeStyles({
  tools: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
  answer: { flexBasis: '100%' },
  rows: {
    margin: `${tokens.spacingVerticalXS} 0 0`,
    paddingInlineStart: tokens.spacingHorizontalXL,
    maxHeight: '240px',
    overflowY: 'auto',
    overflowWrap: 'anywhere',
  },
})

interface Answer {
  message?: string
  problems?: Problem[]
}

/** Sends a file to a page's address and reads what it answers. */
async function sendFile(url: string, file: File): Promise<Answer> {
  const form = new FormData()
  form.set('file', file)
  try {
    const answer = await fetch(url, { method: 'POST', body: form })
    return (await answer.json()) as Answer
  } catch {
    return { message: 'The file could not be sent. Try again.' }
  }
}

interface TableFileProps {
  /** where the file comes from and goes to */
  url: string
  /** endings and types that may be chosen */
  accept: string
  exportLabel: string
  importLabel: string
  /** the question before a file replaces what is stored */
  title: string
  confirm: string
  warning: (fileName: string) => string
  /** after it was stored */
  stored: string
  readOnly: boolean
  /** stores what is not stored yet; false when it could not */
  ready: () => Promise<boolean>
  onImported: () => void
}

/** A list of the page as a file, and back: asks before it replaces what is stored, and tells what is wrong row by row. */
export function TableFile({
  url,
  accept,
  exportLabel,
  importLabel,
  title,
  confirm,
  warning,
  stored,
  readOnly,
  ready,
  onImported,
}: TableFileProps) {
  const styles = useStyles()
  const input = useRef<HTMLInputElement>(null)
  const [file, setFile] = useState<File>()
  const [answer, setAnswer] = useState<Answer>()
  const exportFile = async () => {
    if (!(await ready())) return setAnswer({ message: 'Save the page first: the file holds what is stored.' })
    setAnswer(undefined)
    location.assign(url)
  }
  const importFile = async (chosen: File) => {
    if (!(await ready())) return setAnswer({ message: 'Save the page first: the file replaces what is stored.' })
    const said = await sendFile(url, chosen)
    setAnswer(said)
    if (!said.message) onImported()
  }
  return (
    <>
      <div className={styles.tools}>
        <Button icon={<ArrowDownloadRegular />} onClick={() => void exportFile()}>
          {exportLabel}
        </Button>
        {readOnly ? null : (
          <>
            <input
              ref={input}
              type="file"
              hidden
              accept={accept}
              aria-label={importLabel}
              onChange={(event) => {
                setFile(event.target.files?.[0])
                event.target.value = ''
              }}
            />
            <Button icon={<ArrowUploadRegular />} onClick={() => input.current?.click()}>
              {importLabel}
            </Button>
          </>
        )}
      </div>
      {answer?.message ? (
        <div role="alert" className={styles.answer}>
          <FieldError>{answer.message}</FieldError>
          {answer.problems && answer.problems.length > 1 ? (
            <ul className={styles.rows}>
              {answer.problems.map((problem) => (
                <li key={`${problem.target} ${problem.message}`}>{problem.message}</li>
              ))}
            </ul>
          ) : null}
        </div>
      ) : answer ? (
        <span role="status" className={styles.answer}>
          {stored}
        </span>
      ) : null}
      <Question
        open={file !== undefined}
        title={title}
        confirm={confirm}
        onAnswer={(yes) => {
          const chosen = file
          setFile(undefined)
          if (yes && chosen) void importFile(chosen)
        }}
      >
        {warning(file?.name ?? 'the file')}
      </Question>
    </>
  )
}
