import { CheckmarkCircleRegular } from '@fluentui/react-icons/svg/checkmark-circle'
import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { failedWork } from './background-data.server.ts'
import { BackgroundTabs } from './tabs.tsx'
import type { Route } from './+types/failed.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Background work', to: '/operator/background' }, { text: 'Failed' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Failed work · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const done = new URL(args.request.url).searchParams.has('done')
  return { done, ...(await failedWork(await enter(args, 'background.read'))) }
}

export async function action(args: Route.ActionArgs) {
  const { kernel, run } = await enter(args, 'background.manage')
  const form = await readForm(args.request)
  try {
    await run((ctx) =>
      field(form, 'queue') === ''
        ? kernel.background.retryDue(ctx, { kind: field(form, 'kind'), key: field(form, 'key') })
        : kernel.background.retryJob(ctx, { queue: field(form, 'queue'), id: field(form, 'id') }),
    )
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/background/failed?done', 303)
}

function Retry({ label, fields }: { label: string; fields: Record<string, string> }) {
  return (
    <Form method="post" aria-label={label}>
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <SubmitButton>Try again</SubmitButton>
    </Form>
  )
}

export default function FailedWork({ loaderData: { due, jobs, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title="Failed work"
      lead="What did not succeed, and why. Due work is tried again by itself, later each time; a job that was given up waits for you."
    >
      <BackgroundTabs />
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : done ? (
        <Notice intent="success" title="It is tried again." />
      ) : null}
      {due.length + jobs.length === 0 ? (
        <EmptyState icon={<CheckmarkCircleRegular />} title="Nothing has failed">
          Failures appear here with their reason.
        </EmptyState>
      ) : null}
      {due.length === 0 ? null : (
        <Section title="Due work">
          <DataTable
            caption="Due work whose last run failed"
            rows={due}
            rowKey={(row) => `${row.kind} ${row.key}`}
            columns={[
              { key: 'what', header: 'What', cell: (row) => `${row.kind}: ${row.key}`, rowHeader: true },
              { key: 'error', header: 'Reason', cell: (row) => row.error ?? '–' },
              { key: 'tries', header: 'Tries', cell: (row) => row.attempts, align: 'end' },
              {
                key: 'again',
                header: 'Next try, machine time',
                cell: (row) => (row.retryAt ? <MomentText value={row.retryAt} seconds /> : 'At once'),
              },
              {
                key: 'retry',
                header: 'Now',
                cell: (row) => <Retry label={`Try ${row.kind} ${row.key} again`} fields={{ kind: row.kind, key: row.key }} />,
              },
            ]}
          />
        </Section>
      )}
      {jobs.length === 0 ? null : (
        <Section title="Jobs given up">
          <DataTable
            caption="Jobs that were given up, newest first"
            rows={jobs}
            rowKey={(row) => row.id}
            columns={[
              { key: 'queue', header: 'Queue', cell: (row) => row.queue, rowHeader: true },
              { key: 'error', header: 'Reason', cell: (row) => row.error },
              { key: 'tries', header: 'Tries', cell: (row) => row.tries, align: 'end' },
              { key: 'at', header: 'Given up, machine time', cell: (row) => <MomentText value={row.endedAt ?? row.createdAt} seconds /> },
              {
                key: 'retry',
                header: 'Now',
                cell: (row) => <Retry label={`Try a job of ${row.queue} again`} fields={{ queue: row.queue, id: row.id }} />,
              },
            ]}
          />
        </Section>
      )}
    </PortalPage>
  )
}
