import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { publisherStates } from '../src/domain/accounts/publisher-life-cycle.ts'
import { verificationStates } from '../src/domain/accounts/verification-life-cycle.ts'
import { profileStates } from '../src/domain/accounts/profile-life-cycle.ts'
import { adjustmentStates } from '../src/domain/billing/adjustment-states.ts'
import { cardReturnStates } from '../src/domain/billing/card-return-states.ts'
import { invoiceStates, paymentStates, payoutStates } from '../src/domain/billing/life-cycle.ts'
import { writeOffStates } from '../src/domain/billing/write-off-states.ts'
import { requestStates } from '../src/domain/procurement/request-states.ts'
import { requestStates as supportStates } from '../src/domain/support/kinds.ts'
import { submissionTransitions } from '../src/domain/publishing/submission.ts'
import { lifeCycle } from '../src/domain/subscriptions/life-cycle.ts'
import { operationStates } from '../src/domain/subscriptions/operation.ts'

const file = new URL('../docs/state-machines.md', import.meta.url)

interface Arrow {
  from: string
  trigger: string
  to: string
  notes: string[]
}

type Target = string | { to: string; guards?: readonly string[]; effects?: readonly string[]; event?: string; notify?: string }

/** The arrows of a table, in its order. */
function arrowsOf(table: Record<string, Partial<Record<string, Target>>>): Arrow[] {
  return Object.entries(table).flatMap(([from, row]) =>
    Object.entries(row).flatMap(([trigger, target]) => {
      if (target === undefined) return []
      if (typeof target === 'string') return [{ from, trigger, to: target, notes: [] }]
      const notes = [
        ...(target.guards ?? []).map((guard) => `if ${guard}`),
        ...(target.effects ?? []),
        ...(target.event === undefined ? [] : [eventText(target.event)]),
        ...(target.notify ? [`webhook \`${target.notify}\``] : []),
      ]
      return [{ from, trigger, to: target.to, notes }]
    }),
  )
}

/** A change publishes the event of its kind. */
const eventText = (event: string) =>
  event === 'changed' ? 'event `subscription.plan-changed` or `subscription.quantity-changed`' : `event \`subscription.${event}\``

/** A Mermaid state diagram: GitHub draws it, and it can be read as text. */
function diagram(table: Record<string, object>, arrows: Arrow[], start: string): string {
  const final = Object.keys(table).filter((state) => arrows.every((arrow) => arrow.from !== state || arrow.to === state))
  const merged = new Map<string, string[]>()
  for (const { from, trigger, to } of arrows) merged.set(`${from} --> ${to}`, [...(merged.get(`${from} --> ${to}`) ?? []), trigger])
  return [
    '```mermaid',
    'stateDiagram-v2',
    `    [*] --> ${start}`,
    ...[...merged].map(([arrow, triggers]) => `    ${arrow} : ${triggers.join(', ')}`),
    ...final.map((state) => `    ${state} --> [*]`),
    '```',
  ].join('\n')
}

function list(arrows: Arrow[]): string {
  const withNotes = arrows.some((arrow) => arrow.notes.length > 0)
  const head = withNotes
    ? ['| in state | trigger | next state | guards and effects |', '|---|---|---|---|']
    : ['| in state | trigger | next state |', '|---|---|---|']
  const rows = arrows.map(({ from, trigger, to, notes }) => `| ${from} | ${trigger} | ${to} |${withNotes ? ` ${notes.join('; ')} |` : ''}`)
  return [...head, ...rows].join('\n')
}

function chapter(title: string, text: string, table: Record<string, Partial<Record<string, Target>>>, start: string): string {
  const arrows = arrowsOf(table)
  return `## ${title}\n\n${text}\n\n${diagram(table, arrows, start)}\n\n${list(arrows)}\n`
}

function page(): string {
  return [
    '# State machines\n\nWhat can become of what. Each machine is a table in the code, and this page is written from those tables\n(`STOA_UPDATE_DOCS=1 npm test -- test/state-machines.test.ts`); a transition that is not here is refused.\n',
    chapter(
      'Subscription',
      'A purchase waits to be configured; `Unsubscribed` is final. Guards are asked before a transition, effects follow it.',
      lifeCycle,
      'PendingFulfillmentStart',
    ),
    chapter(
      'Operation',
      'An operation asked for by the publisher begins as `NotStarted` and is `InProgress` when its webhook leaves; one asked for by the customer begins as `InProgress`. Operations that need no answer (`Renew`, `Suspend`, `Unsubscribe`) are `Succeeded` from the start. The trigger that decided is kept with the operation and shown on its time line.',
      operationStates,
      'NotStarted',
    ),
    chapter('Submission of an offer', 'One run of publishing, from the validation to the stores.', submissionTransitions, 'validating'),
    chapter(
      'Invoice',
      'A credit note is `credited` when its amount was paid back. The payment of a `returned` invoice was taken back.',
      invoiceStates,
      'open',
    ),
    chapter('Payment', 'A failed payment is tried again.', paymentStates, 'pending'),
    chapter('Payout', 'A payout that the bank returned is prepared again when the profile is right.', payoutStates, 'prepared'),
    chapter(
      'Adjustment',
      'A correction of a publisher’s balance: another operator than the one who asked approves it.',
      adjustmentStates,
      'requested',
    ),
    chapter(
      'Write-off',
      'What is left of an invoice and will never be paid. Small amounts are booked at once; a booked one is recovered when the money comes after all.',
      writeOffStates,
      'requested',
    ),
    chapter(
      'Payment taken back',
      'By the bank (a dispute), or by a refund made at Stripe. A lost one is written off; an owed one is collected again.',
      cardReturnStates,
      'open',
    ),
    chapter(
      'Request for a purchase',
      'What somebody asks the own organisation for. A change of a subscription is completed by its approval; a purchase by the one who asked.',
      requestStates,
      'waiting',
    ),
    chapter('Payout or tax profile', 'One version of it. `revoke`: the bank has returned a payment.', profileStates, 'pending'),
    chapter(
      'Publisher',
      'Only an active one is shown and sold; customers of a suspended one keep what they have.',
      publisherStates,
      'active',
    ),
    chapter('Verification of an account', 'Each of e-mail, employment and business by itself.', verificationStates, 'pending'),
    chapter(
      'Support request',
      '`open` waits for the marketplace, `answered` for who asked. Who writes in a closed one opens it again.',
      supportStates,
      'open',
    ),
  ].join('\n')
}

test('docs/state-machines.md is what the tables say (STOA_UPDATE_DOCS=1 writes it)', () => {
  if (process.env.STOA_UPDATE_DOCS) writeFileSync(file, page())
  expect(readFileSync(file, 'utf8')).toBe(page())
})
