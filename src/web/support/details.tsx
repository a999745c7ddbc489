import { Form, redirect, useActionData } from 'react-router'
import { utcDate } from '../../kernel/clock.ts'
import { filesOf } from '../form-files.ts'
import { readForm } from '../form.ts'
import { ButtonRow } from '../ui/button-row.tsx'
import { CountedField } from '../ui/counted-field.tsx'
import { FileDrop } from '../ui/file-drop.tsx'
import { field, refused } from '../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextAreaField, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { FormRows } from '../ui/portal-more.tsx'
import { enterSupport } from './support-access.server.ts'
import type { Route } from './+types/details.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Support', ...(data ? { to: data.base } : {}) },
    { text: 'New request', ...(data ? { to: `${data.base}/new` } : {}) },
    { text: data?.title ?? 'Topic', ...(data ? { to: `${data.base}/new/${data.topic}` } : {}) },
    { text: 'Details' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.title ?? 'Details'} · Support` }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, read, party, base, user } = await enterSupport(args)
  const { words } = domain.support
  return read(async (ctx) => {
    const { id, title, path, kind } = await domain.support.topic(ctx, party, args.params.topic)
    return {
      base,
      party,
      topic: id,
      title,
      path: path.join(' > '),
      notice: kind === 'legal-notice',
      summary: words.kinds[kind].summary,
      fields: words.kinds[kind].fields,
      offerTypes: [{ value: '', label: 'Choose' }, ...Object.entries(words.offerTypes).map(([value, label]) => ({ value, label }))],
      mostSummary: words.limits.summary,
      today: utcDate(ctx.now).toString(),
      contact: { name: user.displayName, email: user.email },
    }
  })
}

export async function action(args: Route.ActionArgs) {
  const { domain, run, party, base } = await enterSupport(args)
  const form = await readForm(args.request)
  const text = (name: string) => field(form, name)
  try {
    const files = await domain.support.keepFiles(await filesOf(form, 'files'))
    const facts = Object.fromEntries(
      [...form].flatMap(([name, value]) => (name.startsWith('fact.') && typeof value === 'string' ? [[name.slice(5), value]] : [])),
    )
    const { id } = await run((ctx) =>
      domain.support.open(
        ctx,
        party,
        {
          topic: args.params.topic,
          summary: text('summary'),
          details: text('details'),
          offerType: text('offerType'),
          startOn: text('startOn'),
          contact: { name: text('contactName'), email: text('contactEmail'), phone: text('contactPhone'), prefers: text('prefers') },
          facts,
        },
        files,
      ),
    )
    return redirect(`${base}/${id}?sent`, 303)
  } catch (error) {
    return refused(error)
  }
}

export default function Details({ loaderData: data }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage title={data.title} lead={data.path}>
      {refusal ? (
        <Notice intent="error" title="It was not sent.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Form method="post" encType="multipart/form-data">
        <FormRows>
          <Section title="What happened" card>
            <CountedField
              name="summary"
              label="Problem summary"
              most={data.mostSummary}
              defaultValue={data.summary}
              error={errors.summary}
            />
            {data.party === null ? null : (
              <FormRow>
                <SelectField name="offerType" label="Offer type" options={data.offerTypes} error={errors.offerType} required />
                <TextField
                  name="startOn"
                  type="date"
                  label="Start date"
                  hint={data.notice ? 'When the notice takes effect: today or later' : 'When it began'}
                  defaultValue={data.today}
                  error={errors.startOn}
                  required
                />
              </FormRow>
            )}
            {data.fields.length === 0 ? null : (
              <FormRow>
                {data.fields.map((one) => (
                  <TextField
                    key={one.name}
                    name={`fact.${one.name}`}
                    label={one.label}
                    type={one.rule === 'date' ? 'date' : 'text'}
                    required={one.required}
                    error={errors[one.name]}
                    {...(one.hint === undefined ? {} : { hint: one.hint })}
                  />
                ))}
              </FormRow>
            )}
            <TextAreaField name="details" label={data.notice ? 'Text of the notice' : 'Details'} rows={8} error={errors.details} required />
            {data.party === null ? null : (
              <p>
                Your publisher id is {data.party}; the seller id stands in{' '}
                <TextLink to="/partner/account/identifiers">Identifiers</TextLink>.
              </p>
            )}
          </Section>
          <Section title="Files" card>
            <FileDrop name="files" label="Attachments" hint="Up to 10 files of 10 MB each" error={errors.files} />
            <Notice intent="warning" title="A recording of your browser (.har) may hold sensitive data of your account.">
              Cookies, authorization headers and tokens are taken out of it, and only the staff and those who write in this request can open
              it.
            </Notice>
          </Section>
          <Section title="Contact information and preferences" card>
            <FormRow>
              <TextField name="contactName" label="Name" defaultValue={data.contact.name} error={errors.contactName} required />
              <TextField
                name="contactEmail"
                type="email"
                label="E-mail"
                defaultValue={data.contact.email}
                error={errors.contactEmail}
                required
              />
              <TextField name="contactPhone" type="tel" label="Telephone" error={errors.contactPhone} />
              <SelectField
                name="prefers"
                label="Answer by"
                options={[
                  { value: 'email', label: 'E-mail' },
                  { value: 'phone', label: 'Telephone' },
                ]}
              />
            </FormRow>
          </Section>
          <ButtonRow>
            <SubmitButton appearance="primary">Submit</SubmitButton>
            <ButtonLink to={`${data.base}/new/${data.topic}`}>Review solutions</ButtonLink>
            <ButtonLink to={data.base}>Cancel</ButtonLink>
          </ButtonRow>
        </FormRows>
      </Form>
    </PortalPage>
  )
}
