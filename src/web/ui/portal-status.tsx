import { Badge, type BadgeProps } from '@fluentui/react-components'

/** What a state means for the reader: nothing to do, done, look here, wrong. */
export type Tone = 'neutral' | 'good' | 'attention' | 'bad' | 'info'

const colors: Record<Tone, BadgeProps['color']> = {
  neutral: 'subtle',
  good: 'success',
  attention: 'warning',
  bad: 'danger',
  info: 'informative',
}

/** A state in words; colour only repeats what the words say. */
export function Status({ tone, children }: { tone: Tone; children: string }) {
  return (
    <Badge appearance="tint" shape="rounded" color={colors[tone]} size="large" style={{ whiteSpace: 'nowrap' }}>
      {children}
    </Badge>
  )
}

const subscriptionStates: Record<string, { label: string; tone: Tone }> = {
  PendingFulfillmentStart: { label: 'Waiting for configuration', tone: 'attention' },
  Subscribed: { label: 'Active', tone: 'good' },
  Suspended: { label: 'Suspended', tone: 'bad' },
  Unsubscribed: { label: 'Cancelled', tone: 'neutral' },
}

/** A subscription's state in the words of its pages. */
export function SubscriptionStatus({ status }: { status: string }) {
  const state = subscriptionStates[status] ?? { label: status, tone: 'neutral' as Tone }
  return <Status tone={state.tone}>{state.label}</Status>
}
