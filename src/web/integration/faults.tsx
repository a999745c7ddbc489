import { makeStyles, tokens } from '@fluentui/react-components'
import { WarningRegular } from '@fluentui/react-icons/svg/warning'
import { Form, type LoaderFunctionArgs, redirect, useActionData, useLoaderData } from 'react-router'
import { enterSandbox } from '../ui/desk.server.ts'
import { LiveRefresh } from '../ui/live-refresh.tsx'
import { field, refused } from '../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { sandboxCrumbs } from './desk-address.ts'
import { endFaults, faultPage, setFault } from './fault-data.server.ts'

export const handle: CrumbHandle = { crumbs: (_data, params) => sandboxCrumbs(params, 'Faults') }
export const meta = () => [{ title: 'Faults · Sandbox' }]

export async function loader(args: LoaderFunctionArgs) {
  return faultPage(await enterSandbox(args))
}

export async function action(args: LoaderFunctionArgs) {
  const desk = await enterSandbox(args)
  const form = await args.request.formData()
  try {
    if (field(form, 'intent') === 'end') await endFaults(desk, field(form, 'fault'))
    else await setFault(desk, form)
  } catch (error) {
    return refused(error)
  }
  return redirect(`${desk.base}/sandbox/faults`, 303)
}

const useStyles = makeStyles({
  form: { display: 'grid', rowGap: tokens.spacingVerticalL, gridTemplateColumns: 'minmax(0, 1fr)' },
})

export default function Faults() {
  const styles = useStyles()
  const { calls, faults } = useLoaderData<typeof loader>()
  const errors = useActionData<typeof action>()?.errors
  return (
    <PortalPage
      title="Faults"
      lead="Make the marketplace slow or failing on purpose, and see whether the integration survives it. For everybody in this sandbox; pages and the sandbox’s own calls are spared."
      actions={<LiveRefresh />}
    >
      {errors ? (
        <Notice intent="error" title="This was not done.">
          {errors.message}
        </Notice>
      ) : null}
      <Section title="Set a fault" card>
        <Form method="post" noValidate className={styles.form} aria-label="Fault">
          <FormRow>
            <SelectField name="call" label="Calls" options={calls} error={errors?.fields.call} />
            <TextField
              name="status"
              type="number"
              label="Answer with status"
              hint="400 to 599; nothing is done then"
              error={errors?.fields.status}
            />
            <TextField name="latencyMs" type="number" label="Delay in milliseconds" hint="At most 60000" error={errors?.fields.latencyMs} />
          </FormRow>
          <FormRow>
            <TextField
              name="percent"
              type="number"
              label="Share of the calls in percent"
              defaultValue="100"
              error={errors?.fields.percent}
            />
            <TextField
              name="times"
              type="number"
              label="Number of calls"
              hint="Empty: until it is taken away"
              error={errors?.fields.times}
            />
            <TextField
              name="subscription"
              label="Only of the subscription"
              hint="Its id; empty: of all"
              error={errors?.fields.subscription}
            />
          </FormRow>
          <FormRow>
            <SubmitButton appearance="primary" name="intent" value="set">
              Set it
            </SubmitButton>
          </FormRow>
        </Form>
      </Section>
      <Section
        title="Faults that are set"
        actions={
          faults.length > 0 ? (
            <Form method="post">
              <SubmitButton name="intent" value="end">
                Take all away
              </SubmitButton>
            </Form>
          ) : undefined
        }
      >
        {faults.length === 0 ? (
          <EmptyState icon={<WarningRegular />} title="No fault is set">
            The marketplace answers as it should.
          </EmptyState>
        ) : (
          <DataTable
            caption="Faults"
            rows={faults}
            rowKey={(row) => row.id}
            columns={[
              { key: 'call', header: 'Calls', cell: (row) => `${row.contract}: ${row.operation ?? 'every call'}`, rowHeader: true },
              { key: 'status', header: 'Answer', cell: (row) => row.status ?? 'As usual', align: 'end' },
              { key: 'delay', header: 'Delay', cell: (row) => (row.latencyMs === null ? 'None' : `${row.latencyMs} ms`), align: 'end' },
              { key: 'rate', header: 'Share', cell: (row) => `${Math.round(row.rate * 100)} %`, align: 'end' },
              { key: 'left', header: 'Calls left', cell: (row) => row.remaining ?? 'No limit', align: 'end' },
              { key: 'of', header: 'Subscription', cell: (row) => row.subscriptionId ?? 'All' },
              {
                key: 'end',
                header: 'Action',
                cell: (row) => (
                  <Form method="post" aria-label={`Fault of ${row.contract}, ${row.operation ?? 'every call'}`}>
                    <input type="hidden" name="fault" value={row.id} />
                    <SubmitButton name="intent" value="end">
                      Take away
                    </SubmitButton>
                  </Form>
                ),
              },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}
