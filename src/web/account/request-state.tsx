import { Status, type Tone } from '../ui/portal-status.tsx'

const states: Record<string, { label: string; tone: Tone }> = {
  waiting: { label: 'Waits for a decision', tone: 'attention' },
  approved: { label: 'Approved', tone: 'good' },
  denied: { label: 'Denied', tone: 'bad' },
  withdrawn: { label: 'Withdrawn', tone: 'neutral' },
  completed: { label: 'Done', tone: 'good' },
  expired: { label: 'Expired', tone: 'neutral' },
}

/** What has become of a request. */
export function RequestState({ state }: { state: string }) {
  const { label, tone } = states[state] ?? { label: state, tone: 'neutral' as Tone }
  return <Status tone={tone}>{label}</Status>
}
