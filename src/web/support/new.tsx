import { makeStyles, tokens } from '@fluentui/react-components'
import { SearchRegular } from '@fluentui/react-icons/svg/search'
import { Form } from 'react-router'
import { fieldText } from '../form.ts'
import { FormRow, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { enterSupport } from './support-access.server.ts'
import type { Route } from './+types/new.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Support', ...(data ? { to: data.base } : {}) },
    { text: 'New request' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'New support request' }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, read, party, base } = await enterSupport(args)
  const q = fieldText(new URL(args.request.url).searchParams, 'q')
  return read(async (ctx) => {
    const topics = await domain.support.topics(ctx, party)
    const found = q === '' ? [] : await domain.support.suggestTopics(ctx, party, q)
    const shown = ({ id, title, path, isLeaf }: (typeof topics)[number]) => ({ id, title, path, level: path.length, isLeaf })
    return { base, q, topics: topics.map(shown), found: found.map(shown) }
  })
}

const useStyles = makeStyles({
  list: { margin: 0, padding: 0, listStyleType: 'none', display: 'grid', rowGap: tokens.spacingVerticalXS },
  group: { fontWeight: tokens.fontWeightSemibold, margin: `${tokens.spacingVerticalS} 0 0` },
  second: { paddingInlineStart: tokens.spacingHorizontalXL },
  third: { paddingInlineStart: `calc(2 * ${tokens.spacingHorizontalXL})` },
  path: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
})

export default function NewRequest({ loaderData: { base, q, topics, found } }: Route.ComponentProps) {
  const styles = useStyles()
  const to = (id: string) => `${base}/new/${id}${q === '' ? '' : `?${new URLSearchParams({ q }).toString()}`}`
  return (
    <PortalPage title="New request" lead="Say what it is about. You see what often helps before you write anything more.">
      <Form method="get" role="search" aria-label="Topics">
        <FormRow>
          <TextField
            name="q"
            type="search"
            label="What is the problem?"
            placeholder="payout, deployment issue, wrong usage …"
            defaultValue={q}
            autoComplete="off"
          />
          <SubmitButton icon={<SearchRegular />}>Find a topic</SubmitButton>
        </FormRow>
      </Form>
      {q === '' ? null : found.length === 0 ? (
        <Notice intent="info" title="No topic is called like that.">
          Choose the one that comes nearest from the list.
        </Notice>
      ) : (
        <Section title="These fit" card>
          <ul className={styles.list}>
            {found.map((topic) => (
              <li key={topic.id}>
                <TextLink to={to(topic.id)}>{topic.title}</TextLink>
                <div className={styles.path}>{topic.path.slice(0, -1).join(' > ')}</div>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title="All topics" card>
        <ul className={styles.list}>
          {topics.map((topic) => (
            <li key={topic.id} className={[undefined, styles.second, styles.third][topic.level - 1]}>
              {topic.isLeaf ? <TextLink to={to(topic.id)}>{topic.title}</TextLink> : <p className={styles.group}>{topic.title}</p>}
            </li>
          ))}
        </ul>
      </Section>
    </PortalPage>
  )
}
