import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Temporal } from 'temporal-polyfill'
import { allows, authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Accounts, NotPublishing } from '../accounts/index.ts'
import type { Notifications } from '../notifications/index.ts'
import type { DraftView, Offer, OfferKey, Offers, PageAddress, SaasContent } from '../offers/index.ts'
import { offerTypeOf, shownPages } from '../offers/index.ts'
import { createAnnouncements } from './announcements.ts'
import { type CertificationMode, type CertificationOutcome, type CheckResult } from './certification.ts'
import { createCertificationDesk } from './certification-desk.ts'
import { type Comparison, compare } from './comparison.ts'
import { checkPublishing, repairPublishing } from './doctor.ts'
import { type HistoryEntry, type HistoryFilter, historyEvents, historyTime, initiatorText, passes } from './history.ts'
import type { TestCallFormat } from './probes.ts'
import { contentHash, type Snapshot } from './snapshot.ts'
import { standardSteps, type StepNeighbours } from './standard-steps.ts'
import { error, type Finding, type Step, type StepStatus, type Subject } from './steps.ts'
import * as store from './store.ts'
import { type OfferStatus, offerStatus, running, type SubmissionState } from './submission.ts'
import { createWorkflow, engineers } from './workflow.ts'

export interface PublishedStep {
  seq: number
  step: string
  label: string
  duration: string
  blocking: boolean
  status: StepStatus
  startedAt: Temporal.Instant | null
  completedAt: Temporal.Instant | null
  findings: Finding[]
  note: string
  attempts: number
  /** when it is tried again by itself */
  retryAt: Temporal.Instant | null
}

export interface PublishStatus {
  status: OfferStatus
  isLive: boolean
  submission: string | null
  state: SubmissionState | null
  number: number
  isUpdate: boolean
  submittedAt: Temporal.Instant | null
  submittedBy: string
  notes: string
  phases: {
    key: string
    label: string
    status: StepStatus
    completedAt: Temporal.Instant | null
    waitsForPublisher: boolean
    steps: PublishedStep[]
  }[]
  /** findings of Offer validation: they do not block, but certification may fail for them */
  validation: Finding[]
  certification: {
    mode: CertificationMode
    outcome: CertificationOutcome | null
    checks: CheckResult[]
    findings: Finding[]
    decidedAt: Temporal.Instant | null
  } | null
  /** The preview that can be looked at, with the key of its address. */
  preview: { snapshotId: string; key: string; createdAt: Temporal.Instant } | null
  liveAt: Temporal.Instant | null
  can: { cancel: boolean; goLive: boolean; retry: boolean; stop: boolean; publish: boolean }
}

export interface OfferRow {
  offer: OfferKey
  publisherId: string
  offerId: string
  alias: string
  name: string
  offerType: string
  typeLabel: string
  status: OfferStatus
  isLive: boolean
  modifiedAt: Temporal.Instant
}

type PlanStatus = 'Draft' | 'Live' | 'Pending Stop distribution' | 'Not available'
type PlanAction = 'Delete draft' | 'Stop distribution' | 'Sync private audience' | 'Resume distribution'

export interface PlanRow {
  planId: string
  name: string
  pricingModel: string
  availability: 'Public' | 'Private'
  status: PlanStatus
  /** what can be done with the plan in this status */
  actions: PlanAction[]
  /** not available now, on sale again with the next publishing */
  resumes: boolean
}

export type Publishing = ReturnType<typeof createPublishing>

const stopKind = 'publishing.stop'

const longestNotes = 10_000

/** Shown with the preview step (spec/05 §5.15). */
const previewNote =
  'It can take up to 4 hours for the offer preview to be visible in the marketplace after the Preview Creation step has completed.'

/** Why a publisher's offers do not go into the stores. */
const obstacles: Record<NotPublishing, string> = {
  suspended: 'The marketplace has suspended this publisher: its offers cannot be published.',
  closed: 'This publisher is closed: its offers cannot be published.',
  'not-verified': 'The account is not verified yet: offers can be published once e-mail, employment and business are verified.',
}

export interface PublishingNeighbours extends StepNeighbours {
  accounts: Pick<Accounts, 'publisher' | 'membersAmong' | 'paymentReadiness' | 'notPublishing'>
  notifications: Pick<Notifications, 'tell'>
  offers: Offers
}

