import { route, type RouteConfigEntry } from '@react-router/dev/routes'

/** The pages for people who integrate: the same in Partner Center, for one publisher, and in the operator console, for all. */
export function integrationRoutes(site: 'partner' | 'operator'): RouteConfigEntry[] {
  const page = (path: string, file: string) => route(path, `integration/${file}`, { id: `${site}/${path}` })
  return [
    page('webhooks', 'webhooks.tsx'),
    page('webhooks/:delivery', 'webhook.tsx'),
    page('webhooks/endpoints/:offer', 'endpoint.tsx'),
    page('operations/:operation', 'operation.tsx'),
    page('calls', 'calls.tsx'),
    page('calls/:call', 'call.tsx'),
    page('sandbox', 'sandbox.tsx'),
    page('sandbox/clock', 'move-clock.ts'),
    page('sandbox/purchase', 'purchase.tsx'),
    page('sandbox/token', 'token.tsx'),
    page('sandbox/faults', 'faults.tsx'),
    page('sandbox/subscriptions/:subscription', 'subscription.tsx'),
  ]
}
