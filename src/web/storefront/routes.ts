import type { RouteConfigEntry } from '@react-router/dev/routes'
import { index, layout } from '@react-router/dev/routes'

export const storefrontRoutes: RouteConfigEntry[] = [layout('storefront/layout.tsx', [index('storefront/chooser.tsx')])]
