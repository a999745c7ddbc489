import { BookQuestionMarkRegular } from '@fluentui/react-icons/svg/book-question-mark'
import { ButtonRow } from '../ui/button-row.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { EmptyState, Facts, PortalPage, Section } from '../ui/portal-page.tsx'
import { enterSupport } from './support-access.server.ts'
import type { Route } from './+types/solutions.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Support', ...(data ? { to: data.base } : {}) },
    { text: 'New request', ...(data ? { to: `${data.base}/new` } : {}) },
    { text: data?.topic.title ?? 'Topic' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.topic.title ?? 'Topic'} · Support` }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, read, party, base } = await enterSupport(args)
  const { id, title, path, solutions } = await read((ctx) => domain.support.topic(ctx, party, args.params.topic))
  return { base, topic: { id, title, path: path.slice(0, -1).join(' > '), solutions } }
}

export default function Solutions({ loaderData: { base, topic } }: Route.ComponentProps) {
  return (
    <PortalPage title={topic.title} lead={topic.path}>
      {topic.solutions.length === 0 ? (
        <EmptyState icon={<BookQuestionMarkRegular />} title="Nothing is written about this yet">
          Tell us what is wrong; somebody looks at it.
        </EmptyState>
      ) : (
        <Section title="This often helps" card>
          <Facts
            facts={topic.solutions.map((one) => ({
              label: one.text,
              value: (
                <TextLink to={one.address} document>
                  {one.title}
                </TextLink>
              ),
            }))}
          />
        </Section>
      )}
      <ButtonRow>
        <ButtonLink to={`${base}/new/${topic.id}/details`} primary>
          Provide issue details
        </ButtonLink>
        <ButtonLink to={`${base}/new`}>Select a different issue</ButtonLink>
        {topic.solutions.length === 0 ? null : <ButtonLink to={base}>It is solved</ButtonLink>}
      </ButtonRow>
    </PortalPage>
  )
}
