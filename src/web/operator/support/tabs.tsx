import { PageTabs } from '../../ui/portal-tabs.tsx'

export function SupportTabs() {
  return (
    <PageTabs
      label="Support"
      tabs={[
        { to: '/operator/support', label: 'Requests', end: true },
        { to: '/operator/support/removals', label: 'Removals of offers' },
        { to: '/operator/support/topics', label: 'Topics' },
      ]}
    />
  )
}
