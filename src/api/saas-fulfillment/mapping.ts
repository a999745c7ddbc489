import type { FastifyRequest } from 'fastify'
import type { TestCallFacts } from '../../domain/publishing/index.ts'
import type { AvailablePlan, Operation, Person, Subscription, SubscriptionRecord, WebhookFacts } from '../../domain/subscriptions/index.ts'
import { answerable, recordOf } from '../../domain/subscriptions/index.ts'
import type { DomainError } from '../../kernel/errors.ts'
import type { CommerceErrorAnswer } from '../commerce-contract.ts'

/** Names and shapes of SaaS fulfillment v2 (spec/08 §2.1); nothing else in the code knows them. */

/** An offer bought while in preview carries this suffix (AP-037). */
const offerIdOf = (row: Pick<Subscription, 'offerId' | 'preview'>) => (row.preview ? `${row.offerId}-preview` : row.offerId)

/** Integer seats, absent for plans without seats (spec/08 §2.9). */
const quantityOf = (quantity: number | null) => (quantity === null ? {} : { quantity })

const midnight = (day: string) => `${day}T00:00:00Z`

function personBody(person: Person) {
  return {
    emailId: person.email,
    objectId: person.objectId,
    tenantId: person.tenantId,
    // The marketplace's own number for a person: sixteen hexadecimal digits, as old directories gave them.
    puid: person.puid ?? person.objectId.replaceAll('-', '').slice(-16).toUpperCase(),
  }
}

/** AP-038: what the beneficiary may do. */
const allowedOperations = (row: SubscriptionRecord) => (row.byReseller ? ['Read'] : ['Delete', 'Update', 'Read'])

export function subscriptionBody(row: SubscriptionRecord) {
  return {
    id: row.id,
    name: row.name,
    publisherId: row.publisherId,
    offerId: offerIdOf(row),
    planId: row.planId,
    ...quantityOf(row.quantity),
    saasSubscriptionStatus: row.status,
    beneficiary: personBody(row.beneficiary),
    purchaser: personBody(row.purchaser),
    term: {
      ...(row.termStart && row.termEnd ? { startDate: midnight(row.termStart), endDate: midnight(row.termEnd) } : {}),
      // A trial's term is its month whatever is paid for later.
      termUnit: row.isFreeTrial ? 'P1M' : row.termUnit,
    },
    autoRenew: row.autoRenew,
    isTest: false,
    isFreeTrial: row.isFreeTrial && row.status !== 'Unsubscribed',
    allowedCustomerOperations: allowedOperations(row),
    sandboxType: 'None',
    sessionMode: 'None',
    created: row.createdAt,
    lastModified: row.modifiedAt,
  }
}

export function resolvedBody(row: Subscription) {
  return {
    id: row.id,
    subscriptionName: row.name,
    offerId: offerIdOf(row),
    planId: row.planId,
    ...quantityOf(row.quantity),
    subscription: subscriptionBody(recordOf(row)),
  }
}

const termDescription = { P1M: '1 Month Subscription', P1Y: '1 Year Subscription' }

export function planBody(plan: AvailablePlan) {
  return {
    planId: plan.planId,
    displayName: plan.name,
    isPrivate: plan.isPrivate,
    description: plan.description,
    ...(plan.seats ? { minQuantity: plan.seats.min, maxQuantity: plan.seats.max } : {}),
    hasFreeTrials: plan.hasFreeTrial,
    isPricePerSeat: plan.perUser,
    isStopSell: plan.isStopped,
    market: plan.market,
    planComponents: {
      recurrentBillingTerms: plan.terms.map(({ termUnit, price, included }) => ({
        currency: plan.currency,
        price: Number(price),
        termUnit,
        termDescription: termDescription[termUnit],
        // Live answers omit the member where nothing is included; units are text (AP-040).
        ...(included.length > 0
          ? { meteredQuantityIncluded: included.map(({ dimensionId, units }) => ({ dimensionId, units: String(units) })) }
          : {}),
      })),
      meteringDimensions: plan.dimensions.map((dimension) => ({
        id: dimension.id,
        currency: plan.currency,
        pricePerUnit: Number(dimension.pricePerUnit),
        unitOfMeasure: dimension.unitOfMeasure,
        displayName: dimension.displayName,
      })),
    },
  }
}

const sources = { marketplace: 'Azure', publisher: 'Partner' } as const

/** UTC with seven digits of a second, as the service writes it. */
const timeStamp = (operation: Operation) => operation.createdAt.toString({ fractionalSecondDigits: 7 })

const operationErrors = ({ errorStatusCode, errorMessage }: Operation) => ({
  ...(errorStatusCode === null ? {} : { errorStatusCode }),
  ...(errorMessage === null ? {} : { errorMessage }),
})

export function operationBody(row: Subscription, operation: Operation) {
  return {
    id: operation.id,
    activityId: operation.activityId,
    subscriptionId: operation.subscription,
    offerId: offerIdOf(row),
    publisherId: row.publisherId,
    // The target of a change (spec/08 §2.1).
    planId: operation.planId,
    ...quantityOf(operation.quantity),
    action: operation.action,
    timeStamp: timeStamp(operation),
    status: operation.status,
    ...operationErrors(operation),
    operationRequestSource: sources[operation.source],
  }
}

