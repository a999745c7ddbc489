import { PageTabs } from '../../ui/portal-tabs.tsx'

/** The pages about what a publisher earns. `base`: `/partner/publishers/contoso` */
export function PayoutTabs({ base }: { base: string }) {
  return (
    <PageTabs
      label="Payouts"
      tabs={[
        { to: `${base}/payouts`, label: 'Summary', end: true },
        { to: `${base}/payouts/transactions`, label: 'Transactions' },
        { to: `${base}/payouts/forecast`, label: 'Forecast and balances' },
      ]}
    />
  )
}
