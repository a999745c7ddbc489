import type { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import { invalid, notFound } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Deliveries, DeliveryOutcome } from './deliveries.ts'
import { dueKinds } from './due-kinds.ts'
import type { LifeCycleEngine } from './life-cycle-engine.ts'
import { agreementAfterChange, checkSeats, type OfferFacts } from './offering.ts'
import { transition } from './life-cycle.ts'
import { answerable, answerWindow, isPending, nextOperationStatus, type OperationSource, type OperationTrigger } from './operation.ts'
import type { Actor } from './person.ts'
import type { OperationRow, SubscriptionRow } from './schema.ts'
import { findOperation, lockSubscription, saveOperation, saveSubscription } from './store.ts'
import { dayOf } from './term.ts'

/** Another plan or another number of seats: one of the two. */
export interface WantedChange {
  planId?: string | undefined
  quantity?: number | undefined
}

export interface Changes {
  /**
   * Asks for a change of a locked subscription; it takes effect when its operation succeeds.
   *
   * Errors: invalid `NothingToChange`, `OneChangeAtATime`, `SamePlan`, `SameQuantity`, `QuantityInvalid`, `NotSoldBySeats`, `SeatsOutOfRange`,
   * `PlanNotFound`, `PlanNotAvailable`, `TermNotOffered`; conflict `SubscriptionNotActive`, `OperationPending`; gone `SubscriptionEnded`.
   */
  request(
    ctx: Ctx,
    row: SubscriptionRow,
    wanted: WantedChange,
    source: OperationSource,
    actor: Actor,
    operationId?: string,
  ): Promise<OperationRow>
  /** Decides an operation of a locked subscription and carries out what follows from it. */
  decide(
    ctx: Ctx,
    row: SubscriptionRow,
    operation: OperationRow,
    trigger: OperationTrigger,
    detail?: { code?: string; message?: string; actor?: Actor },
  ): Promise<OperationRow>
  /** What the end of a webhook's delivery means for its operation. */
  delivered(ctx: Ctx, row: SubscriptionRow, operation: OperationRow, outcome: DeliveryOutcome): Promise<void>
  /** Registers the due work of the answer window. */
  register(): void
}

const marketplace: Actor = { kind: 'marketplace', name: 'marketplace' }

/** Largest number of seats that the wire's int32 holds. */
const mostQuantity = 2_147_483_647