/** Submissions, snapshots and what of an offer is live. */
export function createPublishing(kernel: Kernel, neighbours: PublishingNeighbours) {
  const { accounts, notifications, offers } = neighbours
  const { audit, config, due, events } = kernel
  kernel.doctor.register('publishing', checkPublishing, (ctx) => repairPublishing(ctx, due))

  const announcements = createAnnouncements(config, notifications)
  const workflow = createWorkflow(kernel, { offers, announcements })
  const certification = createCertificationDesk(kernel, { offers, accounts, workflow })
  let testCall: TestCallFormat | undefined

  const standard = standardSteps(kernel, neighbours, () => {
    if (!testCall) throw new Error('No format of the test call is set: the fulfillment contract gives it when it is wired.')
    return testCall
  })
  for (const [name, step] of Object.entries(standard)) workflow.addStep(name, step)
  workflow.addStep('preview-creation', {
    async run(ctx, { submission, draft, content }) {
      const id = await keep(ctx, draft.offer, 'preview', content)
      await store.updateSubmission(ctx.tx, submission, { previewSnapshot: id })
      const [before] = await store.selectPublications(ctx.tx, [draft.offer.id])
      await store.upsertPublication(ctx.tx, {
        ...names(draft.offer),
        previewSnapshot: id,
        previewKey: randomBytes(18).toString('base64url'),
      })
      await events.publish(ctx, {
        type: 'offer.previewed',
        publisherId: draft.offer.publisherId,
        payload: {
          ...names(draft.offer),
          snapshotId: id,
          technicalConfiguration: content.technicalConfiguration,
          isLive: Boolean(before?.liveSnapshot),
        },
      })
      return { findings: [], note: previewNote }
    },
  })
  workflow.addStep('certification', { run: (ctx, subject) => certification.openCase(ctx, subject) })
  workflow.addStep('final-publish', {
    async run(ctx, subject) {
      const differs = await previewDiffers(ctx, subject)
      if (differs) return { findings: [error('PreviewDiffers', differs)] }
      const obstacle = await accounts.notPublishing(ctx, subject.draft.offer.publisherId)
      if (obstacle) return { findings: [error('PublisherInactive', obstacles[obstacle])] }
      await goLive(ctx, subject)
      return { findings: [] }
    },
  })

  async function keep(ctx: Ctx, offer: Offer, kind: 'preview' | 'live', content: SaasContent): Promise<string> {
    const id = newId<'snapshot'>()
    await store.insertSnapshot(ctx.tx, {
      id,
      ...names(offer),
      offerType: offer.offerType,
      kind,
      definitionVersion: offerTypeOf(offer.offerType).definitionVersion,
      hash: contentHash(content),
      content,
      createdAt: ctx.now,
    })
    return id
  }

  /** What goes live is what was looked at: the preview is unharmed, and it is what was submitted (spec/05 SA-202). */
  async function previewDiffers(ctx: Ctx, { submission, draft }: Subject): Promise<string | null> {
    const row = await store.selectSubmission(ctx.tx, submission)
    const preview = row?.previewSnapshot ? await store.selectStored(ctx.tx, row.previewSnapshot) : null
    if (!preview) return null
    const { definitionVersion, assemble } = offerTypeOf(draft.offer.offerType)
    const isIntact = contentHash(preview.content) === preview.hash
    const isSubmitted = preview.definitionVersion !== definitionVersion || contentHash(assemble(draft)) === preview.hash
    return isIntact && isSubmitted ? null : 'What would go live is not what the preview showed. Publish the offer again.'
  }

  async function goLive(ctx: Ctx, { submission, draft, content }: Subject): Promise<void> {
    const { offer } = draft
    const [before] = await store.selectPublications(ctx.tx, [offer.id])
    const snapshotId = await keep(ctx, offer, 'live', content)
    await store.updateSubmission(ctx.tx, submission, { liveSnapshot: snapshotId })
    await store.upsertPublication(ctx.tx, {
      ...names(offer),
      liveSnapshot: snapshotId,
      previewSnapshot: null,
      previewKey: null,
      liveAt: ctx.now,
      stopRequestedAt: null,
      stoppedAt: null,
    })
    await due.cancel(ctx, stopKind, offer.id)
    const resumed = await store.applyPlanResumes(ctx.tx, offer.id)
    const stopped = await store.applyPlanStops(ctx.tx, offer.id, ctx.now)
    const row = await store.selectSubmission(ctx.tx, submission)
    await audit.record(ctx, {
      action: 'offer.publish',
      target: label(offer),
      before: { snapshot: before?.liveSnapshot ?? null },
      after: { snapshot: snapshotId, hash: contentHash(content) },
    })
    await events.publish(ctx, {
      type: 'offer.published',
      publisherId: offer.publisherId,
      payload: {
        ...names(offer),
        snapshotId,
        instances: row?.instances ?? [],
        technicalConfiguration: content.technicalConfiguration,
        pricingModel: content.pricingModel,
      },
    })
    for (const [type, planIds] of [
      ['plan.resumed', resumed],
      ['plan.stopped', stopped],
    ] as const) {
      for (const planId of planIds)
        await events.publish(ctx, { type, publisherId: offer.publisherId, payload: { offer: offer.id, planId } })
    }
    await announcements.wentLive(ctx, { offer, mailTo: row?.notify ?? [], isUpdate: row?.isUpdate ?? false })
  }

  async function open(ctx: Ctx, id: string, action: 'offer.read' | 'offer.publish'): Promise<Offer> {
    const offer = await offers.getOffer(ctx, id)
    authorize(ctx.principal, action, { tenantId: offer.tenantId })
    return offer
  }

  async function latestOf(ctx: Ctx, offer: Offer): Promise<store.SubmissionRow | undefined> {
    const [latest] = await store.selectLatest(ctx.tx, [offer.id])
    return latest && workflow.lock(ctx, latest.id)
  }

  /** Labels of the pages that a submission changes, against the one before; all of them in the first (spec/06 A10, filter Pages). */
  async function changedPages(ctx: Ctx, draft: DraftView, before: store.SubmissionRow | undefined): Promise<string[]> {
    const pages = shownPages(offerTypeOf(draft.offer.offerType), draft)
    if (!before) return [...new Set([...alwaysChanged(draft), ...pages.map((page) => page.label)])]
    const submitted = await offers.viewOf(ctx, draft.offer.id, before.instances)
    const { fields } = compare(draft, submitted)
    const changed = new Set(fields.filter((field) => field.change !== 'unchanged').map((field) => field.module))
    return [...new Set([...alwaysChanged(draft), ...pages.filter((page) => changed.has(page.module)).map((page) => page.label)])]
  }

  due.register<{ offer: string }>(stopKind, {
    async run(ctx, { payload }) {
      const offer = payload.offer as OfferKey
      const [row] = await store.selectPublications(ctx.tx, [offer])
      if (!row?.stopRequestedAt || row.stoppedAt) return
      await store.upsertPublication(ctx.tx, { ...row, stoppedAt: ctx.now })
    },
  })

  const service = {
    /** Adds a step that another room knows how to do, under the name that offer types use. Before anything is submitted. */
    addStep: (name: string, step: Step): void => workflow.addStep(name, step),

    /** Gives the writer of the call by which webhooks are tried; the fulfillment contract does so when it is wired. */
    setTestCall(format: TestCallFormat): void {
      testCall = format
    },

    /** The operator's certification. */
    certification,

    /** Whether offers of this one's type are tried out, so that notes for certification are asked for (spec/06 A2). */
    async testing(ctx: Ctx, input: { offer: string }): Promise<{ isTested: boolean }> {
      const offer = await open(ctx, input.offer, 'offer.read')
      return { isTested: offerTypeOf(offer.offerType).certification.isTested }
    },

    /**
     * Submits the draft for publishing: its sections are frozen, and the phases of the offer type begin to run.
     *
     * @param input.pages of an offer that has been live: changed pages to be published, all others stay as they are live; absent: all
     * @param input.notes notes for certification; required where offers of the type are tried out
     * @param input.loaded by the marketplace, not submitted by somebody: nobody tries it out, and nobody is told how it goes
     * @throws `DraftIncomplete` (one detail a problem), `NotesRequired`, `NoPages`, `UnknownPage`, `FirstPublish` (invalid), `AlreadyPublishing`
     *   (conflict)
     */
    async submit(
      ctx: Ctx,
      input: { offer: string; pages?: readonly PageAddress[] | undefined; notes?: string; loaded?: boolean },
    ): Promise<{ submission: string }> {
      await kernel.flags.require(ctx, 'publishing')
      const offer = await open(ctx, input.offer, 'offer.publish')
      const type = offerTypeOf(offer.offerType)
      if (input.pages && !offer.publishedAt)
        throw invalid('FirstPublish', 'An offer is published with all its pages the first time.', { target: 'pages' })
      const instances = await offers.freeze(ctx, offer.id, input.pages) // locks the offer: two submissions wait for each other
      const latest = await latestOf(ctx, offer)
      if (latest && running.includes(latest.state))
        throw conflict('AlreadyPublishing', 'The offer is being published already.', { target: 'offer' })
      const obstacle = await accounts.notPublishing(ctx, offer.publisherId)
      if (obstacle) throw conflict('PublisherInactive', obstacles[obstacle], { target: 'publisherId' })
      const { draft, complete, pages, problems } = await offers.getDraft(ctx, offer.id, input.pages)
      if (!complete) {
        const details = [
          ...problems,
          ...pages.flatMap((page) =>
            page.problems.map((problem) => ({ ...problem, target: [page.planId, page.module, problem.target].filter(Boolean).join('.') })),
          ),
        ]
        throw invalid('DraftIncomplete', `The offer is not complete: ${details[0]?.message ?? 'a page has not been filled in'}`, {
          details,
        })
      }
      const notes = readNotes(input.notes ?? '', type.certification.isTested && !input.loaded)
      if (latest?.state === 'preview' || latest?.state === 'attention') await workflow.move(ctx, latest, 'replaced')
      const id = newId<'submission'>()
      const [publication] = await store.selectPublications(ctx.tx, [offer.id])
      const submitter = ctx.principal.kind === 'user' ? [ctx.principal.email] : engineers(type.assemble(draft) as SaasContent)
      await store.insertSubmission(ctx.tx, {
        id,
        offer: offer.id,
        publisherId: offer.publisherId,
        number: (latest?.number ?? 0) + 1,
        state: 'validating',
        phase: 0,
        notes,
        instances,
        submittedAt: ctx.now,
        submittedBy: ctx.principal.kind === 'user' ? ctx.principal.displayName : '',
        notify: input.loaded ? [] : submitter,
        changed: await changedPages(ctx, draft, latest),
        isUpdate: isLive(publication),
      })
      const steps = type.phases.flatMap((phase) =>
        phase.steps
          .filter(({ step, when }) => workflow.hasStep(step) && (when?.holds(draft) ?? true))
          .map(({ step, blocking }) => ({ phase: phase.key, step, blocking })),
      )
      await store.insertSteps(
        ctx.tx,
        steps.map((step, seq) => ({ ...step, submission: id, seq, status: 'Not Started' as const, findings: [] })),
      )
      await workflow.record(ctx, offer, 'submitted', { submission: id })
      await audit.record(ctx, { action: 'offer.submit', target: label(offer), after: { submission: id } })
      await workflow.schedule(ctx, id)
      return { submission: id }
    },

    /** The publisher signs the preview off; certification and the final steps run. @throws `IllegalTransition` (conflict) */
    async signOff(ctx: Ctx, input: { offer: string }): Promise<{ submission: string }> {
      const offer = await open(ctx, input.offer, 'offer.publish')
      const latest = await latestOf(ctx, offer)
      if (!latest) throw conflict('IllegalTransition', 'There is no preview that waits for Go live.')
      const row = await workflow.move(ctx, latest, 'signed-off')
      await store.updateSubmission(ctx.tx, row.id, { phase: row.phase + 1 })
      await workflow.record(ctx, offer, 'signedOff', { submission: row.id })
      await audit.record(ctx, { action: 'offer.sign-off', target: label(offer), after: { submission: row.id } })
      await workflow.schedule(ctx, row.id)
      return { submission: row.id }
    },

    /** Cancels a submission that has not reached the sign-off. It ends as due work. @throws `IllegalTransition` (conflict) */
    async cancel(ctx: Ctx, input: { offer: string }): Promise<void> {
      const offer = await open(ctx, input.offer, 'offer.publish')
      const latest = await latestOf(ctx, offer)
      if (!latest) throw conflict('IllegalTransition', 'The offer is not being published.')
      await workflow.beginCancel(ctx, latest, offer, 'cancel')
    },

    /**
     * The operator stops a submission between the sign-off and the stores (spec/06 G-1); publishers cannot.
     *
     * @throws `IllegalTransition` (conflict), `Required` (invalid), forbidden
     */
    async cancelGoLive(ctx: Ctx, input: { offer: string; reason: string }): Promise<void> {
      authorize(ctx.principal, 'certification.review')
      const reason = input.reason.trim()
      if (reason === '' || reason.length > 1000)
        throw invalid('Required', 'Give the publisher a reason, of at most 1000 characters.', { target: 'reason' })
      const offer = await offers.getOffer(ctx, input.offer)
      const latest = await latestOf(ctx, offer)
      if (!latest) throw conflict('IllegalTransition', 'The offer is not being published.')
      await workflow.beginCancel(ctx, latest, offer, 'operator-cancel')
      await announcements.cancelledByOperator(ctx, { offer, mailTo: latest.notify, reason })
    },

    /**
     * Tries the failed steps of the newest submission again, with the draft that was submitted. What certification rejected has to be changed and
     * submitted anew.
     *
     * @throws `IllegalTransition`, `Rejected` (conflict)
     */
    async retry(ctx: Ctx, input: { offer: string }): Promise<void> {
      const offer = await open(ctx, input.offer, 'offer.publish')
      const latest = await latestOf(ctx, offer)
      if (!latest) throw conflict('IllegalTransition', 'Nothing has been submitted.')
      if (await isRejected(ctx, latest)) throw conflict('Rejected', 'Change what the certification report names, then publish again.')
      await workflow.retry(ctx, latest, offer)
      await audit.record(ctx, { action: 'offer.publish-retry', target: label(offer), after: { submission: latest.id } })
    },

    /** One step of a submission, for those who drive it by hand. */
    advance: (ctx: Ctx, submission: string): Promise<boolean> => workflow.advance(ctx, submission),

    /** Runs a submission until it waits or ends, in this transaction, without calls to the outside. */
    run: (ctx: Ctx, submission: string): Promise<SubmissionState> => workflow.run(ctx, submission),

    /**
     * Walks the whole way from draft to live at once: submit, phases, sign-off, phases. It calls nobody outside, so that offers can be loaded
     * without a network; only a sandbox takes offers on trust.
     *
     * @throws `PublishFailed` (conflict) with the findings when a step stops it; `DraftIncomplete`, `SandboxOnly` (invalid)
     */
    async publishNow(ctx: Ctx, input: { offer: string; notes?: string }): Promise<void> {
      if (config.mode !== 'sandbox') throw invalid('SandboxOnly', 'Only a sandbox publishes offers without looking at them.')
      const { submission } = await service.submit(ctx, { ...input, loaded: true })
      let state = await service.run(ctx, submission)
      if (state === 'preview') {
        await service.signOff(ctx, input)
        state = await service.run(ctx, submission)
      }
      if (state !== 'live') {
        const findings = (await store.selectSteps(ctx.tx, submission)).flatMap((step) => step.findings)
        throw conflict('PublishFailed', `The offer did not go live: ${findings[0]?.message ?? state}`, { details: findings })
      }
    },

    /** What Offer overview shows of the newest submission. */
    async status(ctx: Ctx, input: { offer: string }): Promise<PublishStatus> {
      const offer = await open(ctx, input.offer, 'offer.read')
      const [latest] = await store.selectLatest(ctx.tx, [offer.id])
      const [publication] = await store.selectPublications(ctx.tx, [offer.id])
      const rows = latest ? await store.selectSteps(ctx.tx, latest.id) : []
      const certified = latest && (await store.selectCertification(ctx.tx, latest.id))
      const preview = publication?.previewSnapshot ? await store.selectSnapshot(ctx.tx, publication.previewSnapshot) : null
      const rejected = latest !== undefined && (await isRejected(ctx, latest))
      return {
        status: statusOf(latest, publication),
        isLive: isLive(publication),
        submission: latest?.id ?? null,
        state: latest?.state ?? null,
        number: latest?.number ?? 0,
        isUpdate: latest?.isUpdate ?? false,
        submittedAt: latest?.submittedAt ?? null,
        submittedBy: latest?.submittedBy ?? '',
        notes: latest?.notes ?? '',
        phases: phaseStatuses(offer.offerType, latest, rows),
        validation: rows.find((row) => row.step === 'offer-validation')?.findings ?? [],
        certification: certified
          ? {
              mode: certified.mode,
              outcome: certified.outcome,
              checks: certified.checks,
              // What a reviewer has noted so far is between the marketplace and itself.
              findings: certified.outcome === null ? [] : certified.findings,
              decidedAt: certified.decidedAt,
            }
          : null,
        preview:
          preview && publication?.previewKey ? { snapshotId: preview.id, key: publication.previewKey, createdAt: preview.createdAt } : null,
        liveAt: publication?.liveAt ?? null,
        can: {
          cancel: latest?.state === 'validating',
          goLive: latest?.state === 'preview',
          retry: latest?.state === 'attention' && !rejected,
          stop: isLive(publication),
          publish: latest === undefined || !running.includes(latest.state),
        },
      }
    },

    /** Offers of publishers for the list of Partner Center (SA-1, PL-1). */
    async listOffers(ctx: Ctx, input: { publisherIds: string[]; search?: string | undefined }): Promise<OfferRow[]> {
      const rows = await offers.listOffers(ctx, input)
      const keys = rows.map((row) => row.id)
      const latest = new Map((await store.selectLatest(ctx.tx, keys)).map((row) => [row.offer, row]))
      const publications = new Map((await store.selectPublications(ctx.tx, keys)).map((row) => [row.offer, row]))
      return rows.map((row) => ({
        offer: row.id,
        publisherId: row.publisherId,
        offerId: row.offerId,
        alias: row.alias,
        name: row.alias,
        offerType: row.offerType,
        typeLabel: row.typeLabel,
        status: statusOf(latest.get(row.id), publications.get(row.id)),
        isLive: isLive(publications.get(row.id)),
        modifiedAt: row.modifiedAt,
      }))
    },

    /** Plans of the draft with their status, for Plan overview (SA-139). */
    async planOverview(ctx: Ctx, input: { offer: string }): Promise<PlanRow[]> {
      const { offer, draft } = await offers.getDraft(ctx, input.offer)
      const stopped = new Map((await store.selectStoppedPlans(ctx.tx, offer.id)).map((row) => [row.planId, row]))
      const { model = '' } = draft.content<{ model: string }>({ module: 'pricing' })
      const live = draft.plans.filter((plan) => plan.publishedAt && !stopped.has(plan.planId)).length
      return draft.plans.map(({ planId, publishedAt }): PlanRow => {
        const { visibility } = draft.content<{ visibility: string }>({ module: 'plan-pricing', plan: planId })
        const stop = stopped.get(planId)
        const status = !publishedAt ? 'Draft' : !stop ? 'Live' : stop.effectiveAt ? 'Not available' : 'Pending Stop distribution'
        const availability = visibility === 'private' ? 'Private' : 'Public'
        return {
          planId,
          name: draft.content<{ name: string }>({ module: 'plan-listing', plan: planId, variant: 'en' }).name ?? planId,
          pricingModel: model === 'per-user' ? 'Per user' : model === 'flat-rate' ? 'Flat rate' : '',
          availability,
          status,
          actions: planActions(status, { isPrivate: availability === 'Private', isOnly: live < 2 }),
          resumes: Boolean(stop?.resumeRequestedAt),
        }
      })
    },

    /**
     * Takes an offer off the stores at once: nobody new finds or buys it; who has it keeps it (spec/06 B6).
     *
     * @throws `NotPublished` (conflict)
     */
    async stopOffer(ctx: Ctx, input: { offer: string }): Promise<void> {
      const offer = await open(ctx, input.offer, 'offer.publish')
      const [publication] = await store.selectPublications(ctx.tx, [offer.id])
      if (!publication?.liveSnapshot || publication.stopRequestedAt)
        throw conflict('NotPublished', 'Only an offer that is live can be stopped.')
      await store.upsertPublication(ctx.tx, { ...publication, stopRequestedAt: ctx.now })
      await due.schedule(ctx, { kind: stopKind, key: offer.id, at: ctx.now, payload: { offer: offer.id } })
      await workflow.record(ctx, offer, 'offerStopped')
      await audit.record(ctx, { action: 'offer.stop', target: label(offer) })
      await events.publish(ctx, {
        type: 'offer.stopped',
        publisherId: offer.publisherId,
        payload: { offer: offer.id, publisherId: offer.publisherId, offerId: offer.offerId },
      })
    },

    /**
     * Marks a published plan to be stopped; the stop takes effect when the offer is published again (spec/06 B6).
     *
     * @throws `PlanNotPublished`, `LastPlan` (conflict)
     */
    async stopPlan(ctx: Ctx, input: { offer: string; planId: string }): Promise<void> {
      const offer = await open(ctx, input.offer, 'offer.publish')
      const rows = await service.planOverview(ctx, input)
      const plan = rows.find((row) => row.planId === input.planId)
      if (plan?.status !== 'Live') throw conflict('PlanNotPublished', 'Only a plan that is live can be stopped.', { target: 'planId' })
      if (rows.filter((row) => row.status === 'Live').length < 2) {
        throw conflict('LastPlan', 'This is the only plan. Stop the distribution of the offer instead.', { target: 'planId' })
      }
      await store.insertStoppedPlan(ctx.tx, { offer: offer.id, planId: input.planId, requestedAt: ctx.now })
      await workflow.record(ctx, offer, 'planStopInitiated', { planName: plan.name })
      await audit.record(ctx, { action: 'plan.stop', target: `${label(offer)}/${input.planId}` })
    },

    /**
     * Undoes the stop of a plan: at once while it waits for the next publishing, with the next publishing when it is in force (spec/06 B6).
     *
     * @throws `PlanNotStopped` (conflict)
     */
    async resumePlan(ctx: Ctx, input: { offer: string; planId: string }): Promise<void> {
      const offer = await open(ctx, input.offer, 'offer.publish')
      const stop = (await store.selectStoppedPlans(ctx.tx, offer.id)).find((row) => row.planId === input.planId)
      if (!stop || stop.resumeRequestedAt) throw conflict('PlanNotStopped', 'This plan is not stopped.', { target: 'planId' })
      if (stop.effectiveAt) await store.updateStoppedPlan(ctx.tx, offer.id, input.planId, { resumeRequestedAt: ctx.now })
      else await store.deleteStoppedPlan(ctx.tx, offer.id, input.planId)
      const planName = (await service.planOverview(ctx, input)).find((row) => row.planId === input.planId)?.name ?? input.planId
      await workflow.record(ctx, offer, 'planResumed', { planName })
      await audit.record(ctx, { action: 'plan.resume', target: `${label(offer)}/${input.planId}` })
    },

    /**
     * The draft beside the live version or the preview, field by field. `with` left out: live, where there is a live version.
     *
     * @throws `NothingToCompare` (conflict): there is no such version
     */
    async compare(
      ctx: Ctx,
      input: { offer: string; with?: 'live' | 'preview' | undefined },
    ): Promise<Comparison & { with: 'live' | 'preview'; versions: ('live' | 'preview')[] }> {
      const offer = await open(ctx, input.offer, 'offer.read')
      const [publication] = await store.selectPublications(ctx.tx, [offer.id])
      const versions = (['live', 'preview'] as const).filter((version) => publication?.[`${version}Snapshot`])
      const chosen = versions.find((version) => version === input.with) ?? (input.with === undefined ? versions[0] : undefined)
      const snapshotId = chosen && publication?.[`${chosen}Snapshot`]
      const submission = snapshotId ? await store.selectSubmissionOf(ctx.tx, snapshotId) : undefined
      if (!chosen || !submission) {
        throw conflict(
          'NothingToCompare',
          input.with === 'live' ? 'The offer has never been live.' : 'There is no preview to compare with.',
          { target: 'with' },
        )
      }
      const { draft } = await offers.getDraft(ctx, offer.id)
      return { ...compare(draft, await offers.viewOf(ctx, offer.id, submission.instances)), with: chosen, versions }
    },

    /** A snapshot by its id. @throws `SnapshotNotFound` */
    async getSnapshot(ctx: Ctx, id: string): Promise<Snapshot> {
      const found = isUuid(id) ? await store.selectSnapshot(ctx.tx, id) : null
      if (!found) throw notFound('SnapshotNotFound', 'There is no such snapshot.')
      return found
    },

    /** Snapshots by their ids, in one statement. */
    async getSnapshots(ctx: Ctx, ids: string[]): Promise<Map<string, Snapshot>> {
      return new Map((await store.selectSnapshots(ctx.tx, [...new Set(ids)])).map((row) => [row.id, row]))
    },

    /** The live snapshot of an offer, also while its distribution is stopped (see `isStopped`), or null when it never went live. */
    async getLive(ctx: Ctx, offer: string): Promise<Snapshot | null> {
      return isUuid(offer) ? store.selectLive(ctx.tx, { offer }) : null
    },

    /** The same by the names in addresses. */
    async findLive(ctx: Ctx, publisherId: string, offerId: string): Promise<Snapshot | null> {
      return store.selectLive(ctx.tx, { publisherId, offerId })
    },

    /** The newest preview that has not gone live, or null. Only people of its audience may buy from it. */
    async getPreview(ctx: Ctx, offer: string): Promise<Snapshot | null> {
      const [publication] = isUuid(offer) ? await store.selectPublications(ctx.tx, [offer as OfferKey]) : []
      return publication?.previewSnapshot ? store.selectSnapshot(ctx.tx, publication.previewSnapshot) : null
    },

    /** The same by the names in addresses, with whether its purchases are free of charge. The offer id is without `-preview`. */
    async findPreview(ctx: Ctx, publisherId: string, offerId: string): Promise<{ snapshot: Snapshot; isFree: boolean } | null> {
      const found = await store.selectPreview(ctx.tx, publisherId, offerId)
      return found && { snapshot: found.snapshot, isFree: found.isFree }
    },

    /**
     * The preview for somebody who wants to look: one of its audience, of the publisher's people or of the marketplace's, or whoever knows the key
     * of its link (spec/06 G-2). Null for everybody else, as if there were none.
     */
    async previewFor(
      ctx: Ctx,
      input: { publisherId: string; offerId: string; key?: string | undefined },
    ): Promise<{ snapshot: Snapshot; mayBuy: boolean } | null> {
      const found = await store.selectPreview(ctx.tx, input.publisherId, input.offerId)
      if (!found) return null
      const { principal } = ctx
      const mayBuy = principal.kind === 'user' && isInAudience(found.snapshot, principal.email)
      const isStaff = async () => {
        const { tenantId } = await accounts.publisher(ctx, input.publisherId)
        return allows(principal, 'offer.read', { tenantId })
      }
      const maySee = mayBuy || sameKey(found.key, input.key) || (await isStaff())
      return maySee ? { snapshot: found.snapshot, mayBuy } : null
    },

    /** Whether a person is one of a preview's audience: by the name with which they sign in, or their e-mail address (spec/05 SA-131). */
    isInAudience,

    /**
     * The operator lets purchases of an offer's previews be free of charge, or bills them again (spec/06 PL-28). It concerns purchases from now on.
     *
     * @throws forbidden, not-found
     */
    async setPreviewFree(ctx: Ctx, input: { offer: string; free: boolean }): Promise<void> {
      authorize(ctx.principal, 'certification.review')
      const offer = await offers.getOffer(ctx, input.offer)
      await store.upsertPublication(ctx.tx, { ...names(offer), previewFree: input.free })
      await audit.record(ctx, { action: 'offer.preview-free', target: label(offer), after: { free: input.free } })
    },

    /** True when the offer, or the plan when one is named, is no longer sold to new customers; also while its publisher is suspended. */
    async isStopped(ctx: Ctx, offer: string, planId?: string): Promise<boolean> {
      return store.selectStopped(ctx.tx, offer, planId)
    },

    /** planIds of an offer that are no longer sold. */
    async stoppedPlans(ctx: Ctx, offer: string): Promise<string[]> {
      return (await store.selectStoppedPlans(ctx.tx, offer)).filter((row) => row.effectiveAt).map((row) => row.planId)
    },

    /** Offers that are live now, for rebuilding read models. */
    async livePublications(ctx: Ctx): Promise<{ offer: OfferKey; snapshotId: string }[]> {
      return (await store.selectLivePublications(ctx.tx)).flatMap((row) =>
        row.liveSnapshot && !row.stopRequestedAt ? [{ offer: row.offer, snapshotId: row.liveSnapshot }] : [],
      )
    },

    /** The History page, newest first, and what its filters offer. Draft saves are not in it (PL-40). */
    async history(
      ctx: Ctx,
      input: { offer: string; filter?: HistoryFilter },
    ): Promise<{ entries: HistoryEntry[]; events: string[]; users: string[]; pages: string[] }> {
      const offer = await open(ctx, input.offer, 'offer.read')
      const { draft } = await offers.getDraft(ctx, offer.id)
      const rows = await store.selectHistory(ctx.tx, offer.id)
      const changed = await store.selectChanged(ctx.tx, offer.id)
      const people = rows.flatMap((row) => (row.initiatorId && row.initiatorKind !== 'operator' ? [row.initiatorId] : []))
      const members = await accounts.membersAmong(ctx, offer.tenantId, people)
      const facts = { brand: config.brand.name, isMember: (id: string) => members.has(id) }
      const entries = rows.map((row): HistoryEntry => {
        const initiatedBy = initiatorText(row, facts)
        return {
          id: row.id,
          at: row.at,
          when: historyTime(row.at),
          event: row.event,
          kind: row.kind,
          initiatedBy,
          user: initiatedBy,
          status: row.status,
        }
      })
      const pagesOf = new Map(rows.map((row) => [row.id, row.submission ? (changed.get(row.submission) ?? []) : []]))
      const { filter } = input
      return {
        entries: filter ? entries.filter((entry) => passes(entry, pagesOf.get(entry.id) ?? [], filter)) : entries,
        events: [
          ...new Set([...Object.values(historyEvents).map((literal) => literal.replace(/:$/, '')), ...entries.map((entry) => entry.kind)]),
        ],
        users: [...new Set(entries.map((entry) => entry.user).filter((user) => user !== ''))].sort(),
        pages: [...new Set([...alwaysChanged(draft), ...shownPages(offerTypeOf(offer.offerType), draft).map((page) => page.label)])],
      }
    },

    /** Writes the History of what happens in offers. */
    onOfferEvent: async (ctx: Ctx, event: { type: string; payload: { offer: string; name?: string } }): Promise<void> => {
      const known = {
        'offer.created': 'offerCreated',
        'plan.created': 'planCreated',
        'plan.deleted': 'planDeleted',
        'audience.changed': 'audienceSynced',
      } as const
      const name = known[event.type as keyof typeof known]
      if (name) await workflow.record(ctx, await offers.getOffer(ctx, event.payload.offer), name, { planName: event.payload.name ?? '' })
    },

    /** The marketplace has suspended, reinstated or closed a publisher, or its name has changed: what is sold and shown of it follows. */
    onPublisherChanged: async (ctx: Ctx, event: { payload: { publisherId: string; status: string } }): Promise<void> => {
      const { publisherId, status } = event.payload
      await store.setSuspended(ctx.tx, publisherId, status === 'active' ? null : ctx.now)
      for (const offer of await store.selectLiveOffersOf(ctx.tx, publisherId)) {
        await events.publish(ctx, { type: 'offer.relisted', publisherId, payload: { offer } })
      }
    },

    /** A draft that is on its way to the stores is not deleted under way. @throws `PublishInProgress` (conflict) */
    onOfferDeleted: async (ctx: Ctx, event: { payload: { offer: string } }): Promise<void> => {
      const [latest] = await store.selectLatest(ctx.tx, [event.payload.offer as OfferKey])
      if (latest && (running.includes(latest.state) || latest.state === 'preview'))
        throw conflict('PublishInProgress', 'The offer is being published. Cancel publishing first.', { target: 'offer' })
    },
  }
  return service

  async function isRejected(ctx: Ctx, latest: store.SubmissionRow): Promise<boolean> {
    return (await store.selectCertification(ctx.tx, latest.id))?.outcome === 'rejected'
  }
}

