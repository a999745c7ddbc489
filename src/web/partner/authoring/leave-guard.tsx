import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components'
import { useEffect, useState } from 'react'
import { useBlocker } from 'react-router'
import { useSection } from './section-context.tsx'

/** Nobody leaves text behind: a page is saved when it is left, and when that fails the reader is asked. */
export function LeaveGuard() {
  const { draft } = useSection()
  const [asking, setAsking] = useState(false)
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      draft.unsaved && (currentLocation.pathname !== nextLocation.pathname || currentLocation.search !== nextLocation.search),
  )
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (draft.unsaved) event.preventDefault()
    }
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [draft])
  useEffect(() => {
    if (blocker.state !== 'blocked') return
    void draft.save().then(() => (draft.unsaved ? setAsking(true) : blocker.proceed()))
    // One attempt for each time somebody leaves.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [blocker.state])
  const answer = (leave: boolean) => {
    setAsking(false)
    if (leave) blocker.proceed?.()
    else blocker.reset?.()
  }
  return (
    <Dialog modalType="alert" open={asking} onOpenChange={(_event, data) => data.open || answer(false)}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Leave without saving?</DialogTitle>
          <DialogContent>What you changed on this page could not be saved. If you leave now, it is lost.</DialogContent>
          <DialogActions fluid>
            <Button appearance="primary" onClick={() => answer(false)}>
              Stay on the page
            </Button>
            <Button onClick={() => answer(true)}>Leave without saving</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  )
}