export function createChanges(kernel: Kernel, facts: OfferFacts, deliveries: Deliveries, engine: LifeCycleEngine): Changes {
  async function catchUp(ctx: Ctx, reinstated: SubscriptionRow) {
    // Terms that ended while the subscription was suspended (only active ones renew, seed 001 L25329).
    let row = reinstated
    const today = dayOf(ctx.now)
    while (row.status === 'Subscribed' && row.termEnd !== null && before(row.termEnd, today)) {
      row = row.autoRenew
        ? await engine.fire(ctx, row, 'term-ended', { actor: marketplace })
        : await engine.fire(ctx, row, 'lapse', { actor: marketplace, endReason: 'auto-renew-off', endedBy: 'marketplace' })
    }
  }

  async function carryOut(ctx: Ctx, row: SubscriptionRow, operation: OperationRow) {
    if (operation.action === 'Reinstate') {
      await catchUp(ctx, await engine.fire(ctx, row, 'reinstate', { actor: marketplace, operation }))
      return
    }
    const note =
      operation.action === 'ChangePlan'
        ? { planId: operation.planId, previousPlanId: row.planId }
        : { quantity: operation.quantity, previousQuantity: row.quantity }
    const changed = await engine.fire(ctx, row, 'apply-change', { actor: operation.requestedBy, operation, note })
    // Leaving the trial by changing to a plan without one is immediate (spec/01 §15.8).
    if (operation.action === 'ChangePlan' && changed.isFreeTrial && !changed.agreement.freeTrial) {
      await engine.fire(ctx, changed, 'leave-trial', { actor: operation.requestedBy, operation })
    }
  }

  return {
    async request(ctx, row, wanted, source, actor, operationId) {
      const { planId, quantity } = wanted
      const update = { target: 'update' }
      if (planId === undefined && quantity === undefined)
        throw invalid('NothingToChange', 'Name the plan or the number of seats to change to.', update)
      if (planId !== undefined && quantity !== undefined)
        throw invalid('OneChangeAtATime', 'Change either the plan or the number of seats, not both at once.', update)
      if (quantity !== undefined && !(Number.isInteger(quantity) && quantity > 0 && quantity <= mostQuantity)) {
        throw invalid('QuantityInvalid', 'The number of seats is a whole number greater than zero.', { target: 'quantity' })
      }
      transition(row, 'request-change', { now: ctx.now })
      const asked = {
        source,
        actor,
        status: source === 'publisher' ? ('NotStarted' as const) : ('InProgress' as const),
        ...(operationId ? { id: operationId } : {}),
      }
      const changing = { ...row, modifiedAt: ctx.now }
      let opened: OperationRow
      if (planId !== undefined) {
        if (planId === row.planId) {
          throw invalid(
            'SamePlan',
            `SaaS subscription ${row.name} is already subscribed to plan ${planId}. Changing plans only supported between two different plans`,
            { target: 'planId' },
          )
        }
        const targetAgreement = await agreementAfterChange(ctx, facts, row, planId)
        await engine.fire(ctx, row, 'request-change', { actor, note: { planId, source } })
        opened = await engine.openOperation(ctx, changing, { action: 'ChangePlan', planId, targetAgreement, ...asked })
      } else {
        if (row.quantity === null) throw invalid('NotSoldBySeats', `The plan ${row.planId} is not sold by seats.`, { target: 'quantity' })
        if (quantity === row.quantity)
          throw invalid('SameQuantity', 'New quantity is the same as on the subscription', { target: 'quantity' })
        checkSeats(row.agreement, quantity ?? null, row.planId)
        await engine.fire(ctx, row, 'request-change', { actor, note: { quantity, source } })
        opened = await engine.openOperation(ctx, changing, { action: 'ChangeQuantity', quantity: quantity ?? null, ...asked })
      }
      await saveSubscription(ctx, changing)
      return opened
    },

    async decide(ctx, row, operation, trigger, detail = {}) {
      let by = trigger
      let status = nextOperationStatus(operation, trigger)
      if (!isPending(operation.status)) return operation // the same outcome again
      if (status === 'InProgress') {
        const notified = { ...operation, status }
        await saveOperation(ctx, notified)
        return notified
      }
      const already =
        (operation.action === 'ChangePlan' && operation.planId === row.planId) ||
        (operation.action === 'ChangeQuantity' && operation.quantity === row.quantity)
      if (status === 'Succeeded' && already) {
        by = 'already-so'
        status = nextOperationStatus(operation, by)
      }
      const ended: OperationRow = {
        ...operation,
        status,
        finishedAt: ctx.now,
        decidedBy: by,
        errorStatusCode: detail.code ?? null,
        errorMessage: detail.message ?? (by === 'already-so' ? 'The subscription already had this plan or number of seats.' : null),
      }
      await saveOperation(ctx, ended)
      await kernel.due.cancel(ctx, dueKinds.answerWindow, row.id)
      const free: SubscriptionRow = { ...row, pendingOperation: null, modifiedAt: ctx.now }
      await engine.record(
        ctx,
        row.id,
        'operation-ended',
        detail.actor ?? marketplace,
        { action: ended.action, status, rule: by, ...(detail.message ? { message: detail.message } : {}) },
        ended.id,
      )
      if (status === 'Succeeded') {
        await carryOut(ctx, free, ended)
      } else {
        await saveSubscription(ctx, free)
        if (by !== 'webhook-refused' && by !== 'webhook-undeliverable') {
          await deliveries.stopOf(ctx, free, ended.id, 'The operation had ended before its webhook was delivered.')
        }
      }
      return ended
    },

    async delivered(ctx, row, operation, outcome) {
      if (!answerable[operation.action] || !isPending(operation.status)) return
      if (outcome.kind === 'acknowledged') {
        // A redelivered webhook does not give the publisher a second window.
        if (operation.acknowledgedAt !== null) return
        const deadlineAt = ctx.now.add(answerWindow)
        await saveOperation(ctx, { ...operation, acknowledgedAt: ctx.now, deadlineAt })
        await kernel.due.schedule(ctx, { kind: dueKinds.answerWindow, key: row.id, at: deadlineAt, payload: { operation: operation.id } })
      } else if (outcome.kind === 'refused') {
        const message = `The webhook was answered ${outcome.status}, which refuses the change.`
        await this.decide(ctx, row, operation, 'webhook-refused', { code: String(outcome.status), message })
      } else {
        await this.decide(ctx, row, operation, 'webhook-undeliverable', {
          message: `The webhook could not be delivered. ${outcome.reason}`,
        })
      }
    },

    register() {
      kernel.due.register<{ operation: string }>(dueKinds.answerWindow, {
        run: async (ctx, { key, payload }) => {
          const row = await lockSubscription(ctx, key)
          const operation = await findOperation(ctx, payload.operation)
          if (!row || !operation) throw notFound('OperationNotFound', 'The operation of the answer window is gone.')
          if (isPending(operation.status)) await this.decide(ctx, row, operation, 'window-passed')
        },
      })
    },
  }
}

function before(a: Temporal.PlainDate, b: Temporal.PlainDate): boolean {
  return a.toString() < b.toString()
}
