import { type ErrorDetail, invalid } from '../../kernel/errors.ts'
import type { Certification, CertificationCheck, CertificationLevel } from '../offers/index.ts'
import type { Finding } from './steps.ts'

/** Certification: the checks of an offer type, their results, and when a submission may be approved or rejected (spec/06 A5). */

export type CertificationMode = 'automatic' | 'manual'
export type CertificationOutcome = 'approved' | 'rejected' | 'withdrawn'

const checkResults = ['open', 'passed', 'failed', 'not-applicable'] as const
export type CheckState = (typeof checkResults)[number]

/** A check as it was asked when the certification was opened, and what came of it. */
export interface CheckResult {
  /** number of the policy */
  id: string
  level: CertificationLevel
  title: string
  ask: string
  result: CheckState
  note: string
}

/** What the operator asks of publishers beyond an offer type's own checks. */
export interface Criterion {
  title: string
  ask: string
}

/** The checks of a certification that is opened now: those of the type, then the operator's criteria as P1, P2 … */
export function openChecks(definition: Certification, criteria: readonly Criterion[]): CheckResult[] {
  const own = definition.checks.map(({ id, level, title, ask }) => check(id, level, title, ask))
  const added = criteria.map(({ title, ask }, index) => check(`P${index + 1}`, 'eligibility', title, ask))
  const order: CertificationLevel[] = ['eligibility', 'content', 'technical']
  return order.flatMap((level) => [...own, ...added].filter((one) => one.level === level))
}

const check = (id: string, level: CertificationLevel, title: string, ask: string): CheckResult => ({
  id,
  level,
  title,
  ask,
  result: 'open',
  note: '',
})

/** What the marketplace knows when it certifies by itself. */
export interface AutomaticFacts {
  /** of automated validation */
  validation: readonly Finding[]
  files: readonly Finding[]
  publisherIsActive: boolean
}

/**
 * The checks decided by the marketplace itself, and what they found. A check fails for an error; what it cannot decide (the operator's
 * criteria) passes with a note, since nobody looks.
 */
export function decideAutomatically(
  definition: Certification,
  checks: readonly CheckResult[],
  facts: AutomaticFacts,
): { checks: CheckResult[]; findings: Finding[] } {
  const findings: Finding[] = []
  const decided = checks.map((one): CheckResult => {
    const known = definition.checks.find(({ id }) => id === one.id)
    if (!known) return { ...one, result: 'passed', note: 'Not asked: certification is automatic.' }
    const found = automaticFindings(known, facts)
    if (found === 'nothing') return { ...one, result: 'not-applicable', note: 'Nothing to look at.' }
    const errors = found.filter((finding) => finding.severity === 'error')
    findings.push(...errors.map((finding) => ({ ...finding, code: known.id, title: known.title, notes: finding.notes ?? '' })))
    return errors.length > 0
      ? { ...one, result: 'failed', note: errors.map((finding) => finding.message).join(' ') }
      : { ...one, result: 'passed', note: found.map((finding) => finding.message).join(' ') }
  })
  return { checks: decided, findings }
}

function automaticFindings({ automatic }: CertificationCheck, facts: AutomaticFacts): readonly Finding[] | 'nothing' {
  if (automatic.by === 'none') return 'nothing'
  if (automatic.by === 'files') return facts.files
  if (automatic.by === 'validation') return facts.validation.filter((finding) => automatic.codes.includes(finding.code))
  return facts.publisherIsActive
    ? []
    : [{ code: 'PublisherInactive', message: 'The seller account is not active.', severity: 'error' as const }]
}

/** What a reviewer sends: results of checks, and findings that name a check. */
export interface Review {
  checks: readonly { id: string; result: string; note?: string }[]
  findings: readonly { policy: string; severity: string; message: string; notes: string }[]
}

const longestNote = 4000
const mostFindings = 50

/**
 * The review of a certification as it will be kept.
 *
 * @throws `UnknownPolicy`, `InvalidValue`, `Required` (invalid, one detail a field)
 */
