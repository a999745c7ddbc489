import type { Ctx } from '../../kernel/context.ts'
import type { DraftView, SaasContent } from '../offers/index.ts'

/** One thing that a check found. `error` fails a blocking step; `warning` is for the publisher to weigh. */
export interface Finding {
  code: string
  message: string
  target?: string
  severity: 'error' | 'warning'
}

export type StepStatus = 'Not Started' | 'In Progress' | 'Completed' | 'Failed'

/** What a step looks at: the frozen draft and the content that it would become. */
export interface Subject {
  submission: string
  draft: DraftView
  content: SaasContent
}

/** `waits`: somebody has to decide; the step ends by their decision. */
type StepOutcome = { findings: Finding[]; waits?: boolean }

/** A step of a phase. Registered by the name that offer types use. It runs in a transaction and may run twice. */
export type Step = (ctx: Ctx, subject: Subject) => Promise<StepOutcome>

/** Collects what was found, leaving out what was not. */
export function findingsOf(...lists: (Finding | false | undefined)[]): Finding[] {
  return lists.filter((finding): finding is Finding => Boolean(finding))
}

export const error = (code: string, message: string, target?: string): Finding => ({
  code,
  message,
  severity: 'error',
  ...(target ? { target } : {}),
})
export const warning = (code: string, message: string, target?: string): Finding => ({
  code,
  message,
  severity: 'warning',
  ...(target ? { target } : {}),
})
