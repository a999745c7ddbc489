import { CloudDismissRegular } from '@fluentui/react-icons/svg/cloud-dismiss'
import { redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { ConfirmForm } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { SupportTabs } from './tabs.tsx'
import type { Route } from './+types/removals.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Support', to: '/operator/support' }, { text: 'Removals of offers' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Removals of offers · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'subscription.terminate')
  const rows = await read((ctx) => domain.support.removals(ctx))
  return {
    removals: rows.map((row) => ({
      id: row.id,
      request: row.request,
      name: row.offerName,
      publisher: row.publisherId,
      state: row.state,
      effectiveAt: row.effectiveAt.toString(),
      told: row.told,
      ended: row.ended,
      by: row.announcedBy,
    })),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'subscription.terminate')
  const form = await readForm(args.request)
  try {
    await run((ctx) => domain.support.withdrawRemoval(ctx, field(form, 'removal'), 'taken back in the operator console'))
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/support/removals', 303)
}

const words = {
  announced: { label: 'Announced', tone: 'attention' },
  done: { label: 'Done', tone: 'neutral' },
  withdrawn: { label: 'Taken back', tone: 'info' },
} as const

export default function Removals({ loaderData: { removals } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title="Removals of offers"
      lead="Offers that were, or will be, taken away from the customers who have them. Each begins with a request of its publisher."
    >
      <SupportTabs />
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      {removals.length === 0 ? (
        <EmptyState icon={<CloudDismissRegular />} title="No offer was removed">
          A publisher asks for it under Offer or App Delisting, Removal, or Termination; the request then has a button for it.
        </EmptyState>
      ) : (
        <DataTable
          caption="Removals, newest first"
          rows={removals}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'offer',
              header: 'Offer',
              cell: (row) => <TextLink to={`/operator/support/${row.request}`}>{row.name}</TextLink>,
              rowHeader: true,
            },
            { key: 'publisher', header: 'Publisher', cell: (row) => row.publisher },
            { key: 'on', header: 'Ends on', cell: (row) => <DateText value={row.effectiveAt} /> },
            { key: 'state', header: 'State', cell: (row) => <Status tone={words[row.state].tone}>{words[row.state].label}</Status> },
            { key: 'told', header: 'Told', cell: (row) => row.told, align: 'end' },
            { key: 'ended', header: 'Ended', cell: (row) => row.ended, align: 'end' },
            { key: 'by', header: 'Announced by', cell: (row) => row.by },
            {
              key: 'back',
              header: 'Take back',
              cell: (row) =>
                row.state === 'announced' ? (
                  <ConfirmForm
                    intent="withdraw"
                    fields={{ removal: row.id }}
                    button="Take back"
                    small
                    title={`${row.name} stays?`}
                    confirm="Take the removal back"
                    keep="Leave it announced"
                  >
                    The customers who were told are told that it does not take place. The offer stays off the stores until its publisher
                    publishes it again.
                  </ConfirmForm>
                ) : (
                  '–'
                ),
            },
          ]}
        />
      )}
    </PortalPage>
  )
}
