import type { RouteConfig } from '@react-router/dev/routes'
import { route } from '@react-router/dev/routes'
import { accountRoutes } from './account/routes.ts'
import { operatorRoutes } from './operator/routes.ts'
import { partnerRoutes } from './partner/routes.ts'
import { storefrontRoutes } from './storefront/routes.ts'

/** The pages of all sites. Each site lists its own in `<site>/routes.ts`; file names there are relative to src/web. */
export default [
  ...storefrontRoutes,
  ...accountRoutes,
  ...partnerRoutes,
  ...operatorRoutes,
  route('*', 'storefront/not-found.tsx'),
] satisfies RouteConfig
