import { Checkbox, Field, Input, makeStyles, tokens } from '@fluentui/react-components'
import { GroupFrame } from '../field-frame.tsx'
import { type MarketPrices, priceHint } from '../meter-prices.ts'
import { useSibling } from '../section-context.tsx'
import { type EditorProps, numberOption } from './editor.ts'
import { Rows } from './rows.tsx'
import { wholeNumber } from './text-editors.tsx'

const useStyles = makeStyles({
  row: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalL },
  number: { width: '160px', gridTemplateColumns: 'minmax(0, 1fr)' },
  entry: { minWidth: 0, width: '100%' },
  three: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(160px, 100%), 1fr))', gap: tokens.spacingHorizontalM },
  card: {
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    padding: tokens.spacingHorizontalM,
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr)',
    rowGap: tokens.spacingVerticalS,
  },
  name: { display: 'flex', flexWrap: 'wrap', alignItems: 'baseline', columnGap: tokens.spacingHorizontalS },
  muted: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  none: { margin: 0, color: tokens.colorNeutralForeground2 },
})

type Entered = number | string | undefined

interface Seats {
  min?: Entered
  max?: Entered
}

export function SeatsEditor({ field, value, onChange, errorAt, readOnly, id }: EditorProps<Seats>) {
  const styles = useStyles()
  const set = (part: 'min' | 'max', text: string) => {
    const { [part]: _before, ...rest } = value ?? {}
    const entered = wholeNumber(text)
    const next = entered === undefined ? rest : { ...rest, [part]: entered }
    onChange(Object.keys(next).length === 0 ? undefined : next)
  }
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <div className={styles.row}>
        <Field className={styles.number} label="Minimum users" validationMessage={errorAt('min')}>
          <Input
            className={styles.entry}
            id={`${id}-control`}
            inputMode="numeric"
            placeholder="1"
            value={String(value?.min ?? '')}
            readOnly={readOnly}
            onChange={(_event, data) => set('min', data.value)}
          />
        </Field>
        <Field className={styles.number} label="Maximum users" validationMessage={errorAt('max')}>
          <Input
            className={styles.entry}
            inputMode="numeric"
            placeholder="Unlimited"
            value={String(value?.max ?? '')}
            readOnly={readOnly}
            onChange={(_event, data) => set('max', data.value)}
          />
        </Field>
      </div>
    </GroupFrame>
  )
}

interface Dimension {
  id: string
  displayName: string
  unitOfMeasure: string
}

/** Meters of the offer, shared by its plans. Those that have been published stay as they are. */
export function DimensionsEditor({ field, value = [], onChange, errorAt, readOnly, id }: EditorProps<Dimension[]>) {
  const styles = useStyles()
  const published = new Set((field.options.published as string[] | undefined) ?? [])
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      <Rows
        rows={value}
        onChange={onChange}
        item="dimension"
        nameOf={(dimension, index) => dimension.displayName || dimension.id || `dimension ${index + 1}`}
        blank={() => ({ id: '', displayName: '', unitOfMeasure: '' })}
        max={numberOption(field, 'max')}
        readOnly={readOnly}
        isFixed={(dimension) => published.has(dimension.id)}
        addLabel={`Add a custom meter dimension (max ${numberOption(field, 'max') ?? 30})`}
      >
        {(dimension, index, change) => {
          const fixed = readOnly || published.has(dimension.id)
          return (
            <div className={styles.three}>
              <Field label="ID" hint={index === 0 ? 'What usage events name it.' : undefined} validationMessage={errorAt(`${index}.id`)}>
                <Input value={dimension.id} readOnly={fixed} onChange={(_event, data) => change({ ...dimension, id: data.value })} />
              </Field>
              <Field
                label="Display name"
                hint={index === 0 ? 'For example: email message.' : undefined}
                validationMessage={errorAt(`${index}.displayName`)}
              >
                <Input
                  value={dimension.displayName}
                  readOnly={fixed}
                  onChange={(_event, data) => change({ ...dimension, displayName: data.value })}
                />
              </Field>
              <Field
                label="Unit of measure"
                hint={index === 0 ? 'For example: per 100 emails.' : undefined}
                validationMessage={errorAt(`${index}.unitOfMeasure`)}
              >
                <Input
                  value={dimension.unitOfMeasure}
                  readOnly={fixed}
                  onChange={(_event, data) => change({ ...dimension, unitOfMeasure: data.value })}
                />
              </Field>
            </div>
          )
        }}
      </Rows>
    </GroupFrame>
  )
}

