import { makeStyles, tokens } from '@fluentui/react-components'
import { ArrowForwardRegular } from '@fluentui/react-icons/svg/arrow-forward'
import { CheckmarkCircleRegular } from '@fluentui/react-icons/svg/checkmark-circle'
import { Form, useActionData } from 'react-router'
import { Temporal } from 'temporal-polyfill'
import { advance } from '../../kernel/clock.ts'
import { invalid } from '../../kernel/errors.ts'
import { enter, field, refuse, refused } from '../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { EmptyState, Facts, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import type { Route } from './+types/clock.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Clock' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Clock · Operator console' }]

const steps = [
  { period: 'PT1H', label: '1 hour' },
  { period: 'P1D', label: '1 day' },
  { period: 'P7D', label: '1 week' },
  { period: 'P1M', label: '1 month' },
  { period: 'P1Y', label: '1 year' },
]

export async function loader(args: Route.LoaderArgs) {
  const { kernel, read } = await enter(args, 'operator.console')
  if (kernel.config.mode !== 'sandbox') throw refuse(404, 'The clock can be moved in sandbox mode only.')
  return read(async (ctx) => ({ now: ctx.now.toString(), wall: ctx.wall.toString() }))
}

export async function action(args: Route.ActionArgs) {
  const { kernel, user, read } = await enter(args, 'operator.console')
  if (kernel.config.mode !== 'sandbox') throw refuse(404, 'The clock can be moved in sandbox mode only.')
  const form = await args.request.formData()
  try {
    const now = await read(async (ctx) => ctx.now)
    const report = await kernel.due.move(destination(now, field(form, 'advance'), field(form, 'to')))
    kernel.log.info({ by: user.email, from: report.from.toString(), to: report.to.toString() }, 'market clock moved')
    return {
      report: {
        from: report.from.toString(),
        to: report.to.toString(),
        counts: Object.entries(report.counts).map(([kind, count]) => ({ kind, count })),
        ran: report.ran.map((item, index) => ({ index, kind: item.kind, key: item.key, at: item.at.toString() })),
        failed: report.failed.map((item, index) => ({ index, kind: item.kind, key: item.key, at: item.at.toString(), error: item.error })),
        next: report.next ? { kind: report.next.kind, at: report.next.at.toString() } : null,
      },
    }
  } catch (error) {
    return refused(error)
  }
}

function destination(now: Temporal.Instant, period: string, to: string): Temporal.Instant {
  if (period !== '') {
    if (!steps.some((step) => step.period === period)) throw invalid('UnknownStep', 'This is not one of the steps.', { target: 'advance' })
    return advance(now, period)
  }
  if (to === '') throw invalid('DateMissing', 'Choose the date and time to move to.', { target: 'to' })
  const text = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(to) ? `${to}Z` : to
  try {
    return Temporal.Instant.from(text)
  } catch {
    throw invalid('DateUnreadable', 'Write a date and time like 2027-01-01T00:00 (UTC).', { target: 'to' })
  }
}

const useStyles = makeStyles({
  steps: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
  results: { display: 'grid', rowGap: tokens.spacingVerticalXL, gridTemplateColumns: 'minmax(0, 1fr)' },
})

export default function ClockPage({ loaderData }: Route.ComponentProps) {
  const styles = useStyles()
  const answer = useActionData<typeof action>()
  const errors = answer && 'errors' in answer ? answer.errors : undefined
  const report = answer && 'report' in answer ? answer.report : undefined
  return (
    <PortalPage
      title="Clock"
      lead="Everything with business meaning follows market time: terms, renewals, invoices, trials, webhook retries. Move it forward and all work that becomes due runs, in order. It never goes back."
    >
      <Section title="Now" card>
        <Facts
          facts={[
            {
              label: 'Market time',
              value: (
                <strong>
                  <MomentText value={loaderData.now} seconds />
                </strong>
              ),
            },
            { label: 'This machine’s time', value: <MomentText value={loaderData.wall} seconds /> },
          ]}
        />
      </Section>
      {errors && !errors.fields.to ? (
        <Notice intent="error" title="The clock was not moved.">
          {errors.message}
        </Notice>
      ) : null}
      <Section title="Move forward" card>
        <Form method="post" className={styles.steps} aria-label="Move the clock by a step">
          {steps.map((step) => (
            <SubmitStep key={step.period} period={step.period} label={step.label} />
          ))}
        </Form>
        <Form method="post" noValidate aria-label="Move the clock to a date">
          <FormRow>
            <TextField
              name="to"
              type="datetime-local"
              label="Or to a date and time (UTC)"
              defaultValue={loaderData.now.slice(0, 16)}
              error={errors?.fields.to}
            />
            <SubmitButton icon={<ArrowForwardRegular />}>Move to this time</SubmitButton>
          </FormRow>
        </Form>
      </Section>
      {report ? (
        <div className={styles.results}>
          <Notice intent={report.failed.length > 0 ? 'warning' : 'success'} title="The clock has moved.">
            From <MomentText value={report.from} /> to <MomentText value={report.to} />.{' '}
            {report.next ? (
              <>
                Next: {report.next.kind}, <MomentText value={report.next.at} />.
              </>
            ) : (
              'Nothing else is planned.'
            )}
          </Notice>
          {report.failed.length > 0 ? (
            <Section title="What failed">
              <DataTable
                caption="Work that failed"
                rows={report.failed}
                rowKey={(row) => String(row.index)}
                columns={[
                  { key: 'at', header: 'At', cell: (row) => <MomentText value={row.at} /> },
                  { key: 'kind', header: 'What', cell: (row) => row.kind, rowHeader: true },
                  { key: 'error', header: 'Why', cell: (row) => row.error },
                ]}
              />
            </Section>
          ) : null}
          <Section title="What ran">
            {report.ran.length === 0 ? (
              <EmptyState icon={<CheckmarkCircleRegular />} title="Nothing was due in this time">
                Buy and activate something first, then move the clock past the end of its term to see a renewal and an invoice.
              </EmptyState>
            ) : (
              <>
                <Facts facts={report.counts.map(({ kind, count }) => ({ label: kind, value: count.toLocaleString('en-US') }))} />
                <DataTable
                  caption="Work that ran, in order"
                  rows={report.ran}
                  rowKey={(row) => String(row.index)}
                  columns={[
                    { key: 'at', header: 'At', cell: (row) => <MomentText value={row.at} /> },
                    { key: 'kind', header: 'What', cell: (row) => row.kind, rowHeader: true },
                    { key: 'key', header: 'For', cell: (row) => row.key },
                  ]}
                />
              </>
            )}
          </Section>
        </div>
      ) : null}
    </PortalPage>
  )
}

function SubmitStep({ period, label }: { period: string; label: string }) {
  return (
    <SubmitButton name="advance" value={period}>
      {`+ ${label}`}
    </SubmitButton>
  )
}
