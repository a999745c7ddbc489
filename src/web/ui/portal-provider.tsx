import { createDOMRenderer, FluentProvider, RendererProvider, SSRProvider } from '@fluentui/react-components'
import { type ReactNode, useState } from 'react'
import { portalTheme } from './portal-theme.ts'

/** In the browser one renderer takes over the rules that the server wrote; on the server entry.server provides one for each request. */
function BrowserRenderer({ children }: { children: ReactNode }) {
  const [renderer] = useState(() => createDOMRenderer(document))
  return (
    <RendererProvider renderer={renderer} targetDocument={document}>
      {children}
    </RendererProvider>
  )
}

/** What every Fluent component of a portal needs around it. */
export function PortalProvider({ children }: { children: ReactNode }) {
  const themed = (
    <SSRProvider>
      <FluentProvider theme={portalTheme}>{children}</FluentProvider>
    </SSRProvider>
  )
  return typeof document === 'undefined' ? themed : <BrowserRenderer>{themed}</BrowserRenderer>
}
