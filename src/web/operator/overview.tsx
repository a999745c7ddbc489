import { enter } from '../ui/portal-access.server.ts'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { Facts, Figures, PortalPage, Section } from '../ui/portal-page.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { marketplaceOverview } from './operator-data.server.ts'
import type { Route } from './+types/overview.ts'

export const meta: Route.MetaFunction = () => [{ title: 'Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'operator.console')
  const { kernel } = visit
  return {
    ...(await marketplaceOverview(visit)),
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
      {data.waiting.length > 0 ? (
        <Section title="Waits for you" card>
          <Facts
            facts={data.waiting.map((row) => ({
              label: row.what,
              value: <TextLink to={row.to}>{row.count.toLocaleString('en-US')}</TextLink>,
            }))}
          />
        </Section>
      ) : null}
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
