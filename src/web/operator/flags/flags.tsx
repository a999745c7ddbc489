import { data, Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import type { Route } from './+types/flags.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Switches' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Switches · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const { kernel, read } = await enter(args, 'flag.manage')
  const rows = await read((ctx) => kernel.flags.list(ctx))
  return { flags: rows.map((row) => ({ ...row, changedAt: row.changedAt?.toString() ?? null })) }
}

export async function action(args: Route.ActionArgs) {
  const { kernel, run } = await enter(args, 'flag.manage')
  const form = await readForm(args.request)
  const flag = field(form, 'flag')
  try {
    await run((ctx) => kernel.flags.set(ctx, flag, field(form, 'on') === 'yes', field(form, 'reason')))
  } catch (error) {
    const refusal = refused(error)
    return data({ ...refusal.data, flag }, refusal.init ?? {})
  }
  return redirect('/operator/flags', 303)
}

export default function Flags({ loaderData: { flags } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage title="Switches" lead="Parts of the marketplace that can be switched off while it runs. Who is refused reads the reason.">
      {refusal ? (
        <Notice intent="error" title="This was not switched.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      {flags.map((flag) => (
        <Section key={flag.name} title={flag.label} card>
          <Facts
            facts={[
              { label: 'State', value: flag.isOn ? <Status tone="good">On</Status> : <Status tone="bad">Off</Status> },
              { label: 'What it does', value: flag.meaning },
              ...(flag.changedAt
                ? [
                    { label: 'Last change', value: <MomentText value={flag.changedAt} /> },
                    { label: 'By', value: flag.changedBy ?? '–' },
                    { label: 'Reason', value: flag.reason ?? '–' },
                  ]
                : []),
            ]}
          />
          <Form method="post" aria-label={flag.label} key={String(flag.isOn)}>
            <input type="hidden" name="flag" value={flag.name} />
            <FormRow>
              <TextField
                name="reason"
                label="Reason"
                error={refusal?.flag === flag.name ? refusal.errors.fields.reason : undefined}
                required
              />
              <SubmitButton name="on" value={flag.isOn ? 'no' : 'yes'}>
                {flag.isOn ? `Switch ${flag.label.toLowerCase()} off` : `Switch ${flag.label.toLowerCase()} on`}
              </SubmitButton>
            </FormRow>
          </Form>
        </Section>
      ))}
    </PortalPage>
  )
}
