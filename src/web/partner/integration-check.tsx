import { Checkbox, makeStyles, tokens } from '@fluentui/react-components'
import { CheckmarkCircleRegular } from '@fluentui/react-icons/svg/checkmark-circle'
import { PlayRegular } from '@fluentui/react-icons/svg/play'
import { Form, redirect, useActionData } from 'react-router'
import type { CheckReport, CheckRun } from '../../domain/integration-check/index.ts'
import { LiveRefresh } from '../ui/live-refresh.tsx'
import { field, refuse, refused } from '../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { EmptyState, Facts, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { Status, type Tone } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { enterPublisher } from './publisher-access.server.ts'
import type { Route } from './+types/integration-check.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Integration check' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Integration check · Partner Center' }]

async function enterCheck(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'sandbox.play')
  if (visit.kernel.config.mode !== 'sandbox') throw refuse(404, 'The integration check exists in sandbox mode only.')
  return visit
}

export async function loader(args: Route.LoaderArgs) {
  const { domain, publisher, read } = await enterCheck(args)
  const { publisherId } = publisher
  const runs = await read((ctx) => domain.integrationCheck.list(ctx, publisherId))
  const endpoints = await read((ctx) => domain.subscriptions.endpoints(ctx, { publisherId }))
  const wanted = new URL(args.request.url).searchParams.get('run')
  const chosen = runs.find((run) => run.id === wanted) ?? runs[0]
  return {
    publisherId,
    offers: endpoints.map(({ offerId, offerName, landingPageUrl, webhookUrl }) => ({ offerId, offerName, landingPageUrl, webhookUrl })),
    runs: runs.map(summaryOf),
    chosen: chosen ? { ...summaryOf(chosen), problem: chosen.problem, report: chosen.report } : null,
  }
}

const summaryOf = (run: CheckRun) => ({
  id: run.id,
  offerId: run.offerId,
  landingPageUrl: run.landingPageUrl,
  webhookUrl: run.webhookUrl,
  state: run.state,
  askedBy: run.askedBy,
  at: run.wallAt.toString(),
  counts: run.report?.counts ?? null,
})

export async function action(args: Route.ActionArgs) {
  const { domain, publisher, run } = await enterCheck(args)
  const form = await args.request.formData()
  const { publisherId } = publisher
  try {
    const { id } = await run((ctx) =>
      domain.integrationCheck.ask(ctx, {
        publisherId,
        offerId: field(form, 'offer'),
        landingPageUrl: field(form, 'landingPageUrl').trim(),
        webhookUrl: field(form, 'webhookUrl').trim(),
        submit: field(form, 'submit'),
        moveClock: form.get('moveClock') !== null,
      }),
    )
    return redirect(`/partner/publishers/${publisherId}/integration-check?run=${id}`, 303)
  } catch (error) {
    return refused(error)
  }
}

type Summary = Route.ComponentProps['loaderData']['runs'][number]

/** How a run went, in words. */
function stateOf({ state, counts }: Pick<Summary, 'state' | 'counts'>): { tone: Tone; text: string } {
  if (state === 'queued' || state === 'running') return { tone: 'info', text: 'Running' }
  if (state === 'stopped' || !counts) return { tone: 'attention', text: 'Did not run' }
  if (counts.failed > 0) return { tone: 'bad', text: `${counts.failed} failed` }
  return counts.notTested > 0 ? { tone: 'attention', text: `${counts.notTested} not tested` } : { tone: 'good', text: 'All ok' }
}

const outcomes: Record<CheckReport['points'][number]['outcome'], { tone: Tone; text: string }> = {
  ok: { tone: 'good', text: 'Ok' },
  failed: { tone: 'bad', text: 'Failed' },
  'not-tested': { tone: 'neutral', text: 'Not tested' },
}

const useStyles = makeStyles({
  form: { display: 'grid', rowGap: tokens.spacingVerticalL },
  seen: { display: 'grid', rowGap: tokens.spacingVerticalXS, overflowWrap: 'anywhere' },
  quiet: { color: tokens.colorNeutralForeground2 },
})

