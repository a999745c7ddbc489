import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { Facts, PortalPage, Section } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { enterAccount } from '../account/account-access.server.ts'
import { PeopleTabs } from './people-tabs.tsx'
import type { Route } from './+types/roles.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'What each role may do' }] }
export const meta: Route.MetaFunction = () => [{ title: 'What each role may do · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const { base, domain } = await enterAccount(args, 'member.read')
  const { assignableRoles, permissionTable, roleHas, roleNames } = domain.accounts.roles
  const hasAny = (role: (typeof assignableRoles)[number]) => permissionTable.some((line) => roleHas(role, line))
  return {
    base,
    roles: assignableRoles.map((role) => ({ role: role as string, ...roleNames[role] })),
    // Roles without any permission share one column.
    columns: [
      ...assignableRoles.filter(hasAny).map((role) => ({ label: roleNames[role].label, roles: [role as string] })),
      { label: 'Roles of other programs', roles: assignableRoles.filter((role) => !hasAny(role)) as string[] },
    ],
    lines: permissionTable.map((line) => ({
      permission: line.permission,
      holders: assignableRoles.filter((role) => roleHas(role, line)) as string[],
    })),
  }
}

export default function Roles({ loaderData: { base, roles, columns, lines } }: Route.ComponentProps) {
  return (
    <PortalPage
      title="What each role may do"
      lead="In this account only: a role here gives nothing in another account. Who holds several roles has the rights of all of them."
    >
      <PeopleTabs base={base} />
      <DataTable
        caption="Permissions by role"
        rows={lines}
        rowKey={(line) => line.permission}
        columns={[
          { key: 'permission', header: 'Permission', cell: (line) => line.permission, rowHeader: true },
          ...columns.map((column) => ({
            key: column.label,
            header: column.label,
            cell: (line: (typeof lines)[number]) => (column.roles.some((role) => line.holders.includes(role)) ? 'Yes' : 'No'),
          })),
        ]}
      />
      <Section title="The roles" card>
        <Facts facts={roles.map(({ label, meaning }) => ({ label, value: meaning }))} />
      </Section>
    </PortalPage>
  )
}
