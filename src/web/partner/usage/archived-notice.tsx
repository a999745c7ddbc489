import { Notice } from '../../ui/portal-page.tsx'
import { DateText } from '../../ui/portal-time.tsx'

/** Says why days of long ago are empty. */
export function ArchivedNotice({ until }: { until: string | null }) {
  if (until === null) return null
  return (
    <Notice intent="info" title="Older usage is in the archive.">
      Events up to <DateText value={until} /> have left the database; ask the marketplace for them. Invoices still say what was charged.
    </Notice>
  )
}