interface PlanDimension {
  dimensionId: string
  enabled: boolean
  infinite: boolean
  pricePerUnit?: string
  included: { P1M?: Entered; P1Y?: Entered }
}

const quantities = [
  { term: 'P1M', label: 'Monthly quantity included in base' },
  { term: 'P1Y', label: 'Annual quantity included in base' },
] as const

/** What a plan makes of the offer's meters: one card for each meter of the offer. */
export function PlanDimensionsEditor({ field, value = [], onChange, errorAt, readOnly, id }: EditorProps<PlanDimension[]>) {
  const styles = useStyles()
  const fees = useSibling('term-prices')?.value as Record<string, string> | undefined
  const ownPrices = useSibling('market-prices')?.value as MarketPrices | undefined
  const dimensions = (field.options.dimensions ?? []) as Dimension[]
  const byId = new Map(value.map((row, index) => [row.dimensionId, { row, index }]))
  const set = (dimensionId: string, change: Partial<PlanDimension>, drop: (keyof PlanDimension)[], soon: boolean) => {
    const before = byId.get(dimensionId)?.row ?? { dimensionId, enabled: false, infinite: false, included: {} }
    const next = { ...before, ...change }
    for (const name of drop) delete next[name]
    onChange(
      dimensions.flatMap((one) => {
        const row = one.id === dimensionId ? next : byId.get(one.id)?.row
        return row ? [row] : []
      }),
      soon,
    )
  }
  return (
    <GroupFrame field={field} id={id} error={errorAt()}>
      {dimensions.length === 0 ? (
        <p className={styles.none}>The offer has no dimensions. Add them on the page of its pricing model.</p>
      ) : null}
      {dimensions.map((dimension) => {
        const { row, index } = byId.get(dimension.id) ?? { row: undefined, index: -1 }
        const wrong = (path: string) => (index < 0 ? undefined : errorAt(`${index}.${path}`))
        return (
          <div key={dimension.id} className={styles.card} role="group" aria-label={dimension.displayName || dimension.id}>
            <div className={styles.name}>
              <Checkbox
                label={dimension.displayName || dimension.id}
                checked={row?.enabled ?? false}
                disabled={readOnly}
                onChange={(_event, data) => set(dimension.id, { enabled: data.checked === true }, [], true)}
              />
              <span className={styles.muted}>
                {dimension.id}, {dimension.unitOfMeasure}
              </span>
            </div>
            {row?.enabled ? (
              <div className={styles.three}>
                <Field label="Price per unit" hint={priceHint(dimension.id, ownPrices)} validationMessage={wrong('pricePerUnit')}>
                  <Input
                    className={styles.entry}
                    inputMode="decimal"
                    contentBefore="USD"
                    value={row.infinite ? '' : (row.pricePerUnit ?? '')}
                    placeholder={row.infinite ? 'Not applicable' : ''}
                    readOnly={readOnly || row.infinite}
                    onChange={(_event, data) =>
                      data.value === ''
                        ? set(dimension.id, {}, ['pricePerUnit'], false)
                        : set(dimension.id, { pricePerUnit: data.value }, [], false)
                    }
                  />
                </Field>
                {quantities
                  .filter(({ term }) => fees?.[term] !== undefined && fees[term] !== '')
                  .map(({ term, label }) => (
                    <Field key={term} label={label} validationMessage={wrong(`included.${term}`)}>
                      <Input
                        className={styles.entry}
                        inputMode="numeric"
                        value={row.infinite ? '' : String(row.included?.[term] ?? '')}
                        placeholder={row.infinite ? 'Unlimited' : '0'}
                        readOnly={readOnly || row.infinite}
                        onChange={(_event, data) => {
                          const { [term]: _before, ...rest } = row.included ?? {}
                          const entered = wholeNumber(data.value)
                          set(dimension.id, { included: entered === undefined ? rest : { ...rest, [term]: entered } }, [], false)
                        }}
                      />
                    </Field>
                  ))}
                <Checkbox
                  label="Unlimited: never charged"
                  checked={row.infinite}
                  disabled={readOnly}
                  onChange={(_event, data) =>
                    data.checked === true
                      ? set(dimension.id, { infinite: true, included: {} }, ['pricePerUnit'], true)
                      : set(dimension.id, { infinite: false }, [], true)
                  }
                />
              </div>
            ) : null}
          </div>
        )
      })}
    </GroupFrame>
  )
}
