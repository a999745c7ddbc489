import { allows } from '../../../kernel/authorization.ts'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { PortalPage } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { enterAccount } from './account-access.server.ts'
import { programMeanings, programNames } from './account-words.ts'
import type { Route } from './+types/programs.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Programs' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Programs · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const { user, domain, account, read } = await enterAccount(args, 'seller-account.read')
  const { programs } = await read((ctx) => domain.accounts.accountSettings(ctx, account.accountId))
  const since = new Map<string, string>(programs.map((one) => [one.program, one.registeredAt.toString()]))
  const enrols = allows(user, 'program.enroll', { tenantId: account.tenantId, accountId: account.accountId })
  const path = since.has('partner-network') ? 'partner' : 'developer'
  return {
    programs: Object.keys(programNames).map((program) => ({
      program,
      since: since.get(program) ?? null,
      start: program === 'commercial-marketplace' && !since.has(program) && enrols ? `/partner/enroll/${path}/${account.accountId}` : null,
    })),
  }
}

export default function Programs({ loaderData: { programs } }: Route.ComponentProps) {
  return (
    <PortalPage title="Programs" lead="What your account takes part in.">
      <DataTable
        caption="Programs"
        rows={programs}
        rowKey={(row) => row.program}
        columns={[
          { key: 'name', header: 'Program', cell: (row) => programNames[row.program] ?? row.program, rowHeader: true },
          { key: 'about', header: 'What it is for', cell: (row) => programMeanings[row.program] ?? '' },
          {
            key: 'state',
            header: 'State',
            cell: (row) => <Status tone={row.since ? 'good' : 'neutral'}>{row.since ? 'Registered' : 'Not registered'}</Status>,
          },
          { key: 'since', header: 'Since', cell: (row) => (row.since ? <DateText value={row.since} /> : '–') },
          {
            key: 'start',
            header: 'Action',
            cell: (row) => (row.start ? <ButtonLink to={row.start}>Get Started</ButtonLink> : '–'),
          },
        ]}
      />
    </PortalPage>
  )
}