export function readReview(opened: readonly CheckResult[], review: Review): { checks: CheckResult[]; findings: Finding[] } {
  const problems: ErrorDetail[] = []
  const problem = (code: string, target: string, message: string) => problems.push({ code, target, message })
  for (const { id } of review.checks) {
    if (!opened.some((one) => one.id === id)) problem('UnknownPolicy', 'checks', `There is no check ${id.slice(0, 20)}.`)
  }
  const checks = opened.map((one): CheckResult => {
    const sent = review.checks.find(({ id }) => id === one.id)
    if (!sent) return one
    const result = checkResults.find((known) => known === sent.result)
    if (!result) problem('InvalidValue', `checks.${one.id}`, `${one.title}: choose passed, failed or not applicable.`)
    return { ...one, result: result ?? 'open', note: textOf(sent.note ?? '', `checks.${one.id}`) }
  })
  if (review.findings.length > mostFindings) problem('TooMany', 'findings', `A report has at most ${mostFindings} findings.`)
  const findings = review.findings.slice(0, mostFindings).map((sent, index): Finding => {
    const target = `findings.${index}`
    const policy = opened.find(({ id }) => id === sent.policy)
    if (!policy) problem('UnknownPolicy', `${target}.policy`, 'Choose the policy that is not met.')
    if (sent.severity !== 'error' && sent.severity !== 'warning')
      problem('InvalidValue', `${target}.severity`, 'A finding is an error or a warning.')
    const message = textOf(sent.message, `${target}.message`)
    const notes = textOf(sent.notes, `${target}.notes`)
    if (message === '') problem('Required', `${target}.message`, 'Say what is not as it should be.')
    if (notes === '') problem('Required', `${target}.notes`, 'Say what you saw and what to do, so that the publisher can mend it.')
    return { code: sent.policy, title: policy?.title ?? '', message, notes, severity: sent.severity === 'warning' ? 'warning' : 'error' }
  })
  const [first] = problems
  if (first) throw invalid(first.code, first.message, { ...(first.target ? { target: first.target } : {}), details: problems })
  return { checks, findings }

  function textOf(text: string, target: string): string {
    const trimmed = text.trim()
    if (trimmed.length > longestNote) problem('InvalidValue', target, `Use at most ${longestNote} characters.`)
    // oxlint-disable-next-line no-control-regex
    if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(trimmed) || !trimmed.isWellFormed()) {
      problem('InvalidValue', target, 'The text holds characters that no text may have.')
    }
    return trimmed
  }
}

/**
 * Refuses a decision that the review does not bear out: an approval with open or failed checks, a rejection that names no error, a failed check
 * that no finding explains.
 *
 * @throws `ChecksOpen`, `ChecksFailed`, `FindingsRequired`, `FindingMissing` (invalid)
 */
export function checkDecision(approve: boolean, checks: readonly CheckResult[], findings: readonly Finding[]): void {
  const open = checks.filter(({ result }) => result === 'open')
  const failed = checks.filter(({ result }) => result === 'failed')
  const list = (rows: readonly CheckResult[]) => rows.map(({ id, title }) => `${id} ${title}`).join(', ')
  if (approve) {
    if (open.length > 0) throw invalid('ChecksOpen', `Decide every check before you approve. Open: ${list(open)}.`, { target: 'checks' })
    if (failed.length > 0) throw invalid('ChecksFailed', `What failed cannot be approved: ${list(failed)}.`, { target: 'checks' })
    if (findings.some(({ severity }) => severity === 'error')) {
      throw invalid('ErrorsFound', 'An approval may carry warnings, not errors. Reject, or make the finding a warning.', {
        target: 'findings',
      })
    }
    return
  }
  if (!findings.some(({ severity }) => severity === 'error')) {
    throw invalid('FindingsRequired', 'A rejection names what has to change: add a finding that is an error.', { target: 'findings' })
  }
  const unexplained = failed.filter(({ id }) => findings.every(({ code }) => code !== id))
  if (unexplained.length > 0) {
    throw invalid('FindingMissing', `Explain each failed check with a finding: ${list(unexplained)}.`, { target: 'findings' })
  }
}

/** The report as plain text, for the mail: every policy that is not met, with the reviewer's notes. */
export function reportText(findings: readonly Finding[]): string {
  return findings
    .map(({ code, title, message, notes, severity }) =>
      [
        `${code} ${title ?? ''}`.trim() + (severity === 'warning' ? ' (warning)' : ''),
        message,
        ...(notes ? [`Review notes: ${notes}`] : []),
      ].join('\n'),
    )
    .join('\n\n')
}
