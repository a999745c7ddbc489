import { useRevalidator } from 'react-router'
import { useSection } from '../section-context.tsx'
import { TableFile } from './table-file.tsx'

/** All prices of the plan as a spreadsheet, and back. */
export function PriceFile() {
  const { draft, page, base, readOnly } = useSection()
  const { revalidate } = useRevalidator()
  return (
    <TableFile
      url={`${base}/plans/${page.planId}/prices.xlsx`}
      accept=".xlsx,.csv"
      exportLabel="Export pricing data"
      importLabel="Import pricing data"
      title="Import these prices?"
      confirm="Yes, import"
      warning={(name) => `The prices in ${name} replace the prices of this plan in every market it names.`}
      stored="The prices of the file are stored."
      readOnly={Boolean(readOnly)}
      ready={async () => !draft.dirty || draft.save()}
      onImported={() => void revalidate()}
    />
  )
}
