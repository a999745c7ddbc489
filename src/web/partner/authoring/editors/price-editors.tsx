import { Button, Field, Input, makeStyles, mergeClasses, Select, tokens } from '@fluentui/react-components'
import { SearchRegular } from '@fluentui/react-icons/svg/search'
import { memo, useCallback, useEffect, useRef, useState } from 'react'
import { FieldError, GroupFrame } from '../field-frame.tsx'
import { type FrozenPrice, useSection, useSibling } from '../section-context.tsx'
import type { MarketOption } from '../form.ts'
import type { MarketPrices } from '../meter-prices.ts'
import type { EditorProps } from './editor.ts'
import { marketsOf } from './markets-editor.tsx'
import { PriceFile } from './price-file.tsx'

const useStyles = makeStyles({
  terms: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalL },
  term: { width: '220px', gridTemplateColumns: 'minmax(0, 1fr)' },
  entry: { minWidth: 0, width: '100%' },
  search: { width: '280px' },
  tools: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
  space: { flexGrow: 1 },
  frame: {
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    maxHeight: '60vh',
    overflow: 'auto',
    backgroundColor: tokens.colorNeutralBackground1,
  },
  table: { width: '100%', borderCollapse: 'collapse', fontSize: tokens.fontSizeBase300 },
  head: {
    position: 'sticky',
    top: 0,
    zIndex: 1,
    textAlign: 'start',
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    backgroundColor: tokens.colorNeutralBackground2,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    fontWeight: tokens.fontWeightSemibold,
    whiteSpace: 'nowrap',
  },
  row: { borderTop: `1px solid ${tokens.colorNeutralStroke2}` },
  market: { textAlign: 'start', fontWeight: tokens.fontWeightRegular, padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalM}` },
  currency: { color: tokens.colorNeutralForeground2, padding: `0 ${tokens.spacingHorizontalM}`, whiteSpace: 'nowrap' },
  cell: { padding: `${tokens.spacingVerticalXXS} ${tokens.spacingHorizontalM}` },
  input: {
    width: '100%',
    minWidth: '96px',
    maxWidth: '160px',
    height: '32px',
    padding: `0 ${tokens.spacingHorizontalS}`,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
    font: 'inherit',
    fontVariantNumeric: 'tabular-nums',
    textAlign: 'end',
    '::placeholder': { color: tokens.colorNeutralForeground2, opacity: 1 },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '0' },
    ':read-only': { backgroundColor: tokens.colorNeutralBackground2 },
  },
  own: { fontWeight: tokens.fontWeightSemibold, border: `1px solid var(--color-brand)` },
  wrong: { border: '1px solid var(--color-danger)' },
  none: { padding: tokens.spacingHorizontalL, color: tokens.colorNeutralForeground2 },
})

type TermPrices = Partial<Record<'P1M' | 'P1Y', string>>

const terms = [
  { term: 'P1M', label: 'Monthly' },
  { term: 'P1Y', label: 'Annual' },
] as const

/** What the plan costs in dollars a month and a year. A term without a price is not offered. */
export function TermPricesEditor({ field, value, onChange, errorAt, readOnly, id }: EditorProps<TermPrices>) {
  const styles = useStyles()
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <div className={styles.terms}>
        {terms.map(({ term, label }) => (
          <Field key={term} className={styles.term} label={label} validationMessage={errorAt(term)}>
            <Input
              className={styles.entry}
              id={term === 'P1M' ? `${id}-control` : undefined}
              inputMode="decimal"
              contentBefore="USD"
              placeholder="Not offered"
              value={value?.[term] ?? ''}
              readOnly={readOnly}
              onChange={(_event, data) => {
                const { [term]: _before, ...rest } = value ?? {}
                const next = data.value === '' ? rest : { ...rest, [term]: data.value }
                onChange(Object.keys(next).length === 0 ? undefined : next)
              }}
            />
          </Field>
        ))}
      </div>
    </GroupFrame>
  )
}

interface Item {
  item: string
  label: string
}

/** What the page prices at present: terms with a price, and dimensions that are charged. */
function useItems(): { fees: Item[]; meters: Item[] } {
  const fees = useSibling('term-prices')?.value as TermPrices | undefined
  const rows = useSibling('plan-dimensions')?.value as { dimensionId: string; enabled?: boolean; pricePerUnit?: string }[] | undefined
  return {
    fees: terms
      .filter(({ term }) => fees?.[term] !== undefined && fees[term] !== '')
      .map(({ term, label }) => ({ item: `term:${term}`, label })),
    meters: (rows ?? [])
      .filter((row) => row.enabled !== false && row.pricePerUnit)
      .map(({ dimensionId }) => ({ item: `dimension:${dimensionId}`, label: dimensionId })),
  }
}

const noPrices: Record<string, FrozenPrice> = {}
const noOwn: Record<string, string> = {}

/**
 * Prices by market and term. An empty cell shows the price converted from dollars, a filled one replaces it. One keystroke draws
 * one row: 140 markets stay as fast as one.
 */
export function MarketPricesEditor({ field, value, onChange, errorAt, readOnly, id }: EditorProps<MarketPrices>) {
  const styles = useStyles()
  const { prices } = useSection()
  const markets = useSibling('markets')
  const { fees, meters } = useItems()
  const [search, setSearch] = useState('')
  const [ownOnly, setOwnOnly] = useState(false)
  const [meter, setMeter] = useState('')
  const latest = useRef({ value, onChange })
  useEffect(() => {
    latest.current = { value, onChange }
  }, [value, onChange])

  const set = useCallback((market: string, item: string, text: string) => {
    const { value: before = {}, onChange: change } = latest.current
    const { [item]: _old, ...row } = before[market] ?? {}
    const { [market]: _row, ...others } = before
    const nextRow = text === '' ? row : { ...row, [item]: text }
    const next = Object.keys(nextRow).length === 0 ? others : { ...others, [market]: nextRow }
    change(Object.keys(next).length === 0 ? undefined : next)
  }, [])

  const chosen = new Set((markets?.value as string[] | undefined) ?? [])
  const all = markets ? marketsOf(markets.field) : []
  const wanted = search.trim().toLowerCase()
  const shown = all.filter(
    (market) =>
      chosen.has(market.iso2) &&
      (!ownOnly || value?.[market.iso2] !== undefined) &&
      (wanted === '' ||
        market.name.toLowerCase().includes(wanted) ||
        market.iso2.toLowerCase() === wanted ||
        market.currency.toLowerCase() === wanted),
  )
  const items = meter === '' ? fees : meters.filter(({ item }) => item === meter)
  const columns = items.length === 0 && meters.length > 0 && meter === '' ? [] : items
  const own = Object.keys(value ?? {}).length

  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <div className={styles.tools}>
        <Input
          className={styles.search}
          id={`${id}-control`}
          type="search"
          aria-label="Find a market or a currency"
          placeholder="Find a market or a currency"
          contentBefore={<SearchRegular />}
          value={search}
          onChange={(_event, data) => setSearch(data.value)}
        />
        {meters.length > 0 ? (
          <Select aria-label="Which prices" value={meter} onChange={(_event, data) => setMeter(data.value)}>
            <option value="">Fees</option>
            {meters.map(({ item, label }) => (
              <option key={item} value={item}>
                Dimension {label}
              </option>
            ))}
          </Select>
        ) : null}
        <Button size="medium" appearance={ownOnly ? 'primary' : 'secondary'} aria-pressed={ownOnly} onClick={() => setOwnOnly(!ownOnly)}>
          Own prices only ({own})
        </Button>
        <span className={styles.space} />
        <PriceFile />
      </div>
      {columns.length === 0 || chosen.size === 0 ? (
        <p className={mergeClasses(styles.frame, styles.none)} style={{ margin: 0 }}>
          {chosen.size === 0 ? 'Choose markets first.' : 'Enter a price in dollars first.'}
        </p>
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable with the keyboard
        <div className={styles.frame} role="region" aria-label="Prices by market" tabIndex={0}>
          <table className={styles.table}>
            <caption className="visually-hidden">
              Prices by market, in the currency of the market. An empty cell takes the converted price.
            </caption>
            <thead>
              <tr>
                <th className={styles.head} scope="col">
                  Market
                </th>
                <th className={styles.head} scope="col">
                  Currency
                </th>
                {columns.map(({ item, label }) => (
                  <th key={item} className={styles.head} scope="col">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((market) => (
                <MarketRow
                  key={market.iso2}
                  market={market}
                  items={columns.map(({ item }) => item).join('\n')}
                  labels={columns.map(({ label }) => label).join('\n')}
                  own={value?.[market.iso2] ?? noOwn}
                  frozen={prices[market.iso2] ?? noPrices}
                  problem={errorAt(market.iso2) ?? columns.map(({ item }) => errorAt(`${market.iso2}.${item}`)).find(Boolean)}
                  readOnly={readOnly}
                  onChange={set}
                />
              ))}
            </tbody>
          </table>
          {shown.length === 0 ? <p className={styles.none}>No market fits.</p> : null}
        </div>
      )}
    </GroupFrame>
  )
}

interface MarketRowProps {
  market: MarketOption
  /** one a line: texts compare by value, lists would redraw every row */
  items: string
  labels: string
  own: Record<string, string>
  frozen: Record<string, FrozenPrice>
  problem: string | undefined
  readOnly: boolean
  onChange: (market: string, item: string, text: string) => void
}

/** A save brings all converted prices anew: only rows whose prices are others are drawn again. */
function sameRow(before: MarketRowProps, after: MarketRowProps): boolean {
  const { market, frozen, ...rest } = before
  return (
    market.iso2 === after.market.iso2 &&
    Object.entries(rest).every(([name, value]) => Object.is(value, after[name as keyof MarketRowProps])) &&
    JSON.stringify(frozen) === JSON.stringify(after.frozen)
  )
}

const MarketRow = memo(function MarketRow({ market, items, labels, own, frozen, problem, readOnly, onChange }: MarketRowProps) {
  const styles = useStyles()
  const names = labels.split('\n')
  const columns = items.split('\n')
  const currency = Object.values(frozen)[0]?.currency ?? market.currency
  return (
    <>
      <tr className={styles.row}>
        <th className={styles.market} scope="row">
          {market.name}
        </th>
        <td className={styles.currency}>{currency}</td>
        {columns.map((item, index) => {
          const text = own[item]
          const converted = frozen[item]
          return (
            <td key={item} className={styles.cell}>
              <input
                className={mergeClasses(styles.input, text !== undefined && styles.own, problem !== undefined && styles.wrong)}
                inputMode="decimal"
                autoComplete="off"
                aria-label={`${market.name}, ${names[index] ?? item}, ${currency}`}
                aria-invalid={problem === undefined ? undefined : true}
                placeholder={converted && !converted.own ? converted.amount : 'when saved'}
                value={text ?? ''}
                readOnly={readOnly}
                onChange={(event) => onChange(market.iso2, item, event.target.value)}
              />
            </td>
          )
        })}
      </tr>
      {problem === undefined ? null : (
        <tr>
          <td colSpan={columns.length + 2} className={styles.cell}>
            <FieldError>{problem}</FieldError>
          </td>
        </tr>
      )}
    </>
  )
}, sameRow)
