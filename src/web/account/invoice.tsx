import { ArrowDownloadRegular } from '@fluentui/react-icons/svg/arrow-download'
import { Form, redirect, useActionData } from 'react-router'
import { allows } from '../../kernel/authorization.ts'
import { lineColumn } from '../ui/line-column.tsx'
import { enter, refused } from '../ui/portal-access.server.ts'
import { SubmitButton } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { Facts, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { InvoiceStatus, PaymentStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText, MomentText } from '../ui/portal-time.tsx'
import { customerInvoice } from './account-data.server.ts'
import type { Route } from './+types/invoice.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Invoices', to: '/account/invoices' },
    { text: data?.invoice.number ?? 'Invoice' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `Invoice ${loaderData?.invoice.number ?? ''} · My account` }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'invoice.read')
  const invoice = await customerInvoice(visit, args.params.invoice)
  const mayPay = allows(visit.user, 'billing.manage', { tenantId: invoice.customerTenantId })
  return { invoice, mayPay, done: new URL(args.request.url).searchParams.get('done') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'billing.manage')
  try {
    const payment = await run((ctx) => domain.billing.payInvoice(ctx, args.params.invoice))
    const done = payment?.state ?? 'captured'
    return redirect(`/account/invoices/${args.params.invoice}?done=${done}`, 303)
  } catch (error) {
    return refused(error)
  }
}

export default function InvoicePage({ loaderData: { invoice, mayPay, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title={`${invoice.credit ? 'Credit note' : 'Invoice'} ${invoice.number}`}
      actions={
        <>
          <ButtonLink to={`/account/invoices/${invoice.id}/why`}>Why these amounts</ButtonLink>
          <ButtonLink to={`/account/invoices/${invoice.id}/csv`} icon={<ArrowDownloadRegular fontSize={20} />} document>
            CSV
          </ButtonLink>
          <ButtonLink to={`/account/invoices/${invoice.id}/pdf`} icon={<ArrowDownloadRegular fontSize={20} />} document>
            Download PDF
          </ButtonLink>
        </>
      }
    >
      {refusal ? (
        <Notice intent="error" title="This was not paid.">
          {refusal.errors.message}
        </Notice>
      ) : done === 'failed' ? (
        <Notice intent="error" title="The payment failed.">
          {invoice.payments.at(-1)?.failure} Choose another payment method, or try again.
        </Notice>
      ) : done === 'processing' ? (
        <Notice intent="info" title="Your card is being charged. Load the page again in a moment." />
      ) : done === 'captured' ? (
        <Notice intent="success" title="The invoice is paid." />
      ) : null}
      {invoice.owes ? (
        <Section title="To pay" card>
          <p style={{ margin: 0 }}>
            {invoice.left} {invoice.owes}
          </p>
          {mayPay ? (
            <Form method="post" style={{ display: 'flex', flexWrap: 'wrap', gap: '12px', alignItems: 'center', marginTop: '12px' }}>
              {invoice.payable ? <SubmitButton appearance="primary">Pay now</SubmitButton> : null}
              <TextLink to="/account/billing">Payment method</TextLink>
            </Form>
          ) : null}
        </Section>
      ) : null}
      <Section title="Invoice" card>
        <Facts
          facts={[
            { label: 'Date', value: <DateText value={invoice.date} /> },
            { label: 'For', value: invoice.period },
            { label: 'Due', value: <DateText value={invoice.dueOn} /> },
            ...(invoice.statement
              ? [
                  {
                    label: 'Presented',
                    value: <TextLink to={`/account/statements/${invoice.statement}`}>With the quarter’s statement</TextLink>,
                  },
                ]
              : []),
            { label: 'State', value: <InvoiceStatus status={invoice.status} /> },
            { label: 'Billed to', value: invoice.billedTo },
            ...(invoice.taxId ? [{ label: 'Tax number', value: invoice.taxId }] : []),
            ...(invoice.purchaseOrder ? [{ label: 'Purchase order', value: invoice.purchaseOrder }] : []),
            { label: 'Net', value: invoice.net },
            { label: 'Tax', value: invoice.tax },
            { label: 'Total', value: <strong>{invoice.total}</strong> },
          ]}
        />
      </Section>
      <Section title="Lines">
        <DataTable
          caption={`Lines of invoice ${invoice.number}`}
          rows={invoice.lines}
          rowKey={(line) => line.id}
          columns={[
            lineColumn(),
            { key: 'period', header: 'For', cell: (line) => line.period },
            { key: 'quantity', header: 'Quantity', cell: (line) => line.quantity, align: 'end' },
            { key: 'price', header: 'Unit price', cell: (line) => line.unitPrice, align: 'end' },
            { key: 'net', header: 'Amount', cell: (line) => line.net, align: 'end' },
            { key: 'tax', header: 'Tax', cell: (line) => line.tax, align: 'end' },
          ]}
        />
      </Section>
      {invoice.payments.length > 0 ? (
        <Section title="Payments">
          <DataTable
            caption={`Payments of invoice ${invoice.number}`}
            rows={invoice.payments}
            rowKey={(payment) => payment.id}
            columns={[
              { key: 'at', header: 'Time', cell: (payment) => <MomentText value={payment.at} />, rowHeader: true },
              { key: 'state', header: 'State', cell: (payment) => <PaymentStatus status={payment.state} /> },
              { key: 'method', header: 'Paid by', cell: (payment) => payment.method },
              { key: 'why', header: 'Note', cell: (payment) => payment.failure ?? '–' },
              { key: 'amount', header: 'Amount', cell: (payment) => payment.amount, align: 'end' },
            ]}
          />
        </Section>
      ) : null}
    </PortalPage>
  )
}
