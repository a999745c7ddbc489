import { PageTabs } from '../../ui/portal-tabs.tsx'

/** Users, groups and applications are one page of Partner Center (spec/01 §8.1); what each role may do stands beside them. */
export function PeopleTabs({ base }: { base: string }) {
  return (
    <PageTabs
      label="People"
      tabs={[
        { to: `${base}/users`, label: 'Users' },
        { to: `${base}/groups`, label: 'Groups' },
        { to: `${base}/applications`, label: 'Applications' },
        { to: `${base}/roles`, label: 'What each role may do' },
      ]}
    />
  )
}
