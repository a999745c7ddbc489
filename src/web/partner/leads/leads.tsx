import { ArrowDownloadRegular } from '@fluentui/react-icons/svg/arrow-download'
import { FilterRegular } from '@fluentui/react-icons/svg/filter'
import { PersonFeedbackRegular } from '@fluentui/react-icons/svg/person-feedback'
import { Form } from 'react-router'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../../ui/portal-page.tsx'
import { Pages } from '../../ui/portal-pages.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { enterPublisher } from '../publisher-access.server.ts'
import type { Route } from './+types/leads.ts'
import { leadFilter, publisherLeads } from './lead-data.server.ts'
import { actTexts, leadStates } from './lead-words.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Leads' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Leads · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'lead.read')
  const search = new URL(args.request.url).searchParams
  const filter = leadFilter(search)
  return {
    base: `/partner/publishers/${visit.publisher.publisherId}`,
    filter,
    query: search.toString(),
    ...(await publisherLeads(visit, filter)),
  }
}

const acts = [{ value: '', label: 'All' }, ...Object.entries(actTexts).map(([value, label]) => ({ value, label }))]
const states = [{ value: '', label: 'All states' }, ...Object.entries(leadStates).map(([value, { label }]) => ({ value, label }))]

export default function Leads({ loaderData: { base, filter, query, offers, leads, pages, total } }: Route.ComponentProps) {
  const { page: _page, ...chosen } = filter
  const filtered = Object.values(chosen).some((value) => value !== '')
  return (
    <PortalPage
      title="Leads"
      lead="Customers who asked to be contacted, went on to your trial or free offer, or bought. Each agreed that you get the contact data, to be used for this offer."
      actions={
        leads.length > 0 ? (
          <ButtonLink to={`${base}/leads.csv${query ? `?${query}` : ''}`} icon={<ArrowDownloadRegular fontSize={20} />} document>
            Download CSV
          </ButtonLink>
        ) : undefined
      }
    >
      <Form method="get" role="search" aria-label="Leads">
        <FormRow>
          <TextField
            name="q"
            type="search"
            label="Search"
            placeholder="Name, e-mail or company"
            defaultValue={filter.q}
            autoComplete="off"
          />
          <SelectField name="offer" label="Offer" options={[{ value: '', label: 'All offers' }, ...offers]} defaultValue={filter.offer} />
          <SelectField name="act" label="What they did" options={acts} defaultValue={filter.act} />
          <SelectField name="state" label="Delivery" options={states} defaultValue={filter.state} />
          <TextField name="from" type="date" label="From" defaultValue={filter.from} />
          <TextField name="to" type="date" label="To" defaultValue={filter.to} />
          <SubmitButton icon={<FilterRegular />}>Filter</SubmitButton>
        </FormRow>
      </Form>
      {leads.length === 0 ? (
        <EmptyState
          icon={<PersonFeedbackRegular />}
          title={filtered ? 'No lead matches' : 'No leads yet'}
          action={
            filtered ? <TextLink to={`${base}/leads`}>Show all</TextLink> : <TextLink to={`${base}/offers`}>Look at your offers</TextLink>
          }
        >
          {filtered
            ? 'Take a filter away or search for a part of the name.'
            : 'When a customer selects Contact me, Free trial or Get it now on one of your live offers, or buys it, the lead appears here at once.'}
        </EmptyState>
      ) : (
        <DataTable
          caption="Leads, newest first"
          rows={leads}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'person',
              header: 'Person',
              cell: (row) => <TextLink to={`${base}/leads/${row.id}`}>{row.person}</TextLink>,
              rowHeader: true,
            },
            { key: 'company', header: 'Company', cell: (row) => row.company || '–' },
            { key: 'country', header: 'Country', cell: (row) => row.country || '–' },
            { key: 'offer', header: 'Offer', cell: (row) => (row.preview ? `${row.offer} (preview)` : row.offer) },
            { key: 'act', header: 'What they did', cell: (row) => row.act },
            { key: 'source', header: 'Where', cell: (row) => row.source },
            { key: 'state', header: 'Delivery', cell: (row) => <Status tone={row.state.tone}>{row.state.label}</Status> },
            { key: 'at', header: 'When', cell: (row) => <MomentText value={row.at} /> },
          ]}
        />
      )}
      <Pages path={`${base}/leads`} query={query} page={filter.page} pages={pages} total={total} />
    </PortalPage>
  )
}
