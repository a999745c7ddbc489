import { BoxSearchRegular } from '@fluentui/react-icons/svg/box-search'
import { useActionData, redirect } from 'react-router'
import { Temporal } from 'temporal-polyfill'
import { invalid } from '../../kernel/errors.ts'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { ConfirmForm } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { EmptyState, Notice, PortalPage } from '../ui/portal-page.tsx'
import { Status, SubscriptionStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText } from '../ui/portal-time.tsx'
import type { Route } from './+types/previews.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Purchases of previews' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Purchases of previews · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'operator.console')
  const rows = await read(async (ctx) => {
    const bought = await domain.subscriptions.previewPurchases(ctx)
    const refunded = await domain.billing.refundedAmong(
      ctx,
      bought.map((row) => row.id),
    )
    const days = domain.billing.usualRefundDays
    return bought.map((row) => ({
      id: row.id,
      offer: `${row.agreement.offerName}, ${row.agreement.planName}`,
      publisherId: row.publisherId,
      buyer: row.purchaser.email,
      boughtAt: row.createdAt.toString(),
      status: row.status,
      refundedAt: refunded.get(row.id)?.toString() ?? null,
      late: Temporal.Instant.compare(ctx.now, row.createdAt.add({ hours: 24 * days })) > 0,
    }))
  })
  return { rows, done: new URL(args.request.url).searchParams.get('done') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const form = await args.request.formData()
  try {
    if (field(form, 'intent') !== 'refund') throw invalid('UnknownIntent', 'This page has no such form.')
    await run((ctx) => domain.billing.refundPreview(ctx, field(form, 'subscription'), { late: field(form, 'late') === 'yes' }))
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/previews?done=refund', 303)
}

export default function Previews({ loaderData: { rows, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title="Purchases of previews"
      lead="Publishers try their offers before they go live; what they buy is processed like any purchase. Whoever only tried is paid back in full, without a store fee, usually within 7 days."
    >
      {refusal ? (
        <Notice intent="error" title="This was not paid back.">
          {refusal.errors.message}
        </Notice>
      ) : done === 'refund' ? (
        <Notice intent="success" title="Paid back. The subscription has ended, and a credit note was made for what had been billed." />
      ) : null}
      {rows.length === 0 ? (
        <EmptyState icon={<BoxSearchRegular />} title="Nobody has bought a preview">
          When somebody of a preview’s audience buys it, it stands here.
        </EmptyState>
      ) : (
        <DataTable
          caption="Purchases of previews, the newest first"
          rows={rows}
          rowKey={(row) => row.id}
          columns={[
            { key: 'offer', header: 'Offer', cell: (row) => row.offer, rowHeader: true },
            { key: 'publisher', header: 'Publisher', cell: (row) => row.publisherId },
            { key: 'buyer', header: 'Bought by', cell: (row) => row.buyer },
            { key: 'at', header: 'Bought', cell: (row) => <DateText value={row.boughtAt.slice(0, 10)} /> },
            { key: 'state', header: 'State', cell: (row) => <SubscriptionStatus status={row.status} /> },
            {
              key: 'refund',
              header: 'Paid back',
              cell: (row) =>
                row.refundedAt ? (
                  <Status tone="good">{`Paid back ${row.refundedAt.slice(0, 10)}`}</Status>
                ) : (
                  <ConfirmForm
                    intent="refund"
                    fields={{ subscription: row.id, late: row.late ? 'yes' : 'no' }}
                    button="Pay back"
                    small
                    title={`Pay back ${row.offer}?`}
                    confirm="Yes, pay it back"
                    keep="Leave it"
                  >
                    {row.late
                      ? 'This purchase is more than 7 days old, later than a refund is usual. The subscription ends now, and all that was billed is paid back with its tax; the publisher and the marketplace give back their shares.'
                      : 'The subscription ends now, and all that was billed is paid back with its tax; the publisher and the marketplace give back their shares.'}
                  </ConfirmForm>
                ),
            },
          ]}
        />
      )}
    </PortalPage>
  )
}
