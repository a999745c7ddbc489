import type {
  DeliveryAttemptRow,
  DeliveryDetail,
  Endpoint,
  EndpointKey,
  Operation,
  OperationDetail,
  WebhookOptions,
} from '../../domain/subscriptions/index.ts'
import { listRequests } from '../../kernel/requests.ts'
import { type Desk, isOfDesk } from '../ui/desk.server.ts'
import { refuse } from '../ui/portal-access.server.ts'
import type { TimeLineEntry } from '../ui/portal-time-line.tsx'
import { operationText, ruleText } from '../ui/subscription-words.ts'
import { attemptText, deliveryState, operationTone } from '../ui/webhook-words.ts'

const pageSize = 50

export interface DeliveryFilter {
  state: string
  /** of the operator's desk: one publisher, or '' for all */
  publisherId: string
  before: number | undefined
}

/** Endpoints on a page; the operator names a publisher to see those of one. */
const shownEndpoints = 100

/** Deliveries of the desk, newest first, and its endpoints: those in trouble first. */
export async function webhookList({ domain, publisher, read }: Desk, { state, before, publisherId: wanted }: DeliveryFilter) {
  return read(async (ctx) => {
    const publisherId = publisher?.publisherId ?? (wanted === '' ? undefined : wanted)
    const whose = publisherId === undefined ? {} : { publisherId }
    const rows = await domain.subscriptions.deliveryList(ctx, {
      ...whose,
      ...(state === '' ? {} : { state }),
      ...(before === undefined ? {} : { before }),
      limit: pageSize + 1,
    })
    const endpoints = (await domain.subscriptions.endpoints(ctx, whose)).sort((a, b) => trouble(b) - trouble(a))
    return {
      now: ctx.now.toString(),
      older: rows.length > pageSize ? (rows[pageSize - 1]?.seq ?? null) : null,
      deliveries: rows.slice(0, pageSize).map((row) => ({
        id: row.id,
        action: row.action,
        subscription: row.subscription,
        name: row.name,
        publisherId: row.publisherId,
        ...deliveryState(row.state),
        attempts: row.attempts,
        outcome: row.lastOutcome ?? (row.state === 'delivered' ? 'The endpoint answered 2xx.' : null),
        again: row.redeliveryOf !== null,
        createdAt: row.createdAt.toString(),
        next: row.state === 'waiting' ? (row.nextAttemptAt?.toString() ?? null) : null,
      })),
      endpointCount: endpoints.length,
      endpoints: endpoints.slice(0, shownEndpoints).map((one) => ({
        offer: one.offer,
        preview: one.preview,
        name: endpointName(one),
        publisherId: one.publisherId,
        url: one.webhookUrl,
        pausedAt: one.webhookPausedAt?.toString() ?? null,
        waiting: one.waiting,
        failed: one.failedLastDay,
      })),
    }
  })
}

const trouble = (one: Endpoint) => (one.webhookPausedAt ? 4 : 0) + (one.failedLastDay > 0 ? 2 : 0) + (one.waiting > 0 ? 1 : 0)

const endpointName = ({ offerName, preview }: { offerName: string; preview: boolean }) => (preview ? `${offerName}, preview` : offerName)

/** Attempts on a page: the first and the last of many. */
const shownAttempts = 25

/** The first and last of a long row, with how many are between. */
function ends<T>(all: T[]): { first: T[]; between: number; last: T[] } {
  if (all.length <= 2 * shownAttempts) return { first: all, between: 0, last: [] }
  return { first: all.slice(0, shownAttempts), between: all.length - 2 * shownAttempts, last: all.slice(-shownAttempts) }
}

function tryOf(attempt: DeliveryAttemptRow) {
  return {
    number: attempt.number,
    at: attempt.at.toString(),
    wallAt: attempt.wallAt.toString(),
    url: attempt.url,
    status: attempt.status,
    text: attemptText(attempt),
    error: attempt.error,
    durationMs: attempt.durationMs,
    collapsed: attempt.collapsed,
    requestHeaders: attempt.requestHeaders,
    requestBody: attempt.requestBody,
    responseHeaders: attempt.responseHeaders,
    responseBody: attempt.responseBody,
  }
}

