import { type LoaderFunctionArgs, redirect } from 'react-router'
import { isDomainError } from '../../kernel/errors.ts'
import { enterSandbox } from '../ui/desk.server.ts'
import { field } from '../ui/portal-access.server.ts'
import { moveClock } from './sandbox-data.server.ts'

/** Nobody links here; a reloaded tab comes back to the sandbox. */
export async function loader(args: LoaderFunctionArgs) {
  return redirect(`${(await enterSandbox(args)).base}/sandbox`)
}

/** Moves the clock and goes back to the page that asked, which shows what happened. */
export async function action(args: LoaderFunctionArgs) {
  const desk = await enterSandbox(args)
  const form = await args.request.formData()
  const subscription = field(form, 'subscription')
  const page = /^[0-9a-f-]{36}$/.test(subscription) ? `sandbox/subscriptions/${subscription}` : 'sandbox'
  let told: URLSearchParams
  try {
    told = await moveClock(desk, form)
  } catch (error) {
    if (!isDomainError(error)) throw error
    told = new URLSearchParams({ clock: error.kind === 'conflict' ? 'busy' : 'past' })
  }
  return redirect(`${desk.base}/${page}?${told}`, 303)
}
