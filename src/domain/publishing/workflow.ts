import type { Ctx } from '../../kernel/context.ts'
import { notFound } from '../../kernel/errors.ts'
import { newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { DraftView, Offer, OfferKey, Offers, Phase, SaasContent } from '../offers/index.ts'
import { offerTypeOf } from '../offers/index.ts'
import type { Announcements } from './announcements.ts'
import { eventKind, eventText, type HistoryEvent, initiatorOf, stepKind } from './history.ts'
import { isCall, nextAttempt, type Step, type StepOutcome, type Subject } from './steps.ts'
import * as store from './store.ts'
import { nextState, running, type SubmissionState, type SubmissionTrigger } from './submission.ts'

/** Kinds of due work of a submission, keyed by its id. */
const kinds = { advance: 'publishing.advance', call: 'publishing.call', cancel: 'publishing.cancel' } as const

/** A step that calls the outside, as its due row remembers it. */
interface CallPayload {
  submission: string
  seq: number
}

/** A cancellation that is being processed, and by whom, for the History page. */
interface CancelPayload {
  submission: string
  event: 'cancelled' | 'publishCancelled'
  by: ReturnType<typeof initiatorOf>
}

export interface WorkflowNeighbours {
  offers: Pick<Offers, 'viewOf'>
  announcements: Announcements
}

export type Workflow = ReturnType<typeof createWorkflow>

/**
 * Runs submissions through the phases of their offer type. Everything that a submission waits for is a row: due work, the publisher's sign-off,
 * a certification, or the next time of a step that is tried again. So a submission goes on where it was after any restart.
 */
export function createWorkflow(kernel: Kernel, { offers, announcements }: WorkflowNeighbours) {
  const { audit, config, due } = kernel
  const steps = new Map<string, Step>()

  const phasesOf = (offerType: string): Phase[] => offerTypeOf(offerType).phases

  async function lock(ctx: Ctx, id: string): Promise<store.SubmissionRow | undefined> {
    return store.selectSubmission(ctx.tx, id, { lock: true })
  }

  async function move(ctx: Ctx, row: store.SubmissionRow, trigger: SubmissionTrigger): Promise<store.SubmissionRow> {
    const state = nextState(row.state, trigger)
    const ended = !running.includes(state) && state !== 'preview'
    const changes = { state, finishedAt: ended ? ctx.now : null }
    await store.updateSubmission(ctx.tx, row.id, changes)
    return { ...row, ...changes }
  }

  async function schedule(ctx: Ctx, submission: string): Promise<void> {
    await due.schedule(ctx, { kind: kinds.advance, key: submission, at: ctx.now, payload: { submission } })
  }

  async function scheduleCall(ctx: Ctx, row: store.SubmissionRow, seq: number, seconds: number): Promise<void> {
    await due.schedule(ctx, {
      kind: kinds.call,
      key: row.id,
      at: ctx.now.add({ seconds }),
      payload: { submission: row.id, seq } satisfies CallPayload,
      lane: row.publisherId,
    })
  }

  /** Writes an entry of the History page. */
  async function record(
    ctx: Ctx,
    offer: Pick<Offer, 'id' | 'tenantId'>,
    event: HistoryEvent,
    about: { planName?: string; submission?: string } = {},
  ): Promise<void> {
    await store.insertHistory(ctx.tx, {
      id: newId<'history'>(),
      offer: offer.id,
      at: ctx.now,
      event: eventText(event, about.planName),
      kind: eventKind(event),
      ...initiatorOf(ctx.principal, offer.tenantId),
      submission: about.submission ?? null,
    })
  }

  async function recordStep(ctx: Ctx, offer: OfferKey, label: string, status: 'Completed' | 'Failed', submission: string): Promise<void> {
    await store.insertHistory(ctx.tx, {
      id: newId<'history'>(),
      offer,
      at: ctx.now,
      event: label,
      kind: stepKind,
      initiatorKind: 'system',
      initiatorId: null,
      initiatedBy: '',
      submission,
      status,
    })
  }

  /** What a step looks at. From the preview on it is the previewed content: live equals preview (spec/06 A9). */
  async function subjectOf(ctx: Ctx, row: store.SubmissionRow, draft: DraftView): Promise<Subject> {
    const previewed = row.previewSnapshot ? await store.selectSnapshot(ctx.tx, row.previewSnapshot) : null
    const content = previewed?.content ?? (offerTypeOf(draft.offer.offerType).assemble(draft) as SaasContent)
    return { submission: row.id, phase: phasesOf(draft.offer.offerType)[row.phase]?.key ?? '', draft, content }
  }

  /**
   * Runs the next step of a submission. Returns whether there is more to run now: false when it waits or has ended. The same function serves the
   * due work and the synchronous walk, which makes no calls to the outside.
   */
  async function advance(ctx: Ctx, id: string, options: { calls: boolean } = { calls: true }): Promise<boolean> {
    const row = await lock(ctx, id)
    if (!row || (row.state !== 'validating' && row.state !== 'publishing')) return false
    const draft = await offers.viewOf(ctx, row.offer, row.instances)
    const phase = phasesOf(draft.offer.offerType)[row.phase]
    if (!phase) {
      await move(ctx, row, 'finished')
      return false
    }
    const subject = await subjectOf(ctx, row, draft)
    if (phase.waitsForPublisher && row.state === 'validating') {
      await move(ctx, row, 'previewed')
      await announcements.previewReady(ctx, { offer: draft.offer, mailTo: row.notify, isUpdate: row.isUpdate })
      return false
    }
    const next = (await store.selectSteps(ctx.tx, id)).find(
      (step) => step.phase === phase.key && (step.status === 'Not Started' || step.status === 'In Progress'),
    )
    if (!next) {
      await store.updateSubmission(ctx.tx, id, { phase: row.phase + 1 })
      return true
    }
    if (next.status === 'In Progress') return false
    const step = steps.get(next.step)
    if (!step) throw new Error(`There is no publishing step ${next.step}.`)
    if (isCall(step)) {
      if (!options.calls) return complete(ctx, row, next, subject, (await step.withoutCalls?.(ctx, subject)) ?? { findings: [] })
      await store.updateStep(ctx.tx, next, { status: 'In Progress', startedAt: next.startedAt ?? ctx.now })
      await scheduleCall(ctx, row, next.seq, 0)
      return false
    }
    const outcome = await step.run(ctx, subject)
    if (outcome.waits) {
      await store.updateStep(ctx.tx, next, { status: 'In Progress', startedAt: ctx.now, note: outcome.note ?? '' })
      return false
    }
    return complete(ctx, row, next, subject, outcome)
  }

  /** Ends a step by what it found. Returns whether the submission goes on. */
  async function complete(
    ctx: Ctx,
    row: store.SubmissionRow,
    step: store.StepRow,
    { draft, content }: Subject,
    { findings, note = '' }: StepOutcome,
  ): Promise<boolean> {
    const { offer } = draft
    const failed = step.blocking && findings.some((finding) => finding.severity === 'error')
    const status = failed ? 'Failed' : 'Completed'
    await store.updateStep(ctx.tx, step, {
      status,
      startedAt: step.startedAt ?? ctx.now,
      completedAt: ctx.now,
      findings,
      note,
      attempts: step.attempts + 1,
      retryAt: null,
    })
    const label = labelOf(offer.offerType, step.step)
    await recordStep(ctx, offer.id, label, status, row.id)
    if (!failed) return true
    await move(ctx, row, 'failed')
    if (step.step === 'certification') {
      const mailTo = row.notify.length > 0 ? [...row.notify, ...engineers(content)] : []
      await announcements.certificationRejected(ctx, { offer, mailTo, findings })
    } else await announcements.stepFailed(ctx, { offer, mailTo: row.notify, step: label, findings })
    return false
  }

  function labelOf(offerType: string, name: string): string {
    return (
      phasesOf(offerType)
        .flatMap((phase) => phase.steps)
        .find((known) => known.step === name)?.label ?? name
    )
  }

  /** The submission and its step while the call still counts: it has neither ended nor been cancelled nor begun anew. */
  async function called(ctx: Ctx, { submission, seq }: CallPayload) {
    const row = await lock(ctx, submission)
    if (!row || (row.state !== 'validating' && row.state !== 'publishing')) return null
    const step = (await store.selectSteps(ctx.tx, submission)).find((one) => one.seq === seq)
    const known = step && steps.get(step.step)
    if (step?.status !== 'In Progress' || !known || !isCall(known)) return null
    const draft = await offers.viewOf(ctx, row.offer, row.instances)
    return { row, step, known, subject: await subjectOf(ctx, row, draft) }
  }

  due.register<CallPayload, { name: string; prepared: unknown }, unknown>(kinds.call, {
    async prepare(ctx, { payload }) {
      const found = await called(ctx, payload)
      return found ? { name: found.step.step, prepared: await found.known.prepare(ctx, found.subject) } : null
    },
    async perform({ name, prepared }) {
      const step = steps.get(name)
      if (!step || !isCall(step)) throw new Error(`There is no publishing step ${name} that calls the outside.`)
      return step.perform(prepared)
    },
    async finish(ctx, { payload }, { prepared }, answer) {
      const found = await called(ctx, payload)
      if (!found) return
      const { row, step, known, subject } = found
      const outcome = await known.finish(ctx, subject, prepared, answer)
      const isFailed = step.blocking && outcome.findings.some((finding) => finding.severity === 'error')
      // In the sandbox nobody wants to wait: a failed step is tried again by its button.
      const wait = isFailed && outcome.transient && config.mode === 'production' ? nextAttempt(step.attempts + 1) : null
      if (wait !== null) {
        const retryAt = ctx.now.add({ seconds: wait })
        await store.updateStep(ctx.tx, step, { attempts: step.attempts + 1, findings: outcome.findings, retryAt, note: outcome.note ?? '' })
        return scheduleCall(ctx, row, step.seq, wait)
      }
      if (await complete(ctx, row, step, subject, outcome)) await schedule(ctx, row.id)
    },
  })

  due.register<{ submission: string }>(kinds.advance, {
    async run(ctx, { payload }) {
      if (await advance(ctx, payload.submission)) await schedule(ctx, payload.submission)
    },
  })

  due.register<CancelPayload>(kinds.cancel, {
    async run(ctx, { payload }) {
      const row = await lock(ctx, payload.submission)
      if (row?.state !== 'cancelling') return
      for (const step of await store.selectSteps(ctx.tx, row.id)) {
        if (step.status === 'In Progress') await store.updateStep(ctx.tx, step, { status: 'Not Started', startedAt: null, retryAt: null })
      }
      const [publication] = await store.selectPublications(ctx.tx, [row.offer])
      if (publication?.previewSnapshot) await store.upsertPublication(ctx.tx, { ...publication, previewSnapshot: null })
      await move(ctx, row, 'cancel-processed')
      await store.insertHistory(ctx.tx, {
        id: newId<'history'>(),
        offer: row.offer,
        at: ctx.now,
        event: eventText(payload.event),
        kind: eventKind(payload.event),
        ...payload.by,
        submission: row.id,
      })
    },
  })

  return {
    /** Adds a step under the name that offer types use. A step without an entry here is left out of submissions. */
    addStep(name: string, step: Step): void {
      if (steps.has(name)) throw new Error(`Publishing step ${name} is registered twice.`)
      steps.set(name, step)
    },
    hasStep: (name: string): boolean => steps.has(name),
    phasesOf,
    labelOf,
    lock,
    move,
    record,
    schedule,
    advance,
    complete,
    subjectOf,

    /** Begins to cancel: nothing more of the submission runs, and due work brings it to its end (spec/06 A8). */
    async beginCancel(ctx: Ctx, row: store.SubmissionRow, offer: Offer, trigger: 'cancel' | 'operator-cancel'): Promise<void> {
      await move(ctx, row, trigger)
      for (const kind of [kinds.advance, kinds.call]) await due.cancel(ctx, kind, row.id)
      const certification = await store.selectCertification(ctx.tx, row.id, { lock: true })
      if (certification && certification.outcome === null) {
        await store.updateCertification(ctx.tx, row.id, { outcome: 'withdrawn', decidedAt: ctx.now })
      }
      await record(ctx, offer, trigger === 'cancel' ? 'cancelInitiated' : 'publishCancelInitiated', { submission: row.id })
      await audit.record(ctx, {
        action: 'offer.publish-cancel',
        target: `offer:${offer.publisherId}/${offer.offerId}`,
        after: { submission: row.id },
      })
      const payload: CancelPayload = {
        submission: row.id,
        event: trigger === 'cancel' ? 'cancelled' : 'publishCancelled',
        by: initiatorOf(ctx.principal, offer.tenantId),
      }
      await due.schedule(ctx, { kind: kinds.cancel, key: row.id, at: ctx.now, payload })
    },

    /** Tries the failed steps of a submission again, from the first that failed on. */
    async retry(ctx: Ctx, row: store.SubmissionRow, offer: Offer): Promise<void> {
      const failed = (await store.selectSteps(ctx.tx, row.id)).filter((step) => step.status === 'Failed')
      const signedOff = phasesOf(offer.offerType)
        .slice(0, row.phase)
        .some((phase) => phase.waitsForPublisher)
      await move(ctx, row, signedOff ? 'retry-publishing' : 'retry-validation')
      for (const step of failed) {
        await store.updateStep(ctx.tx, step, {
          status: 'Not Started',
          findings: [],
          note: '',
          attempts: 0,
          completedAt: null,
          startedAt: null,
        })
      }
      await schedule(ctx, row.id)
    },

    /** Runs a submission until it waits or ends, in this transaction, without calls to the outside: for loading offers. */
    async run(ctx: Ctx, submission: string): Promise<SubmissionState> {
      while (await advance(ctx, submission, { calls: false })) {
        // advance does one step
      }
      await due.cancel(ctx, kinds.advance, submission)
      const row = await store.selectSubmission(ctx.tx, submission)
      if (!row) throw notFound('SubmissionNotFound', 'There is no such submission.')
      return row.state
    },
  }
}

/** Addresses for questions of certification (spec/05 §5.4, Engineering contact). */
export function engineers(content: Pick<SaasContent, 'listing'>): string[] {
  return Object.values(content.listing).map((listing) => listing.engineeringContact.email)
}
