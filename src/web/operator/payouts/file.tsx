import { Form, redirect, useActionData } from 'react-router'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { CheckField } from '../../ui/portal-check.tsx'
import { ConfirmForm, FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { More } from '../../ui/portal-more.tsx'
import { PayoutStatus } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText, MomentText } from '../../ui/portal-time.tsx'
import { bankFileDetail } from './payouts-data.server.ts'
import type { Route } from './+types/file.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Payouts', to: '/operator/payouts' },
    { text: 'Bank files', to: '/operator/payouts/files' },
    { text: data?.file.number ?? 'Bank file' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.file.number ?? 'Bank file'} · Operator console` }]

export async function loader(args: Route.LoaderArgs) {
  return bankFileDetail(await enter(args, 'operator.console'), args.params.file)
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const form = await args.request.formData()
  try {
    if (field(form, 'intent') === 'confirm') {
      await run((ctx) => domain.billing.confirmBankFile(ctx, args.params.file))
    } else {
      const accountIsWrong = field(form, 'accountIsWrong') === 'yes'
      await run((ctx) => domain.billing.returnPayout(ctx, field(form, 'payout'), { reason: field(form, 'reason'), accountIsWrong }))
    }
  } catch (error) {
    return refused(error)
  }
  return redirect(`/operator/payouts/files/${args.params.file}`, 303)
}

export default function BankFilePage({ loaderData: { file, underWay, payouts } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const path = `/operator/payouts/files/${file.id}`
  return (
    <PortalPage
      title={`Bank file ${file.number}`}
      lead="The file is the same whenever it is downloaded: a bank refuses the second upload by its message id."
      actions={
        <>
          {file.rail === 'sepa' ? (
            <>
              <ButtonLink to={`${path}/pain.001.001.09`} document primary>
                Download pain.001.001.09
              </ButtonLink>
              <ButtonLink to={`${path}/pain.001.001.03`} document>
                pain.001.001.03
              </ButtonLink>
            </>
          ) : null}
          <ButtonLink to={`${path}/csv`} document>
            CSV
          </ButtonLink>
        </>
      }
    >
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Section title="File" card>
        <Facts
          facts={[
            { label: 'Kind', value: file.rail === 'sepa' ? 'SEPA credit transfers' : 'Other transfers' },
            { label: 'Pay on', value: <DateText value={file.payOn} /> },
            { label: 'Made', value: <MomentText value={file.createdAt} /> },
            { label: 'By', value: file.createdBy },
          ]}
        />
        {underWay > 0 ? (
          <ConfirmForm
            intent="confirm"
            button="The bank has paid"
            title={`Mark ${underWay === 1 ? 'one payout' : `${underWay} payouts`} as paid?`}
            confirm="Mark as paid"
            keep="Not yet"
          >
            Everything in this file that was not returned counts as paid. A payment that comes back later can still be marked as returned.
          </ConfirmForm>
        ) : null}
      </Section>
      <Section title="Payouts">
        <DataTable
          caption={`Payouts in ${file.number}`}
          rows={payouts}
          rowKey={(row) => row.id}
          columns={[
            { key: 'number', header: 'Payout', cell: (row) => row.number, rowHeader: true },
            { key: 'publisher', header: 'Publisher', cell: (row) => row.publisher },
            { key: 'state', header: 'State', cell: (row) => <PayoutStatus status={row.state} /> },
            { key: 'amount', header: 'Amount', cell: (row) => row.amount, align: 'end' },
            {
              key: 'return',
              header: 'Came back',
              cell: (row) =>
                row.state === 'sent' || row.state === 'paid' ? (
                  <More label={`Return of ${row.number}`}>
                    <Form method="post" aria-label={`Return of ${row.number}`}>
                      <input type="hidden" name="payout" value={row.id} />
                      <FormRow>
                        <TextField name="reason" label={`The bank’s reason for ${row.number}`} required />
                        <CheckField name="accountIsWrong" value="yes" label="The account is wrong" />
                        <SubmitButton>Returned by the bank</SubmitButton>
                      </FormRow>
                    </Form>
                  </More>
                ) : (
                  '–'
                ),
            },
          ]}
        />
      </Section>
    </PortalPage>
  )
}
