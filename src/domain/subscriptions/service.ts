import { and, asc, eq, sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { authorize, type Resource } from '../../kernel/authorization.ts'
import { rowsOf } from '../../kernel/clock.ts'
import type { ApplicationPrincipal, Ctx } from '../../kernel/context.ts'
import type { Database, Tx } from '../../kernel/database.ts'
import type { DomainEvent } from '../../kernel/events.ts'
import { forbidden, gone, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { askTogether } from '../../kernel/together.ts'
import type { Accounts } from '../accounts/index.ts'
import type { Directory } from '../directory/index.ts'
import { type Agreement, offerName } from './agreement.ts'
import { createChanges, type WantedChange } from './changes.ts'
import { createDeliveries, type EndpointKey, type WebhookFormat, type WebhookOptions } from './deliveries.ts'
import { registerChecks } from './doctor.ts'
import { dueKinds } from './due-kinds.ts'
import { forgetDeliveries } from './forget-deliveries.ts'
import { landingPageAddress, newToken, tokenHash, tokenLifetime } from './landing-token.ts'
import { configurationDeadline } from './life-cycle.ts'
import { createLifeCycleEngine, payloadOf } from './life-cycle-engine.ts'
import { type AvailablePlan, availablePlans, type OfferFacts } from './offering.ts'
import { answerable } from './operation.ts'
import { type Actor, actorOf, type Person } from './person.ts'
import { previewPurchases } from './preview-purchases.ts'
import { recordColumns, type SubscriptionRecord } from './record.ts'
import { createIdentifiers } from './identifiers.ts'
import { createInspection } from './inspection.ts'
import {
  type EndedBy,
  type EndReason,
  landingToken,
  type OfferBinding,
  type OperationRow,
  offerBinding,
  type SubscriptionRow,
  subscription,
} from './schema.ts'
import * as store from './store.ts'
import type { TermUnit } from './term.ts'
import { createViews } from './views.ts'

/** What this room needs of the rooms to its left. */
export interface SubscriptionsNeighbours extends OfferFacts {
  directory: Pick<Directory, 'signServiceToken' | 'getTenants'>
  accounts: Pick<Accounts, 'publisher' | 'partnerOf'>
}

export interface NewSubscription {
  /** Absent: the offer's name. */
  name?: string | undefined
  offer: string
  planId: string
  quantity: number | null
  termUnit: TermUnit
  agreement: Agreement
  purchaser: Person
  beneficiary: Person
  byReseller: boolean
  autoRenew: boolean
  preview: boolean
}

const marketplace: Actor = { kind: 'marketplace', name: 'marketplace' }

export type Subscriptions = ReturnType<typeof createSubscriptions>

/** Subscriptions: their life cycle, operations and webhooks. */
export function createSubscriptions(kernel: Kernel, neighbours: SubscriptionsNeighbours) {
  const deliveries = createDeliveries(kernel, (ctx, { tenantId, applicationId }) =>
    neighbours.directory.signServiceToken(ctx, { aud: applicationId, tid: tenantId }),
  )
  const engine = createLifeCycleEngine(kernel, neighbours, deliveries)
  const changes = createChanges(kernel, neighbours, deliveries, engine)
  const callers = prepareCallerLookup(kernel.database)

  deliveries.register(changes.delivered.bind(changes))
  changes.register()
  registerTimers()
  registerChecks(kernel)

  function registerTimers() {
    kernel.due.register<{ termIndex: number }>(dueKinds.termEnd, {
      async run(ctx, { key, payload }) {
        const row = await store.lockSubscription(ctx, key)
        if (!row || row.termIndex !== payload.termIndex || (row.status !== 'Subscribed' && row.status !== 'Suspended')) return
        if (!row.autoRenew)
          await engine.fire(ctx, row, 'lapse', { actor: marketplace, endReason: 'auto-renew-off', endedBy: 'marketplace' })
        else if (row.status === 'Subscribed') await engine.fire(ctx, row, 'term-ended', { actor: marketplace })
        // A suspended one begins its next term when it is reinstated.
      },
      async runTogether(ctx, items) {
        const rows = new Map(
          (
            await store.lockSubscriptions(
              ctx,
              items.map(({ key }) => key),
            )
          ).map((row) => [row.id, row]),
        )
        let renewing: SubscriptionRow[] = []
        for (const item of items) {
          const row = rows.get(item.key)
          if (row?.termIndex === item.payload.termIndex && row.status === 'Subscribed' && row.autoRenew) {
            renewing.push(row)
            continue
          }
          await engine.renewAll(ctx, renewing, marketplace)
          renewing = []
          await this.run(ctx, item)
        }
        await engine.renewAll(ctx, renewing, marketplace)
      },
    })
    kernel.due.register(dueKinds.graceEnd, {
      async run(ctx, { key }) {
        const row = await store.lockSubscription(ctx, key)
        if (row?.status !== 'Suspended') return
        await engine.fire(ctx, row, 'grace-ended', { actor: marketplace, endReason: 'suspended-30-days', endedBy: 'marketplace' })
      },
    })
    kernel.due.register(dueKinds.neverConfigured, {
      async run(ctx, { key }) {
        const row = await store.lockSubscription(ctx, key)
        if (row?.status !== 'PendingFulfillmentStart') return
        await engine.fire(ctx, row, 'never-configured', { actor: marketplace, endReason: 'never-configured', endedBy: 'marketplace' })
      },
    })
  }

  const unknown = (id: string) => notFound('SubscriptionNotFound', `Subscription ${id} not found`, { target: 'subscriptionId' })

  async function lock(ctx: Ctx, id: string): Promise<SubscriptionRow> {
    const row = isUuid(id) ? await store.lockSubscription(ctx, id) : null
    if (!row) throw unknown(id)
    return row
  }

  async function bindingOf(ctx: Ctx, row: SubscriptionRow): Promise<OfferBinding> {
    const binding = await store.findBinding(ctx, row)
    if (!binding) throw new Error(`Subscription ${row.id} has no offer binding.`)
    return binding
  }

  /** Remembers what a snapshot says about the integration. Nothing to remember of an offer that is not sold through the marketplace. */
  async function bind(ctx: Ctx, snapshotId: string, preview: boolean): Promise<void> {
    const snapshot = await neighbours.publishing.getSnapshot(ctx, snapshotId)
    const { technicalConfiguration } = snapshot.content
    if (!technicalConfiguration) return
    const { tenantId, applicationId, landingPageUrl, webhookUrl } = technicalConfiguration
    const facts = {
      publisherId: snapshot.publisherId,
      offerId: snapshot.offerId,
      offerName: offerName(snapshot),
      tenantId,
      applicationId,
      landingPageUrl,
      webhookUrl,
      snapshot: snapshotId,
      updatedAt: ctx.now,
    }
    await ctx.tx
      .insert(offerBinding)
      .values({ offer: snapshot.offer, preview, webhookSuccessWord: 'Succeeded', webhookSigned: true, ...facts })
      .onConflictDoUpdate({ target: [offerBinding.offer, offerBinding.preview], set: facts })
  }

  /** The subscription, locked, when the calling application is the one that its offer names; system and the operator may act for it. */
  async function lockForPublisher(ctx: Ctx, id: string): Promise<SubscriptionRow> {
    const row = await lock(ctx, id)
    authorizeApplication(ctx, await bindingOf(ctx, row))
    return row
  }

  const actorFor = (ctx: Ctx, row: SubscriptionRow, publisherTenantId?: string) =>
    actorOf(ctx.principal, {
      byReseller: row.byReseller,
      customerTenantId: row.customerTenantId,
      ...(publisherTenantId === undefined ? {} : { publisherTenantId }),
    })

  /** The customer's side, also where the sandbox plays it. */
  const customerFor = (ctx: Ctx, row: SubscriptionRow): Actor => {
    const kind = row.byReseller ? ('reseller' as const) : ('customer' as const)
    if (ctx.principal.kind === 'user') return { ...actorFor(ctx, row), kind }
    return { kind, name: row.purchaser.email, tenantId: row.purchaser.tenantId, id: row.purchaser.objectId }
  }

  const endedByOf = (actor: Actor): EndedBy =>
    actor.kind === 'customer' || actor.kind === 'reseller' || actor.kind === 'publisher' ? actor.kind : 'marketplace'

  async function end(ctx: Ctx, row: SubscriptionRow, actor: Actor, endReason: EndReason): Promise<SubscriptionRow> {
    return engine.fire(ctx, row, 'cancel', { actor, endReason, endedBy: endedByOf(actor) })
  }

  /** The operation of a subscription's end, which `cancel` has just made; a purchase that was never activated has none. */
  async function lastOperation(ctx: Ctx, id: string): Promise<OperationRow | null> {
    return (await store.operationsOf(ctx, id)).at(-1) ?? null
  }

  const views = createViews(kernel, neighbours)

  return {
    ...views,
    ...createIdentifiers(neighbours.accounts),
    ...createInspection(authorizeWebhooks),
    forgetDeliveries,
    previewPurchases,

    /** Follows `offer.published`: where the landing page and the webhook are, and which application may call. */
    async onOfferPublished(ctx: Ctx, { payload }: DomainEvent<OfferPublished>): Promise<void> {
      await bind(ctx, payload.snapshotId, false)
    },

    /** Follows `offer.previewed`: the same for what was and will be bought from the preview. */
    async onOfferPreviewed(ctx: Ctx, { payload }: DomainEvent<OfferPublished>): Promise<void> {
      await bind(ctx, payload.snapshotId, true)
    },

    /** Gives the writer of webhook bodies; the fulfillment contract does so when it is wired. */
    setWebhookFormat: (format: WebhookFormat) => deliveries.setFormat(format),

    /**
     * Makes the subscription of a purchase that checkout has validated. It waits to be activated (seed 001 L25200); nothing is billed.
     */
    async create(ctx: Ctx, input: NewSubscription): Promise<SubscriptionRow> {
      const binding = await store.findBinding(ctx, input)
      if (!binding) throw notFound('OfferNotFound', 'The offer is not sold here.', { target: 'offerId' })
      const row: SubscriptionRow = {
        id: newId<'subscription'>(),
        name: input.name ?? input.agreement.offerName,
        offer: input.offer,
        publisherId: binding.publisherId,
        offerId: binding.offerId,
        planId: input.planId,
        quantity: input.quantity,
        status: 'PendingFulfillmentStart',
        autoRenew: input.autoRenew,
        preview: input.preview,
        purchaser: input.purchaser,
        beneficiary: input.beneficiary,
        customerTenantId: input.purchaser.tenantId,
        beneficiaryTenantId: input.beneficiary.tenantId,
        byReseller: input.byReseller,
        termUnit: input.termUnit,
        agreement: input.agreement,
        termIndex: null,
        termStart: null,
        termEnd: null,
        isFreeTrial: false,
        pendingOperation: null,
        createdAt: ctx.now,
        modifiedAt: ctx.now,
        resolvedAt: null,
        activatedAt: null,
        suspendedAt: null,
        endedAt: null,
        endReason: null,
        endedBy: null,
        withinFreePeriod: null,
      }
      await ctx.tx.insert(subscription).values(row)
      await kernel.due.schedule(ctx, { kind: dueKinds.neverConfigured, key: row.id, at: ctx.now.add(configurationDeadline) })
      await engine.record(ctx, row.id, 'purchase', customerFor(ctx, row), {
        planId: row.planId,
        quantity: row.quantity,
        termUnit: row.termUnit,
      })
      await kernel.events.publish(ctx, { type: 'subscription.purchased', publisherId: row.publisherId, payload: payloadOf(ctx, row) })
      return row
    },

    /** Those of the ids that are no subscription: for checks of references. */
    async missing(tx: Tx, ids: readonly string[]): Promise<string[]> {
      const rows = rowsOf<{ id: string }>(
        await tx.execute(
          sql`select id from unnest(${sql.param(ids)}::uuid[]) id where not exists (select 1 from subscriptions.subscription s where s.id = id.id)`,
        ),
      )
      return rows.map(({ id }) => id)
    },

    /** Whether a tenant still gets the free month of the offer's plans: it has not paid for any of them yet (spec/01 §15.8). */
    async isTrialOpen(ctx: Ctx, offer: string, beneficiaryTenantId: string): Promise<boolean> {
      return !(await store.hasPaidFor(ctx, offer, beneficiaryTenantId))
    },

    /**
     * A new landing-page token, valid 24 hours of market time and as often as wanted, and the landing page's address with it.
     * Errors: not-found, forbidden, gone `SubscriptionEnded`.
     */
    async createToken(ctx: Ctx, id: string): Promise<{ token: string; landingPageUrl: string; expiresAt: Temporal.Instant }> {
      const row = isUuid(id) ? await store.findSubscription(ctx, id) : null
      if (!row) throw unknown(id)
      authorizeParty(ctx, 'subscription.configure', row)
      if (row.status === 'Unsubscribed')
        throw gone('SubscriptionEnded', 'The subscription has ended; there is nothing to configure or manage.', {
          target: 'subscriptionId',
        })
      const binding = await bindingOf(ctx, row)
      const token = newToken()
      const expiresAt = ctx.now.add(tokenLifetime)
      await store.forgetTokens(ctx, row.id, ctx.now.subtract({ hours: 24 * 30 }).toString())
      await ctx.tx.insert(landingToken).values({
        tokenHash: tokenHash(token),
        subscription: row.id,
        publisherId: row.publisherId,
        createdAt: ctx.now,
        expiresAt,
      })
      return { token, landingPageUrl: landingPageAddress(binding.landingPageUrl, token), expiresAt }
    },

    /**
     * The subscription behind a landing-page token, in any status (seed 001 L25352-25431). Changes nothing but `resolvedAt`.
     * Errors: invalid `TokenInvalid`, `TokenExpired`; forbidden for an application that the offer does not name.
     */
    async resolve(ctx: Ctx, token: string): Promise<SubscriptionRow> {
      const [found] = await ctx.tx
        .select()
        .from(landingToken)
        .where(eq(landingToken.tokenHash, tokenHash(token)))
      if (!found) throw invalid('TokenInvalid', 'Failed to decode token', { target: 'token' })
      const row = await lock(ctx, found.subscription)
      // Whose token it is comes before how old it is: a stranger learns neither.
      authorizeApplication(ctx, await bindingOf(ctx, row))
      if (Temporal.Instant.compare(ctx.now, found.expiresAt) > 0) {
        throw invalid(
          'TokenExpired',
          'Token has expired. Ask the customer to open the subscription again and choose Configure account or Manage account.',
          {
            target: 'token',
          },
        )
      }
      if (row.resolvedAt === null) {
        await engine.record(ctx, row.id, 'resolved', actorFor(ctx, row), {})
        await ctx.tx.update(subscription).set({ resolvedAt: ctx.now }).where(eq(subscription.id, row.id))
      }
      return row
    },

    /**
     * The publisher has provisioned: the subscription is active, its first term begins (seed 001 L25433-25485).
     * Errors: invalid `RequiredField`, `PlanMismatch`, `QuantityMismatch`, `AlreadyActive`; conflict `SubscriptionNotActive`; gone `SubscriptionEnded`.
     */
    async activate(
      ctx: Ctx,
      id: string,
      input: { planId: string | undefined; quantity: number | null | undefined },
    ): Promise<SubscriptionRow> {
      const row = await lockForPublisher(ctx, id)
      return engine.fire(ctx, row, 'activate', { actor: actorFor(ctx, row), planId: input.planId, quantity: input.quantity })
    },

    /** One subscription with the app pair of its offer, in one prepared statement: authorised for the calling application. Errors: not-found, forbidden. */
    async getForApplication(caller: ApplicationPrincipal, id: string): Promise<SubscriptionRecord> {
      const found = isUuid(id) ? await callers.find(id.toLowerCase()) : undefined
      if (!found) throw unknown(id)
      if (found.tenantId !== caller.tenantId || found.applicationId !== caller.clientId) throw foreignOffer()
      return found.subscription
    },

    /** Up to `limit` subscriptions of the offers that name the application, oldest first, after the id `after`. */
    async listForApplication(
      caller: ApplicationPrincipal,
      page: { after?: string | undefined; limit: number },
    ): Promise<SubscriptionRecord[]> {
      return callers.list(caller, page.after ?? '00000000-0000-0000-0000-000000000000', page.limit)
    },

    /** Plans the subscription may change to, for its publisher. Errors: not-found, forbidden. */
    async availablePlans(ctx: Ctx, id: string, planId?: string): Promise<AvailablePlan[]> {
      const row = isUuid(id) ? await store.findSubscription(ctx, id) : null
      if (!row) throw unknown(id)
      if (ctx.principal.kind === 'application') authorizeApplication(ctx, await bindingOf(ctx, row))
      else authorizeParty(ctx, 'subscription.read', row)
      return availablePlans(ctx, neighbours, row, planId)
    },

    /** The publisher asks for another plan or number of seats. Errors: as `Changes.request`, and invalid `UpdateNotAllowed` for a reseller's sale. */
    async changeByPublisher(ctx: Ctx, id: string, wanted: WantedChange, operationId?: string): Promise<OperationRow> {
      const row = await lockForPublisher(ctx, id)
      if (row.byReseller) throw invalid('UpdateNotAllowed', 'Update is not allowed for this subscription', { target: 'update' })
      return changes.request(ctx, row, wanted, 'publisher', actorFor(ctx, row), operationId)
    },

    /** The customer's side (the reseller for its sales) asks for another plan or number of seats. */
    async changeByCustomer(ctx: Ctx, id: string, wanted: WantedChange): Promise<OperationRow> {
      const row = await lock(ctx, id)
      authorizePayer(ctx, 'subscription.change', row)
      const opened = await changes.request(ctx, row, wanted, 'marketplace', customerFor(ctx, row))
      await kernel.audit.record(ctx, {
        action: 'subscription.change',
        target: `subscription:${row.id}`,
        before: { planId: row.planId, quantity: row.quantity },
        after: wanted,
      })
      return opened
    },

    /** The publisher cancels. Errors: invalid `DeleteNotAllowed` for a reseller's sale; gone `SubscriptionEnded`. */
    async cancelByPublisher(ctx: Ctx, id: string): Promise<{ subscription: SubscriptionRow; operation: OperationRow }> {
      const row = await lockForPublisher(ctx, id)
      if (row.byReseller) throw invalid('DeleteNotAllowed', 'Delete is not allowed for this subscription', { target: 'delete' })
      const ended = await end(ctx, row, actorFor(ctx, row), 'cancelled')
      const operation =
        row.status === 'PendingFulfillmentStart'
          ? await engine.openOperation(ctx, ended, {
              action: 'Unsubscribe',
              source: 'publisher',
              status: 'Succeeded',
              actor: actorFor(ctx, row),
              silent: true,
            })
          : await lastOperation(ctx, id)
      if (!operation) throw new Error(`The end of subscription ${id} left no operation.`)
      return { subscription: ended, operation }
    },

    /** The customer (the reseller for its sales) cancels: access ends at once, for good. Errors: forbidden, gone `SubscriptionEnded`. */
    async cancelByCustomer(ctx: Ctx, id: string): Promise<SubscriptionRow> {
      const row = await lock(ctx, id)
      authorizePayer(ctx, 'subscription.cancel', row)
      const ended = await end(ctx, row, customerFor(ctx, row), 'cancelled')
      await kernel.audit.record(ctx, {
        action: 'subscription.cancel',
        target: `subscription:${row.id}`,
        before: { status: row.status },
        after: { status: ended.status, withinFreePeriod: ended.withinFreePeriod },
      })
      return ended
    },

    /** The marketplace takes the offer away from its customers; one that has ended meanwhile stays as it is. For removals of support. @throws forbidden */
    async endByMarketplace(ctx: Ctx, id: string): Promise<void> {
      authorize(ctx.principal, 'subscription.terminate')
      const row = await lock(ctx, id)
      if (row.status === 'Unsubscribed') return
      await engine.fire(ctx, row, 'cancel', { actor: marketplace, endReason: 'offer-removed', endedBy: 'marketplace' })
      await kernel.audit.record(ctx, { action: 'subscription.terminate', target: `subscription:${row.id}`, before: { status: row.status } })
    },

    /** Switches automatic renewal; off ends the subscription with its term. Errors: forbidden, gone `SubscriptionEnded`. */
    async setAutoRenew(ctx: Ctx, id: string, enabled: boolean): Promise<SubscriptionRow> {
      const row = await lock(ctx, id)
      authorizePayer(ctx, 'subscription.change', row)
      if (row.autoRenew === enabled && row.status !== 'Unsubscribed') return row
      return engine.fire(ctx, { ...row, autoRenew: enabled }, 'set-auto-renew', { actor: customerFor(ctx, row), note: { enabled } })
    },

    /** A payment failed: an active subscription is suspended at once, one that waits for activation ends. For billing and the sandbox. */
    async paymentFailed(ctx: Ctx, id: string): Promise<SubscriptionRow> {
      authorize(ctx.principal, 'operator.console')
      const row = await lock(ctx, id)
      return engine.fire(ctx, row, 'payment-failed', { actor: marketplace, endReason: 'payment-failed', endedBy: 'marketplace' })
    },

    /** The payment came: a reinstatement is opened, and the subscription is active again when its operation succeeds. */
    async paymentRecovered(ctx: Ctx, id: string): Promise<SubscriptionRow> {
      authorize(ctx.principal, 'operator.console')
      return engine.fire(ctx, await lock(ctx, id), 'payment-recovered', { actor: marketplace })
    },

    /** Operations of the subscription that are in progress. Errors: not-found, forbidden. */
    async outstandingOperations(ctx: Ctx, id: string): Promise<{ subscription: SubscriptionRow; operations: OperationRow[] }> {
      const row = isUuid(id) ? await store.findSubscription(ctx, id) : null
      if (!row) throw unknown(id)
      authorizeApplication(ctx, await bindingOf(ctx, row))
      return { subscription: row, operations: await store.outstandingOperations(ctx, id) }
    },

    /** One operation of the subscription. Errors: not-found `SubscriptionNotFound`, `OperationNotFound`; forbidden. */
    async getOperation(ctx: Ctx, id: string, operationId: string): Promise<{ subscription: SubscriptionRow; operation: OperationRow }> {
      const row = isUuid(id) ? await store.findSubscription(ctx, id) : null
      if (!row) throw unknown(id)
      authorizeApplication(ctx, await bindingOf(ctx, row))
      return { subscription: row, operation: await operationOf(ctx, row, operationId) }
    },

    /**
     * The publisher reports how it dealt with an operation (seed 001 L26084-26139). The same outcome again changes nothing.
     * Errors: invalid `NoAnswerExpected`, `AnswerContradicts`; conflict `OperationFinal`; not-found; forbidden.
     */
    async answerOperation(
      ctx: Ctx,
      id: string,
      operationId: string,
      answer: { success: boolean; planId?: string | undefined; quantity?: number | undefined },
    ): Promise<OperationRow> {
      const row = await lockForPublisher(ctx, id)
      const operation = await operationOf(ctx, row, operationId)
      if (answerable[operation.action]) {
        if (answer.planId !== undefined && answer.planId !== operation.planId) {
          throw invalid('AnswerContradicts', `The operation is about plan ${operation.planId}, not ${answer.planId}.`, { target: 'planId' })
        }
        if (answer.quantity !== undefined && answer.quantity !== operation.quantity) {
          throw invalid('AnswerContradicts', `The operation is about ${operation.quantity ?? 'no'} seats, not ${answer.quantity}.`, {
            target: 'quantity',
          })
        }
      }
      return changes.decide(ctx, row, operation, answer.success ? 'publisher-success' : 'publisher-failure', {
        actor: actorFor(ctx, row),
        ...(answer.success ? {} : { message: 'The publisher reported failure.' }),
      })
    },

    /** Sends a webhook again: a waiting one at once, a finished one as a new delivery. Returns the delivery's id. */
    async redeliver(ctx: Ctx, deliveryId: string): Promise<{ deliveryId: string }> {
      await authorizeDelivery(ctx, deliveryId)
      const sent = await deliveries.redeliver(ctx, deliveryId)
      await kernel.audit.record(ctx, { action: 'webhook.redeliver', target: `delivery:${deliveryId}`, after: { delivery: sent } })
      return { deliveryId: sent }
    },

    /** Ends the retries of a webhook; its operation fails as if all attempts had been made. */
    async giveUpDelivery(ctx: Ctx, deliveryId: string): Promise<void> {
      await authorizeDelivery(ctx, deliveryId)
      await deliveries.giveUp(ctx, deliveryId)
      await kernel.audit.record(ctx, { action: 'webhook.give-up', target: `delivery:${deliveryId}` })
    },

    /** The endpoint of an offer or of its preview. Errors: not-found, forbidden. */
    async endpoint(ctx: Ctx, endpoint: EndpointKey): Promise<OfferBinding> {
      return endpointOf(ctx, endpoint, 'webhook.read')
    },

    /**
     * How webhooks of an offer or of its preview are sent: whether with a bearer token, and the word for what has succeeded (AP-060, AP-061).
     * Holds for webhooks that leave from now on.
     */
    async setWebhookOptions(ctx: Ctx, endpoint: EndpointKey, options: WebhookOptions): Promise<void> {
      const { offer, preview, webhookSigned, webhookSuccessWord } = await endpointOf(ctx, endpoint, 'webhook.manage')
      const after = { webhookSigned: options.signed, webhookSuccessWord: options.successWord }
      await ctx.tx
        .update(offerBinding)
        .set(after)
        .where(and(eq(offerBinding.offer, offer), eq(offerBinding.preview, preview)))
      await kernel.audit.record(ctx, {
        action: 'webhook.configure',
        target: `offer:${offer}`,
        before: { webhookSigned, webhookSuccessWord },
        after: { ...after, ...(preview ? { preview } : {}) },
      })
    },

    /** Holds back the webhooks of an offer or of its preview, or lets them go again. */
    async setWebhookPaused(ctx: Ctx, endpoint: EndpointKey, paused: boolean): Promise<void> {
      const binding = await endpointOf(ctx, endpoint, 'webhook.manage')
      const { offer, preview } = binding
      if (paused) await deliveries.pause(ctx, binding)
      else await deliveries.resume(ctx, binding)
      await kernel.audit.record(ctx, {
        action: paused ? 'webhook.pause' : 'webhook.resume',
        target: `offer:${offer}`,
        ...(preview ? { after: { preview } } : {}),
      })
    },
  }

  async function operationOf(ctx: Ctx, row: SubscriptionRow, operationId: string): Promise<OperationRow> {
    const operation = isUuid(operationId) ? await store.findOperation(ctx, operationId) : null
    if (operation?.subscription !== row.id) throw notFound('OperationNotFound', 'Failed to get operation', { target: operationId })
    return operation
  }

  async function endpointOf(ctx: Ctx, endpoint: EndpointKey, action: 'webhook.manage' | 'webhook.read'): Promise<OfferBinding> {
    const binding = isUuid(endpoint.offer) ? await store.findBinding(ctx, endpoint) : null
    if (!binding) throw notFound('OfferNotFound', 'There is no such offer.', { target: 'offer' })
    await authorizeSeller(ctx, binding.publisherId, action)
    return binding
  }

  async function authorizeSeller(ctx: Ctx, publisherId: string, action: 'webhook.manage' | 'webhook.read') {
    authorize(ctx.principal, action, { tenantId: (await neighbours.accounts.publisher(ctx, publisherId)).tenantId })
  }

  /** Seeing webhooks and operations of one publisher, or with '' of all: the operator only. */
  async function authorizeWebhooks(ctx: Ctx, publisherId: string) {
    if (publisherId === '') authorize(ctx.principal, 'operator.console')
    else await authorizeSeller(ctx, publisherId, 'webhook.read')
  }

  async function authorizeDelivery(ctx: Ctx, deliveryId: string) {
    const found = isUuid(deliveryId)
      ? rowsOf<{ publisher_id: string }>(
          await ctx.tx.execute(sql`select publisher_id from subscriptions.delivery where id = ${deliveryId}`),
        )[0]
      : undefined
    if (!found) throw notFound('DeliveryNotFound', 'There is no such webhook delivery.', { target: 'deliveryId' })
    await authorizeSeller(ctx, found.publisher_id, 'webhook.manage')
  }
}

interface OfferPublished {
  snapshotId: string
}

const bindingOfSubscription = and(eq(offerBinding.offer, subscription.offer), eq(offerBinding.preview, subscription.preview))

const foreignOffer = () => forbidden('ForeignOffer', 'The subscription belongs to an offer of another application.')

/** An application acts for the offers that name its (tenant, application) pair (spec/08 §1.4). */
function authorizeApplication(ctx: Ctx, binding: OfferBinding): void {
  authorize(ctx.principal, 'subscription.fulfill', { tenantId: binding.tenantId })
  if (ctx.principal.kind === 'application' && ctx.principal.clientId !== binding.applicationId) throw foreignOffer()
}

/** The tenants with a part in a subscription: who pays, who uses, and the reseller between. */
export function partiesOf(row: SubscriptionRow): Resource[] {
  return [
    { tenantId: row.customerTenantId },
    { tenantId: row.beneficiaryTenantId, resellerTenantId: row.byReseller ? row.customerTenantId : undefined },
  ]
}

/** Reading and configuring: the payer's people and the user's. */
function authorizeParty(ctx: Ctx, action: 'subscription.read' | 'subscription.configure', row: SubscriptionRow): void {
  const { principal } = ctx
  const own = 'tenantId' in principal && principal.tenantId === row.beneficiaryTenantId
  authorize(principal, action, partiesOf(row)[own ? 1 : 0] ?? {})
}

/** Changing and cancelling: the payer's people only; a reseller's customer may only read (SA-189). */
function authorizePayer(ctx: Ctx, action: 'subscription.change' | 'subscription.cancel', row: SubscriptionRow): void {
  authorize(ctx.principal, action, { tenantId: row.customerTenantId })
}

/** The hot reads of the fulfillment API: prepared statements; single subscriptions that are asked for together are read together. */
function prepareCallerLookup({ db, pool }: Database) {
  const one = db
    .select({ subscription: recordColumns, tenantId: offerBinding.tenantId, applicationId: offerBinding.applicationId })
    .from(subscription)
    .innerJoin(offerBinding, bindingOfSubscription)
    .where(sql`${subscription.id} = any(${sql.placeholder('ids')}::uuid[])`)
    .toSQL()
  // Each offer gives at most a page, so that the cost does not grow with what is stored or how far one has paged.
  const nearest = db
    .select(recordColumns)
    .from(subscription)
    .where(and(bindingOfSubscription, sql`${subscription.id} > ${sql.placeholder('after')}`))
    .orderBy(asc(subscription.id))
    .limit(sql.placeholder('limit'))
    .as('nearest')
  const names = Object.keys(recordColumns) as (keyof typeof recordColumns)[]
  const columns = Object.fromEntries(names.map((name) => [name, nearest[name]])) as unknown as typeof recordColumns
  const many = db
    .select(columns)
    .from(offerBinding)
    .innerJoinLateral(nearest, sql`true`)
    .where(and(eq(offerBinding.tenantId, sql.placeholder('tenantId')), eq(offerBinding.applicationId, sql.placeholder('applicationId'))))
    .orderBy(asc(nearest.id))
    .limit(sql.placeholder('limit'))
    .prepare('subscriptions_page_for_application')
  return {
    find: askTogether(async (ids) => {
      // Given to the driver itself: a record's columns need no mapping, and nothing is asked as often as this.
      const { rows } = await pool.query<unknown[]>({
        name: 'subscriptions_for_application',
        text: one.sql,
        values: [ids],
        rowMode: 'array',
      })
      return new Map(
        rows.map((row) => {
          const record = Object.fromEntries(names.map((name, i) => [name, row[i]])) as unknown as SubscriptionRecord
          return [record.id, { subscription: record, tenantId: String(row[names.length]), applicationId: String(row[names.length + 1]) }]
        }),
      )
    }),
    async list(caller: ApplicationPrincipal, after: string, limit: number): Promise<SubscriptionRecord[]> {
      return many.execute({ tenantId: caller.tenantId, applicationId: caller.clientId, after, limit })
    },
  }
}
