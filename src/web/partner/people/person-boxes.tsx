import { Checkbox, Field, Input, makeStyles, tokens } from '@fluentui/react-components'
import { useState } from 'react'

interface Person {
  id: string
  name: string
  detail: string
}

const useStyles = makeStyles({
  all: { display: 'grid', rowGap: tokens.spacingVerticalS },
  search: { maxWidth: '360px' },
  list: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(260px, 1fr))',
    maxHeight: '320px',
    overflow: 'auto',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    padding: tokens.spacingHorizontalS,
  },
  hidden: { display: 'none' },
  detail: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
})

/** People to tick. The search hides who does not match; who is ticked stays ticked. */
export function PersonBoxes({
  label,
  people,
  name = 'person',
  chosen = [],
  error,
}: {
  label: string
  people: readonly Person[]
  name?: string
  chosen?: readonly string[]
  error?: string | undefined
}) {
  const styles = useStyles()
  const [search, setSearch] = useState('')
  const wanted = search.trim().toLowerCase()
  const matches = ({ name: called, detail }: Person) => called.toLowerCase().includes(wanted) || detail.toLowerCase().includes(wanted)
  return (
    <Field label={label} validationMessage={error}>
      <div className={styles.all}>
        {people.length > 8 ? (
          <Input
            className={styles.search}
            type="search"
            aria-label={`Search in ${label}`}
            placeholder="Search"
            value={search}
            onChange={(_event, data) => setSearch(data.value)}
          />
        ) : null}
        <div className={styles.list} role="group" aria-label={label}>
          {people.map((person) => (
            <div key={person.id} className={matches(person) ? undefined : styles.hidden}>
              <Checkbox
                name={name}
                value={person.id}
                defaultChecked={chosen.includes(person.id)}
                label={
                  <>
                    {person.name} <span className={styles.detail}>{person.detail}</span>
                  </>
                }
              />
            </div>
          ))}
          {people.length === 0 ? 'Nobody is in the directory.' : null}
        </div>
      </div>
    </Field>
  )
}
