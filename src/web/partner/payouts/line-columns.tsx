import { lineColumn } from '../../ui/line-column.tsx'
import { PayoutStatus } from '../../ui/portal-status.tsx'
import type { Column } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'

interface LineRow {
  description: string
  offer: string
  customer: string
  invoice: string
  date: string
  state: string
  net: string
  fee: string
  share: string
}

/** Columns of a table of earned lines. */
export function lineColumns<Row extends LineRow>(): Column<Row>[] {
  return [
    lineColumn(),
    { key: 'customer', header: 'Customer', cell: (line) => line.customer },
    { key: 'invoice', header: 'Invoice', cell: (line) => line.invoice },
    { key: 'state', header: 'State', cell: (line) => <PayoutStatus status={line.state} /> },
    { key: 'date', header: 'Date', cell: (line) => <DateText value={line.date} /> },
    { key: 'net', header: 'Customer pays', cell: (line) => line.net, align: 'end' },
    { key: 'fee', header: 'Store fee', cell: (line) => line.fee, align: 'end' },
    { key: 'share', header: 'Your share', cell: (line) => line.share, align: 'end' },
  ]
}
