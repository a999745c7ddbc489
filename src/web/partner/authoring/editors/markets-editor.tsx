import {
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Input,
  makeStyles,
  tokens,
} from '@fluentui/react-components'
import { GlobeRegular } from '@fluentui/react-icons/svg/globe'
import { SearchRegular } from '@fluentui/react-icons/svg/search'
import { useState } from 'react'
import { GroupFrame } from '../field-frame.tsx'
import type { FormField, MarketOption } from '../form.ts'
import type { EditorProps } from './editor.ts'

/** The markets that a field offers. */
export function marketsOf(field: FormField): MarketOption[] {
  return (field.options.markets ?? []) as MarketOption[]
}

const useStyles = makeStyles({
  summary: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: tokens.spacingHorizontalL },
  count: { fontWeight: tokens.fontWeightSemibold },
  names: {
    margin: 0,
    color: tokens.colorNeutralForeground2,
    maxWidth: '72ch',
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
  },
  surface: { maxWidth: '760px' },
  tools: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center', marginBottom: tokens.spacingVerticalM },
  list: {
    margin: 0,
    padding: 0,
    listStyleType: 'none',
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(210px, 1fr))',
    maxHeight: '46vh',
    overflowY: 'auto',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
  },
  option: {
    display: 'flex',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalS,
    minHeight: '32px',
    padding: `0 ${tokens.spacingHorizontalM}`,
    cursor: 'pointer',
    '& input': { width: '16px', height: '16px', accentColor: 'var(--color-brand)', flexShrink: 0 },
  },
  currency: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
})

const namedAtMost = 12

/** Where the plan is sold: a summary on the page, the choice in a dialog. */
export function MarketsEditor({ field, value = [], onChange, errorAt, readOnly, id }: EditorProps<string[]>) {
  const styles = useStyles()
  const [open, setOpen] = useState(false)
  const markets = marketsOf(field)
  const chosen = new Set(value)
  const names = markets.filter(({ iso2 }) => chosen.has(iso2)).map(({ name }) => name)
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <div className={styles.summary}>
        <span className={styles.count}>
          {value.length} of {markets.length} markets
        </span>
        {readOnly ? null : (
          <Button id={`${id}-control`} icon={<GlobeRegular />} onClick={() => setOpen(true)}>
            Edit markets
          </Button>
        )}
      </div>
      {names.length > 0 ? (
        <p className={styles.names}>
          {names.length === markets.length
            ? 'Everywhere where customers can buy.'
            : names.length > namedAtMost
              ? `${names.slice(0, namedAtMost).join(', ')} and ${names.length - namedAtMost} more.`
              : `${names.join(', ')}.`}
        </p>
      ) : null}
      {open ? (
        <MarketsDialog
          markets={markets}
          chosen={value}
          onAnswer={(codes) => {
            setOpen(false)
            if (codes) onChange(codes.length === 0 ? undefined : codes, true)
          }}
        />
      ) : null}
    </GroupFrame>
  )
}

function MarketsDialog({ markets, chosen, onAnswer }: { markets: MarketOption[]; chosen: string[]; onAnswer: (codes?: string[]) => void }) {
  const styles = useStyles()
  const [picked, setPicked] = useState(() => new Set(chosen))
  const [search, setSearch] = useState('')
  const [remitted, setRemitted] = useState(false)
  const wanted = search.trim().toLowerCase()
  const shown = markets.filter(
    (market) =>
      (!remitted || market.taxRemitted) &&
      (wanted === '' || market.name.toLowerCase().includes(wanted) || market.iso2.toLowerCase() === wanted),
  )
  const setAll = (on: boolean) => {
    const next = new Set(picked)
    for (const { iso2 } of shown) {
      if (on) next.add(iso2)
      else next.delete(iso2)
    }
    setPicked(next)
  }
  return (
    <Dialog open onOpenChange={(_event, data) => data.open || onAnswer()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>Edit markets</DialogTitle>
          <DialogContent>
            <div className={styles.tools}>
              <Input
                type="search"
                aria-label="Find a market"
                placeholder="Find a market"
                contentBefore={<SearchRegular />}
                value={search}
                onChange={(_event, data) => setSearch(data.value)}
              />
              <Checkbox
                label="Tax remitted only"
                checked={remitted}
                title="Countries where the marketplace collects and remits the tax for you"
                onChange={(_event, data) => setRemitted(data.checked === true)}
              />
              <Button size="small" onClick={() => setAll(true)}>
                Select {wanted === '' && !remitted ? 'all' : 'these'}
              </Button>
              <Button size="small" onClick={() => setAll(false)}>
                Clear {wanted === '' && !remitted ? 'all' : 'these'}
              </Button>
              <span role="status">
                {picked.size} of {markets.length} selected
              </span>
            </div>
            {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable with the keyboard */}
            <ul className={styles.list} aria-label="Markets" tabIndex={0}>
              {shown.map(({ iso2, name, currency }) => (
                <li key={iso2}>
                  <label className={styles.option}>
                    <input
                      type="checkbox"
                      checked={picked.has(iso2)}
                      onChange={(event) => {
                        const next = new Set(picked)
                        if (event.target.checked) next.add(iso2)
                        else next.delete(iso2)
                        setPicked(next)
                      }}
                    />
                    <span>
                      {name} <span className={styles.currency}>{currency}</span>
                    </span>
                  </label>
                </li>
              ))}
              {shown.length === 0 ? <li className={styles.option}>No market fits.</li> : null}
            </ul>
          </DialogContent>
          <DialogActions fluid>
            <Button onClick={() => onAnswer()}>Cancel</Button>
            <Button appearance="primary" onClick={() => onAnswer(markets.filter(({ iso2 }) => picked.has(iso2)).map(({ iso2 }) => iso2))}>
              Use these markets
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
