import { conflict } from '../../kernel/errors.ts'

/** What is checked of a new account, each by itself (spec/01 §3.3, §4.2). */
export const verificationSteps = ['email', 'employment', 'business'] as const
export type VerificationStepName = (typeof verificationSteps)[number]

export type VerificationState = 'pending' | 'accepted' | 'refused'
export type VerificationTrigger = 'accept' | 'refuse' | 'ask-again'

/** A step of an account's verification. `ask-again`: what was checked has been corrected or has changed. */
export const verificationStates: Record<VerificationState, Partial<Record<VerificationTrigger, VerificationState>>> = {
  pending: { accept: 'accepted', refuse: 'refused', 'ask-again': 'pending' },
  accepted: { refuse: 'refused', 'ask-again': 'pending' },
  refused: { accept: 'accepted', 'ask-again': 'pending' },
}

/** @throws conflict `IllegalTransition` */
export function nextVerificationState(state: VerificationState, trigger: VerificationTrigger): VerificationState {
  const to = verificationStates[state][trigger]
  if (to === undefined) throw conflict('IllegalTransition', `The step is ${state} already.`)
  return to
}
