import type { ReactNode } from 'react'
import { useContext } from 'react'
import {
  isRouteErrorResponse,
  Links,
  Meta,
  Outlet,
  Scripts,
  ScrollRestoration,
  useMatches,
  useRouteError,
  useRouteLoaderData,
} from 'react-router'
import type { Route } from './+types/root.ts'
import type { PageBrand } from './brand.ts'
import { brandOf, brandStyle, defaultBrand } from './brand.ts'
import { NonceContext } from './nonce.ts'
import type { RouteHandle } from './services.ts'
import { servicesContext } from './services.ts'
import { getUser } from './session.ts'
import { ErrorPage } from './storefront/error-page.tsx'
import { type Impersonation, ImpersonationBanner } from './ui/impersonation-banner.tsx'
import './ui/tokens.css'
import './ui/base.css'

export async function loader({ request, context }: Route.LoaderArgs) {
  const user = await getUser(request, context)
  const impersonation: Impersonation | null = user?.impersonator
    ? { person: user.email, operator: user.impersonator.displayName, until: user.impersonator.until }
    : null
  return { brand: brandOf(context.get(servicesContext).kernel.config), impersonation }
}

/** The brand of the root loader, also where the root loader's page failed. */
export function useBrand(): PageBrand {
  return useRouteLoaderData<typeof loader>('root')?.brand ?? defaultBrand
}

/** The document of all sites. Scripts are sent only with pages whose `handle` says `interactive: true`. */
export function Layout({ children }: { children: ReactNode }) {
  const interactive = useMatches().some((match) => (match.handle as RouteHandle | undefined)?.interactive)
  const nonce = useContext(NonceContext)
  const style = brandStyle(useBrand())
  const impersonation = useRouteLoaderData<typeof loader>('root')?.impersonation
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="theme-color" content="#ffffff" media="(prefers-color-scheme: light)" />
        <meta name="theme-color" content="#1a1f23" media="(prefers-color-scheme: dark)" />
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <link rel="preload" href="/fonts/figtree-5.3.0-latin.woff2" as="font" type="font/woff2" crossOrigin="anonymous" />
        <Meta />
        <Links />
        {style && <style nonce={nonce} suppressHydrationWarning dangerouslySetInnerHTML={{ __html: style }} />}
      </head>
      <body>
        {impersonation ? <ImpersonationBanner {...impersonation} /> : null}
        {children}
        {interactive && <ScrollRestoration nonce={nonce} />}
        {interactive && <Scripts nonce={nonce} />}
      </body>
    </html>
  )
}

export default function Root() {
  return <Outlet />
}

export function ErrorBoundary() {
  const error = useRouteError()
  const status = isRouteErrorResponse(error) ? error.status : 500
  const reason = isRouteErrorResponse(error) && typeof error.data === 'string' ? error.data : undefined
  return <ErrorPage status={status} reason={reason} brand={useBrand()} />
}
