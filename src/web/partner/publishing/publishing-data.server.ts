import type { PageAddress } from '../../../domain/offers/index.ts'
import type { Change, ComparedField } from '../../../domain/publishing/index.ts'
import type { Finding, HistoryFilter } from '../../../domain/publishing/index.ts'
import { allows } from '../../../kernel/authorization.ts'
import { isDomainError } from '../../../kernel/errors.ts'
import { fieldText } from '../../form.ts'
import type { OfferVisit } from '../authoring/offer-access.server.ts'

const pages: Record<string, string> = {
  setup: 'setup',
  properties: 'properties',
  listing: 'listing',
  previewAudience: 'preview-audience',
  technicalConfiguration: 'technical-configuration',
  pricing: 'pricing',
}

/** The editing page of what a finding names, below the offer's address; null where it names nothing that can be edited. */
export function pageOfTarget(base: string, target: string | undefined): string | null {
  const [first = '', second] = (target ?? '').split('.')
  if (first === 'plans') return second ? `${base}/plans/${second}/plan-pricing` : `${base}/plans`
  const page = pages[first]
  if (!page) return null
  return first === 'listing' && second && second !== 'en' ? `${base}/pages/${page}?language=${second}` : `${base}/pages/${page}`
}

export interface FoundThing {
  id: string
  severity: 'error' | 'warning'
  policy: string
  title: string
  message: string
  notes: string
  page: string | null
}

/** Findings for a list; `report` where their codes are numbers of policies. */
function describeFindings(base: string, findings: readonly Finding[], report: boolean): FoundThing[] {
  return findings.map((finding, index) => ({
    id: String(index),
    severity: finding.severity,
    policy: report ? finding.code : '',
    title: finding.title ?? '',
    message: finding.message,
    notes: finding.notes ?? '',
    page: pageOfTarget(base, finding.target),
  }))
}

/** What Offer overview shows: how the publishing goes, and what can be done now. */
export async function offerOverview({ domain, kernel, offer, offerBase, user, publisher, read }: OfferVisit) {
  return read(async (ctx) => {
    const status = await domain.publishing.status(ctx, { offer: offer.id })
    const preview = status.preview ? await domain.publishing.getSnapshot(ctx, status.preview.snapshotId) : null
    const { brand } = kernel.config
    const previewBase = status.preview ? `/product/${offer.publisherId}.${offer.offerId}-preview?key=${status.preview.key}` : ''
    const stores = preview ? ((await domain.catalog.preview(ctx, { snapshot: preview }))?.stores ?? []) : []
    const storeNames = { business: brand.businessStore, cloud: brand.cloudStore }
    const mayPublish = allows(user, 'offer.publish', { tenantId: publisher.tenantId })
    return {
      base: offerBase,
      isSandbox: kernel.config.mode === 'sandbox',
      brand: brand.name,
      status: status.status,
      state: status.state,
      isLive: status.isLive,
      isUpdate: status.isUpdate,
      number: status.number,
      isRunning: status.state === 'validating' || status.state === 'publishing' || status.state === 'cancelling',
      submittedAt: status.submittedAt?.toString() ?? null,
      submittedBy: status.submittedBy,
      notes: status.notes,
      liveAt: status.liveAt?.toString() ?? null,
      phases: status.phases.map((phase) => ({
        key: phase.key,
        label: phase.label,
        status: phase.status,
        waits: phase.waitsForPublisher,
        completedAt: phase.completedAt?.toString() ?? null,
        steps: phase.steps.map((step) => ({
          seq: step.seq,
          label: step.label,
          duration: step.duration,
          status: step.status,
          completedAt: step.completedAt?.toString() ?? null,
          retryAt: step.retryAt?.toString() ?? null,
          attempts: step.attempts,
          note: step.note,
          // The reports have sections of their own.
          findings:
            step.step === 'certification' || step.step === 'offer-validation' ? [] : describeFindings(offerBase, step.findings, false),
          count: step.findings.length,
        })),
      })),
      validation: describeFindings(offerBase, status.validation, false),
      certification: status.certification && {
        ...status.certification,
        decidedAt: status.certification.decidedAt?.toString() ?? null,
        findings: describeFindings(offerBase, status.certification.findings, true),
      },
      previews: preview
        ? [
            ...stores.map((store) => ({ label: `${storeNames[store]} preview`, to: `${previewBase}&store=${store}` })),
            // Offers whose plans are all private are listed in no store, but have a page.
            ...(stores.length === 0 ? [{ label: 'Preview', to: previewBase }] : []),
          ]
        : [],
      previewIsOld: status.preview !== null && status.isLive,
      can: mayPublish ? status.can : { cancel: false, goLive: false, retry: false, stop: false, publish: false },
    }
  })
}

export type OfferOverview = Awaited<ReturnType<typeof offerOverview>>

/** Review and publish: every page with its status, and what keeps the offer from being published. */
export async function offerReview({ domain, kernel, offer, offerBase, user, publisher, read }: OfferVisit) {
  return read(async (ctx) => {
    const { pages: reports, problems, complete, draft } = await domain.offers.getDraft(ctx, offer.id)
    const status = await domain.publishing.status(ctx, { offer: offer.id })
    const { isTested } = await domain.publishing.testing(ctx, { offer: offer.id })
    const rules = await domain.publishing.certification.rules(ctx)
    const planNames = new Map(
      draft.plans.map(({ planId }) => [
        planId,
        draft.content<{ name: string }>({ module: 'plan-listing', plan: planId, variant: 'en' }).name ?? planId,
      ]),
    )
    return {
      base: offerBase,
      isLive: status.isLive,
      isTested,
      lastNotes: status.notes,
      sandbox: kernel.config.mode === 'sandbox' ? { mode: rules.mode, rejectsNext: rules.rejectNext !== null } : null,
      complete,
      mayPublish: allows(user, 'offer.publish', { tenantId: publisher.tenantId }),
      isRunning: !status.can.publish,
      problems: problems.map((problem) => problem.message),
      pages: reports.map((report) => ({
        key: pageKey(report),
        label: report.label,
        plan: report.planId === null ? null : (planNames.get(report.planId) ?? report.planId),
        language: report.variant,
        to: addressOf(offerBase, report),
        status: report.status,
        unpublished: report.unpublished,
        problems: report.problems.map((problem) => problem.message),
      })),
    }
  })
}

