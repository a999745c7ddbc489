import { makeStyles, tokens } from '@fluentui/react-components'
import type { explained } from './invoice-explanation.server.ts'
import { Notice, Section } from './portal-page.tsx'
import { DataTable } from './portal-table.tsx'

const useStyles = makeStyles({
  list: { margin: 0, paddingInlineStart: '20px', lineHeight: tokens.lineHeightBase400 },
})

/** The lines of a document, each with the sentences that lead to its amount, calculated again just now. */
export function InvoiceExplanationView({ of }: { of: ReturnType<typeof explained> }) {
  const styles = useStyles()
  return (
    <>
      {of.agrees ? (
        <Notice intent="success" title="Calculated again, it is the same.">
          Every line and the total of {of.total} follow from what was agreed, done and used.
        </Notice>
      ) : (
        <Notice intent="error" title="Calculated again, it is not the same.">
          The lines marked below differ from what their history leads to. Please tell the marketplace.
        </Notice>
      )}
      <Section title="Line by line">
        <DataTable
          caption={`Why the lines of ${of.number} come to what they do`}
          rows={of.lines}
          rowKey={(line) => String(line.position)}
          columns={[
            {
              key: 'what',
              header: 'Line',
              cell: (line) => (
                <>
                  {line.what}
                  <br />
                  {line.offer}
                </>
              ),
              rowHeader: true,
            },
            {
              key: 'why',
              header: 'Why',
              cell: (line) => (
                <ul className={styles.list}>
                  {line.agrees ? null : (
                    <li>
                      <strong>Not the same.</strong>
                    </li>
                  )}
                  {line.why.map((sentence) => (
                    <li key={sentence}>{sentence}</li>
                  ))}
                </ul>
              ),
            },
            { key: 'amount', header: 'Amount', cell: (line) => line.amount, align: 'end' },
          ]}
        />
      </Section>
      {of.afterwards.length > 0 ? (
        <Section title="Since then">
          <ul className={styles.list}>
            {of.afterwards.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </Section>
      ) : null}
    </>
  )
}
