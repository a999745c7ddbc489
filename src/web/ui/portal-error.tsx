import { makeStyles, tokens } from '@fluentui/react-components'
import { isRouteErrorResponse, useRouteError } from 'react-router'
import { ButtonLink } from './portal-link.tsx'
import { useBrand } from '../root.tsx'
import { BrandMark } from './portal-layout.tsx'
import { PortalProvider } from './portal-provider.tsx'

const useStyles = makeStyles({
  page: {
    display: 'grid',
    justifyItems: 'start',
    rowGap: tokens.spacingVerticalM,
    padding: `${tokens.spacingVerticalXXXL} 0`,
    maxWidth: '60ch',
  },
  alone: { margin: '0 auto', padding: '48px 24px', maxWidth: '720px' },
  header: {
    display: 'flex',
    alignItems: 'center',
    height: '56px',
    padding: `0 ${tokens.spacingHorizontalXL}`,
    backgroundColor: tokens.colorNeutralBackground1,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  brand: {
    display: 'inline-flex',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalS,
    minHeight: '40px',
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    fontWeight: tokens.fontWeightSemibold,
  },
  code: { margin: 0, color: tokens.colorNeutralForeground2, fontWeight: tokens.fontWeightSemibold },
  title: { margin: 0, fontSize: tokens.fontSizeHero700, lineHeight: tokens.lineHeightHero700, fontWeight: tokens.fontWeightSemibold },
  text: { margin: 0, lineHeight: tokens.lineHeightBase400 },
})

const titles: Record<number, string> = {
  400: 'This request could not be read',
  403: 'You may not open this page',
  404: 'There is nothing at this address',
  409: 'This is not possible now',
}

/** What went wrong, in words, and the way back. Shown within the portal's frame where that could be drawn. */
export function PortalError({ home, alone = false }: { home: string; alone?: boolean }) {
  const error = useRouteError()
  const styles = useStyles()
  const status = isRouteErrorResponse(error) ? error.status : 500
  const reason = isRouteErrorResponse(error) && typeof error.data === 'string' ? error.data : undefined
  return (
    <div className={alone ? styles.alone : undefined}>
      <div className={styles.page} role="alert">
        <p className={styles.code}>Error {status}</p>
        <h1 className={styles.title}>{titles[status] ?? 'Something went wrong on our side'}</h1>
        <p className={styles.text}>
          {reason ??
            (status >= 500 ? 'The error was recorded. Try again in a moment.' : 'Check the address, or start again from the first page.')}
        </p>
        <ButtonLink to={status === 403 && alone ? '/' : home} primary document={alone}>
          {status === 403 && alone ? 'Choose another site' : 'Back to the first page'}
        </ButtonLink>
      </div>
    </div>
  )
}

/** The error page of a portal whose own frame failed: nobody may see it, or it could not be loaded. */
export function PortalFailure({ home }: { home: string }) {
  const styles = useStyles()
  const { name } = useBrand()
  return (
    <PortalProvider>
      <header className={styles.header}>
        <a href="/" className={styles.brand}>
          <BrandMark />
          {name}
        </a>
      </header>
      <main id="main">
        <PortalError home={home} alone />
      </main>
    </PortalProvider>
  )
}