async function detailOf(desk: Desk, id: string): Promise<DeliveryDetail> {
  const detail = await desk.read((ctx) => desk.domain.subscriptions.deliveryDetail(ctx, id))
  if (!isOfDesk(desk, detail.delivery.publisherId)) throw refuse(404, 'There is no such webhook delivery.')
  return detail
}

/** One delivery with its attempts and what follows. */
export async function webhookDetail(desk: Desk, id: string) {
  const { delivery, operation, subscription, endpoint, ahead, waitsForOlder, mostAttempts } = await detailOf(desk, id)
  const { first, between, last } = ends(delivery.tries)
  return {
    id: delivery.id,
    action: delivery.action,
    ...deliveryState(delivery.state),
    waiting: delivery.state === 'waiting',
    attempts: delivery.attempts,
    mostAttempts,
    outcome: delivery.lastOutcome,
    createdAt: delivery.createdAt.toString(),
    finishedAt: delivery.finishedAt?.toString() ?? null,
    redeliveryOf: delivery.redeliveryOf,
    operation: { id: operation.id, text: operationText(operation.action), status: operation.status, tone: operationTone(operation.status) },
    subscription: { id: subscription.id, name: subscription.name, publisherId: subscription.publisherId },
    endpoint: {
      offer: endpoint.offer,
      preview: endpoint.preview,
      name: endpointName(endpoint),
      url: endpoint.webhookUrl,
      paused: endpoint.webhookPausedAt !== null,
    },
    waitsForOlder,
    ahead: ahead.map((one) => ({ number: one.number, at: one.at.toString() })),
    tries: first.map(tryOf),
    between,
    lastTries: last.map(tryOf),
  }
}

/** Redelivers a webhook of this desk; returns the delivery that carries it. */
export async function redeliver(desk: Desk, id: string): Promise<string> {
  await detailOf(desk, id)
  return (await desk.run((ctx) => desk.domain.subscriptions.redeliver(ctx, id))).deliveryId
}

/** Ends the retries of a webhook of this desk. */
export async function giveUp(desk: Desk, id: string): Promise<void> {
  await detailOf(desk, id)
  await desk.run((ctx) => desk.domain.subscriptions.giveUpDelivery(ctx, id))
}

/** The endpoint of an offer of this desk or of its preview. */
export async function endpointPage(desk: Desk, key: EndpointKey) {
  const endpoint = await desk.read((ctx) => desk.domain.subscriptions.endpoint(ctx, key))
  if (!isOfDesk(desk, endpoint.publisherId)) throw refuse(404, 'You have no offer with this webhook.')
  return {
    offer: endpoint.offer,
    preview: endpoint.preview,
    name: endpointName(endpoint),
    publisherId: endpoint.publisherId,
    webhookUrl: endpoint.webhookUrl,
    landingPageUrl: endpoint.landingPageUrl,
    tenantId: endpoint.tenantId,
    applicationId: endpoint.applicationId,
    pausedAt: endpoint.webhookPausedAt?.toString() ?? null,
    signed: endpoint.webhookSigned,
    successWord: endpoint.webhookSuccessWord,
  }
}

/** Changes how webhooks of an endpoint of this desk are sent. */
export async function configureEndpoint(desk: Desk, key: EndpointKey, options: WebhookOptions): Promise<void> {
  await endpointPage(desk, key)
  await desk.run((ctx) => desk.domain.subscriptions.setWebhookOptions(ctx, key, options))
}

/** Holds back the webhooks of an offer of this desk or of its preview, or lets them go again. */
export async function pauseEndpoint(desk: Desk, key: EndpointKey, paused: boolean): Promise<void> {
  await endpointPage(desk, key)
  await desk.run((ctx) => desk.domain.subscriptions.setWebhookPaused(ctx, key, paused))
}

function askedText({ action, planId, previousPlanId, quantity, previousQuantity }: Operation): string {
  if (action === 'ChangePlan') return `Plan ${previousPlanId ?? '?'} to ${planId}`
  if (action === 'ChangeQuantity') return `${previousQuantity ?? '?'} to ${quantity ?? '?'} seats`
  return quantity === null ? `Plan ${planId}` : `Plan ${planId}, ${quantity} seats`
}

