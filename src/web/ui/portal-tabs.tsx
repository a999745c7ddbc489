import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import { NavLink } from 'react-router'

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    columnGap: tokens.spacingHorizontalL,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  tab: {
    color: tokens.colorNeutralForeground2,
    textDecorationLine: 'none',
    padding: `${tokens.spacingVerticalS} 0`,
    marginBottom: '-1px',
    borderBottom: '2px solid transparent',
    fontSize: tokens.fontSizeBase300,
    ':hover': { color: tokens.colorNeutralForeground1, borderBottomColor: tokens.colorNeutralStroke1 },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '2px' },
  },
  current: {
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightSemibold,
    borderBottomColor: tokens.colorBrandStroke1,
  },
})

/** Pages that belong together, as links below the title. */
export function PageTabs({ label, tabs }: { label: string; tabs: { to: string; label: string; end?: boolean }[] }) {
  const styles = useStyles()
  return (
    <nav className={styles.bar} aria-label={label}>
      {tabs.map((tab) => (
        <NavLink
          key={tab.to}
          to={tab.to}
          end={tab.end ?? false}
          className={({ isActive }) => mergeClasses(styles.tab, isActive && styles.current)}
        >
          {tab.label}
        </NavLink>
      ))}
    </nav>
  )
}
