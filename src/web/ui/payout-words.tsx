import type { NotPayable, ProfileState } from '../../domain/accounts/index.ts'
import type { AdjustmentState, CardReturnState, HeldReason, LedgerAccount, WriteOffState } from '../../domain/billing/index.ts'
import { Status, type Tone } from './portal-status.tsx'

/** Why something is not paid, as a sentence to the publisher. */
export const heldReasons: Record<HeldReason, string> = {
  'tax-profile-missing': 'There is no tax profile yet.',
  'tax-profile-pending': 'The tax profile is being checked.',
  'tax-profile-failed': 'The tax profile could not be validated.',
  'payout-profile-missing': 'There is no payout profile yet.',
  'payout-profile-pending': 'The bank account is being verified.',
  'payout-profile-failed': 'The bank account could not be validated.',
  suspended: 'The publisher is suspended.',
  'held-by-publisher': 'Payments are held by the publisher.',
  'rate-missing': 'There is no rate of exchange for the day of a purchase.',
  'credits-exceed': 'Credits exceed what was earned.',
  'below-threshold': 'The amount is below the threshold.',
}

/** What the publisher does about it; only it can. */
export const heldRemedies: Partial<Record<NotPayable, string>> = {
  'tax-profile-missing': 'Submit the tax form first, then your bank account.',
  'tax-profile-failed': 'Read why, correct the form and submit it again.',
  'payout-profile-missing': 'Enter the bank account that payouts go to.',
  'payout-profile-failed': 'Read why, and enter the bank account again.',
}

const profileStates: Record<ProfileState | 'missing', { label: string; tone: Tone }> = {
  missing: { label: 'Not submitted', tone: 'attention' },
  pending: { label: 'Pending validation', tone: 'info' },
  validated: { label: 'Validated', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  replaced: { label: 'Replaced', tone: 'neutral' },
}

/** The state of a payout or tax profile. */
export function ProfileStatus({ status }: { status: ProfileState | 'missing' }) {
  const state = profileStates[status]
  return <Status tone={state.tone}>{state.label}</Status>
}

const adjustmentStates: Record<AdjustmentState, { label: string; tone: Tone }> = {
  requested: { label: 'Awaits approval', tone: 'attention' },
  approved: { label: 'Approved', tone: 'good' },
  refused: { label: 'Refused', tone: 'bad' },
  withdrawn: { label: 'Withdrawn', tone: 'neutral' },
}

export function AdjustmentStatus({ status }: { status: AdjustmentState }) {
  const state = adjustmentStates[status]
  return <Status tone={state.tone}>{state.label}</Status>
}

const writeOffStates: Record<WriteOffState, { label: string; tone: Tone }> = {
  requested: { label: 'Awaits approval', tone: 'attention' },
  booked: { label: 'Written off', tone: 'bad' },
  refused: { label: 'Refused', tone: 'neutral' },
  withdrawn: { label: 'Withdrawn', tone: 'neutral' },
  recovered: { label: 'Paid after all', tone: 'good' },
}

export function WriteOffStatus({ status }: { status: WriteOffState }) {
  const state = writeOffStates[status]
  return <Status tone={state.tone}>{state.label}</Status>
}

const cardReturnStates: Record<CardReturnState, { label: string; tone: Tone }> = {
  open: { label: 'Undecided', tone: 'attention' },
  won: { label: 'Money is back', tone: 'good' },
  lost: { label: 'Written off', tone: 'bad' },
  owed: { label: 'Collected again', tone: 'info' },
}

export function CardReturnStatus({ status }: { status: CardReturnState }) {
  const state = cardReturnStates[status]
  return <Status tone={state.tone}>{state.label}</Status>
}

/** What an account of the ledger holds. */
export const ledgerAccounts: Record<LedgerAccount, string> = {
  receivable: 'Owed by customers',
  cash: 'Cash',
  'revenue-share': 'Publishers’ share, not collected yet',
  payable: 'Owed to publishers',
  'store-fee': 'Store fee',
  tax: 'Owed to tax offices',
  withholding: 'Withheld for the tax office',
  exchange: 'Exchange of currencies',
  rounding: 'Rounding',
  'payment-cost': 'Costs of payments',
}

export const entityTypeNames: Record<string, string> = {
  individual: 'Individual',
  corporation: 'Corporation',
  partnership: 'Partnership',
  trust: 'Trust or estate',
  government: 'Government or public body',
}
