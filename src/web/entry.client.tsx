import { type ReactNode, StrictMode, startTransition, useEffect } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { HydratedRouter } from 'react-router/dom'

/** Says on the document that the page answers: what is done to a page before goes unheard. */
function Answering({ children }: { children: ReactNode }) {
  useEffect(() => {
    document.documentElement.dataset.answering = ''
  }, [])
  return children
}

startTransition(() => {
  hydrateRoot(
    document,
    <StrictMode>
      <Answering>
        <HydratedRouter />
      </Answering>
    </StrictMode>,
  )
})
