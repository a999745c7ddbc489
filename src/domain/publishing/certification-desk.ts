import type { Temporal } from 'temporal-polyfill'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Accounts } from '../accounts/index.ts'
import { type Offer, type OfferKey, type Offers, offerTypeOf } from '../offers/index.ts'
import {
  type CertificationMode,
  type CertificationOutcome,
  checkDecision,
  type CheckResult,
  decideAutomatically,
  openChecks,
  readReview,
  type Review,
} from './certification.ts'
import type { Snapshot } from './snapshot.ts'
import { error, type Finding, type StepOutcome, type Subject } from './steps.ts'
import * as store from './store.ts'
import { fileFindings } from './validation.ts'
import type { Workflow } from './workflow.ts'

/** A submission in the queue of certification. */
export interface CertificationCase {
  submission: string
  offer: OfferKey
  publisherId: string
  offerId: string
  offerType: string
  typeLabel: string
  title: string
  number: number
  isUpdate: boolean
  mode: CertificationMode
  openedAt: Temporal.Instant
  assignedTo: string | null
  assignedName: string
  outcome: CertificationOutcome | null
  decidedAt: Temporal.Instant | null
  decidedBy: string
  open: number
  failed: number
}

/** Everything that a reviewer looks at. */
export interface CertificationDossier extends CertificationCase {
  /** the publisher's notes for certification */
  notes: string
  submittedAt: Temporal.Instant
  submittedBy: string
  checks: CheckResult[]
  findings: Finding[]
  /** findings of Offer validation */
  validation: Finding[]
  snapshot: Snapshot | null
  previewKey: string | null
  previewIsFree: boolean
}

export interface CertificationRules {
  mode: CertificationMode
  /** reason with which the next submission is rejected; null: it is not */
  rejectNext: string | null
  /** who set it last; empty: nobody, it is what this marketplace began with */
  setBy: string
}

const queueSize = 200
const longest = { word: 80, reason: 300, title: 100, ask: 500 } as const

