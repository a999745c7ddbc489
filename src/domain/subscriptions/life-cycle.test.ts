import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { expect, test } from 'vitest'
import { cancellationIsFree, type LifeCycleFacts, lifeCycle, type Status, transition, triggers } from './life-cycle.ts'
import { isPending, nextOperationStatus, type OperationStatus, type OperationTrigger, operationStates } from './operation.ts'

const now = Temporal.Instant.from('2026-11-20T10:00:00Z')
const facts = (status: Status): LifeCycleFacts => ({
  status,
  planId: 'basic',
  quantity: null,
  activatedAt: status === 'PendingFulfillmentStart' ? null : now,
  pendingOperation: null,
  termUnit: 'P1M',
})

test('every trigger in every state either has a transition or is refused with a reason', () => {
  for (const status of Object.keys(lifeCycle) as Status[]) {
    for (const trigger of triggers) {
      const legal = lifeCycle[status][trigger] !== undefined
      const fire = () => transition(facts(status), trigger, { now, planId: 'basic' })
      if (legal) expect(fire().to).toBe(lifeCycle[status][trigger]?.to)
      else expect(fire).toThrow(status === 'Unsubscribed' ? 'has ended' : 'The subscription')
    }
  }
})

test('AP-058 Unsubscribed is final', () => {
  expect(lifeCycle.Unsubscribed).toEqual({})
})

test('AP-032 AP-065 activation and the end of what was never activated send no webhook', () => {
  for (const { notify } of Object.values(lifeCycle.PendingFulfillmentStart)) expect(notify).toBeUndefined()
})

test('AP-057 the free period counts from activation, its last instant included', () => {
  const at = (hours: number) => cancellationIsFree({ ...facts('Subscribed'), isFreeTrial: false }, now.add({ hours }))
  expect([at(0), at(24), at(25)].map(Boolean)).toEqual([true, true, false])
})

test('a trial and a purchase that was never activated cost nothing', () => {
  expect(cancellationIsFree({ ...facts('PendingFulfillmentStart'), isFreeTrial: false }, now.add({ hours: 999 }))).toBe(true)
  expect(cancellationIsFree({ ...facts('Subscribed'), isFreeTrial: true }, now.add({ hours: 999 }))).toBe(true)
})

const operationTriggers: OperationTrigger[] = [
  'notified',
  'publisher-success',
  'publisher-failure',
  'window-passed',
  'webhook-refused',
  'webhook-undeliverable',
  'overtaken',
  'already-so',
]

test('an operation that has ended never changes again', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...operationTriggers), { maxLength: 20 }), (sequence) => {
      let status: OperationStatus = 'NotStarted'
      let final: OperationStatus | undefined
      for (const trigger of sequence) {
        try {
          status = nextOperationStatus({ action: 'ChangePlan', status }, trigger)
        } catch (error) {
          expect(error).toMatchObject({ code: 'OperationFinal' })
        }
        if (final) expect(status).toBe(final)
        if (!isPending(status)) final ??= status
      }
    }),
  )
})

test('AP-049 only what waits for an answer takes one', () => {
  for (const action of ['Suspend', 'Unsubscribe', 'Renew'] as const) {
    expect(() => nextOperationStatus({ action, status: 'Succeeded' }, 'publisher-success')).toThrow("doesn't require an ACK")
  }
  expect(operationStates.Conflict).toEqual({})
})
