import { invalid } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import { deleteFaults, faultyCalls, listFaults, longestFaultMs, putFault } from '../../kernel/faults.ts'
import type { SandboxDesk } from '../ui/desk.server.ts'
import { field } from '../ui/portal-access.server.ts'

/** The faults that are set, and what one can be about. */
export async function faultPage({ base, read }: SandboxDesk) {
  const faults = await read((ctx) => listFaults(ctx))
  return {
    base,
    calls: Object.entries(faultyCalls).flatMap(([contract, names]) => [
      { value: contract, label: `${contract}: every call` },
      ...names.map((name) => ({ value: `${contract}/${name}`, label: `${contract}: ${name}` })),
    ]),
    faults,
  }
}

/** The field as a number, or null when it is empty. @throws invalid with the field as target */
function numberIn(form: FormData, name: string, what: string, least: number, most: number): number | null {
  const text = field(form, name)
  if (text === '') return null
  const value = Number(text)
  if (!/^\d{1,9}$/.test(text) || value < least || value > most) {
    throw invalid('NumberInvalid', `${what} is a whole number from ${least} to ${most}.`, { target: name })
  }
  return value
}

/** Sets the fault of the form. Errors: invalid, at its fields. */
export async function setFault(desk: SandboxDesk, form: FormData): Promise<void> {
  const [contract = '', operation = null] = field(form, 'call').split('/')
  if (!faultyCalls[contract] || (operation !== null && !faultyCalls[contract].includes(operation))) {
    throw invalid('UnknownOperation', 'Choose a call of the list.', { target: 'call' })
  }
  const subscriptionId = field(form, 'subscription').toLowerCase()
  if (subscriptionId !== '' && !isUuid(subscriptionId)) {
    throw invalid('SubscriptionInvalid', 'The id of a subscription is a GUID.', { target: 'subscription' })
  }
  const status = numberIn(form, 'status', 'The status', 400, 599)
  const latencyMs = numberIn(form, 'latencyMs', 'The delay in milliseconds', 1, longestFaultMs)
  if (status === null && latencyMs === null) {
    throw invalid('FaultDoesNothing', 'Say what goes wrong: a status, a delay, or both.', { target: 'status' })
  }
  const percent = numberIn(form, 'percent', 'The share in percent', 1, 100) ?? 100
  const remaining = numberIn(form, 'times', 'The number of calls', 1, 1_000_000)
  await desk.play((ctx) =>
    putFault(ctx, { contract, operation, subscriptionId: subscriptionId || null, rate: percent / 100, status, latencyMs, remaining }),
  )
}

/** Takes one fault away, or with '' all. One that is gone already is no mistake. */
export async function endFaults(desk: SandboxDesk, id: string): Promise<void> {
  if (id !== '' && !isUuid(id)) throw invalid('UnknownFault', 'There is no such fault.', { target: 'fault' })
  await desk.play((ctx) => deleteFaults(ctx, id === '' ? {} : { id }))
}
