import { Button, Checkbox, Field, Input, makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import { FilterRegular } from '@fluentui/react-icons/svg/filter'
import { HistoryRegular } from '@fluentui/react-icons/svg/history'
import { useState } from 'react'
import { Form } from 'react-router'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { EmptyState, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { enterOffer } from '../authoring/offer-access.server.ts'
import { offerHistory } from './publishing-data.server.ts'
import type { Route } from './+types/history.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'History' }] }

export async function loader(args: Route.LoaderArgs) {
  return offerHistory(await enterOffer(args, 'offer.read'), new URL(args.request.url).searchParams)
}

const useStyles = makeStyles({
  panel: {
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    padding: tokens.spacingHorizontalL,
    display: 'grid',
    rowGap: tokens.spacingVerticalL,
  },
  groups: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(240px, 1fr))', gap: tokens.spacingHorizontalXL },
  group: { border: 'none', margin: 0, padding: 0, minWidth: 0, display: 'grid', alignContent: 'start' },
  legend: { fontWeight: tokens.fontWeightSemibold, padding: 0, marginBottom: tokens.spacingVerticalXS },
  buttons: { display: 'flex', gap: tokens.spacingHorizontalS, flexWrap: 'wrap' },
  step: { display: 'inline-flex', alignItems: 'center', columnGap: tokens.spacingHorizontalS },
  dot: { width: '10px', height: '10px', borderRadius: '50%', flexShrink: 0, backgroundColor: 'var(--color-success)' },
  failed: { backgroundColor: 'var(--color-danger)' },
})

function Choices({ legend, name, options, chosen }: { legend: string; name: string; options: string[]; chosen: string[] }) {
  const styles = useStyles()
  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend}>{legend}</legend>
      {options.length === 0 ? 'Nobody yet' : null}
      {options.map((option) => (
        <Checkbox key={option} name={name} value={option} label={option} defaultChecked={chosen.includes(option)} />
      ))}
    </fieldset>
  )
}

export default function HistoryPage({ loaderData: { entries, offered, chosen, isFiltered, base } }: Route.ComponentProps) {
  const styles = useStyles()
  const [open, setOpen] = useState(isFiltered)
  return (
    <PortalPage
      title="History"
      lead="What was done with this offer, and by whom. Saving a draft is not recorded."
      actions={
        <Button icon={<FilterRegular />} aria-expanded={open} aria-controls="history-filters" onClick={() => setOpen(!open)}>
          Filters
        </Button>
      }
    >
      {open ? (
        <Form method="get" id="history-filters" className={styles.panel} key={JSON.stringify(chosen)}>
          <div className={styles.groups}>
            <Choices legend="Events" name="event" options={offered.events} chosen={chosen.events} />
            <Choices legend="Users" name="user" options={offered.users} chosen={chosen.users} />
            <Choices legend="Pages" name="page" options={offered.pages} chosen={chosen.pages} />
            <fieldset className={styles.group}>
              <legend className={styles.legend}>Date</legend>
              <Field label="From">
                <Input type="date" name="from" defaultValue={chosen.from} />
              </Field>
              <Field label="To">
                <Input type="date" name="to" defaultValue={chosen.to} />
              </Field>
            </fieldset>
          </div>
          <div className={styles.buttons}>
            <Button type="submit" appearance="primary">
              Apply
            </Button>
            <ButtonLink to={`${base}/history`}>Clear filters</ButtonLink>
          </div>
        </Form>
      ) : null}
      <Section title={isFiltered ? 'Events that fit the filters' : 'All events'}>
        {entries.length === 0 ? (
          <EmptyState icon={<HistoryRegular />} title={isFiltered ? 'No event fits the filters' : 'Nothing yet'}>
            {isFiltered ? 'Choose fewer filters, or clear them.' : 'Events appear when the offer is submitted.'}
          </EmptyState>
        ) : (
          <DataTable
            caption="History of the offer, newest first"
            rows={entries}
            rowKey={(entry) => entry.id}
            columns={[
              {
                key: 'by',
                header: 'Initiated by',
                cell: (entry) => entry.initiatedBy || <span className="visually-hidden">The marketplace</span>,
              },
              {
                key: 'event',
                header: 'Event',
                rowHeader: true,
                cell: (entry) =>
                  entry.status ? (
                    <span className={styles.step}>
                      <span className={mergeClasses(styles.dot, entry.status === 'Failed' && styles.failed)} aria-hidden="true" />
                      {entry.event}
                      <Status tone={entry.status === 'Failed' ? 'bad' : 'good'}>{entry.status}</Status>
                    </span>
                  ) : (
                    entry.event
                  ),
              },
              {
                key: 'at',
                header: 'Date and time',
                cell: (entry) => (
                  <time dateTime={entry.at} style={{ whiteSpace: 'nowrap' }}>
                    {entry.when}
                  </time>
                ),
              },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}