/** Body of a webhook (spec/08 §2.7): the subscription as it is when the webhook leaves. */
export function webhookBody({ subscription, operation, binding }: WebhookFacts) {
  return {
    id: operation.id,
    activityId: operation.activityId,
    subscriptionId: operation.subscription,
    publisherId: subscription.publisherId,
    offerId: offerIdOf(subscription),
    planId: operation.planId,
    ...quantityOf(operation.quantity),
    timeStamp: timeStamp(operation),
    action: operation.action,
    // What waits for an answer is in progress, also when it was decided before the webhook could be delivered.
    status: answerable[operation.action] ? 'InProgress' : binding.webhookSuccessWord,
    ...operationErrors(operation),
    operationRequestSource: sources[operation.source],
    subscription: subscriptionBody(recordOf(subscription)),
    purchaseToken: null,
  }
}

/** Nobody: the person of a subscription that does not exist. */
const nobody = {
  email: 'nobody@marketplace.example',
  objectId: '00000000-0000-0000-0000-000000000000',
  tenantId: '00000000-0000-0000-0000-000000000000',
}

/**
 * The call by which Offer validation tries a webhook: whole and well-formed, telling of something that needs no answer, about a subscription that
 * does not exist. It is marked as a test.
 */
export function testCallBody({ publisherId, offerId, planId, at, operationId, subscriptionId }: TestCallFacts) {
  const record: SubscriptionRecord = {
    id: subscriptionId,
    name: 'Test call of offer validation',
    publisherId,
    offerId,
    preview: true,
    planId,
    quantity: null,
    status: 'Subscribed',
    beneficiary: nobody,
    purchaser: nobody,
    byReseller: false,
    termUnit: 'P1M',
    termStart: null,
    termEnd: null,
    isFreeTrial: false,
    autoRenew: true,
    createdAt: at,
    modifiedAt: at,
  }
  return {
    id: operationId,
    activityId: operationId,
    subscriptionId,
    publisherId,
    offerId: offerIdOf(record),
    planId,
    timeStamp: at,
    action: 'Renew',
    status: 'Succeeded',
    operationRequestSource: sources.marketplace,
    subscription: { ...subscriptionBody(record), isTest: true },
    purchaseToken: null,
  }
}

/** The call that failed: some errors read differently from call to call. */
export type Call = 'resolve' | 'activate' | 'list' | 'get' | 'plans' | 'update' | 'cancel' | 'operations' | 'operation' | 'answer'

interface ErrorBody {
  code: string
  message: string
  target?: string
  details?: { code: string; message: string; target?: string }[]
}

/** Errors of the domain in this contract's words (spec/08 §1.7, §2.3). */
export function errorAnswer(error: DomainError, call: Call | undefined, request: FastifyRequest): CommerceErrorAnswer {
  const { subscriptionId = '', operationId = '' } = (request.params ?? {}) as { subscriptionId?: string; operationId?: string }
  const bad = (body: ErrorBody): CommerceErrorAnswer => ({ status: 400, body })
  const detail = { code: error.code, message: error.message, ...(error.target === undefined ? {} : { target: error.target }) }
  const missing: CommerceErrorAnswer =
    call === 'operation'
      ? { status: 404, body: { code: 'EntityNotFound', message: 'Failed to get operation', target: operationId } }
      : call === 'answer'
        ? { status: 404, body: { code: 'NotFound', message: 'Failed to find operation', target: 'operation' } }
        : { status: 404, body: { code: 'EntityNotFound', message: `Subscription ${subscriptionId} not found`, target: 'subscriptionId' } }
  if (error.kind === 'forbidden' || error.kind === 'unauthenticated')
    return { status: 403, body: { code: 'Forbidden', message: error.message } }
  if (error.kind === 'not-found') return missing
  if (error.kind === 'limit') return { status: 429, body: { code: error.code, message: error.message } }
  switch (error.code) {
    case 'HeaderNotPresent':
      return bad({ code: 'HeaderNotPresent', message: 'Mandatory header missing', target: 'x-ms-marketplace-token' })
    case 'TokenInvalid':
    case 'TokenExpired':
    case 'InvalidValue':
      return bad({ code: 'InvalidValue', message: error.message, ...(error.target === undefined ? {} : { target: error.target }) })
    case 'NoAnswerExpected':
      return bad({ code: 'Error', message: error.message, target: 'operation' })
    case 'OperationFinal':
      return { status: 409, body: { code: 'Conflict', message: error.message, target: 'operation' } }
    case 'OperationPending':
      return bad({
        code: 'Failed',
        message: 'Patch cannot be completed because the subscription is locked due to pending operations',
        target: 'update',
      })
    case 'SubscriptionEnded':
      if (call === 'activate') return missing
      return bad({ code: 'BadRequest', message: 'Subscription is not active', target: call === 'cancel' ? 'delete' : 'update' })
    case 'SubscriptionNotActive':
      return bad({ code: 'BadRequest', message: 'Subscription is not active', target: 'update' })
    case 'PlanNotFound':
    case 'PlanNotAvailable':
    case 'TermNotOffered':
      return bad({ code: 'BadRequest', message: 'Request Plan is NOT in Catalog.', target: 'update', details: [detail] })
  }
  if (call === 'activate')
    return bad({ code: 'BadArgument', message: 'One or more errors have occurred', target: 'activate', details: [detail] })
  if (call === 'update') {
    const body: ErrorBody = { code: 'BadRequest', message: error.message, target: 'update' }
    return bad(error.target === undefined || error.target === 'update' ? body : { ...body, details: [detail] })
  }
  if (call === 'cancel') return bad({ code: 'BadRequest', message: error.message, target: 'delete' })
  return bad({ ...detail, ...(error.details.length > 0 ? { details: error.details } : {}) })
}
