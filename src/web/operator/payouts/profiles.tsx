import { ContactCardRegular } from '@fluentui/react-icons/svg/contact-card'
import { Form } from 'react-router'
import { enter } from '../../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../../ui/portal-page.tsx'
import { ProfileStatus } from '../../ui/payout-words.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { profileQueue } from './payouts-data.server.ts'
import type { Route } from './+types/profiles.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Payout profiles' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Payout profiles · Operator console' }]

const choices = [
  { value: 'pending', label: 'Pending validation' },
  { value: 'validated', label: 'Validated' },
  { value: 'failed', label: 'Failed' },
] as const

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'operator.console')
  const asked = new URL(args.request.url).searchParams.get('status')
  const status = choices.find((one) => one.value === asked)?.value ?? 'pending'
  return { status, profiles: await profileQueue(visit, status) }
}

export default function Profiles({ loaderData: { status, profiles } }: Route.ComponentProps) {
  return (
    <PortalPage
      title="Payout profiles"
      lead="Tax forms and bank accounts that sellers have handed in. Until both are validated, a seller is not paid."
    >
      <Form method="get" role="search" aria-label="Profiles">
        <FormRow>
          <SelectField name="status" label="State" options={[...choices]} defaultValue={status} />
          <SubmitButton>Show</SubmitButton>
        </FormRow>
      </Form>
      {profiles.length === 0 ? (
        <EmptyState icon={<ContactCardRegular />} title={status === 'pending' ? 'Nothing waits for you' : 'None'}>
          {status === 'pending' ? 'A profile appears here when a seller submits or changes it.' : 'No profile is in this state.'}
        </EmptyState>
      ) : (
        <DataTable
          caption="Profiles, the longest waiting first"
          rows={profiles}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'what',
              header: 'Profile',
              cell: (row) => (
                <TextLink to={`/operator/profiles/${row.kind}/${row.id}`}>
                  {row.kind === 'tax' ? 'Tax profile' : 'Bank account'} of {row.seller}
                </TextLink>
              ),
              rowHeader: true,
            },
            { key: 'country', header: 'Registered in', cell: (row) => row.country },
            { key: 'publishers', header: 'Publishers', cell: (row) => row.publishers },
            { key: 'submitted', header: 'Submitted', cell: (row) => <MomentText value={row.submittedAt} /> },
            {
              key: 'status',
              header: 'State',
              cell: (row) => (
                <>
                  <ProfileStatus status={row.status} /> {row.late ? <Status tone="bad">Over 48 hours</Status> : null}
                </>
              ),
            },
          ]}
        />
      )}
    </PortalPage>
  )
}
