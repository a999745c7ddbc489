import { Button, makeStyles, Radio, RadioGroup, tokens } from '@fluentui/react-components'
import { useState } from 'react'
import type { FormField } from './form.ts'
import { useFieldValue, useSaveState, useSection } from './section-context.tsx'
import { valueText } from './value-text.ts'

const useStyles = makeStyles({
  panel: {
    border: '2px solid var(--color-warning)',
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: 'var(--color-warning-soft)',
    padding: tokens.spacingHorizontalXL,
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr)',
    rowGap: tokens.spacingVerticalL,
  },
  title: { margin: 0, fontSize: tokens.fontSizeBase400, lineHeight: tokens.lineHeightBase400, fontWeight: tokens.fontWeightSemibold },
  text: { margin: 0, maxWidth: '72ch' },
  clash: { border: 'none', margin: 0, padding: 0, minWidth: 0 },
  legend: { padding: 0, fontWeight: tokens.fontWeightSemibold, marginBottom: tokens.spacingVerticalXS },
  versions: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(260px, 100%), 1fr))', gap: tokens.spacingHorizontalM },
  version: {
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    padding: tokens.spacingHorizontalM,
    minWidth: 0,
  },
  content: { margin: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', maxHeight: '240px', overflowY: 'auto', fontFamily: 'inherit' },
})

/** Two people changed the same fields: both versions, and the choice between them. Until then nobody's text is touched. */
export function ConflictPanel() {
  const styles = useStyles()
  const { draft, page } = useSection()
  const clashes = useSaveState((state) => state.clashes)
  const by = useSaveState((state) => state.by)
  const [choices, setChoices] = useState<Record<string, 'mine' | 'theirs'>>({})
  if (clashes.length === 0) return null
  return (
    <section className={styles.panel} aria-labelledby="conflict-title" role="alertdialog" aria-modal="false">
      <h2 className={styles.title} id="conflict-title">
        {by ?? 'Somebody else'} has changed the same {clashes.length === 1 ? 'field' : 'fields'} and saved first
      </h2>
      <p className={styles.text}>
        Choose for each which version is kept. You can go on editing below; what you have written stays on the page.
      </p>
      {clashes.map((clash) => {
        const field = page.fields.find((one) => one.name === clash.name)
        return (
          <fieldset key={clash.name} className={styles.clash}>
            <legend className={styles.legend}>{field?.label ?? clash.name}</legend>
            <RadioGroup
              layout="horizontal"
              aria-label={`Which version of ${field?.label ?? clash.name}`}
              value={choices[clash.name] ?? 'mine'}
              onChange={(_event, data) => setChoices({ ...choices, [clash.name]: data.value as 'mine' | 'theirs' })}
            >
              <Radio value="mine" label="Keep mine" />
              <Radio value="theirs" label="Take theirs" />
            </RadioGroup>
            <div className={styles.versions}>
              <div className={styles.version}>
                <strong>Mine</strong>
                <Mine name={clash.name} field={field} />
              </div>
              <div className={styles.version}>
                <strong>Theirs, stored</strong>
                <p className={styles.content}>{valueText(field, clash.theirs)}</p>
              </div>
            </div>
          </fieldset>
        )
      })}
      <div>
        <Button
          type="button"
          appearance="primary"
          onClick={() => {
            setChoices({})
            void draft.decide(choices)
          }}
        >
          Save with these choices
        </Button>
      </div>
    </section>
  )
}

function Mine({ name, field }: { name: string; field: FormField | undefined }) {
  return <p className={useStyles().content}>{valueText(field, useFieldValue(name))}</p>
}