export default function IntegrationCheck({ loaderData: { publisherId, offers, runs, chosen } }: Route.ComponentProps) {
  const styles = useStyles()
  const errors = useActionData<typeof action>()?.errors
  const isRunning = runs.some((run) => run.state === 'queued' || run.state === 'running')
  const [first] = offers
  return (
    <PortalPage
      title="Integration check"
      lead="Plays the marketplace against your landing page and your webhook: buys, signs in, changes, suspends, forges and repeats, and reports point by point what is right and how to mend what is not."
      actions={isRunning ? <LiveRefresh /> : undefined}
    >
      {errors ? (
        <Notice intent="error" title="The check was not begun.">
          {errors.message}
        </Notice>
      ) : null}
      {first ? (
        <Section title="Check your endpoints" card>
          <Form method="post" noValidate className={styles.form} aria-label="Integration check">
            <FormRow>
              <SelectField
                name="offer"
                label="Offer that is bought"
                defaultValue={chosen?.offerId ?? first.offerId}
                options={offers.map(({ offerId, offerName }) => ({ value: offerId, label: `${offerName} (${offerId})` }))}
              />
              <TextField
                name="landingPageUrl"
                type="url"
                label="Landing page"
                defaultValue={chosen?.landingPageUrl ?? first.landingPageUrl}
                error={errors?.fields.landingPageUrl}
                required
              />
              <TextField
                name="webhookUrl"
                type="url"
                label="Webhook"
                defaultValue={chosen?.webhookUrl ?? first.webhookUrl}
                error={errors?.fields.webhookUrl}
                required
              />
            </FormRow>
            <FormRow>
              <TextField name="submit" label="Button that activates" hint="Its text, where it is not guessed" />
            </FormRow>
            <Checkbox
              name="moveClock"
              label="Move the market clock by a term, for renewal and expired tokens. It moves for everybody in this sandbox."
            />
            <p className={styles.quiet}>
              An offer that is sold by user shows the most. It is pointed at these addresses while the check runs, through publishing: what
              you have changed in its draft goes live with it.
            </p>
            <div>
              <SubmitButton appearance="primary" icon={<PlayRegular />}>
                Check
              </SubmitButton>
            </div>
          </Form>
        </Section>
      ) : (
        <EmptyState icon={<CheckmarkCircleRegular />} title="Nothing to check yet">
          Publish an offer with a landing page and a webhook first.
        </EmptyState>
      )}
      {chosen ? <Run run={chosen} /> : null}
      {runs.length > 1 ? (
        <Section title="Earlier runs">
          <DataTable
            caption="Runs, newest first"
            rows={runs}
            rowKey={(run) => run.id}
            columns={[
              {
                key: 'at',
                header: 'Begun',
                rowHeader: true,
                cell: (run) => (
                  <a href={`/partner/publishers/${publisherId}/integration-check?run=${run.id}`}>
                    <MomentText value={run.at} />
                  </a>
                ),
              },
              { key: 'offer', header: 'Offer', cell: (run) => run.offerId },
              { key: 'by', header: 'By', cell: (run) => run.askedBy },
              { key: 'result', header: 'Result', cell: (run) => <Status tone={stateOf(run).tone}>{stateOf(run).text}</Status> },
            ]}
          />
        </Section>
      ) : null}
    </PortalPage>
  )
}

function Run({ run }: { run: NonNullable<Route.ComponentProps['loaderData']['chosen']> }) {
  const styles = useStyles()
  const { tone, text } = stateOf(run)
  const { report } = run
  return (
    <Section title="Report">
      <Facts
        facts={[
          { label: 'Result', value: <Status tone={tone}>{text}</Status> },
          { label: 'Begun', value: <MomentText value={run.at} /> },
          { label: 'Landing page', value: run.landingPageUrl },
          { label: 'Webhook', value: run.webhookUrl },
          ...(report ? [{ label: 'Took', value: `${report.seconds} s` }] : []),
        ]}
      />
      {run.state === 'queued' || run.state === 'running' ? (
        <p role="status">The check is running; it takes from ten seconds to a few minutes. The report appears here.</p>
      ) : null}
      {run.problem ? (
        <Notice intent="warning" title="The check could not run.">
          {run.problem}
        </Notice>
      ) : null}
      {report ? (
        <DataTable
          caption="Points of the check"
          rows={report.points}
          rowKey={(point) => point.id}
          columns={[
            { key: 'point', header: 'Point', rowHeader: true, cell: (point) => point.title },
            {
              key: 'result',
              header: 'Result',
              cell: (point) => <Status tone={outcomes[point.outcome].tone}>{outcomes[point.outcome].text}</Status>,
            },
            {
              key: 'seen',
              header: 'Seen',
              cell: (point) => (
                <div className={styles.seen}>
                  <span>{point.seen}</span>
                  {point.outcome === 'failed' ? (
                    <>
                      <span className={styles.quiet}>Documented: {point.says}</span>
                      <span>To mend: {point.mend}</span>
                      <a href={point.docs}>About this point</a>
                    </>
                  ) : null}
                </div>
              ),
            },
          ]}
        />
      ) : null}
    </Section>
  )
}
