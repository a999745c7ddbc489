import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { field, refuse, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { DateText, MomentText } from '../../ui/portal-time.tsx'
import { type AccountVisit, enterAccount } from './account-access.server.ts'
import { publisherStatuses } from './account-words.ts'
import { PublisherFields } from './publisher-fields.tsx'
import type { Route } from './+types/publisher-change.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Publishers', ...(data ? { to: `${data.base}/publishers` } : {}) },
    { text: data?.publisher.name ?? 'Publisher' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Publisher · Partner Center' }]

async function find({ domain, account, read }: AccountVisit, publisherId: string) {
  const rows = await read((ctx) => domain.accounts.publishersOfAccount(ctx, account.accountId))
  const row = rows.find((one) => one.publisherId === publisherId)
  if (!row) throw refuse(404, 'This account has no publisher with this id.')
  return row
}

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'seller-account.manage')
  const { publisherId, name, mpnId, status, statusReason, statusChangedAt, createdAt, contact } = await find(visit, args.params.publisher)
  return {
    base: visit.base,
    publisher: {
      publisherId,
      name,
      mpnId,
      status,
      statusReason,
      statusChangedAt: statusChangedAt?.toString() ?? null,
      createdAt: createdAt.toString(),
    },
    values: { name, contactName: contact.name ?? '', contactEmail: contact.email ?? '', contactPhone: contact.phone ?? '' },
  }
}

export async function action(args: Route.ActionArgs) {
  const visit = await enterAccount(args, 'seller-account.manage')
  const { domain, base, run } = visit
  const { publisherId } = await find(visit, args.params.publisher)
  const form = await readForm(args.request)
  const given = {
    name: field(form, 'name'),
    contactName: field(form, 'contactName'),
    contactEmail: field(form, 'contactEmail'),
    contactPhone: field(form, 'contactPhone'),
  }
  try {
    await run((ctx) => domain.accounts.changePublisher(ctx, publisherId, given))
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/publishers?saved`, 303)
}

export default function ChangePublisher({ loaderData: { publisher, values } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const { statusReason, statusChangedAt } = publisher
  return (
    <PortalPage title={publisher.name} lead="What is shown of this publisher with its offers, and whom the marketplace asks about it.">
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Section title="Identity" card>
        <Facts
          facts={[
            { label: 'Publisher ID', value: publisher.publisherId },
            { label: 'MPN ID', value: publisher.mpnId ?? '–' },
            { label: 'Status', value: publisherStatuses[publisher.status]?.label ?? publisher.status },
            { label: 'Added', value: <DateText value={publisher.createdAt} /> },
            ...(statusReason && statusChangedAt
              ? [
                  { label: 'Reason of the last change', value: statusReason },
                  { label: 'Changed', value: <MomentText value={statusChangedAt} /> },
                ]
              : []),
          ]}
        />
      </Section>
      <Section title="Publisher details" card>
        <Form method="post">
          <FormRows>
            <PublisherFields values={values} errors={refusal?.errors.fields ?? {}} />
            <FormRow>
              <SubmitButton appearance="primary">Save</SubmitButton>
            </FormRow>
          </FormRows>
        </Form>
      </Section>
    </PortalPage>
  )
}