/** The operator's certification: its queue, its decisions, its rules. */
export function createCertificationDesk(
  kernel: Kernel,
  { offers, accounts, workflow }: { offers: Pick<Offers, 'viewOf'>; accounts: Pick<Accounts, 'publisher'>; workflow: Workflow },
) {
  const { audit, config, files } = kernel
  const isSandbox = config.mode === 'sandbox'

  async function modeNow(ctx: Ctx, options: { lock?: boolean } = {}): Promise<CertificationRules> {
    const row = await store.selectMode(ctx.tx, options)
    return { mode: row?.mode ?? (isSandbox ? 'automatic' : 'manual'), rejectNext: row?.rejectNext ?? null, setBy: row?.setBy ?? '' }
  }

  /** The step `certification` of the phases: opens the case, and decides it at once where nobody is asked. */
  async function openCase(ctx: Ctx, { submission, draft, content }: Subject): Promise<StepOutcome> {
    const { offer } = draft
    const definition = offerTypeOf(offer.offerType).certification
    const rules = await modeNow(ctx, { lock: true })
    const checks = openChecks(definition, await store.selectCriteria(ctx.tx, offer.offerType))
    const base = {
      submission,
      ...namesOf(offer),
      offerType: offer.offerType,
      title: (content.listing.en ?? Object.values(content.listing)[0])?.name ?? offer.alias,
      openedAt: ctx.now,
      assignedName: '',
      decidedBy: '',
    }
    if (rules.rejectNext !== null) {
      const finding: Finding = {
        ...error(checks[0]?.id ?? 'E1', rules.rejectNext),
        title: 'Rejected on request',
        notes: 'The sandbox was asked to reject the next submission.',
      }
      await store.upsertMode(ctx.tx, { mode: rules.mode, rejectNext: null, setAt: ctx.now, setBy: rules.setBy })
      await store.insertCertification(ctx.tx, {
        ...base,
        mode: 'automatic',
        checks,
        findings: [finding],
        outcome: 'rejected',
        decidedAt: ctx.now,
      })
      return { findings: [finding] }
    }
    if (rules.mode === 'manual') {
      await store.insertCertification(ctx.tx, { ...base, mode: 'manual', checks, findings: [] })
      return { findings: [], waits: true, note: `${config.brand.name} looks at the offer.` }
    }
    const validation = (await store.selectSteps(ctx.tx, submission)).find((step) => step.step === 'offer-validation')?.findings ?? []
    const { status } = await accounts.publisher(ctx, offer.publisherId)
    const malware = (await fileFindings(content, files)).filter((finding) => finding.code === 'Malware')
    const decided = decideAutomatically(definition, checks, { validation, files: malware, publisherIsActive: status === 'active' })
    const outcome = decided.findings.length > 0 ? 'rejected' : 'approved'
    await store.insertCertification(ctx.tx, { ...base, mode: 'automatic', ...decided, outcome, decidedAt: ctx.now })
    return { findings: decided.findings }
  }

  async function caseOf(
    ctx: Ctx,
    id: string,
    options: { lock?: boolean } = {},
  ): Promise<{ row: store.CertificationRow; submission: store.SubmissionRow }> {
    authorize(ctx.principal, 'certification.review')
    const submission = isUuid(id) ? await store.selectSubmission(ctx.tx, id, options) : undefined
    const row = submission && (await store.selectCertification(ctx.tx, submission.id, options))
    if (!row || !submission) throw notFound('CertificationNotFound', 'There is no certification of such a submission.')
    return { row, submission }
  }

  function openFor(ctx: Ctx, row: store.CertificationRow): void {
    if (row.outcome !== null) throw conflict('CertificationEnded', 'This certification has ended.')
    if (ctx.principal.kind === 'user' && row.assignedTo !== ctx.principal.objectId) {
      throw conflict(
        'NotAssigned',
        row.assignedTo ? `${row.assignedName} reviews this submission. Take it over first.` : 'Assign the submission to yourself first.',
      )
    }
  }

  const nameOf = (ctx: Ctx) => (ctx.principal.kind === 'user' ? ctx.principal.displayName : config.brand.name)

  function describe(row: store.CertificationRow, submission: store.SubmissionRow): CertificationCase {
    return {
      submission: row.submission,
      offer: row.offer,
      publisherId: row.publisherId,
      offerId: row.offerId,
      offerType: row.offerType,
      typeLabel: offerTypeOf(row.offerType).label,
      title: row.title,
      number: submission.number,
      isUpdate: submission.isUpdate,
      mode: row.mode,
      openedAt: row.openedAt,
      assignedTo: row.assignedTo,
      assignedName: row.assignedName,
      outcome: row.outcome,
      decidedAt: row.decidedAt,
      decidedBy: row.decidedBy,
      open: row.checks.filter((check) => check.result === 'open').length,
      failed: row.checks.filter((check) => check.result === 'failed').length,
    }
  }

  async function describeAll(ctx: Ctx, rows: store.CertificationRow[]): Promise<CertificationCase[]> {
    const submissions = new Map(
      (
        await store.selectSubmissions(
          ctx.tx,
          rows.map((row) => row.submission),
        )
      ).map((row) => [row.id, row]),
    )
    return rows.flatMap((row) => {
      const submission = submissions.get(row.submission)
      return submission ? [describe(row, submission)] : []
    })
  }

  const desk = {
    openCase,

    /** Submissions that wait for a reviewer, the longest waiting first, and those decided last. @throws forbidden */
    async queue(ctx: Ctx): Promise<{ waiting: CertificationCase[]; decided: CertificationCase[] }> {
      authorize(ctx.principal, 'certification.review')
      return {
        waiting: await describeAll(ctx, await store.selectCertifications(ctx.tx, true, queueSize)),
        decided: await describeAll(ctx, await store.selectCertifications(ctx.tx, false, 50)),
      }
    },

    /** One submission with everything that its reviewer needs. @throws `CertificationNotFound`, forbidden */
    async dossier(ctx: Ctx, id: string): Promise<CertificationDossier> {
      const { row, submission } = await caseOf(ctx, id)
      const snapshot = submission.previewSnapshot ? await store.selectSnapshot(ctx.tx, submission.previewSnapshot) : null
      const [publication] = await store.selectPublications(ctx.tx, [row.offer])
      const validation = (await store.selectSteps(ctx.tx, submission.id)).find((step) => step.step === 'offer-validation')
      return {
        ...describe(row, submission),
        notes: submission.notes,
        submittedAt: submission.submittedAt,
        submittedBy: submission.submittedBy,
        checks: row.checks,
        findings: row.findings,
        validation: validation?.findings ?? [],
        snapshot,
        previewKey: publication?.previewSnapshot === submission.previewSnapshot ? (publication?.previewKey ?? null) : null,
        previewIsFree: publication?.previewFree ?? false,
      }
    },

    /** The visitor reviews the submission from now on, also when somebody else did. @throws `CertificationEnded` (conflict) */
    async assign(ctx: Ctx, id: string): Promise<void> {
      const { row } = await caseOf(ctx, id, { lock: true })
      if (row.outcome !== null) throw conflict('CertificationEnded', 'This certification has ended.')
      const assignedTo = ctx.principal.kind === 'user' ? ctx.principal.objectId : null
      await store.updateCertification(ctx.tx, row.submission, { assignedTo, assignedName: nameOf(ctx), assignedAt: ctx.now })
    },

    /** Gives the submission back to the queue. @throws `CertificationEnded`, `NotAssigned` (conflict) */
    async release(ctx: Ctx, id: string): Promise<void> {
      const { row } = await caseOf(ctx, id, { lock: true })
      openFor(ctx, row)
      await store.updateCertification(ctx.tx, row.submission, { assignedTo: null, assignedName: '', assignedAt: null })
    },

    /** Keeps a review that is not finished. @throws those of `readReview`, `CertificationEnded`, `NotAssigned` (conflict) */
    async saveReview(ctx: Ctx, id: string, review: Review): Promise<void> {
      const { row } = await caseOf(ctx, id, { lock: true })
      openFor(ctx, row)
      await store.updateCertification(ctx.tx, row.submission, readReview(row.checks, review))
    },

    /**
     * Ends the review: the submission goes on, or needs attention and its publisher gets the report.
     *
     * @throws those of `readReview` and `checkDecision` (invalid), `CertificationEnded`, `NotAssigned` (conflict)
     */
    async decide(ctx: Ctx, id: string, decision: { approve: boolean } & Review): Promise<void> {
      const { row, submission } = await caseOf(ctx, id, { lock: true })
      openFor(ctx, row)
      const { checks, findings } = readReview(row.checks, decision)
      checkDecision(decision.approve, checks, findings)
      await store.updateCertification(ctx.tx, row.submission, {
        checks,
        findings,
        outcome: decision.approve ? 'approved' : 'rejected',
        decidedAt: ctx.now,
        decidedBy: nameOf(ctx),
      })
      const draft = await offers.viewOf(ctx, submission.offer, submission.instances)
      const { publisherId, offerId } = draft.offer
      await audit.record(ctx, {
        action: 'offer.certify',
        target: `offer:${publisherId}/${offerId}`,
        after: { submission: submission.id, approve: decision.approve, findings },
      })
      const step = (await store.selectSteps(ctx.tx, submission.id)).find(
        (one) => one.step === 'certification' && one.status === 'In Progress',
      )
      if (!step) throw conflict('CertificationEnded', 'This certification has ended.')
      const subject = await workflow.subjectOf(ctx, submission, draft)
      if (await workflow.complete(ctx, submission, step, subject, { findings })) await workflow.schedule(ctx, submission.id)
    },

    /** How submissions are certified now. */
    async rules(ctx: Ctx): Promise<CertificationRules> {
      return modeNow(ctx)
    },

    /**
     * Sets how submissions are certified. Rejecting the next one is a game of the sandbox, for publishers who want to see what it is like.
     *
     * @throws `SandboxOnly`, `InvalidValue` (invalid), forbidden
     */
    async setRules(ctx: Ctx, rules: { mode: string; rejectNext?: string | null }): Promise<void> {
      authorize(ctx.principal, 'certification.review')
      const { mode } = rules
      if (mode !== 'automatic' && mode !== 'manual')
        throw invalid('InvalidValue', 'Certification is automatic or manual.', { target: 'mode' })
      const rejectNext =
        rules.rejectNext === undefined || rules.rejectNext === null ? null : lineOf(rules.rejectNext, 'rejectNext', longest.reason)
      if (rejectNext !== null && !isSandbox) {
        throw invalid('SandboxOnly', 'Only a sandbox rejects submissions on request.', { target: 'rejectNext' })
      }
      const before = await modeNow(ctx)
      await store.upsertMode(ctx.tx, { mode, rejectNext, setAt: ctx.now, setBy: nameOf(ctx) })
      await audit.record(ctx, { action: 'certification.rules', target: 'certification', before, after: { mode, rejectNext } })
    },

    /** Words that no listing may hold, in alphabetical order. @throws forbidden */
    async forbiddenWords(ctx: Ctx): Promise<{ word: string; reason: string; addedBy: string; addedAt: Temporal.Instant }[]> {
      authorize(ctx.principal, 'certification.review')
      return store.selectForbiddenWords(ctx.tx)
    },

    /** Adds a word, in lower case. It counts for submissions from now on. @throws `Required`, `InvalidValue` (invalid), `WordTaken` (conflict), forbidden */
    async forbidWord(ctx: Ctx, input: { word: string; reason: string }): Promise<void> {
      authorize(ctx.principal, 'certification.review')
      const word = lineOf(input.word, 'word', longest.word).replaceAll(/\s+/g, ' ').toLowerCase()
      const reason = lineOf(input.reason, 'reason', longest.reason)
      if (!/[\p{L}\p{N}]/u.test(word)) throw invalid('InvalidValue', 'A word has at least one letter or digit.', { target: 'word' })
      if (!(await store.insertForbiddenWord(ctx.tx, { word, reason, addedAt: ctx.now, addedBy: nameOf(ctx) }))) {
        throw conflict('WordTaken', `“${word}” is on the list already.`, { target: 'word' })
      }
      await audit.record(ctx, { action: 'certification.forbid-word', target: word, after: { reason } })
    },

    /** Takes a word off the list. @throws not-found `WordNotFound`, forbidden */
    async allowWord(ctx: Ctx, word: string): Promise<void> {
      authorize(ctx.principal, 'certification.review')
      if (!(await store.deleteForbiddenWord(ctx.tx, word)))
        throw notFound('WordNotFound', 'The word is not on the list.', { target: 'word' })
      await audit.record(ctx, { action: 'certification.allow-word', target: word })
    },

    /** What publishers must be beyond the checks of the type, by offer type. @throws forbidden */
    async criteria(ctx: Ctx): Promise<{ id: string; offerType: string; title: string; ask: string; addedBy: string }[]> {
      authorize(ctx.principal, 'certification.review')
      return store.selectCriteria(ctx.tx)
    },

    /** Asks one more thing of publishers of an offer type. @throws `UnknownOfferType`, `Required`, `InvalidValue` (invalid), `CriterionTaken` (conflict), forbidden */
    async addCriterion(ctx: Ctx, input: { offerType: string; title: string; ask: string }): Promise<void> {
      authorize(ctx.principal, 'certification.review')
      const { type } = offerTypeOf(input.offerType)
      const row = {
        id: newId<'criterion'>(),
        offerType: type,
        title: lineOf(input.title, 'title', longest.title),
        ask: lineOf(input.ask, 'ask', longest.ask),
        addedAt: ctx.now,
        addedBy: nameOf(ctx),
      }
      if (!(await store.insertCriterion(ctx.tx, row)))
        throw conflict('CriterionTaken', `There is a criterion “${row.title}” already.`, { target: 'title' })
      await audit.record(ctx, { action: 'certification.criterion', target: type, after: { title: row.title, ask: row.ask } })
    },

    /** @throws not-found `CriterionNotFound`, forbidden */
    async removeCriterion(ctx: Ctx, id: string): Promise<void> {
      authorize(ctx.principal, 'certification.review')
      const row = isUuid(id) ? await store.deleteCriterion(ctx.tx, id) : undefined
      if (!row) throw notFound('CriterionNotFound', 'There is no such criterion.')
      await audit.record(ctx, { action: 'certification.criterion', target: row.offerType, before: { title: row.title } })
    },
  }
  return desk
}

const namesOf = ({ id, publisherId, offerId }: Offer) => ({ offer: id, publisherId, offerId })

/** One line of text that must be filled in. */
function lineOf(text: string, target: string, most: number): string {
  const line = text.replaceAll(/\p{Cc}+/gu, ' ').trim()
  if (line === '') throw invalid('Required', 'Fill this in.', { target })
  if (line.length > most || !line.isWellFormed()) throw invalid('InvalidValue', `Use at most ${most} characters.`, { target })
  return line
}
