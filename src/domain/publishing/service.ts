import type { Temporal } from 'temporal-polyfill'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { DraftView, Offer, OfferKey, Offers, Phase, SaasContent } from '../offers/index.ts'
import { offerTypeOf } from '../offers/index.ts'
import { checkPublishing } from './doctor.ts'
import { contentHash, type Snapshot } from './snapshot.ts'
import { error, type Finding, type Step, type StepStatus, type Subject } from './steps.ts'
import * as store from './store.ts'
import { nextState, type OfferStatus, offerStatus, running, type SubmissionState, type SubmissionTrigger } from './submission.ts'
import { listingFindings, planFindings, priceFindings } from './validation.ts'

export interface PublishStatus {
  submission: string | null
  state: SubmissionState | null
  submittedAt: Temporal.Instant | null
  phases: {
    key: string
    label: string
    status: StepStatus
    completedAt: Temporal.Instant | null
    steps: { label: string; duration: string; status: StepStatus; completedAt: Temporal.Instant | null; findings: Finding[] }[]
  }[]
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

export interface PlanRow {
  planId: string
  name: string
  pricingModel: string
  availability: 'Public' | 'Private'
  status: 'Draft' | 'Live' | 'Pending Stop distribution' | 'Not available'
}

export type Publishing = ReturnType<typeof createPublishing>

const advanceKind = 'publishing.advance'
const stopKind = 'publishing.stop'

/** Submissions, snapshots and what of an offer is live. */
export function createPublishing(kernel: Kernel, { offers }: { offers: Offers }) {
  const { audit, config, due, events, files, mail } = kernel
  kernel.doctor.register('publishing', checkPublishing)

  const steps: Record<string, Step> = {
    /** The offer can be bought: every page is complete and every plan is priced in each of its markets. */
    'purchase-flow': async (ctx, { draft, content }) => {
      const { plans } = offerTypeOf(draft.offer.offerType)
      const lists = await offers.allPrices(
        ctx,
        content.plans.map((plan) => plan.priceList),
      )
      const priced = (plan: SaasContent['plans'][number]) =>
        new Set(lists.get(plan.priceList)?.map((price) => `${price.market} ${price.item}`))
      return { findings: [...planFindings(content, plans), ...content.plans.flatMap((plan) => priceFindings(plan, priced(plan)))] }
    },
    /** Content checks that advise; they never keep the preview from being made (spec/06 PL-15). */
    'offer-validation': async (ctx, { content, draft }) => {
      const findings = listingFindings(content)
      for (const [language, listing] of Object.entries(content.listing)) {
        for (const hash of [...Object.values(listing.logos), ...listing.screenshots.map((shot) => shot.file)]) {
          if (!(await files.get(hash)))
            findings.push(error('FileMissing', 'A logo or screenshot has not been uploaded.', `listing.${language}`))
        }
      }
      for (const other of await titlesOf(ctx, draft.offer)) {
        if (Object.values(content.listing).some((listing) => listing.name.toLowerCase() === other.title)) {
          findings.push({
            ...error('TitleTaken', `Another offer of yours (${other.offerId}) has the same name.`, 'listing'),
            severity: 'warning',
          })
        }
      }
      return { findings }
    },
    'preview-creation': async (ctx, { submission, draft, content }) => {
      const id = await keep(ctx, draft.offer, 'preview', content)
      await store.updateSubmission(ctx.tx, submission, { previewSnapshot: id })
      await store.upsertPublication(ctx.tx, { ...names(draft.offer), previewSnapshot: id })
      await events.publish(ctx, {
        type: 'offer.previewed',
        publisherId: draft.offer.publisherId,
        payload: { offer: draft.offer.id, publisherId: draft.offer.publisherId, offerId: draft.offer.offerId, snapshotId: id },
      })
      return { findings: [] }
    },
    /** Automatic in sandbox; in production the operator decides (`certify`). */
    certification: async () => ({ findings: [], waits: config.mode === 'production' }),
    'final-publish': async (ctx, subject) => {
      await goLive(ctx, subject)
      return { findings: [] }
    },
  }

  async function titlesOf(ctx: Ctx, offer: Offer): Promise<{ offerId: string; title: string }[]> {
    const others = (await offers.listOffers(ctx, { publisherIds: [offer.publisherId] })).filter((other) => other.id !== offer.id)
    const publications = await store.selectPublications(
      ctx.tx,
      others.map((other) => other.id),
    )
    const snapshots = await store.selectSnapshots(
      ctx.tx,
      publications.flatMap((row) => (row.liveSnapshot && !row.stoppedAt ? [row.liveSnapshot] : [])),
    )
    return snapshots.flatMap(({ offerId, content }) =>
      Object.values(content.listing).map((listing) => ({ offerId, title: listing.name.toLowerCase() })),
    )
  }

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

  async function goLive(ctx: Ctx, { submission, draft, content }: Subject): Promise<void> {
    const { offer } = draft
    const [before] = await store.selectPublications(ctx.tx, [offer.id])
    const snapshotId = await keep(ctx, offer, 'live', content)
    await store.updateSubmission(ctx.tx, submission, { liveSnapshot: snapshotId })
    await store.upsertPublication(ctx.tx, {
      ...names(offer),
      liveSnapshot: snapshotId,
      previewSnapshot: null,
      liveAt: ctx.now,
      stopRequestedAt: null,
      stoppedAt: null,
    })
    await due.cancel(ctx, stopKind, offer.id)
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
        offer: offer.id,
        publisherId: offer.publisherId,
        offerId: offer.offerId,
        snapshotId,
        instances: row?.instances ?? [],
        technicalConfiguration: content.technicalConfiguration,
        pricingModel: content.pricingModel,
      },
    })
    for (const planId of stopped) {
      await events.publish(ctx, { type: 'plan.stopped', publisherId: offer.publisherId, payload: { offer: offer.id, planId } })
    }
  }

  async function open(ctx: Ctx, id: string, action: 'offer.read' | 'offer.publish'): Promise<Offer> {
    const offer = await offers.getOffer(ctx, id)
    authorize(ctx.principal, action, { tenantId: offer.tenantId })
    return offer
  }

  async function latestOf(ctx: Ctx, offer: Offer): Promise<store.SubmissionRow | undefined> {
    const [latest] = await store.selectLatest(ctx.tx, [offer.id])
    return latest && store.selectSubmission(ctx.tx, latest.id, { lock: true })
  }

  async function move(ctx: Ctx, row: store.SubmissionRow, trigger: SubmissionTrigger): Promise<store.SubmissionRow> {
    const state = nextState(row.state, trigger)
    const ended = !running.includes(state) && state !== 'preview'
    const changes = { state, ...(ended ? { finishedAt: ctx.now } : {}) }
    await store.updateSubmission(ctx.tx, row.id, changes)
    return { ...row, ...changes }
  }

  async function record(ctx: Ctx, offer: OfferKey, event: string, submission?: string): Promise<void> {
    await store.insertHistory(ctx.tx, {
      id: newId<'history'>(),
      offer,
      at: ctx.now,
      event,
      initiatedBy: ctx.principal.kind === 'user' ? ctx.principal.displayName : '',
      submission: submission ?? null,
    })
  }

  async function tell(
    ctx: Ctx,
    row: store.SubmissionRow,
    offer: Offer,
    message: { subject: string; text: string; template: string },
  ): Promise<void> {
    const text = `${message.text}\n\n${config.publicUrl}/partner/offers/${offer.publisherId}.${offer.offerId}\n`
    for (const to of row.notify) await mail.send(ctx, { ...message, to, text })
  }

  function phasesOf(offerType: string): Phase[] {
    return offerTypeOf(offerType).phases
  }

  /**
   * Runs the next step of a submission. Returns whether there is more to run now: false when it waits for somebody or has ended.
   * The same function serves the due work and the synchronous walk.
   */
  async function advance(ctx: Ctx, id: string): Promise<boolean> {
    const row = await store.selectSubmission(ctx.tx, id, { lock: true })
    if (!row || !running.includes(row.state)) return false
    const draft = await offers.viewOf(ctx, row.offer, row.instances)
    const phases = phasesOf(draft.offer.offerType)
    const phase = phases[row.phase]
    if (!phase) {
      await move(ctx, row, 'finished')
      return false
    }
    if (phase.waitsForPublisher && row.state === 'validating') {
      await move(ctx, row, 'previewed')
      await tell(ctx, row, draft.offer, {
        template: 'offer-sign-off',
        subject: `${draft.offer.alias}: the preview is ready`,
        text: `The preview of ${label(draft.offer)} is ready. Look at it, then select Go live.`,
      })
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
    const run = steps[next.step]
    if (!run) throw new Error(`There is no publishing step ${next.step}.`)
    const { findings, waits } = await run(ctx, await subjectOf(ctx, row, draft))
    if (waits) {
      await store.updateStep(ctx.tx, next, { status: 'In Progress', startedAt: ctx.now })
      return false
    }
    return complete(ctx, row, next, draft.offer, findings)
  }

  /** What a step looks at. From the preview on it is the previewed content: live equals preview (spec/06 A9). */
  async function subjectOf(ctx: Ctx, row: store.SubmissionRow, draft: DraftView): Promise<Subject> {
    const previewed = row.previewSnapshot ? await store.selectSnapshot(ctx.tx, row.previewSnapshot) : null
    const content = previewed?.content ?? (offerTypeOf(draft.offer.offerType).assemble(draft) as SaasContent)
    return { submission: row.id, draft, content }
  }

  async function complete(ctx: Ctx, row: store.SubmissionRow, step: store.StepRow, offer: Offer, findings: Finding[]): Promise<boolean> {
    const failed = step.blocking && findings.some((finding) => finding.severity === 'error')
    await store.updateStep(ctx.tx, step, {
      status: failed ? 'Failed' : 'Completed',
      startedAt: step.startedAt ?? ctx.now,
      completedAt: ctx.now,
      findings,
    })
    const name =
      phasesOf(offer.offerType)
        .flatMap((phase) => phase.steps)
        .find((known) => known.step === step.step)?.label ?? step.step
    await store.insertHistory(ctx.tx, {
      id: newId<'history'>(),
      offer: offer.id,
      at: ctx.now,
      event: name,
      initiatedBy: '',
      submission: row.id,
    })
    if (!failed) return true
    await move(ctx, row, 'failed')
    await tell(ctx, row, offer, {
      template: 'offer-attention',
      subject: `${offer.alias}: publishing needs your attention`,
      text: `${name} found what has to be changed before ${label(offer)} can be published:\n\n${findings.map((finding) => `- ${finding.message}`).join('\n')}`,
    })
    return false
  }

  due.register<{ submission: string }>(advanceKind, {
    async run(ctx, { payload }) {
      if (await advance(ctx, payload.submission)) await schedule(ctx, payload.submission)
    },
  })

  due.register<{ offer: string }>(stopKind, {
    async run(ctx, { payload }) {
      const offer = payload.offer as OfferKey
      const [row] = await store.selectPublications(ctx.tx, [offer])
      if (!row?.stopRequestedAt || row.stoppedAt) return
      await store.upsertPublication(ctx.tx, { ...row, stoppedAt: ctx.now })
    },
  })

  async function schedule(ctx: Ctx, submission: string): Promise<void> {
    await due.schedule(ctx, { kind: advanceKind, key: submission, at: ctx.now, payload: { submission } })
  }

  const service = {
    /**
     * Submits the draft for publishing: its sections are frozen, and the phases of the offer type begin to run.
     *
     * @param input.notes notes for certification
     * @param input.mail whether the submitter is told by mail how it goes; true when left out
     * @throws `DraftIncomplete` (invalid, one detail a problem), `AlreadyPublishing` (conflict)
     */
    async submit(ctx: Ctx, input: { offer: string; notes?: string; mail?: boolean }): Promise<{ submission: string }> {
      const offer = await open(ctx, input.offer, 'offer.publish')
      const instances = await offers.freeze(ctx, offer.id) // locks the offer: two submissions wait for each other
      const { draft, complete, pages, problems } = await offers.getDraft(ctx, offer.id)
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
      const latest = await latestOf(ctx, offer)
      if (latest && running.includes(latest.state))
        throw conflict('AlreadyPublishing', 'The offer is being published already.', { target: 'offer' })
      if (latest?.state === 'preview' || latest?.state === 'attention') await move(ctx, latest, 'replaced')
      const id = newId<'submission'>()
      await store.insertSubmission(ctx.tx, {
        id,
        offer: offer.id,
        publisherId: offer.publisherId,
        number: (latest?.number ?? 0) + 1,
        state: 'validating',
        phase: 0,
        notes: input.notes?.replaceAll('\u0000', '') ?? '',
        instances,
        submittedAt: ctx.now,
        submittedBy: ctx.principal.kind === 'user' ? ctx.principal.displayName : '',
        notify: ctx.principal.kind === 'user' && input.mail !== false ? [ctx.principal.email] : [],
      })
      await store.insertSteps(
        ctx.tx,
        phasesOf(offer.offerType)
          .flatMap((phase) =>
            phase.steps
              .filter((step) => steps[step.step] && (step.when?.holds(draft) ?? true))
              .map(({ step, blocking }) => ({ phase: phase.key, step, blocking })),
          )
          .map((step, seq) => ({ ...step, submission: id, seq, status: 'Not Started' as const, findings: [] })),
      )
      await record(ctx, offer.id, 'Submitted offer to preview', id)
      await audit.record(ctx, { action: 'offer.submit', target: label(offer), after: { submission: id } })
      await schedule(ctx, id)
      return { submission: id }
    },

    /** The publisher signs the preview off; certification and the final steps run. @throws `IllegalTransition` (conflict) */
    async signOff(ctx: Ctx, input: { offer: string }): Promise<{ submission: string }> {
      const offer = await open(ctx, input.offer, 'offer.publish')
      const latest = await latestOf(ctx, offer)
      if (!latest) throw conflict('IllegalTransition', 'There is no preview that waits for Go live.')
      const row = await move(ctx, latest, 'signed-off')
      await store.updateSubmission(ctx.tx, row.id, { phase: row.phase + 1 })
      await record(ctx, offer.id, 'Sign-off to go live', row.id)
      await audit.record(ctx, { action: 'offer.sign-off', target: label(offer), after: { submission: row.id } })
      await schedule(ctx, row.id)
      return { submission: row.id }
    },

    /** Cancels a submission that has not reached the sign-off. @throws `IllegalTransition` (conflict) */
    async cancel(ctx: Ctx, input: { offer: string }): Promise<void> {
      const offer = await open(ctx, input.offer, 'offer.publish')
      const latest = await latestOf(ctx, offer)
      if (!latest) throw conflict('IllegalTransition', 'The offer is not being published.')
      await move(ctx, latest, 'cancel')
      await due.cancel(ctx, advanceKind, latest.id)
      await record(ctx, offer.id, 'Initiated submit to preview cancellation', latest.id)
      await record(ctx, offer.id, 'Canceled submission to preview', latest.id)
    },

    /**
     * The operator's decision on a submission whose certification waits.
     *
     * @throws `NothingToCertify` (conflict)
     */
    async certify(ctx: Ctx, input: { offer: string; approve: boolean; findings: Finding[] }): Promise<void> {
      authorize(ctx.principal, 'operator.console')
      const offer = await offers.getOffer(ctx, input.offer)
      const latest = await latestOf(ctx, offer)
      const step = latest && (await store.selectSteps(ctx.tx, latest.id)).find((row) => row.status === 'In Progress')
      if (!latest || !step) throw conflict('NothingToCertify', 'No submission of this offer waits for certification.')
      const findings = input.approve ? input.findings.map((finding) => ({ ...finding, severity: 'warning' as const })) : input.findings
      if (!input.approve && findings.length === 0)
        throw invalid('FindingsRequired', 'A rejection names what has to change.', { target: 'findings' })
      await audit.record(ctx, { action: 'offer.certify', target: label(offer), after: { approve: input.approve, findings } })
      const rejected = input.approve ? findings : findings.map((finding) => ({ ...finding, severity: 'error' as const }))
      if (await complete(ctx, latest, step, offer, rejected)) await schedule(ctx, latest.id)
    },

    advance,

    /** Runs a submission until it waits or ends, in this transaction: the same steps as the due work. */
    async run(ctx: Ctx, submission: string): Promise<SubmissionState> {
      while (await advance(ctx, submission)) {
        // advance does one step
      }
      await due.cancel(ctx, advanceKind, submission)
      const row = await store.selectSubmission(ctx.tx, submission)
      if (!row) throw notFound('SubmissionNotFound', 'There is no such submission.')
      return row.state
    },

    /**
     * Walks the whole way from draft to live at once: submit, phases, sign-off, phases. For the loading of offers.
     *
     * @throws `PublishFailed` (conflict) with the findings when a step stops it; `DraftIncomplete` (invalid)
     */
    async publishNow(ctx: Ctx, input: { offer: string; notes?: string }): Promise<void> {
      const { submission } = await service.submit(ctx, { ...input, mail: false })
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
    async status(ctx: Ctx, input: { offer: string }): Promise<PublishStatus & { status: OfferStatus; isLive: boolean }> {
      const offer = await open(ctx, input.offer, 'offer.read')
      const [latest] = await store.selectLatest(ctx.tx, [offer.id])
      const [publication] = await store.selectPublications(ctx.tx, [offer.id])
      const rows = latest ? await store.selectSteps(ctx.tx, latest.id) : []
      const phases = phasesOf(offer.offerType).map((phase, index) => {
        const own = rows.filter((row) => row.phase === phase.key)
        const reached = latest !== undefined && (latest.phase > index || latest.state === 'live')
        const at = latest !== undefined && latest.phase === index && !reached
        const failed = own.some((row) => row.status === 'Failed')
        return {
          key: phase.key,
          label: phase.label,
          status: (failed ? 'Failed' : reached ? 'Completed' : at ? 'In Progress' : 'Not Started') as StepStatus,
          completedAt: reached ? (own.at(-1)?.completedAt ?? null) : null,
          steps: own.map((row) => {
            const known = phase.steps.find((step) => step.step === row.step)
            return {
              label: known?.label ?? row.step,
              duration: known?.duration ?? '',
              status: row.status,
              completedAt: row.completedAt,
              findings: row.findings,
            }
          }),
        }
      })
      return {
        submission: latest?.id ?? null,
        state: latest?.state ?? null,
        submittedAt: latest?.submittedAt ?? null,
        phases,
        status: statusOf(latest, publication),
        isLive: isLive(publication),
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
      return draft.plans.map(({ planId, publishedAt }) => {
        const { visibility } = draft.content<{ visibility: string }>({ module: 'plan-pricing', plan: planId })
        const stop = stopped.get(planId)
        return {
          planId,
          name: draft.content<{ name: string }>({ module: 'plan-listing', plan: planId, variant: 'en' }).name ?? planId,
          pricingModel: model === 'per-user' ? 'Per user' : model === 'flat-rate' ? 'Flat rate' : '',
          availability: visibility === 'private' ? 'Private' : 'Public',
          status: !publishedAt ? 'Draft' : !stop ? 'Live' : stop.effectiveAt ? 'Not available' : 'Pending Stop distribution',
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
      await record(ctx, offer.id, 'Stop distribution offer')
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
      await record(ctx, offer.id, `Initiated plan Stop distribution: ${plan.name}`)
      await audit.record(ctx, { action: 'plan.stop', target: `${label(offer)}/${input.planId}` })
    },

    /** Undoes the stop of a plan. @throws `PlanNotStopped` (conflict) */
    async resumePlan(ctx: Ctx, input: { offer: string; planId: string }): Promise<void> {
      const offer = await open(ctx, input.offer, 'offer.publish')
      const stop = (await store.selectStoppedPlans(ctx.tx, offer.id)).find((row) => row.planId === input.planId)
      if (!stop) throw conflict('PlanNotStopped', 'This plan is not stopped.', { target: 'planId' })
      await store.deleteStoppedPlan(ctx.tx, offer.id, input.planId)
      const name = (await service.planOverview(ctx, input)).find((row) => row.planId === input.planId)?.name ?? input.planId
      await record(ctx, offer.id, `Resume distribution: ${name}`)
      await audit.record(ctx, { action: 'plan.resume', target: `${label(offer)}/${input.planId}` })
      if (stop.effectiveAt)
        await events.publish(ctx, {
          type: 'plan.resumed',
          publisherId: offer.publisherId,
          payload: { offer: offer.id, planId: input.planId },
        })
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

    /** The preview that waits for sign-off, or null. Only people of its `previewAudience` may buy from it. */
    async getPreview(ctx: Ctx, offer: string): Promise<Snapshot | null> {
      const [publication] = isUuid(offer) ? await store.selectPublications(ctx.tx, [offer as OfferKey]) : []
      return publication?.previewSnapshot ? store.selectSnapshot(ctx.tx, publication.previewSnapshot) : null
    },

    /** True when the offer, or the plan when one is named, is no longer sold to new customers. */
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

    /** The History page, newest first. Draft saves are not in it (PL-40). */
    async history(ctx: Ctx, input: { offer: string }): Promise<{ at: Temporal.Instant; event: string; initiatedBy: string }[]> {
      const offer = await open(ctx, input.offer, 'offer.read')
      return (await store.selectHistory(ctx.tx, offer.id)).map(({ at, event, initiatedBy }) => ({ at, event, initiatedBy }))
    },

    /** Writes the History of what happens in offers. */
    onOfferEvent: async (ctx: Ctx, event: { type: string; payload: { offer: string; planId?: string; name?: string } }): Promise<void> => {
      const { offer, name } = event.payload
      const literal: Record<string, string> = {
        'offer.created': 'Created offer',
        'plan.created': `Created plan: ${name ?? ''}`,
        'plan.deleted': 'Deleted plan',
        'audience.changed': 'Sync private audience',
      }
      const text = literal[event.type]
      if (text) await record(ctx, offer as OfferKey, text)
    },
  }
  return service
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
