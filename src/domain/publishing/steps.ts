import type { Ctx } from '../../kernel/context.ts'
import type { DraftView, SaasContent } from '../offers/index.ts'

/** One thing that a check or a reviewer found. `error` fails a blocking step; `warning` is for the publisher to weigh. */
export interface Finding {
  /** name of the rule, or number of the certification policy */
  code: string
  /** what is wrong and what to do about it, in a sentence for the publisher */
  message: string
  /** where: `listing.en.description`, `plans.basic`, `technicalConfiguration.webhookUrl` */
  target?: string
  severity: 'error' | 'warning'
  /** title of the certification policy */
  title?: string
  /** what the reviewer saw */
  notes?: string
}

export type StepStatus = 'Not Started' | 'In Progress' | 'Completed' | 'Failed'

/** What a step looks at: the frozen draft and the content that it would become. */
export interface Subject {
  submission: string
  /** key of the phase: some steps run once before the preview and once before going live */
  phase: string
  draft: DraftView
  content: SaasContent
}

export interface StepOutcome {
  findings: Finding[]
  /** somebody has to decide; the step ends by their decision */
  waits?: boolean
  /** the errors may pass by themselves, so that the step is tried again before it fails */
  transient?: boolean
  /** what there is to say even without findings */
  note?: string
}

/** A step that changes and reads the database only. It runs in a transaction and may run twice. */
export interface WorkStep {
  run(ctx: Ctx, subject: Subject): Promise<StepOutcome>
}

/** A step with calls to the outside between two transactions. It may run twice. */
export interface CallStep<Prepared = unknown, Answer = unknown> {
  prepare(ctx: Ctx, subject: Subject): Promise<Prepared>
  /** Outside of any transaction. A failure that tells something about the offer is an answer, not an exception. */
  perform(prepared: Prepared): Promise<Answer>
  finish(ctx: Ctx, subject: Subject, prepared: Prepared, answer: Answer): Promise<StepOutcome>
  /** What can be said without calling anybody, for offers that are loaded rather than submitted. Absent: nothing. */
  withoutCalls?(ctx: Ctx, subject: Subject): Promise<StepOutcome>
}

export type Step = WorkStep | CallStep

export const isCall = (step: Step): step is CallStep => 'perform' in step

/** A step with calls, whose three parts agree on what travels between them. */
export function callStep<Prepared, Answer>(step: CallStep<Prepared, Answer>): CallStep {
  return step as CallStep
}

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

/** How often a blocking step is tried while its errors may pass, and the wait before each further time, in seconds. */
export const patience = { attempts: 3, waits: [60, 300] } as const

/** Seconds after which a step that has been tried `attempts` times is tried again, or null when it has failed for good. */
export function nextAttempt(attempts: number): number | null {
  return attempts < patience.attempts ? (patience.waits[attempts - 1] ?? null) : null
}
