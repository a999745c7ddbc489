import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { EmptyState, Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { BuildingShopRegular } from '@fluentui/react-icons/svg/building-shop'
import { publisherWords, stepWords, verificationWords } from './account-words.ts'
import { accountPage } from './accounts-data.server.ts'
import type { Route } from './+types/account.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Seller accounts', to: '/operator/accounts' },
    { text: data?.account.name ?? 'Account' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.account.name ?? 'Account'} · Operator console` }]

export async function loader(args: Route.LoaderArgs) {
  return accountPage(await enter(args, 'operator.console'), args.params.account)
}

const isStep = (text: string): text is keyof typeof stepWords => Object.hasOwn(stepWords, text)

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const { accounts } = domain
  const { account } = args.params
  const form = await readForm(args.request)
  const text = (name: string) => field(form, name)
  const [publisher, reason] = [text('publisher'), text('reason')]
  try {
    await run(async (ctx) => {
      const step = text('step')
      if (isStep(step))
        await accounts.decideVerification(ctx, account, step, { verdict: text('verdict') === 'accept' ? 'accept' : 'refuse', reason })
      else if (text('symantecId') !== '') await accounts.setSymantecId(ctx, account, text('symantecId'))
      else if (text('deed') === 'suspend') await accounts.suspendPublisher(ctx, publisher, reason)
      else if (text('deed') === 'reinstate') await accounts.reinstatePublisher(ctx, publisher, reason)
      else if (text('deed') === 'close') await accounts.closePublisher(ctx, publisher, reason)
    })
  } catch (error) {
    return refused(error)
  }
  return redirect(`/operator/accounts/${account}`, 303)
}

export default function AccountPage({ loaderData: { account, steps, publishers, agreements, missing } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const open = publishers.filter((row) => row.status !== 'closed')
  return (
    <PortalPage title={account.name} lead={`${account.type}, ${account.country}`}>
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Section title="Verification">
        <DataTable
          caption="Steps of verification"
          rows={steps}
          rowKey={(row) => row.step}
          columns={[
            { key: 'step', header: 'Step', cell: (row) => stepWords[row.step], rowHeader: true },
            {
              key: 'state',
              header: 'State',
              cell: (row) => <Status tone={verificationWords[row.state].tone}>{verificationWords[row.state].label}</Status>,
            },
            { key: 'reason', header: 'Reason', cell: (row) => row.reason ?? '–' },
            { key: 'at', header: 'Since', cell: (row) => (row.changedAt ? <MomentText value={row.changedAt} /> : '–') },
            {
              key: 'decide',
              header: 'Decide',
              cell: (row) => (
                <Form method="post" aria-label={`Decide about ${stepWords[row.step]}`}>
                  <input type="hidden" name="step" value={row.step} />
                  <FormRow>
                    {row.state === 'accepted' ? null : (
                      <SubmitButton name="verdict" value="accept" appearance="primary">
                        Accept
                      </SubmitButton>
                    )}
                    {row.state === 'refused' ? null : (
                      <>
                        <TextField name="reason" label="Reason, as the seller reads it" />
                        <SubmitButton name="verdict" value="refuse">
                          Refuse
                        </SubmitButton>
                      </>
                    )}
                  </FormRow>
                </Form>
              ),
            },
          ]}
        />
      </Section>
      <Section title="Publishers" actions={<ButtonLink to="/operator/fees">Store fees</ButtonLink>}>
        {publishers.length === 0 ? (
          <EmptyState icon={<BuildingShopRegular />} title="No publishers">
            The account has none yet.
          </EmptyState>
        ) : (
          <DataTable
            caption="Publishers of the account"
            rows={publishers}
            rowKey={(row) => row.id}
            columns={[
              { key: 'name', header: 'Name', cell: (row) => row.name, rowHeader: true },
              { key: 'id', header: 'Publisher id', cell: (row) => row.id },
              {
                key: 'state',
                header: 'State',
                cell: (row) => <Status tone={publisherWords[row.status].tone}>{publisherWords[row.status].label}</Status>,
              },
            ]}
          />
        )}
      </Section>
      {open.length === 0 ? null : (
        <Section title="Suspend, reinstate or close a publisher" card>
          <p>
            A suspended publisher’s offers leave the stores and cannot be bought; customers keep what they have, payouts wait. A closed one
            is closed for good. Its owners are told by mail.
          </p>
          <Form method="post">
            <FormRow>
              <SelectField
                name="publisher"
                label="Publisher"
                options={open.map((row) => ({ value: row.id, label: `${row.name} (${row.id})` }))}
              />
              <SelectField
                name="deed"
                label="What"
                options={[
                  { value: 'suspend', label: 'Suspend' },
                  { value: 'reinstate', label: 'Reinstate' },
                  { value: 'close', label: 'Close for good' },
                ]}
              />
              <TextField name="reason" label="Reason, as its owners read it" error={refusal?.errors.fields.reason} required />
              <SubmitButton>Do it</SubmitButton>
            </FormRow>
          </Form>
        </Section>
      )}
      <Section title="Account" card>
        <Facts
          facts={[
            { label: 'Name shown', value: account.displayName },
            { label: 'Address', value: account.address },
            { label: 'Seller contact', value: account.contact },
            { label: 'Approver', value: account.approver },
            { label: 'Programs', value: account.programs },
            { label: 'Seller id', value: account.sellerId },
            { label: 'Directory', value: account.tenantId },
            { label: 'Account id', value: account.id },
            { label: 'Symantec id', value: account.symantecId ?? (account.symantecAsked ? 'Asked for' : '–') },
          ]}
        />
        {account.symantecId === null ? (
          <Form method="post">
            <FormRow>
              <TextField name="symantecId" label="Symantec id" error={refusal?.errors.fields.symantecId} />
              <SubmitButton>Enter it</SubmitButton>
            </FormRow>
          </Form>
        ) : null}
      </Section>
      <Section title="Agreements">
        {missing.length === 0 ? null : (
          <Notice intent="warning" title="Not accepted yet:">
            {missing.join('; ')}
          </Notice>
        )}
        {agreements.length === 0 ? null : (
          <DataTable
            caption="Accepted agreements"
            rows={agreements}
            rowKey={(row) => row.key}
            columns={[
              { key: 'title', header: 'Agreement', cell: (row) => row.title, rowHeader: true },
              { key: 'version', header: 'Version', cell: (row) => row.version },
              { key: 'by', header: 'Accepted by', cell: (row) => row.by },
              { key: 'at', header: 'Accepted', cell: (row) => <MomentText value={row.at} /> },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}
