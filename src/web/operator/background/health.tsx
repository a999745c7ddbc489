import { StethoscopeRegular } from '@fluentui/react-icons/svg/stethoscope'
import { Form, useActionData } from 'react-router'
import { enter } from '../../ui/portal-access.server.ts'
import { SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { healthPage } from './background-data.server.ts'
import type { Route } from './+types/health.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Health' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Health · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  return healthPage(await enter(args, 'background.read'))
}

/** Looks at every reference and sum of the database. It changes nothing; it is a form because it costs more than a page should. */
export async function action(args: Route.ActionArgs) {
  const { kernel, read } = await enter(args, 'background.read')
  return { findings: await read((ctx) => kernel.doctor.examine(ctx.tx)) }
}

const words = { good: 'Good', attention: 'Look here', bad: 'Wrong' }

export default function HealthPage({ loaderData: { vitals, facts, processes } }: Route.ComponentProps) {
  const examined = useActionData<typeof action>()
  const sick = examined?.findings.filter((finding) => finding.problems.length > 0) ?? []
  return (
    <PortalPage title="Health" lead="How the installation is just now. Metrics for monitoring are at /metrics.">
      <Section title="Now">
        <DataTable
          caption="What was measured"
          rows={vitals}
          rowKey={(row) => row.name}
          columns={[
            { key: 'name', header: 'What', cell: (row) => row.name, rowHeader: true },
            { key: 'state', header: 'State', cell: (row) => <Status tone={row.state}>{words[row.state]}</Status> },
            { key: 'says', header: 'Measured', cell: (row) => row.says },
          ]}
        />
      </Section>
      <Section title="Examination" card>
        <p>
          Compares all references between the parts of the marketplace and all sums of the books, as the command stoa doctor does. It may
          take a while.
        </p>
        <Form method="post">
          <SubmitButton icon={<StethoscopeRegular />}>Examine now</SubmitButton>
        </Form>
        {examined === undefined ? null : sick.length === 0 ? (
          <Notice intent="success" title={`All ${examined.findings.length} checks are fine.`} />
        ) : (
          sick.map((finding) => (
            <Notice key={finding.check} intent="error" title={finding.check}>
              {finding.problems.slice(0, 20).join(' ')}
              {finding.problems.length > 20 ? ` And ${finding.problems.length - 20} more.` : ''}
            </Notice>
          ))
        )}
      </Section>
      <Section title="Installation" card>
        <Facts
          facts={[
            ...facts,
            { label: 'Processes', value: processes.map((row) => `${row.roles} (${row.connections} connections)`).join('; ') || '–' },
          ]}
        />
      </Section>
    </PortalPage>
  )
}
