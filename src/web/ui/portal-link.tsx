import { makeStyles, mergeClasses, tokens, buttonClassNames } from '@fluentui/react-components'
import type { ReactElement, ReactNode } from 'react'
import { Link } from 'react-router'

const useStyles = makeStyles({
  text: {
    color: tokens.colorBrandForegroundLink,
    fontWeight: tokens.fontWeightSemibold,
    textDecorationLine: 'underline',
    textDecorationColor: 'transparent',
    textUnderlineOffset: '3px',
    display: 'inline-block',
    minHeight: '24px',
    lineHeight: '24px',
    borderRadius: tokens.borderRadiusSmall,
    ':hover': { textDecorationColor: 'currentColor', color: tokens.colorBrandForegroundLinkHover },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '2px' },
  },
  button: {
    display: 'inline-flex',
    alignItems: 'center',
    justifyContent: 'center',
    columnGap: tokens.spacingHorizontalSNudge,
    minHeight: '32px',
    padding: `0 ${tokens.spacingHorizontalM}`,
    boxSizing: 'border-box',
    borderRadius: tokens.borderRadiusMedium,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightSemibold,
    fontSize: tokens.fontSizeBase300,
    textDecorationLine: 'none',
    whiteSpace: 'nowrap',
    ':hover': { backgroundColor: tokens.colorNeutralBackground1Hover },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '2px' },
  },
  primary: {
    border: '1px solid transparent',
    backgroundColor: tokens.colorBrandBackground,
    color: tokens.colorNeutralForegroundOnBrand,
    ':hover': { backgroundColor: tokens.colorBrandBackgroundHover },
  },
})

/** A link. `document` leaves the client router: storefront pages and downloads. */
export function TextLink({ to, children, document = false }: { to: string; children: ReactNode; document?: boolean }) {
  const styles = useStyles()
  return (
    <Link to={to} className={styles.text} reloadDocument={document}>
      {children}
    </Link>
  )
}

interface ButtonLinkProps {
  to: string
  children: ReactNode
  icon?: ReactElement
  primary?: boolean
  /** leaves the client router: downloads, storefront pages, other sites */
  document?: boolean
}

/** A link that looks like Fluent's button: it goes somewhere, so it is a link to keyboards and screen readers. */
export function ButtonLink({ to, children, icon, primary = false, document = false }: ButtonLinkProps) {
  const styles = useStyles()
  return (
    <Link to={to} reloadDocument={document} className={mergeClasses(buttonClassNames.root, styles.button, primary && styles.primary)}>
      {icon}
      {children}
    </Link>
  )
}
