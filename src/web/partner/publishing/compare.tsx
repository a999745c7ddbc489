import { makeStyles, mergeClasses, Select, tokens } from '@fluentui/react-components'
import { BranchCompareRegular } from '@fluentui/react-icons/svg/branch-compare'
import { Link, useSearchParams } from 'react-router'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status, type Tone } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { enterOffer } from '../authoring/offer-access.server.ts'
import { offerComparison } from './publishing-data.server.ts'
import type { Route } from './+types/compare.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Compare' }] }

export async function loader(args: Route.LoaderArgs) {
  return offerComparison(await enterOffer(args, 'offer.read'), new URL(args.request.url).searchParams)
}

const versionNames = { live: 'Live offer', preview: 'Preview offer' } as const
const tones: Record<string, Tone> = { removed: 'bad', added: 'good', edited: 'info', unchanged: 'neutral' }
const changeNames: Record<string, string> = { removed: 'Removed', added: 'Added', edited: 'Edited', unchanged: 'Unchanged' }

const useStyles = makeStyles({
  bar: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalL, alignItems: 'end', justifyContent: 'space-between' },
  filters: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalXS, listStyleType: 'none', margin: 0, padding: 0 },
  filter: {
    display: 'inline-flex',
    alignItems: 'center',
    minHeight: '32px',
    padding: `0 ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusCircular,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    fontSize: tokens.fontSizeBase300,
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
  },
  chosen: { backgroundColor: 'var(--color-brand-soft)', border: '1px solid var(--color-brand)', fontWeight: tokens.fontWeightSemibold },
  sub: { border: `1px dashed ${tokens.colorNeutralStroke1}` },
  with: { display: 'flex', alignItems: 'center', columnGap: tokens.spacingHorizontalS },
  lines: { margin: 0, padding: 0, listStyleType: 'none', maxWidth: '44ch', overflowWrap: 'anywhere' },
  none: { color: tokens.colorNeutralForeground2 },
})

function Lines({ lines }: { lines: string[] }) {
  const styles = useStyles()
  if (lines.length === 0) return <span className={styles.none}>No value</span>
  return (
    <ul className={styles.lines}>
      {lines.map((line, index) => (
        <li key={`${index}-${line}`}>{line}</li>
      ))}
    </ul>
  )
}

export default function ComparePage({ loaderData: { compared, show, base } }: Route.ComponentProps) {
  const styles = useStyles()
  const [search, setSearch] = useSearchParams()
  if (!compared) {
    return (
      <PortalPage title="Compare" lead="The draft beside what is published.">
        <EmptyState icon={<BranchCompareRegular />} title="Nothing to compare with yet">
          Compare shows the draft beside the live offer or the preview. There is neither:{' '}
          <TextLink to={`${base}/review`}>publish the offer</TextLink> first.
        </EmptyState>
      </PortalPage>
    )
  }
  const { counts } = compared
  const modified = counts.removed + counts.added + counts.edited
  const filters = [
    { key: 'all', label: 'All fields', count: modified + counts.unchanged, sub: false },
    { key: 'modified', label: 'Modified fields', count: modified, sub: false },
    { key: 'removed', label: 'Removed values', count: counts.removed, sub: true },
    { key: 'added', label: 'Added values', count: counts.added, sub: true },
    { key: 'edited', label: 'Edited values', count: counts.edited, sub: true },
    { key: 'unchanged', label: 'Unchanged fields', count: counts.unchanged, sub: false },
  ].filter((filter) => !filter.sub || filter.count > 0)
  const published = versionNames[compared.with]
  return (
    <PortalPage title="Compare" lead="The saved draft beside what is published. Choose a field to open its editor.">
      <div className={styles.bar}>
        <nav aria-label="Fields to show">
          <ul className={styles.filters}>
            {filters.map((filter) => (
              <li key={filter.key}>
                <Link
                  to={`?${new URLSearchParams({ show: filter.key, with: compared.with })}`}
                  preventScrollReset
                  aria-current={filter.key === show ? 'true' : undefined}
                  className={mergeClasses(styles.filter, filter.sub && styles.sub, filter.key === show && styles.chosen)}
                >
                  {filter.label} ({filter.count})
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <label className={styles.with}>
          With
          <Select
            value={compared.with}
            onChange={(_event, { value }) => setSearch({ show: search.get('show') ?? show, with: value }, { preventScrollReset: true })}
          >
            {compared.versions.map((version) => (
              <option key={version} value={version}>
                {versionNames[version]}
              </option>
            ))}
          </Select>
        </label>
      </div>
      <Section title={filters.find((filter) => filter.key === show)?.label ?? 'Fields'}>
        {compared.fields.length === 0 ? (
          <EmptyState icon={<BranchCompareRegular />} title={show === 'modified' ? 'No differences' : 'No such fields'}>
            {show === 'modified' ? `The draft says what the ${published.toLowerCase()} says.` : 'No field of this offer is like that.'}
          </EmptyState>
        ) : (
          <DataTable
            caption={`Draft beside ${published.toLowerCase()}`}
            rows={compared.fields}
            rowKey={(row) => row.key}
            columns={[
              {
                key: 'field',
                header: 'Field',
                rowHeader: true,
                cell: (row) => (
                  <>
                    <TextLink to={row.to}>{row.label}</TextLink>
                    <br />
                    {row.page}
                  </>
                ),
              },
              {
                key: 'change',
                header: 'Change',
                cell: (row) => <Status tone={tones[row.change] ?? 'neutral'}>{changeNames[row.change] ?? row.change}</Status>,
              },
              { key: 'draft', header: 'Draft', cell: (row) => <Lines lines={row.draft} /> },
              { key: 'published', header: published, cell: (row) => <Lines lines={row.published} /> },
            ]}
          />
        )}
      </Section>
      {compared.notCompared.length > 0 ? (
        <Notice intent="info" title="Not compared:">
          {compared.notCompared.join(', ')}. Open these pages to see what they hold.
        </Notice>
      ) : null}
    </PortalPage>
  )
}
