import { Text } from '@fluentui/react-components'
import { BuildingBankRegular } from '@fluentui/react-icons/svg/building-bank'
import { Form, redirect, useActionData } from 'react-router'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { bankFileList } from './payouts-data.server.ts'
import { PayoutTabs } from './tabs.tsx'
import type { Route } from './+types/files.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Payouts', to: '/operator/payouts' }, { text: 'Bank files' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Bank files · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'operator.console')
  const sandbox = visit.kernel.config.mode === 'sandbox'
  return { ...(await bankFileList(visit)), sandbox, done: new URL(args.request.url).searchParams.get('done') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const form = await args.request.formData()
  try {
    if (field(form, 'intent') === 'payer') {
      await run((ctx) =>
        domain.billing.setPayerAccount(ctx, { holder: field(form, 'holder'), iban: field(form, 'iban'), bic: field(form, 'bic') }),
      )
      return redirect('/operator/payouts/files?done=payer', 303)
    }
    const files = await run((ctx) => domain.billing.createBankFiles(ctx, { payOn: field(form, 'payOn') }))
    const [only] = files
    return redirect(
      files.length === 1 && only
        ? `/operator/payouts/files/${only}`
        : `/operator/payouts/files?done=${files.length === 0 ? 'none' : 'files'}`,
      303,
    )
  } catch (error) {
    return refused(error)
  }
}

const said: Record<string, string> = {
  payer: 'Saved. Bank files name this account from now on.',
  files: 'The files are made.',
  none: 'Nothing can be sent: what is prepared waits for valid payout profiles.',
}

export default function BankFiles({ loaderData: { today, prepared, payer, files, sandbox, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title="Bank files"
      lead="Prepared payouts as files for the bank: SEPA credit transfers in euro, and a table for everything else."
    >
      <PayoutTabs />
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : done && said[done] ? (
        <Notice intent={done === 'none' ? 'warning' : 'success'} title={said[done]} />
      ) : null}
      <Section title="Hand payouts to the bank" card>
        {payer === null ? (
          <Text block>Enter the account that payouts are made from first.</Text>
        ) : (
          <>
            <Text block>
              {prepared === 0
                ? 'No payout is prepared.'
                : `${prepared.toLocaleString('en-US')} ${prepared === 1 ? 'payout is' : 'payouts are'} prepared. They count as sent when their file is made.`}
            </Text>
            {prepared > 0 ? (
              <Form method="post">
                <input type="hidden" name="intent" value="create" />
                <FormRow>
                  <TextField name="payOn" type="date" label="The bank shall pay on" defaultValue={today} required error={errors.payOn} />
                  <SubmitButton appearance="primary">Make the files</SubmitButton>
                </FormRow>
              </Form>
            ) : null}
          </>
        )}
      </Section>
      <Section title="Account that payouts are made from" card>
        <Text block>
          {payer === null
            ? sandbox
              ? 'None entered. Until there is one, the sandbox’s bank takes every transfer at once.'
              : 'None entered.'
            : `${payer.holder}, account ending in ${payer.accountEnd}.`}
        </Text>
        <Form method="post">
          <input type="hidden" name="intent" value="payer" />
          <FormRow>
            <TextField name="holder" label="Account holder" defaultValue={payer?.holder ?? ''} required error={errors.holder} />
            <TextField name="iban" label="IBAN" autoComplete="off" required error={errors.iban} />
            <TextField name="bic" label="BIC" autoComplete="off" error={errors.bic} />
            <SubmitButton>Save the account</SubmitButton>
          </FormRow>
        </Form>
      </Section>
      <Section title="Files">
        {files.length === 0 ? (
          <EmptyState icon={<BuildingBankRegular />} title="No bank files yet">
            A file is made from the payouts that a run has prepared.
          </EmptyState>
        ) : (
          <DataTable
            caption="Bank files, newest first"
            rows={files}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'number',
                header: 'File',
                cell: (row) => <TextLink to={`/operator/payouts/files/${row.id}`}>{row.number}</TextLink>,
                rowHeader: true,
              },
              { key: 'rail', header: 'Kind', cell: (row) => (row.rail === 'sepa' ? 'SEPA credit transfers' : 'Other transfers') },
              { key: 'on', header: 'Pay on', cell: (row) => <DateText value={row.payOn} /> },
              { key: 'payouts', header: 'Payouts', cell: (row) => row.payouts, align: 'end' },
              {
                key: 'state',
                header: 'State',
                cell: (row) => (
                  <Status tone={row.open > 0 ? 'info' : 'good'}>{row.open > 0 ? `${row.open} under way` : 'Carried out'}</Status>
                ),
              },
              { key: 'total', header: 'Total', cell: (row) => row.totals, align: 'end' },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}
