import { StarRegular } from '@fluentui/react-icons/svg/star'
import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { ConfirmForm, FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { featuredInput, featuredPage } from './featured-data.server.ts'
import type { Route } from './+types/featured.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Featured offers' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Featured offers · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  return featuredPage(await enter(args, 'featured.manage'))
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'featured.manage')
  const form = await readForm(args.request)
  try {
    await run(async (ctx) => {
      switch (field(form, 'intent')) {
        case 'unfeature':
          return domain.catalog.unfeature(ctx, { id: field(form, 'id') })
        case 'recompute':
          return void (await domain.catalog.recomputeFeatured(ctx))
        default:
          return domain.catalog.feature(ctx, featuredInput(form))
      }
    })
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/featured', 303)
}

export default function Featured({ loaderData: { offers, places, rows } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title="Featured offers"
      lead="What stands first in the stores. Each week the marketplace chooses by what is bought and how well an offer is described; you place others for a time."
      actions={
        <Form method="post">
          <SubmitButton name="intent" value="recompute">
            Choose this week’s anew
          </SubmitButton>
        </Form>
      }
    >
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      {offers.length === 0 ? null : (
        <Section title="Place an offer" card>
          <Form method="post" key={rows.length}>
            <FormRow>
              <SelectField name="offer" label="Offer" options={offers} error={errors.offerId ?? errors.offer} />
              <SelectField
                name="place"
                label="Store and category"
                options={places}
                error={errors.category ?? errors.place ?? errors.store}
              />
              <TextField name="from" type="date" label="From" error={errors.from} required />
              <TextField name="until" type="date" label="Until, this day not included" error={errors.until} required />
              <SubmitButton appearance="primary">Place it</SubmitButton>
            </FormRow>
          </Form>
        </Section>
      )}
      <Section title="Places">
        {rows.length === 0 ? (
          <EmptyState icon={<StarRegular />} title="Nothing is featured">
            Offers that are bought and well described are chosen each Monday.
          </EmptyState>
        ) : (
          <DataTable
            caption="Featured offers of today and later"
            rows={rows}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'title',
                header: 'Offer',
                cell: (row) => (
                  <TextLink to={row.product} document>
                    {row.title}
                  </TextLink>
                ),
                rowHeader: true,
              },
              { key: 'publisher', header: 'Publisher', cell: (row) => row.publisherId },
              { key: 'store', header: 'Store', cell: (row) => row.store },
              { key: 'category', header: 'Category', cell: (row) => row.category },
              {
                key: 'kind',
                header: 'Chosen',
                cell: (row) =>
                  row.byOperator ? (
                    <Status tone="info">By you</Status>
                  ) : (
                    <Status tone="neutral">{row.score === null ? 'By score' : `By score ${row.score}`}</Status>
                  ),
              },
              { key: 'from', header: 'From', cell: (row) => <DateText value={row.from} /> },
              { key: 'until', header: 'Until', cell: (row) => <DateText value={row.until} /> },
              {
                key: 'end',
                header: 'End',
                cell: (row) =>
                  row.byOperator ? (
                    <ConfirmForm
                      intent="unfeature"
                      fields={{ id: row.id }}
                      button="End"
                      small
                      title={`${row.title} is not featured any more?`}
                      confirm="End it"
                      keep="Keep it"
                    >
                      It leaves its place at once. The offer itself stays in the stores.
                    </ConfirmForm>
                  ) : (
                    '–'
                  ),
              },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}
