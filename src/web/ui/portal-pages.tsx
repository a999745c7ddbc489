import { makeStyles, tokens } from '@fluentui/react-components'
import { TextLink } from './portal-link.tsx'

const useStyles = makeStyles({
  bar: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalL, alignItems: 'center' },
  count: { color: tokens.colorNeutralForeground2 },
})

function address(path: string, query: string, page: number): string {
  const search = new URLSearchParams(query)
  search.set('page', String(page))
  return `${path}?${search}`
}

interface PagesProps {
  path: string
  /** the filter in the address, without a question mark */
  query: string
  /** counts from 1 */
  page: number
  pages: number
  total: number
}

/** The way through a list of several pages. Nothing where one page holds it all. */
export function Pages({ path, query, page, pages, total }: PagesProps) {
  const styles = useStyles()
  if (pages <= 1) return null
  return (
    <nav className={styles.bar} aria-label="Pages of the list">
      {page > 1 ? <TextLink to={address(path, query, page - 1)}>Newer</TextLink> : null}
      <span className={styles.count}>
        Page {page} of {pages} ({total.toLocaleString('en-US')} in all)
      </span>
      {page < pages ? <TextLink to={address(path, query, page + 1)}>Older</TextLink> : null}
    </nav>
  )
}
