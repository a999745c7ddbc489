import { Button, Input, makeStyles, Select, tokens } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons/svg/add'
import { BoxRegular } from '@fluentui/react-icons/svg/box'
import { SearchRegular } from '@fluentui/react-icons/svg/search'
import { useState } from 'react'
import { Form, redirect, useSubmit } from 'react-router'
import { allows } from '../../../kernel/authorization.ts'
import type { Ctx } from '../../../kernel/context.ts'
import { notFound } from '../../../kernel/errors.ts'
import { fieldText, readForm } from '../../form.ts'
import { refused } from '../../ui/portal-access.server.ts'
import { ConfirmForm } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage } from '../../ui/portal-page.tsx'
import { OfferStatus } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { enterPublisher } from '../publisher-access.server.ts'
import { CopyOffer, NewOffer } from './new-offer.tsx'
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
    types: domain.offers.types(),
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

const planIdChoices = ['same', 'add-test', 'remove-test'] as const

/** New offer (spec/05 §1.1), a copy of one, and deleting a draft. */
export async function action(args: Route.ActionArgs) {
  const { publisher, domain, run, base } = await enterPublisher(args, 'offer.write')
  const { publisherId } = publisher
  const form = await readForm(args.request)
  const intent = fieldText(form, 'intent')
  const names = { offerId: fieldText(form, 'offerId'), alias: fieldText(form, 'alias') }
  const found = async (ctx: Ctx) => {
    const offer = await domain.offers.findOffer(ctx, publisherId, fieldText(form, 'offer'))
    if (!offer) throw notFound('OfferNotFound', 'There is no such offer.', { target: 'offer' })
    return offer.id
  }
  try {
    if (intent === 'delete') {
      await run(async (ctx) => domain.offers.deleteOffer(ctx, { offer: await found(ctx) }))
      return redirect(`${base}/offers`, 303)
    }
    const planIds = planIdChoices.find((choice) => choice === fieldText(form, 'planIds'))
    const { offer, first } = await run(async (ctx) => {
      const created =
        intent === 'copy'
          ? await domain.offers.copyOffer(ctx, { offer: await found(ctx), planIds, ...names })
          : await domain.offers.createOffer(ctx, { publisherId, offerType: fieldText(form, 'offerType'), ...names })
      const { pages } = await domain.offers.form(ctx, { offer: created.id })
      return { offer: created, first: pages[0]?.module ?? '' }
    })
    return redirect(`${base}/offers/${offer.offerId}/pages/${first}`, 303)
  } catch (error) {
    return refused(error)
  }
}

const useStyles = makeStyles({
  tools: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
  actions: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
  search: { minWidth: '240px', flexGrow: 1, maxWidth: '400px' },
})

type OfferRow = Awaited<ReturnType<typeof loader>>['offers'][number]

export default function Offers({ loaderData: { base, filter, offers, statuses, types, mayWrite }, actionData }: Route.ComponentProps) {
  const styles = useStyles()
  const submit = useSubmit()
  const [creating, setCreating] = useState(false)
  const [copying, setCopying] = useState<OfferRow>()
  const filtered = filter.q !== '' || filter.status !== '' || filter.type !== ''
  const button = mayWrite ? (
    <Button appearance="primary" icon={<AddRegular />} onClick={() => setCreating(true)}>
      New offer
    </Button>
  ) : undefined
  return (
    <PortalPage title="Offers" lead="Everything this publisher sells or is preparing to sell." actions={button}>
      {actionData?.errors ? (
        <Notice intent="error" title="This was refused.">
          {actionData.errors.message}
        </Notice>
      ) : null}
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
            ...(mayWrite
              ? [
                  {
                    key: 'actions',
                    header: 'Action',
                    cell: (row: OfferRow) => (
                      <div className={styles.actions}>
                        <Button size="small" aria-label={`Copy ${row.alias}`} onClick={() => setCopying(row)}>
                          Copy
                        </Button>
                        {row.status === 'Draft' ? (
                          <ConfirmForm
                            intent="delete"
                            fields={{ offer: row.offerId }}
                            small
                            button="Delete draft"
                            title={`Delete the draft ${row.alias}?`}
                            confirm="Delete the draft"
                            keep="Keep it"
                          >
                            All its pages, plans and prices are removed. This cannot be undone. The offer ID {row.offerId} can be used
                            again.
                          </ConfirmForm>
                        ) : null}
                      </div>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      {copying ? <CopyOffer offer={copying} onClose={() => setCopying(undefined)} /> : null}
      {creating ? <NewOffer types={types} onClose={() => setCreating(false)} /> : null}
    </PortalPage>
  )
}
