import { allows } from '../../../kernel/authorization.ts'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { enterAccount } from './account-access.server.ts'
import type { Route } from './+types/agreements.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Agreements' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Agreements · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const { user, domain, account, base, read } = await enterAccount(args, 'seller-account.read')
  const { accepted, missing } = await read((ctx) => domain.accounts.agreementsOf(ctx, account.accountId))
  const [publisher] = await read((ctx) => domain.accounts.publishersOfAccount(ctx, account.accountId))
  return {
    base: `${base}/agreements`,
    notice:
      publisher && allows(user, 'support.use', { tenantId: account.tenantId, accountId: account.accountId })
        ? `/partner/publishers/${publisher.publisherId}/support/new/legal`
        : null,
    done: new URL(args.request.url).searchParams.has('accepted'),
    accepted: accepted.map((one) => ({ ...one, acceptedAt: one.acceptedAt.toString() })),
    missing: missing.map(({ kind, version, title }) => ({ kind, version, title })),
  }
}

export default function Agreements({ loaderData: { base, notice, done, accepted, missing } }: Route.ComponentProps) {
  const textOf = (one: { kind: string; version: string }) => `${base}/${one.kind}/${encodeURIComponent(one.version)}`
  return (
    <PortalPage
      title="Agreements"
      lead="What your organisation has agreed to, when, and who accepted it."
      actions={notice ? <ButtonLink to={notice}>Send a legal notice</ButtonLink> : undefined}
    >
      {done ? <Notice intent="success" title="The agreement is accepted." /> : null}
      {missing.length > 0 ? (
        <Section title="Actions needed">
          {missing.map((one) => (
            <Notice key={one.kind} intent="warning" title={`Version ${one.version} of the ${one.title} waits for acceptance.`}>
              <ButtonLink to={textOf(one)} primary>
                Read it and accept
              </ButtonLink>
            </Notice>
          ))}
        </Section>
      ) : null}
      <Section title="Accepted agreements">
        <DataTable
          caption="Accepted agreements, newest first"
          rows={accepted}
          rowKey={(row) => `${row.kind} ${row.version}`}
          columns={[
            { key: 'name', header: 'Agreement', cell: (row) => <TextLink to={textOf(row)}>{row.title}</TextLink>, rowHeader: true },
            { key: 'version', header: 'Version', cell: (row) => row.version },
            { key: 'at', header: 'Accepted', cell: (row) => <MomentText value={row.acceptedAt} /> },
            { key: 'by', header: 'By', cell: (row) => row.acceptedAs },
          ]}
        />
      </Section>
    </PortalPage>
  )
}
