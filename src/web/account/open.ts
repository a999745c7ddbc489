import { redirect } from 'react-router'
import { isDomainError } from '../../kernel/errors.ts'
import { enter, refuse } from '../ui/portal-access.server.ts'
import type { Route } from './+types/open.ts'

/** Nobody links here; a reloaded tab comes back to the subscription. */
export function loader({ params }: Route.LoaderArgs) {
  return redirect(`/account/subscriptions/${params.subscription}`)
}

/** Configure account and Manage account: a fresh token each time (spec/05 §5.12), then on to the publisher's landing page. */
export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'subscription.read')
  try {
    const { landingPageUrl } = await run((ctx) => domain.subscriptions.createToken(ctx, args.params.subscription))
    // The address carries the token: it must not be kept by a cache or sent on as a referrer.
    return redirect(landingPageUrl, { status: 303, headers: { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' } })
  } catch (error) {
    if (!isDomainError(error)) throw error
    throw refuse(error.kind === 'not-found' ? 404 : error.kind === 'forbidden' ? 403 : 409, error.message)
  }
}