/** Pages that every submission counts as changed (spec/06 A10). */
function alwaysChanged(draft: DraftView): string[] {
  const type = offerTypeOf(draft.offer.offerType)
  const setup = type.pages.find((page) => page.module === 'setup')
  const hasPlans = type.plans.max > 0 && (type.plans.shownWhen?.holds(draft, undefined) ?? true)
  return [...(setup ? [setup.label] : []), ...(hasPlans ? ['Plan overview'] : [])]
}

function isInAudience(snapshot: Snapshot, email: string): boolean {
  const wanted = email.trim().toLowerCase()
  return snapshot.content.previewAudience.some((person) => person.trim().toLowerCase() === wanted)
}

function sameKey(known: string | null, given: string | undefined): boolean {
  if (!known || !given) return false
  const [a, b] = [Buffer.from(known), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** @throws `NotesRequired`, `InvalidValue` (invalid) */
function readNotes(text: string, isTested: boolean): string {
  const notes = text.replaceAll('\u0000', '').trim()
  if (isTested && notes === '') {
    throw invalid('NotesRequired', 'Say how the offer can be tried: accounts, steps, and what to expect. Certification needs it.', {
      target: 'notes',
    })
  }
  if (notes.length > longestNotes) throw invalid('InvalidValue', `Use at most ${longestNotes} characters.`, { target: 'notes' })
  return notes
}

function phaseStatuses(offerType: string, latest: store.SubmissionRow | undefined, rows: store.StepRow[]): PublishStatus['phases'] {
  return offerTypeOf(offerType).phases.map((phase, index) => {
    const own = rows.filter((row) => row.phase === phase.key)
    const reached = latest !== undefined && (latest.phase > index || latest.state === 'live')
    const at = latest !== undefined && latest.phase === index && !reached && latest.state !== 'cancelled'
    const failed = own.some((row) => row.status === 'Failed')
    return {
      key: phase.key,
      label: phase.label,
      status: failed ? 'Failed' : reached ? 'Completed' : at ? 'In Progress' : 'Not Started',
      completedAt: reached ? (own.at(-1)?.completedAt ?? null) : null,
      waitsForPublisher: phase.waitsForPublisher ?? false,
      steps: own.map((row) => {
        const known = phase.steps.find((step) => step.step === row.step)
        const { submission: _, phase: __, ...rest } = row
        return { ...rest, label: known?.label ?? row.step, duration: known?.duration ?? '' }
      }),
    }
  })
}

/** Actions on a plan (spec/06 B7). The only plan is stopped with its offer. */
function planActions(status: PlanStatus, { isPrivate, isOnly }: { isPrivate: boolean; isOnly: boolean }): PlanAction[] {
  if (status === 'Draft') return ['Delete draft']
  if (status !== 'Live') return ['Resume distribution']
  return [...(isPrivate ? ['Sync private audience' as const] : []), ...(isOnly ? [] : ['Stop distribution' as const])]
}

function statusOf(latest: store.SubmissionRow | undefined, publication: store.PublicationRow | undefined): OfferStatus {
  return offerStatus({
    latest: latest?.state,
    live: Boolean(publication?.liveSnapshot),
    stopRequested: Boolean(publication?.stopRequestedAt),
    stopped: Boolean(publication?.stoppedAt),
  })
}

function isLive(publication: store.PublicationRow | undefined): boolean {
  return Boolean(publication?.liveSnapshot && !publication.stopRequestedAt)
}

function names(offer: Offer) {
  return { offer: offer.id, publisherId: offer.publisherId, offerId: offer.offerId }
}

function label(offer: Offer): string {
  return `offer:${offer.publisherId}/${offer.offerId}`
}
