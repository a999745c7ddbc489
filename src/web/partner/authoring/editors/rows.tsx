import { Button, makeStyles, tokens } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons/svg/add'
import { ArrowDownRegular } from '@fluentui/react-icons/svg/arrow-down'
import { ArrowUpRegular } from '@fluentui/react-icons/svg/arrow-up'
import { DeleteRegular } from '@fluentui/react-icons/svg/delete'
import { type KeyboardEvent, type ReactNode, useRef, useState } from 'react'

const useStyles = makeStyles({
  list: {
    margin: 0,
    padding: 0,
    listStyleType: 'none',
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr)',
    rowGap: tokens.spacingVerticalS,
  },
  row: {
    display: 'flex',
    columnGap: tokens.spacingHorizontalS,
    rowGap: tokens.spacingVerticalXS,
    alignItems: 'flex-start',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    padding: tokens.spacingHorizontalM,
    '@media (max-width: 560px)': { flexWrap: 'wrap', justifyContent: 'flex-end' },
  },
  body: { flexGrow: 1, minWidth: 0, '@media (max-width: 560px)': { flexBasis: '100%' } },
  tools: { display: 'flex', flexShrink: 0 },
  foot: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', columnGap: tokens.spacingHorizontalM },
  count: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
})

interface RowsProps<Row> {
  rows: readonly Row[]
  onChange: (rows: Row[], soon?: boolean) => void
  /** what a row is: "link" */
  item: string
  /** how a row is called in the names of its buttons */
  nameOf: (row: NoInfer<Row>, index: number) => string
  /** a row to begin with; without it rows come from elsewhere (uploads) */
  blank?: (() => NoInfer<Row>) | undefined
  max?: number | undefined
  /** rows have an order that the publisher chooses */
  ordered?: boolean
  readOnly: boolean
  /** rows that may not be removed or moved */
  isFixed?: ((row: Row, index: number) => boolean) | undefined
  addLabel?: string
  children: (row: Row, index: number, change: (row: Row, soon?: boolean) => void) => ReactNode
}

let nextKey = 1

/**
 * A list of things of one kind. Rows keep their identity when they move, so the focus stays with the row; Alt and an arrow key
 * move the row that has the focus.
 */
export function Rows<Row>({
  rows,
  onChange,
  item,
  nameOf,
  blank,
  max,
  ordered = false,
  readOnly,
  isFixed,
  addLabel,
  children,
}: RowsProps<Row>) {
  const styles = useStyles()
  const list = useRef<HTMLOListElement>(null)
  const [keys, setKeys] = useState<number[]>(() => rows.map(() => nextKey++))
  const [said, setSaid] = useState('')
  if (keys.length !== rows.length) {
    setKeys([...keys.slice(0, rows.length), ...rows.slice(keys.length).map(() => nextKey++)])
  }

  const move = (from: number, by: number) => {
    const to = from + by
    if (to < 0 || to >= rows.length) return
    const order = rows.map((_row, index) => index)
    order.splice(to, 0, ...order.splice(from, 1))
    setKeys(order.map((index) => keys[index] ?? nextKey++))
    onChange(
      order.map((index) => rows[index] as Row),
      true,
    )
    setSaid(`Moved to place ${to + 1} of ${rows.length}.`)
  }
  const remove = (at: number) => {
    setKeys(keys.filter((_key, index) => index !== at))
    onChange(
      rows.filter((_row, index) => index !== at),
      true,
    )
    setSaid(`Removed ${item} ${at + 1}.`)
  }
  const add = () => {
    if (!blank) return
    setKeys([...keys, nextKey++])
    onChange([...rows, blank()])
    // The row exists after the next paint.
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(':scope > li:last-child :is(input, textarea, select)')?.focus())
  }
  const onKey = (event: KeyboardEvent, index: number) => {
    if (!ordered || readOnly || !event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
    event.preventDefault()
    move(index, event.key === 'ArrowUp' ? -1 : 1)
  }
  const full = max !== undefined && rows.length >= max

  return (
    <>
      {rows.length > 0 ? (
        <ol className={styles.list} ref={list} aria-label={ordered ? `${item}s in order; Alt and an arrow key move one` : `${item}s`}>
          {rows.map((row, index) => {
            const name = nameOf(row, index)
            const fixed = readOnly || isFixed?.(row, index)
            return (
              // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the key works from any control within
              <li key={keys[index] ?? index} className={styles.row} onKeyDown={(event) => onKey(event, index)}>
                <div className={styles.body}>
                  {children(row, index, (next, soon) =>
                    onChange(
                      rows.map((one, at) => (at === index ? next : one)),
                      soon,
                    ),
                  )}
                </div>
                {fixed ? null : (
                  <div className={styles.tools}>
                    {ordered && rows.length > 1 ? (
                      <>
                        <Button
                          appearance="subtle"
                          icon={<ArrowUpRegular />}
                          aria-label={`Move ${name} up`}
                          disabledFocusable={index === 0}
                          onClick={() => move(index, -1)}
                        />
                        <Button
                          appearance="subtle"
                          icon={<ArrowDownRegular />}
                          aria-label={`Move ${name} down`}
                          disabledFocusable={index === rows.length - 1}
                          onClick={() => move(index, 1)}
                        />
                      </>
                    ) : null}
                    <Button appearance="subtle" icon={<DeleteRegular />} aria-label={`Remove ${name}`} onClick={() => remove(index)} />
                  </div>
                )}
              </li>
            )
          })}
        </ol>
      ) : null}
      {readOnly || !blank ? null : (
        <div className={styles.foot}>
          <Button icon={<AddRegular />} disabledFocusable={full} onClick={() => full || add()}>
            {addLabel ?? `Add ${/^[aeiou]/i.test(item) ? 'an' : 'a'} ${item}`}
          </Button>
          {max === undefined ? null : (
            <span className={styles.count}>
              {rows.length} of {max.toLocaleString('en-US')}
            </span>
          )}
        </div>
      )}
      <span className="visually-hidden" role="status">
        {said}
      </span>
    </>
  )
}