/** One operation from its request to its outcome, oldest first. */
export async function operationPage(desk: Desk, id: string) {
  const { detail, calls, now } = await desk.read(async (ctx) => {
    const found = await desk.domain.subscriptions.operationDetail(ctx, id)
    // In production the log is long and not ordered by operation.
    const related = desk.kernel.config.mode === 'sandbox' ? await listRequests(ctx, { path: found.operation.id, limit: 50 }) : []
    return { detail: found, calls: related, now: ctx.now.toString() }
  })
  if (!isOfDesk(desk, detail.subscription.publisherId)) throw refuse(404, 'There is no such operation.')
  const { operation, subscription, deliveries } = detail
  const waiting = deliveries.find((row) => row.state === 'waiting')
  return {
    now,
    id: operation.id,
    title: operationText(operation.action),
    asked: askedText(operation),
    status: operation.status,
    tone: operationTone(operation.status),
    by: `${operation.requestedBy.name} (${operation.requestedBy.kind})`,
    createdAt: operation.createdAt.toString(),
    acknowledgedAt: operation.acknowledgedAt?.toString() ?? null,
    deadlineAt: operation.deadlineAt?.toString() ?? null,
    finishedAt: operation.finishedAt?.toString() ?? null,
    rule: operation.decidedBy,
    ruleText: operation.decidedBy ? ruleText(operation.decidedBy) : null,
    error: operation.errorMessage,
    requestId: operation.requestId,
    activityId: operation.activityId,
    next: waiting?.nextAttemptAt?.toString() ?? null,
    subscription: { id: subscription.id, name: subscription.name, publisherId: subscription.publisherId },
    deliveries: deliveries.map((row) => ({
      id: row.id,
      ...deliveryState(row.state),
      attempts: row.attempts,
      createdAt: row.createdAt.toString(),
      again: row.redeliveryOf !== null,
    })),
    entries: operationEntries(detail, calls),
  }
}

type LoggedCall = Awaited<ReturnType<typeof listRequests>>[number]

function operationEntries({ operation, deliveries }: OperationDetail, calls: LoggedCall[]): TimeLineEntry[] {
  const entries: (TimeLineEntry & { order: number })[] = []
  const add = (at: { toString(): string; epochMilliseconds: number } | null, title: string, detail?: string) => {
    if (at)
      entries.push({
        id: String(entries.length),
        at: at.toString(),
        title,
        ...(detail === undefined ? {} : { detail }),
        order: at.epochMilliseconds,
      })
  }
  add(operation.createdAt, `Asked: ${askedText(operation)}`, `By ${operation.requestedBy.name} (${operation.requestedBy.kind})`)
  for (const row of deliveries) {
    const { first, between, last } = ends(row.tries)
    for (const attempt of [...first, ...last])
      add(attempt.at, `Notified, attempt ${attempt.number}${row.redeliveryOf ? ' (sent again)' : ''}`, attemptText(attempt))
    if (between > 0) add(first.at(-1)?.at ?? null, `${between} more attempts`, 'They are on the page of the delivery.')
    if (row.state === 'stopped') add(row.finishedAt, 'The webhook is not sent any more', row.lastOutcome ?? undefined)
    if (row.state === 'failed') add(row.finishedAt, 'The webhook was given up', row.lastOutcome ?? undefined)
  }
  for (const call of calls)
    add(call.at, `The publisher called ${call.method} operation`, `answered ${call.status} in ${call.durationMs} ms`)
  add(operation.acknowledgedAt, 'Acknowledged', 'The endpoint answered 2xx; the publisher has 10 seconds to report success or failure.')
  if (operation.finishedAt === null || (operation.deadlineAt && operation.decidedBy === 'window-passed'))
    add(operation.deadlineAt, 'Deadline of the answer')
  if (operation.finishedAt && operation.decidedBy)
    add(operation.finishedAt, `Outcome: ${operation.status}`, `Rule: ${ruleText(operation.decidedBy)} (${operation.decidedBy})`)
  // Equal instants keep the order in which they were added: cause before effect.
  return entries.sort((a, b) => a.order - b.order)
}
