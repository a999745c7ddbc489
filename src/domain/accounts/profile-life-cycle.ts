import { conflict } from '../../kernel/errors.ts'

export type ProfileState = 'pending' | 'validated' | 'failed' | 'replaced'
export type ProfileTrigger = 'validate' | 'reject' | 'revoke' | 'replace'

/** A version of a payout or tax profile. `revoke`: a bank returned a payment. A newer version replaces whatever there was. */
export const profileStates: Record<ProfileState, Partial<Record<ProfileTrigger, ProfileState>>> = {
  pending: { validate: 'validated', reject: 'failed', replace: 'replaced' },
  validated: { revoke: 'failed', replace: 'replaced' },
  failed: { replace: 'replaced' },
  replaced: {},
}

/** @throws conflict `IllegalTransition` */
export function nextProfileState(state: ProfileState, trigger: ProfileTrigger): ProfileState {
  const to = profileStates[state][trigger]
  if (to === undefined) throw conflict('IllegalTransition', `The profile is ${state}: ${trigger} is not possible.`)
  return to
}
