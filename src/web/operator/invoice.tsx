import { Form, redirect, useActionData } from 'react-router'
import { WriteOffStatus } from '../ui/payout-words.tsx'
import { InvoiceExplanationView } from '../ui/invoice-explanation.tsx'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { Facts, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { InvoiceStatus, PaymentStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText, MomentText } from '../ui/portal-time.tsx'
import { documentOf } from './billing-data.server.ts'
import type { Route } from './+types/invoice.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Invoices', to: '/operator/invoices' },
    { text: data?.document.number ?? 'Document' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.document.number ?? 'Invoice'} · Operator console` }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'operator.console')
  return { ...(await documentOf(visit, args.params.invoice)), done: new URL(args.request.url).searchParams.get('done') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const form = await args.request.formData()
  const page = `/operator/invoices/${args.params.invoice}`
  try {
    if (field(form, 'intent') === 'write-off') {
      const made = await run((ctx) => domain.billing.requestWriteOff(ctx, args.params.invoice, field(form, 'reason')))
      return redirect(`${page}?done=${made.state}`, 303)
    }
    await run((ctx) => domain.billing.markInvoicePaid(ctx, args.params.invoice, field(form, 'reference')))
  } catch (error) {
    return refused(error)
  }
  return redirect(`${page}?done=paid`, 303)
}

const doneWords: Record<string, string> = {
  booked: 'Written off.',
  requested: 'A second operator must approve it.',
}

export default function OperatorInvoice({ loaderData: { document: one, why, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title={`${one.credit ? 'Credit note' : 'Invoice'} ${one.number}`}
      actions={
        <>
          <ButtonLink to={`/operator/invoices/${one.id}/csv`} document>
            CSV
          </ButtonLink>
          <ButtonLink to={`/operator/invoices/${one.id}/pdf`} document>
            PDF
          </ButtonLink>
        </>
      }
    >
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : done ? (
        <Notice
          intent="success"
          title={done === 'paid' ? (one.credit ? 'Marked as paid back.' : 'Marked as paid.') : (doneWords[done] ?? 'Done.')}
        />
      ) : null}
      <Section title="Document" card>
        <Facts
          facts={[
            { label: 'Customer', value: one.customer },
            { label: 'Customer id', value: one.tenant },
            { label: 'Country', value: one.country },
            ...(one.taxId ? [{ label: 'Tax number', value: one.taxId }] : []),
            { label: 'Date', value: <DateText value={one.date} /> },
            ...(one.credit ? [] : [{ label: 'Due', value: <DateText value={one.dueOn} /> }]),
            { label: 'State', value: <InvoiceStatus status={one.state} /> },
            { label: 'Net', value: one.net },
            { label: 'Tax', value: one.tax },
            { label: 'Total', value: <strong>{one.total}</strong> },
            ...(one.left ? [{ label: one.state === 'written-off' ? 'Written off' : 'Open', value: one.left }] : []),
            ...(one.statementOn
              ? [
                  {
                    label: 'Presented',
                    value: one.statement ? (
                      <TextLink to={`/operator/statements/${one.statement}`}>With the quarter’s statement</TextLink>
                    ) : (
                      <>
                        With the statement of <DateText value={one.statementOn} />
                      </>
                    ),
                  },
                ]
              : []),
            ...(one.nextAttemptAt ? [{ label: 'Next step of collection', value: <MomentText value={one.nextAttemptAt} /> }] : []),
            ...(one.suspendedAt ? [{ label: 'Subscriptions suspended', value: <MomentText value={one.suspendedAt} /> }] : []),
          ]}
        />
      </Section>
      {one.state === 'open' || one.state === 'written-off' ? (
        <Section title={one.credit ? 'Mark as paid back' : 'Mark as paid'} card>
          <Form method="post">
            <FormRow>
              <TextField
                name="reference"
                label="Reference of the transfer"
                hint="From the bank statement; it is kept with the payment."
                required
                error={refusal?.errors.fields.reference}
              />
              <SubmitButton appearance="primary">{one.credit ? 'It has been paid back' : 'The money has arrived'}</SubmitButton>
            </FormRow>
          </Form>
        </Section>
      ) : null}
      {one.writable && !one.asked ? (
        <Section title="Write off" card>
          <Form method="post">
            <input type="hidden" name="intent" value="write-off" />
            <FormRow>
              <TextField
                name="reason"
                label="Why it will never be paid"
                hint={`${one.left ?? 'What is open'} is given up, with the publisher’s share, the store fee and the tax of it.`}
                required
                error={refusal?.errors.fields.reason}
              />
              <SubmitButton>Write off</SubmitButton>
            </FormRow>
          </Form>
        </Section>
      ) : null}
      {one.asked ? (
        <Notice intent="info" title={`${one.asked} asks to write it off.`}>
          A second operator decides under <TextLink to="/operator/invoices/write-offs">Write-offs</TextLink>.
        </Notice>
      ) : null}
      {one.writeOffs.length > 0 ? (
        <Section title="Write-offs">
          <DataTable
            caption={`Write-offs of ${one.number}`}
            rows={one.writeOffs}
            rowKey={(row) => row.id}
            columns={[
              { key: 'number', header: 'Write-off', cell: (row) => row.number, rowHeader: true },
              { key: 'at', header: 'Date', cell: (row) => <DateText value={row.requestedAt} /> },
              { key: 'state', header: 'State', cell: (row) => <WriteOffStatus status={row.state} /> },
              { key: 'by', header: 'By', cell: (row) => [row.requestedBy, row.decidedBy].filter(Boolean).join(', ') },
              { key: 'reason', header: 'Why', cell: (row) => [row.reason, row.note].filter(Boolean).join('. ') },
              { key: 'amount', header: 'Amount', cell: (row) => row.amount, align: 'end' },
            ]}
          />
        </Section>
      ) : null}
      {one.payments.length > 0 ? (
        <Section title="Payments">
          <DataTable
            caption={`Payments of ${one.number}`}
            rows={one.payments}
            rowKey={(payment) => payment.id}
            columns={[
              { key: 'at', header: 'Time', cell: (payment) => <MomentText value={payment.at} />, rowHeader: true },
              { key: 'state', header: 'State', cell: (payment) => <PaymentStatus status={payment.state} /> },
              { key: 'method', header: 'Paid by', cell: (payment) => payment.method },
              { key: 'note', header: 'Note', cell: (payment) => payment.note },
              { key: 'amount', header: 'Amount', cell: (payment) => payment.amount, align: 'end' },
            ]}
          />
        </Section>
      ) : null}
      <InvoiceExplanationView of={why} />
    </PortalPage>
  )
}
