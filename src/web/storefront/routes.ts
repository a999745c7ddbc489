import type { RouteConfigEntry } from '@react-router/dev/routes'
import { index, layout, route } from '@react-router/dev/routes'

export const storefrontRoutes: RouteConfigEntry[] = [
  layout('storefront/layout.tsx', [
    index('storefront/chooser.tsx'),
    route('store/:store', 'storefront/store.tsx'),
    route('product/:product', 'storefront/product.tsx'),
    route('product/office/:client', 'storefront/client.tsx'),
    route('purchase/:product', 'storefront/purchase.tsx'),
    route('purchase/:product/done/:subscription', 'storefront/purchase-done.tsx'),
    route('acquire/:product', 'storefront/acquire.tsx'),
    route('acquire/:product/sent', 'storefront/acquire-sent.tsx'),
    route('legal/standard-contract', 'storefront/standard-contract.tsx'),
    route('whats-new', 'storefront/whats-new.tsx'),
    route('market', 'storefront/market.tsx'),
  ]),
  route('robots.txt', 'storefront/robots.ts'),
  route('sitemap.xml', 'storefront/sitemap.ts'),
]