/** A page as the form of Review and publish names it: `plan-listing/basic/en`. */
function pageKey({ module, planId, variant }: PageAddress): string {
  return [module, planId ?? '', variant].join('/')
}

/** The pages that the form names; undefined when all that could be selected are. */
export function selectedPages(form: FormData): PageAddress[] | undefined {
  const offered = Number(fieldText(form, 'offered', 6))
  const keys = form.getAll('page').filter((key) => typeof key === 'string')
  if (!offered || keys.length >= offered) return undefined
  return keys.map((key) => {
    const [module = '', planId = '', variant = ''] = key.split('/')
    return { module, planId: planId === '' ? null : planId, variant }
  })
}

/** Address of a section's editing page. */
function addressOf(base: string, { module, planId, variant }: { module: string; planId: string | null; variant: string }): string {
  const language = variant === '' || variant === 'en' ? '' : `?language=${variant}`
  return planId === null ? `${base}/pages/${module}${language}` : `${base}/plans/${planId}/${module}${language}`
}

const shownChanges: Record<string, readonly Change[]> = {
  all: ['removed', 'added', 'edited', 'unchanged'],
  modified: ['removed', 'added', 'edited'],
  removed: ['removed'],
  added: ['added'],
  edited: ['edited'],
  unchanged: ['unchanged'],
}

/** Compare: the draft beside the live version or the preview. Null where there is nothing to compare with. */
export async function offerComparison({ domain, offer, offerBase, kernel, user, origin: _origin }: OfferVisit, search: URLSearchParams) {
  const wanted = search.get('with')
  const chosen = wanted === 'live' || wanted === 'preview' ? wanted : undefined
  const show = Object.hasOwn(shownChanges, search.get('show') ?? '') ? (search.get('show') as string) : 'modified'
  const compared = await kernel
    .read(user, (ctx) => domain.publishing.compare(ctx, { offer: offer.id, with: chosen }))
    .catch((error: unknown) => {
      if (isDomainError(error) && error.code === 'NothingToCompare') return null
      throw error
    })
  if (!compared) return { base: offerBase, compared: null, show }
  const count = (change: Change) => compared.fields.filter((field) => field.change === change).length
  const counts = { removed: count('removed'), added: count('added'), edited: count('edited'), unchanged: count('unchanged') }
  return {
    base: offerBase,
    show,
    compared: {
      with: compared.with,
      versions: compared.versions,
      notCompared: compared.notCompared,
      counts,
      fields: compared.fields.filter((field) => shownChanges[show]?.includes(field.change)).map((field) => describeField(offerBase, field)),
    },
  }
}

/** Lines of a value that are shown; the rest is counted. */
const mostLines = 12

function describeField(base: string, field: ComparedField) {
  const where = [field.page, ...(field.plan === null ? [] : [`plan ${field.plan}`]), ...(field.variant === '' ? [] : [field.variant])]
  return {
    key: [field.module, field.plan, field.variant, field.field].join('/'),
    page: where.join(' · '),
    label: field.label,
    to: `${addressOf(base, { module: field.module, planId: field.plan, variant: field.variant })}#field-${field.field}`,
    change: field.change,
    draft: shorten(field.draft, field.published),
    published: shorten(field.published, field.draft),
  }
}

/** The lines of a long value that the other side does not have come first: they are what a reader looks for. */
function shorten(lines: string[], others: string[]): string[] {
  if (lines.length <= mostLines) return lines
  const known = new Set(others)
  const own = lines.filter((line) => !known.has(line))
  const shown = own.length > 0 ? own.slice(0, mostLines) : lines.slice(0, mostLines)
  return [...shown, `… and ${lines.length - shown.length} more`]
}

const day = /^\d{4}-\d{2}-\d{2}$/

/** History with its filters. What is no filter is ignored. */
export async function offerHistory({ domain, offer, offerBase, read }: OfferVisit, search: URLSearchParams) {
  const days = (name: string) => {
    const value = search.get(name) ?? ''
    return day.test(value) && !Number.isNaN(Date.parse(value)) ? value : ''
  }
  const chosen = {
    events: search.getAll('event').slice(0, 50),
    users: search.getAll('user').slice(0, 50),
    pages: search.getAll('page').slice(0, 50),
    from: days('from'),
    to: days('to'),
  }
  const filter: HistoryFilter = {
    events: chosen.events,
    users: chosen.users,
    pages: chosen.pages,
    ...(chosen.from ? { from: chosen.from } : {}),
    ...(chosen.to ? { to: chosen.to } : {}),
  }
  const { entries, events, users, pages: filterPages } = await read((ctx) => domain.publishing.history(ctx, { offer: offer.id, filter }))
  return {
    base: offerBase,
    chosen,
    isFiltered: Object.values(chosen).some((value) => value.length > 0),
    offered: { events, users, pages: filterPages },
    entries: entries.map(({ id, when, event, initiatedBy, status, at }) => ({ id, when, event, initiatedBy, status, at: at.toString() })),
  }
}
