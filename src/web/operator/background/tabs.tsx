import { PageTabs } from '../../ui/portal-tabs.tsx'

export function BackgroundTabs() {
  return (
    <PageTabs
      label="Background work"
      tabs={[
        { to: '/operator/background', label: 'Due work', end: true },
        { to: '/operator/background/jobs', label: 'Jobs' },
        { to: '/operator/background/failed', label: 'Failed' },
      ]}
    />
  )
}
