import { PageTabs } from '../../ui/portal-tabs.tsx'

/** The operator's pages about payouts. */
export function PayoutTabs() {
  return (
    <PageTabs
      label="Payouts"
      tabs={[
        { to: '/operator/payouts', label: 'Next run and payouts', end: true },
        { to: '/operator/payouts/runs', label: 'Runs' },
        { to: '/operator/payouts/files', label: 'Bank files' },
        { to: '/operator/payouts/adjustments', label: 'Adjustments' },
        { to: '/operator/payouts/terms', label: 'Thresholds' },
      ]}
    />
  )
}
