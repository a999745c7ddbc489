import { enter, refuse } from '../../ui/portal-access.server.ts'
import { Code } from '../../ui/portal-code.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { Facts, PortalPage, Section } from '../../ui/portal-page.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { auditRecord } from './audit-data.server.ts'
import type { Route } from './+types/record.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Audit log', to: '/operator/audit' },
    { text: data?.action ?? 'Record' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.action ?? 'Record'} · Operator console` }]

export async function loader(args: Route.LoaderArgs) {
  const record = await auditRecord(await enter(args, 'audit.read'), args.params.record)
  if (!record) throw refuse(404, 'There is no such record.')
  return record
}

export default function AuditRecordPage({ loaderData: record }: Route.ComponentProps) {
  return (
    <PortalPage title={record.action} lead={record.reason ?? undefined}>
      <Section title="Record" card>
        <Facts
          facts={[
            {
              label: 'Target',
              value: <TextLink to={`/operator/audit?target=${encodeURIComponent(record.target)}`}>{record.target}</TextLink>,
            },
            { label: 'Who', value: <TextLink to={`/operator/audit?who=${encodeURIComponent(record.who)}`}>{record.who}</TextLink> },
            { label: 'Kind', value: record.kind },
            ...(record.impersonator
              ? [{ label: 'In whose place', value: `${record.impersonator} acted in the place of ${record.who}` }]
              : []),
            ...(record.whoId ? [{ label: 'Id', value: record.whoId }] : []),
            ...(record.tenantId ? [{ label: 'Tenant id', value: record.tenantId }] : []),
            { label: 'Machine time', value: <MomentText value={record.wallAt} seconds /> },
            { label: 'Market time', value: <MomentText value={record.at} seconds /> },
            { label: 'Request id', value: record.requestId },
          ]}
        />
      </Section>
      {record.before === null ? null : (
        <Section title="Before">
          <Code label="Values before">{record.before}</Code>
        </Section>
      )}
      {record.after === null ? null : (
        <Section title="After">
          <Code label="Values after">{record.after}</Code>
        </Section>
      )}
    </PortalPage>
  )
}
