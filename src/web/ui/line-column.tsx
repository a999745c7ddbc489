import type { Column } from './portal-table.tsx'

/** What a line of an invoice or a payout is for, with the offer beneath: the column that names the row. */
export function lineColumn<Row extends { description: string; offer: string }>(): Column<Row> {
  return {
    key: 'what',
    header: 'What',
    cell: (line) => (
      <>
        {line.description}
        <br />
        {line.offer}
      </>
    ),
    rowHeader: true,
  }
}
