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

const offerTones: Record<string, Tone> = {
  Draft: 'neutral',
  'Publish in progress': 'info',
  'Attention needed': 'attention',
  Preview: 'info',
  Live: 'good',
  'Pending Stop distribution': 'attention',
  'Not available in the marketplace': 'bad',
}

/** An offer's status with the words of Partner Center (spec/06 A1). */
export function OfferStatus({ status }: { status: string }) {
  return <Status tone={offerTones[status] ?? 'neutral'}>{status}</Status>
}

/** An HTTP status. */
export function HttpStatus({ status }: { status: number }) {
  return <Status tone={status >= 500 ? 'bad' : status >= 400 ? 'attention' : status >= 300 ? 'info' : 'good'}>{String(status)}</Status>
}

const invoiceStates: Record<string, { label: string; tone: Tone }> = {
  open: { label: 'Open', tone: 'attention' },
  paid: { label: 'Paid', tone: 'good' },
  credited: { label: 'Paid back', tone: 'neutral' },
  returned: { label: 'Payment taken back', tone: 'attention' },
  'written-off': { label: 'Written off', tone: 'bad' },
}

/** Whether an invoice is paid. */
export function InvoiceStatus({ status }: { status: string }) {
  const state = invoiceStates[status] ?? { label: status, tone: 'neutral' as Tone }
  return <Status tone={state.tone}>{state.label}</Status>
}

const payoutStates: Record<string, { label: string; tone: Tone }> = {
  'awaiting-customer': { label: 'Awaiting the customer', tone: 'attention' },
  'written-off': { label: 'Written off', tone: 'bad' },
  'in-next-payout': { label: 'In the next payout', tone: 'info' },
  prepared: { label: 'Prepared', tone: 'info' },
  held: { label: 'Held', tone: 'attention' },
  sent: { label: 'Sent', tone: 'info' },
  paid: { label: 'Paid', tone: 'good' },
  returned: { label: 'Returned', tone: 'bad' },
}

/** Where the money of a payout or of one of its lines is. */
export function PayoutStatus({ status }: { status: string }) {
  const state = payoutStates[status] ?? { label: status, tone: 'neutral' as Tone }
  return <Status tone={state.tone}>{state.label}</Status>
}

const paymentStates: Record<string, { label: string; tone: Tone }> = {
  pending: { label: 'Pending', tone: 'info' },
  processing: { label: 'Being charged', tone: 'info' },
  captured: { label: 'Received', tone: 'good' },
  'paid-back': { label: 'Paid back', tone: 'neutral' },
  'taken-back': { label: 'Taken back', tone: 'attention' },
  failed: { label: 'Failed', tone: 'bad' },
}

/** What became of a payment. */
export function PaymentStatus({ status }: { status: string }) {
  const state = paymentStates[status] ?? { label: status, tone: 'neutral' as Tone }
  return <Status tone={state.tone}>{state.label}</Status>
}
