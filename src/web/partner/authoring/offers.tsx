import { Button, Input, makeStyles, Select, tokens } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons/svg/add'
import { BoxRegular } from '@fluentui/react-icons/svg/box'
import { SearchRegular } from '@fluentui/react-icons/svg/search'
import { useState } from 'react'
import { Form, redirect, useSubmit } from 'react-router'
import { offerTypeOf } from '../../../domain/offers/index.ts'
import { allows } from '../../../kernel/authorization.ts'
import { fieldText, readForm } from '../../form.ts'
import { refused } from '../../ui/portal-access.server.ts'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../../ui/portal-page.tsx'
import { OfferStatus } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { enterPublisher } from '../publisher-access.server.ts'
import { NewOffer } from './new-offer.tsx'
import type { Route } from './+types/offers.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Offers' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Offers · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const { publisher, domain, user, read, base } = await enterPublisher(args, 'offer.read')
  const query = new URL(args.request.url).searchParams
  const filter = { q: fieldText(query, 'q', 100), status: fieldText(query, 'status', 50), type: fieldText(query, 'type', 50) }
  const rows = await read((ctx) =>
    domain.publishing.listOffers(ctx, { publisherIds: [publisher.publisherId], search: filter.q === '' ? undefined : filter.q }),
  )
  const fits = rows.filter(
    (row) => (filter.status === '' || row.status === filter.status) && (filter.type === '' || row.offerType === filter.type),
  )
  return {
    base: `${base}/offers`,
    filter,
    mayWrite: allows(user, 'offer.write', { tenantId: publisher.tenantId }),
    types: ['saas'].map(offerTypeOf).map(({ type, label }) => ({ type, label })),
    statuses: [...new Set([...rows.map((row) => row.status), ...(filter.status === '' ? [] : [filter.status])])].sort(),
    offers: fits.map((row) => ({
      offerId: row.offerId,
      alias: row.alias,
      type: row.typeLabel,
      status: row.status,
      modifiedAt: row.modifiedAt.toString(),
    })),
  }
}

/** New offer (spec/05 §1.1). */
export async function action(args: Route.ActionArgs) {
  const { publisher, domain, run, base } = await enterPublisher(args, 'offer.write')
  const form = await readForm(args.request)
  const offerId = fieldText(form, 'offerId')
  try {
    const offer = await run((ctx) =>
      domain.offers.createOffer(ctx, {
        publisherId: publisher.publisherId,
        offerId,
        offerType: fieldText(form, 'offerType'),
        alias: fieldText(form, 'alias'),
      }),
    )
    const { pages } = await run((ctx) => domain.offers.form(ctx, { offer: offer.id }))
    return redirect(`${base}/offers/${offer.offerId}/pages/${pages[0]?.module ?? ''}`, 303)
  } catch (error) {
    return refused(error)
  }
}

const useStyles = makeStyles({
  tools: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
  search: { minWidth: '240px', flexGrow: 1, maxWidth: '400px' },
})

export default function Offers({ loaderData: { base, filter, offers, statuses, types, mayWrite } }: Route.ComponentProps) {
  const styles = useStyles()
  const submit = useSubmit()
  const [creating, setCreating] = useState(false)
  const filtered = filter.q !== '' || filter.status !== '' || filter.type !== ''
  const button = mayWrite ? (
    <Button appearance="primary" icon={<AddRegular />} onClick={() => setCreating(true)}>
      New offer
    </Button>
  ) : undefined
  return (
    <PortalPage title="Offers" lead="Everything this publisher sells or is preparing to sell." actions={button}>
      {offers.length > 0 || filtered ? (
        <Form className={styles.tools} role="search" onChange={(event) => void submit(event.currentTarget, { replace: true })}>
          <Input
            className={styles.search}
            type="search"
            name="q"
            aria-label="Search by offer alias and ID"
            placeholder="Search by offer alias and ID"
            contentBefore={<SearchRegular />}
            defaultValue={filter.q}
          />
          <Select name="status" aria-label="Status" defaultValue={filter.status}>
            <option value="">Every status</option>
            {statuses.map((status) => (
              <option key={status} value={status}>
                {status}
              </option>
            ))}
          </Select>
          {types.length > 1 ? (
            <Select name="type" aria-label="Offer type" defaultValue={filter.type}>
              <option value="">Every type</option>
              {types.map(({ type, label }) => (
                <option key={type} value={type}>
                  {label}
                </option>
              ))}
            </Select>
          ) : null}
        </Form>
      ) : null}
      {offers.length === 0 ? (
        <EmptyState
          icon={<BoxRegular />}
          title={filtered ? 'No offer fits' : 'No offers yet'}
          action={filtered ? <TextLink to={base}>Show all offers</TextLink> : button}
        >
          {filtered
            ? 'Change the search or the filter.'
            : 'Create the first one: its pages tell what it needs, and it is saved while you write.'}
        </EmptyState>
      ) : (
        <DataTable
          caption="Offers, last changed first"
          rows={offers}
          rowKey={(row) => row.offerId}
          columns={[
            {
              key: 'name',
              header: 'Offer',
              cell: (row) => (
                <>
                  <TextLink to={`${base}/${row.offerId}/overview`}>{row.alias}</TextLink>
                  <br />
                  {row.offerId}
                </>
              ),
              rowHeader: true,
            },
            { key: 'type', header: 'Offer type', cell: (row) => row.type },
            { key: 'changed', header: 'Last modified (UTC)', cell: (row) => <MomentText value={row.modifiedAt} /> },
            { key: 'status', header: 'Status', cell: (row) => <OfferStatus status={row.status} /> },
          ]}
        />
      )}
      {creating ? <NewOffer types={types} onClose={() => setCreating(false)} /> : null}
    </PortalPage>
  )
}
