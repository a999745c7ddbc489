import { CheckmarkCircleRegular } from '@fluentui/react-icons/svg/checkmark-circle'
import { enter } from '../ui/portal-access.server.ts'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { EmptyState, Facts, Figures, PortalPage, Section } from '../ui/portal-page.tsx'
import { Status } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { marketplaceOverview } from './operator-data.server.ts'
import { waitingFor } from './waiting-data.server.ts'
import type { Route } from './+types/overview.ts'

export const meta: Route.MetaFunction = () => [{ title: 'Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'operator.console')
  const { kernel } = visit
  return {
    ...(await marketplaceOverview(visit)),
    parties: await waitingFor(visit),
    mode: kernel.config.mode,
    publicUrl: kernel.config.publicUrl,
    issuerUrl: kernel.config.issuerUrl,
    fee: kernel.config.brand.storeFeePercent,
  }
}

export default function OperatorOverview({ loaderData: data }: Route.ComponentProps) {
  const sandbox = data.mode === 'sandbox'
  return (
    <PortalPage
      title="Overview"
      lead={
        sandbox
          ? 'This marketplace runs in sandbox mode: mail and payments are captured and the clock can be moved.'
          : 'What is sold here and how the marketplace is set up.'
      }
      actions={sandbox ? <ButtonLink to="/operator/clock">Move the clock</ButtonLink> : undefined}
    >
      <Figures
        figures={[
          { label: 'Publishers', value: data.publishers },
          { label: 'Live offers', value: data.liveOffers },
          { label: 'Active subscriptions', value: data.activeSubscriptions },
          { label: 'Waiting for configuration', value: data.pendingSubscriptions },
        ]}
      />
      {data.parties.every(({ rows }) => rows.length === 0) ? (
        <EmptyState icon={<CheckmarkCircleRegular />} title="Nothing waits for anybody">
          What somebody is awaited for appears here: for you, for publishers and for customers.
        </EmptyState>
      ) : null}
      {data.parties.map(({ who, rows }) =>
        rows.length === 0 ? null : (
          <Section key={who} title={`Waits ${who.toLowerCase()}`}>
            <DataTable
              caption={`What waits ${who.toLowerCase()}`}
              rows={rows}
              rowKey={(row) => row.what}
              columns={[
                { key: 'what', header: 'What', cell: (row) => <TextLink to={row.to}>{row.what}</TextLink>, rowHeader: true },
                { key: 'since', header: 'The longest since', cell: (row) => (row.since ? <MomentText value={row.since} /> : '–') },
                {
                  key: 'count',
                  header: 'How many',
                  cell: (row) =>
                    row.urgent ? <Status tone="bad">{row.count.toLocaleString('en-US')}</Status> : row.count.toLocaleString('en-US'),
                  align: 'end',
                },
              ]}
            />
          </Section>
        ),
      )}
      <Section title="This installation" card>
        <Facts
          facts={[
            { label: 'Mode', value: sandbox ? 'Sandbox' : 'Production' },
            { label: 'Market time', value: <MomentText value={data.now} /> },
            { label: 'Address', value: data.publicUrl },
            { label: 'Token issuer', value: data.issuerUrl },
            { label: 'Store fee', value: `${data.fee} %` },
          ]}
        />
      </Section>
    </PortalPage>
  )
}
