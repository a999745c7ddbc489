import { Form, redirect, useActionData } from 'react-router'
import { refuse, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { type AccountVisit, enterAccount } from './account-access.server.ts'
import { AgreementText } from './agreement-text.tsx'
import type { Route } from './+types/agreement.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Agreements', ...(data ? { to: `${data.base}/agreements` } : {}) },
    { text: data ? `${data.title} ${data.version}` : 'Agreement' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.title ?? 'Agreement'} · Partner Center` }]

async function textOf({ domain, account, read }: AccountVisit, { kind, version }: { kind: string; version: string }) {
  const text = await read((ctx) => domain.accounts.agreementText(ctx, account.accountId, kind, version))
  if (!text) throw refuse(404, 'There is no such version of an agreement.')
  return text
}

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'seller-account.read')
  const { kind, version, title, body } = await textOf(visit, args.params)
  const { missing } = await visit.read((ctx) => visit.domain.accounts.agreementsOf(ctx, visit.account.accountId))
  return { base: visit.base, title, version, body, isMissing: missing.some((one) => one.kind === kind && one.version === version) }
}

export async function action(args: Route.ActionArgs) {
  const visit = await enterAccount(args, 'seller-account.manage')
  const { kind, version } = await textOf(visit, args.params)
  try {
    await visit.run((ctx) => visit.domain.accounts.acceptForAccount(ctx, visit.account.accountId, kind, version))
  } catch (error) {
    return refused(error)
  }
  return redirect(`${visit.base}/agreements?accepted`, 303)
}

export default function Agreement({ loaderData: { title, version, body, isMissing } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage title={title} lead={`Version ${version}`}>
      {refusal ? (
        <Notice intent="error" title="It was not accepted.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Section title="Text" card>
        <AgreementText title={title} body={body} />
      </Section>
      {isMissing ? (
        <Form method="post">
          <FormRow>
            <SubmitButton appearance="primary">Accept agreement</SubmitButton>
          </FormRow>
        </Form>
      ) : null}
    </PortalPage>
  )
}
