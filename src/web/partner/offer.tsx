import { DocumentBulletListMultipleRegular } from '@fluentui/react-icons/svg/document-bullet-list-multiple'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink } from '../ui/portal-link.tsx'
import { EmptyState, Facts, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { OfferStatus, Status, type Tone } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { publisherOffer } from './partner-data.server.ts'
import { enterPublisher } from './publisher-access.server.ts'
import type { Route } from './+types/offer.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Overview' }] }
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.offer.name ?? 'Offer'} · Partner Center` }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'offer.read')
  return { offer: await publisherOffer(visit, args.params.offer) }
}

const phaseTones: Record<string, Tone> = { Completed: 'good', 'In Progress': 'info', Failed: 'bad', 'Not Started': 'neutral' }

export default function OfferPage({ loaderData: { offer } }: Route.ComponentProps) {
  return (
    <PortalPage
      title={offer.name}
      lead={offer.summary}
      actions={
        offer.product ? (
          <ButtonLink to={offer.product} document>
            See it in the storefront
          </ButtonLink>
        ) : undefined
      }
    >
      {offer.findings.length > 0 ? (
        <Notice intent="warning" title="Publishing found this:">
          <ul>
            {offer.findings.map((finding) => (
              <li key={finding.id}>{finding.message}</li>
            ))}
          </ul>
        </Notice>
      ) : null}
      <Section title="Offer" card>
        <Facts
          facts={[
            { label: 'Status', value: <OfferStatus status={offer.status} /> },
            { label: 'Offer id', value: offer.offerId },
            { label: 'Type', value: offer.type },
            ...(offer.pricingModel ? [{ label: 'Pricing model', value: offer.pricingModel }] : []),
            ...(offer.liveSince ? [{ label: 'This version live since', value: <MomentText value={offer.liveSince} /> }] : []),
            { label: 'Last changed', value: <MomentText value={offer.modifiedAt} /> },
          ]}
        />
      </Section>
      <Section title="Plans and prices">
        {offer.plans.length === 0 ? (
          <EmptyState icon={<DocumentBulletListMultipleRegular />} title="No plans yet">
            An offer needs at least one plan with a price before it can be published.
          </EmptyState>
        ) : (
          <DataTable
            caption="Plans with their prices in US dollars"
            rows={offer.plans}
            rowKey={(plan) => plan.planId}
            columns={[
              {
                key: 'name',
                header: 'Plan',
                cell: (plan) => (
                  <>
                    {plan.name}
                    <br />
                    {plan.planId}
                  </>
                ),
                rowHeader: true,
              },
              {
                key: 'visibility',
                header: 'Sold to',
                cell: (plan) => (
                  <Status tone={plan.private ? 'info' : 'neutral'}>{plan.private ? 'Invited customers' : 'Everybody'}</Status>
                ),
              },
              { key: 'status', header: 'Status', cell: (plan) => plan.status },
              { key: 'month', header: 'Per month', cell: (plan) => plan.monthly ?? '–', align: 'end' },
              { key: 'year', header: 'Per year', cell: (plan) => plan.yearly ?? '–', align: 'end' },
              { key: 'seats', header: 'Seats', cell: (plan) => plan.seats ?? '–' },
              { key: 'trial', header: 'Free month', cell: (plan) => (plan.freeTrial ? 'Yes' : 'No') },
              { key: 'markets', header: 'Markets', cell: (plan) => plan.markets, align: 'end' },
            ]}
          />
        )}
      </Section>
      {offer.dimensions.length > 0 ? (
        <Section title="Metered dimensions">
          <DataTable
            caption="Metered dimensions by plan, prices in US dollars"
            rows={offer.dimensions}
            rowKey={(row) => row.key}
            columns={[
              { key: 'name', header: 'Dimension', cell: (row) => `${row.name} (${row.id})`, rowHeader: true },
              { key: 'plan', header: 'Plan', cell: (row) => row.planId },
              { key: 'unit', header: 'Unit', cell: (row) => row.unit },
              { key: 'price', header: 'Price per unit', cell: (row) => row.price, align: 'end' },
              { key: 'month', header: 'Included a month', cell: (row) => row.includedMonth, align: 'end' },
              { key: 'year', header: 'Included a year', cell: (row) => row.includedYear, align: 'end' },
            ]}
          />
        </Section>
      ) : null}
      {offer.phases.length > 0 ? (
        <Section title="Publishing">
          <DataTable
            caption="Phases of the latest publishing"
            rows={offer.phases}
            rowKey={(phase) => phase.key}
            columns={[
              { key: 'label', header: 'Phase', cell: (phase) => phase.label, rowHeader: true },
              {
                key: 'status',
                header: 'Status',
                cell: (phase) => <Status tone={phaseTones[phase.status] ?? 'neutral'}>{phase.status}</Status>,
              },
              { key: 'at', header: 'Completed', cell: (phase) => (phase.completedAt ? <MomentText value={phase.completedAt} /> : '–') },
            ]}
          />
        </Section>
      ) : null}
      {offer.technical ? (
        <Section title="Technical configuration" card>
          <Facts
            facts={[
              { label: 'Landing page', value: offer.technical.landingPageUrl },
              { label: 'Connection webhook', value: offer.technical.webhookUrl },
              { label: 'Directory (tenant) id', value: offer.technical.tenantId },
              { label: 'Application id', value: offer.technical.applicationId },
            ]}
          />
        </Section>
      ) : null}
    </PortalPage>
  )
}
