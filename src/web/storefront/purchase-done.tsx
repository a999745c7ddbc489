import { data, redirect } from 'react-router'
import { isDomainError } from '../../kernel/errors.ts'
import { useBrand } from '../root.tsx'
import type { RouteHandle } from '../services.ts'
import { servicesContext } from '../services.ts'
import { requireUser } from '../session.ts'
import type { Route } from './+types/purchase-done.ts'
import { createConfigureAddress, readPurchased } from './purchased.ts'

export const handle: RouteHandle = { leavesSite: true }

export async function loader({ request, params, context }: Route.LoaderArgs) {
  const user = await requireUser(request, context)
  const purchased = await readPurchased(context.get(servicesContext), user, params.subscription)
  if (!purchased) throw data(null, { status: 404 })
  return { purchased, email: user.email }
}

/** `Configure account`: a new token each time, because it works for a limited time. */
export async function action({ request, params, context }: Route.ActionArgs) {
  const user = await requireUser(request, context)
  const services = context.get(servicesContext)
  if (!(await readPurchased(services, user, params.subscription))) throw data(null, { status: 404 })
  try {
    return redirect(await createConfigureAddress(services, user, params.subscription), 303)
  } catch (error) {
    if (isDomainError(error) && error.kind !== 'unavailable') throw data(error.message, { status: error.kind === 'gone' ? 410 : 403 })
    throw error
  }
}

export default function PurchaseDone({ loaderData }: Route.ComponentProps) {
  const { purchased, email } = loaderData
  const brand = useBrand()
  const waiting = purchased.status === 'PendingFulfillmentStart'
  return (
    <div className="bar purchase">
      <title>{`${purchased.offerName} is yours · ${brand.name}`}</title>
      <meta name="robots" content="noindex" />
      <div className="done">
        <svg width="56" height="56" viewBox="0 0 56 56" aria-hidden="true" focusable="false">
          <circle cx="28" cy="28" r="27" />
          <path d="m17 28.5 7.5 7.5L39.5 21" />
        </svg>
        <h1>{waiting ? 'Thank you. One step is left.' : 'Thank you.'}</h1>
        <p>
          You bought <strong>{purchased.offerName}</strong>, plan <strong>{purchased.planName}</strong>
          {purchased.quantity !== null && <> for {purchased.quantity} users</>}. A confirmation is on its way to {email}.
        </p>
        {waiting && (
          <p>
            Now set up your account at the publisher. Your subscription becomes active when the publisher confirms it; until then nothing is
            billed.
          </p>
        )}
      </div>
      <ol className="steps" aria-label="Steps">
        <li>Choose a plan</li>
        <li>Review and accept</li>
        <li aria-current="step">Configure the account</li>
      </ol>
      <form method="post" className="form-actions form-actions-center">
        <button className="button button-large" type="submit">
          {waiting ? 'Configure account' : 'Manage account'}
        </button>
        <a href="/account">Your subscriptions</a>
      </form>
    </div>
  )
}
