import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import type { ReactNode } from 'react'

/** One column of a {@link DataTable}. */
export interface Column<Row> {
  key: string
  header: string
  cell: (row: Row) => ReactNode
  /** numbers and amounts */
  align?: 'end'
  /** names the row for screen readers; one a table */
  rowHeader?: boolean
}

interface DataTableProps<Row> {
  /** says what the table lists; read by screen readers */
  caption: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey: (row: Row) => string
}

const narrow = '@media (max-width: 720px)'

const useStyles = makeStyles({
  frame: {
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    overflowX: 'auto',
    [narrow]: { backgroundColor: 'transparent', border: 'none', overflowX: 'visible' },
  },
  table: {
    width: '100%',
    borderCollapse: 'collapse',
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    [narrow]: { display: 'block' },
  },
  body: { [narrow]: { display: 'grid', rowGap: tokens.spacingVerticalM } },
  caption: { position: 'absolute', width: '1px', height: '1px', overflow: 'hidden', clipPath: 'inset(50%)', whiteSpace: 'nowrap' },
  head: {
    backgroundColor: tokens.colorNeutralBackground2,
    [narrow]: { position: 'absolute', width: '1px', height: '1px', overflow: 'hidden', clipPath: 'inset(50%)' },
  },
  headCell: {
    textAlign: 'start',
    fontWeight: tokens.fontWeightSemibold,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
    whiteSpace: 'nowrap',
  },
  row: {
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
    [narrow]: {
      display: 'block',
      border: `1px solid ${tokens.colorNeutralStroke2}`,
      borderRadius: tokens.borderRadiusXLarge,
      backgroundColor: tokens.colorNeutralBackground1,
      padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
    },
  },
  cell: {
    textAlign: 'start',
    fontWeight: tokens.fontWeightRegular,
    padding: `${tokens.spacingVerticalMNudge} ${tokens.spacingHorizontalL}`,
    verticalAlign: 'middle',
    [narrow]: {
      display: 'grid',
      gridTemplateColumns: 'minmax(96px, 38%) 1fr',
      columnGap: tokens.spacingHorizontalM,
      alignItems: 'start',
      textAlign: 'start',
      overflowWrap: 'anywhere',
      minWidth: 0,
      padding: `${tokens.spacingVerticalXS} 0`,
      '::before': {
        content: 'attr(data-label)',
        color: tokens.colorNeutralForeground2,
        fontSize: tokens.fontSizeBase200,
        lineHeight: tokens.lineHeightBase300,
      },
      '> *': { minWidth: 0, justifySelf: 'start' },
    },
  },
  end: {
    textAlign: 'end',
    fontVariantNumeric: 'tabular-nums',
    whiteSpace: 'nowrap',
    [narrow]: { textAlign: 'start', whiteSpace: 'normal' },
  },
  headEnd: { textAlign: 'end' },
})

/**
 * A table that becomes one card a row on narrow screens. The roles are written out because `display` other than `table`
 * would take the table's meaning away from screen readers.
 */
export function DataTable<Row>({ caption, columns, rows, rowKey }: DataTableProps<Row>) {
  const styles = useStyles()
  return (
    // What scrolls must be reachable with the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.frame} role="group" aria-label={caption} tabIndex={0}>
      <table className={styles.table} role="table" aria-rowcount={rows.length + 1}>
        <caption className={styles.caption}>{caption}</caption>
        <thead className={styles.head} role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                role="columnheader"
                className={mergeClasses(styles.headCell, column.align && styles.headEnd)}
              >
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className={styles.body} role="rowgroup">
          {rows.map((row) => (
            <tr key={rowKey(row)} className={styles.row} role="row">
              {columns.map((column) => {
                const className = mergeClasses(styles.cell, column.align && styles.end)
                const content = <span>{column.cell(row)}</span>
                return column.rowHeader ? (
                  <th key={column.key} scope="row" role="rowheader" className={className} data-label={column.header}>
                    {content}
                  </th>
                ) : (
                  <td key={column.key} role="cell" className={className} data-label={column.header}>
                    {content}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
