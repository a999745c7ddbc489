import { Button, makeStyles, tokens } from '@fluentui/react-components'
import { PauseRegular } from '@fluentui/react-icons/svg/pause'
import { PlayRegular } from '@fluentui/react-icons/svg/play'
import { useEffect, useState } from 'react'
import { useNavigation, useRevalidator } from 'react-router'

const everyMs = 3000

const useStyles = makeStyles({
  row: { display: 'inline-flex', alignItems: 'center', columnGap: tokens.spacingHorizontalS, minHeight: '32px' },
  dot: {
    width: '8px',
    height: '8px',
    borderRadius: '50%',
    backgroundColor: 'var(--color-brand)',
    flexShrink: 0,
  },
})

/**
 * Reads the page's data again every few seconds while it is looked at; the reader can stop that. Nothing is announced: what changes would
 * drown everything else for who listens. Without script it is not there, and the page is as it was loaded.
 */
export function LiveRefresh() {
  const styles = useStyles()
  const { revalidate, state } = useRevalidator()
  const isBusy = useNavigation().state !== 'idle'
  const [running, setRunning] = useState<boolean>()
  useEffect(() => setRunning(true), [])
  useEffect(() => {
    if (!running || isBusy || state !== 'idle') return
    const timer = setTimeout(() => {
      if (document.visibilityState === 'visible') void revalidate()
    }, everyMs)
    return () => clearTimeout(timer)
  }, [running, isBusy, state, revalidate])
  if (running === undefined) return null
  return (
    <span className={styles.row}>
      {running ? <span className={styles.dot} aria-hidden="true" /> : null}
      <Button appearance="subtle" icon={running ? <PauseRegular /> : <PlayRegular />} onClick={() => setRunning(!running)}>
        {running ? 'Live: pause' : 'Paused: go on'}
      </Button>
    </span>
  )
}
