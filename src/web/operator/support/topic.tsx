import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { enter, field, refuse, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextAreaField, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { audienceWords } from './topic-words.ts'
import type { Route } from './+types/topic.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Support', to: '/operator/support' },
    { text: 'Topics', to: '/operator/support/topics' },
    { text: data?.topic?.title ?? 'New topic' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.topic?.title ?? 'New topic'} · Operator console` }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'taxonomy.manage')
  const topics = await read((ctx) => domain.support.allTopics(ctx))
  const { topic: id } = args.params
  const topic = topics.find((one) => one.id === id)
  if (id !== 'new' && !topic) throw refuse(404, 'There is no such topic.')
  return {
    topic: topic ? { ...topic, solutions: topic.solutions.map((one) => `${one.title} | ${one.text} | ${one.address}`).join('\n') } : null,
    parents: [
      { value: '', label: 'None: a category' },
      ...topics.filter((one) => one.path.length < 3 && one.id !== id).map((one) => ({ value: one.id, label: one.path.join(' > ') })),
    ],
    kinds: Object.entries(domain.support.words.kinds).map(([value, { label }]) => ({ value, label })),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'taxonomy.manage')
  const form = await readForm(args.request)
  const text = (name: string) => field(form, name)
  const isNew = args.params.topic === 'new'
  const input = {
    id: isNew ? text('id') : args.params.topic,
    parent: text('parent'),
    title: text('title'),
    kind: text('kind'),
    audience: text('audience'),
    keywords: text('keywords'),
    position: text('position'),
    solutions: text('solutions'),
  }
  try {
    await run((ctx) => (isNew ? domain.support.addTopic(ctx, input) : domain.support.changeTopic(ctx, input)))
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/support/topics', 303)
}

export default function TopicPage({ loaderData: { topic, parents, kinds } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage title={topic?.title ?? 'New topic'} lead="Requests that were sent keep the path of topics that they were sent with.">
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Section title="Topic" card>
        <Form method="post">
          <FormRows>
            <FormRow>
              {topic === null ? <TextField name="id" label="Id" placeholder="quantum-offers" error={errors.id} required /> : null}
              <TextField name="title" label="Title" defaultValue={topic?.title ?? ''} error={errors.title} required />
              <SelectField name="parent" label="Below" options={parents} defaultValue={topic?.parent ?? ''} error={errors.parent} />
              <TextField
                name="position"
                label="Position"
                hint="Smaller numbers come first"
                defaultValue={String(topic?.position ?? 100)}
                error={errors.position}
              />
            </FormRow>
            <FormRow>
              <SelectField
                name="kind"
                label="Kind of its requests"
                options={kinds}
                defaultValue={topic?.kind ?? 'question'}
                error={errors.kind}
              />
              <SelectField
                name="audience"
                label="For"
                options={Object.entries(audienceWords).map(([value, label]) => ({ value, label }))}
                defaultValue={topic?.audience ?? 'publisher'}
                error={errors.audience}
              />
              <TextField name="keywords" label="Found by these words too" defaultValue={topic?.keywords ?? ''} error={errors.keywords} />
            </FormRow>
            <TextAreaField
              name="solutions"
              label="What often helps"
              hint="One a line: Title | what it says | address"
              rows={4}
              defaultValue={topic?.solutions ?? ''}
              error={errors.solutions}
            />
            <div>
              <SubmitButton appearance="primary">Save</SubmitButton>
            </div>
          </FormRows>
        </Form>
      </Section>
    </PortalPage>
  )
}
