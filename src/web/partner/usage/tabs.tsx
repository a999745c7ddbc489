import { PageTabs } from '../../ui/portal-tabs.tsx'

/** The pages about usage. */
export function UsageTabs({ base }: { base: string }) {
  return (
    <PageTabs
      label="Usage"
      tabs={[
        { to: `${base}/usage`, label: 'Totals', end: true },
        { to: `${base}/usage/events`, label: 'Events' },
        { to: `${base}/usage/refused`, label: 'Refused' },
      ]}
    />
  )
}
