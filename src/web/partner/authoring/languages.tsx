import { Button, makeStyles, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, mergeClasses, tokens } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons/svg/add'
import { NavLink, useFetcher } from 'react-router'
import { ConfirmForm } from '../../ui/portal-form.tsx'
import { Notice } from '../../ui/portal-page.tsx'
import type { FormPage } from './form.ts'
import { languageName, listingLanguages } from './language-names.ts'

const useStyles = makeStyles({
  bar: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
  list: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalXS, listStyleType: 'none', margin: 0, padding: 0 },
  tab: {
    display: 'inline-flex',
    alignItems: 'center',
    minHeight: '32px',
    padding: `0 ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    ':hover': { backgroundColor: tokens.colorNeutralBackground3 },
  },
  current: {
    backgroundColor: 'var(--color-brand-soft)',
    fontWeight: tokens.fontWeightSemibold,
    ':hover': { backgroundColor: 'var(--color-brand-soft)' },
  },
  popover: { maxHeight: '320px', overflowY: 'auto' },
})

interface LanguagesProps {
  current: string
  languages: string[]
  /** of the page in this language */
  revision: number
  mayWrite: boolean
  base: string
  page: FormPage
  /** why the last one was not removed */
  refusal: string | undefined
}

/** The languages of a listing, adding one, and removing the one that is shown. */
export function Languages({ current, languages, revision, mayWrite, base, page, refusal }: LanguagesProps) {
  const styles = useStyles()
  const fetcher = useFetcher()
  const place = page.planId === null ? `${base}/pages/${page.module}` : `${base}/plans/${page.planId}/${page.module}`
  const others = listingLanguages.filter((code) => !languages.includes(code))
  return (
    <div className={styles.bar}>
      <nav aria-label="Languages">
        <ul className={styles.list}>
          {languages.map((code) => (
            <li key={code}>
              <NavLink
                to={`${place}?language=${code}`}
                className={mergeClasses(styles.tab, code === current && styles.current)}
                aria-current={code === current ? 'page' : false}
              >
                {languageName(code)}
              </NavLink>
            </li>
          ))}
        </ul>
      </nav>
      {mayWrite ? (
        <Menu positioning="below-start">
          <MenuTrigger disableButtonEnhancement>
            <Button size="small" icon={<AddRegular />} disabledFocusable={fetcher.state !== 'idle'}>
              Add a language
            </Button>
          </MenuTrigger>
          <MenuPopover className={styles.popover}>
            <MenuList>
              {others.map((code) => (
                <MenuItem key={code} onClick={() => void fetcher.submit({ language: code }, { method: 'post', action: place })}>
                  {languageName(code)}
                </MenuItem>
              ))}
            </MenuList>
          </MenuPopover>
        </Menu>
      ) : null}
      {mayWrite && current !== 'en' ? (
        <ConfirmForm
          action={`${place}?language=${current}`}
          intent="remove-language"
          fields={{ language: current, revision: String(revision) }}
          button={`Remove ${languageName(current)}`}
          small
          title={`Remove ${languageName(current)}?`}
          confirm="Remove"
          keep="Keep it"
        >
          The texts in {languageName(current)} leave the draft. What is live keeps them until you publish again. If you add the language
          later, earlier versions of the page still have them.
        </ConfirmForm>
      ) : null}
      {refusal ? (
        <Notice intent="error" title="The language was not removed.">
          {refusal}
        </Notice>
      ) : null}
    </div>
  )
}
