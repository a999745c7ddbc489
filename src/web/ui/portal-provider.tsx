import { createDOMRenderer, FluentProvider, RendererProvider, SSRProvider } from '@fluentui/react-components'
import { type ComponentProps, type ReactNode, useContext, useState } from 'react'
import './portal-theme.css'
import { nonceOfPage } from '../nonce.ts'
import { StyleRendererContext } from './style-renderer.ts'

type Renderer = ComponentProps<typeof RendererProvider>['renderer']

/** The tokens come from portal-theme.css, on the whole document: also for dialogs and menus, which hang at its end. */
const tokensOfPage = {}

/** Its style elements carry the nonce of the page that was opened, which the scripts of that page carry too. */
function rendererOfDocument(): Renderer {
  if (typeof document === 'undefined') return createDOMRenderer()
  return createDOMRenderer(document, { styleElementAttributes: { nonce: nonceOfPage() } })
}

/** What every Fluent component of a portal needs around it. */
export function PortalProvider({ children }: { children: ReactNode }) {
  const ofRequest = useContext(StyleRendererContext) as Renderer | undefined
  // In the browser one renderer takes over the rules that the server wrote.
  const [renderer] = useState(() => ofRequest ?? rendererOfDocument())
  return (
    <RendererProvider renderer={renderer} targetDocument={typeof document === 'undefined' ? undefined : document}>
      <SSRProvider>
        <FluentProvider theme={tokensOfPage} style={{ backgroundColor: 'transparent' }}>
          {children}
        </FluentProvider>
      </SSRProvider>
    </RendererProvider>
  )
}
