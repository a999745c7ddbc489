import { makeStyles, tokens } from '@fluentui/react-components'
import { Form, type LoaderFunctionArgs, redirect, useActionData, useLoaderData } from 'react-router'
import { invalid } from '../../kernel/errors.ts'
import { enterDesk } from '../ui/desk.server.ts'
import { LiveRefresh } from '../ui/live-refresh.tsx'
import { field, refused } from '../ui/portal-access.server.ts'
import { Code, headerLines } from '../ui/portal-code.tsx'
import { ConfirmForm, SubmitButton } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { Facts, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { HttpStatus, Status } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { deskAddress } from './desk-address.ts'
import { giveUp, pauseEndpoint, redeliver, webhookDetail } from './webhook-data.server.ts'

type Data = Awaited<ReturnType<typeof webhookDetail>>

export const handle: CrumbHandle = {
  crumbs: (data: Data | undefined, params) => [
    { text: 'Webhooks', to: `${deskAddress(params)}/webhooks` },
    { text: data ? `${data.action}: ${data.subscription.name}` : 'Delivery' },
  ],
}
export const meta = () => [{ title: 'Webhook delivery' }]

export async function loader(args: LoaderFunctionArgs) {
  const desk = await enterDesk(args, 'webhook.read')
  const done = new URL(args.request.url).searchParams.get('done')
  return { base: desk.base, isPartner: desk.publisher !== null, done, ...(await webhookDetail(desk, args.params.delivery ?? '')) }
}

export async function action(args: LoaderFunctionArgs) {
  const desk = await enterDesk(args, 'webhook.manage')
  const id = args.params.delivery ?? ''
  const form = await args.request.formData()
  const intent = field(form, 'intent')
  let shown = id
  try {
    if (intent === 'redeliver') shown = await redeliver(desk, id)
    else if (intent === 'give-up') await giveUp(desk, id)
    else if (intent === 'pause' || intent === 'resume') {
      await pauseEndpoint(desk, { offer: field(form, 'offer'), preview: field(form, 'preview') === 'true' }, intent === 'pause')
    } else throw invalid('UnknownIntent', 'This page has no such form.')
  } catch (error) {
    return refused(error)
  }
  return redirect(`${desk.base}/webhooks/${shown}?done=${intent}`, 303)
}

const doneTexts: Record<string, string> = {
  redeliver: 'The webhook is sent again.',
  'give-up': 'The webhook is not tried any more.',
  pause: 'The webhooks of this offer are held back.',
  resume: 'The webhooks of this offer are sent again.',
}

const useStyles = makeStyles({
  forms: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
  text: { margin: 0, maxWidth: '72ch', lineHeight: tokens.lineHeightBase400 },
  summary: { cursor: 'pointer', minHeight: '32px', lineHeight: '32px', fontWeight: tokens.fontWeightSemibold },
  attempt: {
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
  },
  inside: {
    display: 'grid',
    rowGap: tokens.spacingVerticalM,
    gridTemplateColumns: 'minmax(0, 1fr)',
    paddingBlock: tokens.spacingVerticalS,
  },
  list: { display: 'grid', rowGap: tokens.spacingVerticalS, gridTemplateColumns: 'minmax(0, 1fr)' },
  heading: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
})

export default function Webhook() {
  const styles = useStyles()
  const one = useLoaderData<typeof loader>()
  const refusal = useActionData<typeof action>()
  const doneText = one.done ? doneTexts[one.done] : undefined
  const { base, endpoint, ahead } = one
  return (
    <PortalPage title={`${one.action} webhook`} lead={`About ${one.subscription.name}`} actions={<LiveRefresh />}>
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : doneText ? (
        <Notice intent="success" title={doneText} />
      ) : null}
      {endpoint.paused ? (
        <Notice intent="warning" title="The endpoint is paused.">
          Webhooks of {endpoint.name} wait until they are let go.
        </Notice>
      ) : null}
      <Section title="Delivery" card>
        <Facts
          facts={[
            { label: 'State', value: <Status tone={one.tone}>{one.label}</Status> },
            { label: 'Attempts', value: `${one.attempts} of at most ${one.mostAttempts}` },
            { label: 'Last outcome', value: one.outcome ?? '–' },
            {
              label: 'Operation',
              value: <TextLink to={`${base}/operations/${one.operation.id}`}>{`${one.operation.text}, ${one.operation.status}`}</TextLink>,
            },
            {
              label: 'Subscription',
              value: one.isPartner ? (
                <TextLink to={`${base}/subscriptions/${one.subscription.id}`}>{one.subscription.name}</TextLink>
              ) : (
                one.subscription.name
              ),
            },
            { label: 'Address', value: endpoint.url },
            { label: 'Written', value: <MomentText value={one.createdAt} seconds /> },
            ...(one.finishedAt ? [{ label: 'Ended', value: <MomentText value={one.finishedAt} seconds /> }] : []),
            ...(one.redeliveryOf
              ? [{ label: 'Sent again of', value: <TextLink to={`${base}/webhooks/${one.redeliveryOf}`}>the first delivery</TextLink> }]
              : []),
          ]}
        />
        <div className={styles.forms}>
          {one.waitsForOlder ? null : (
            <Form method="post">
              <SubmitButton name="intent" value="redeliver">
                {one.waiting ? 'Send now' : 'Send again'}
              </SubmitButton>
            </Form>
          )}
          <Form method="post">
            <input type="hidden" name="offer" value={endpoint.offer} />
            <input type="hidden" name="preview" value={String(endpoint.preview)} />
            <SubmitButton name="intent" value={endpoint.paused ? 'resume' : 'pause'}>
              {endpoint.paused ? 'Let webhooks of the offer go' : 'Hold back webhooks of the offer'}
            </SubmitButton>
          </Form>
          {one.waiting ? (
            <ConfirmForm
              intent="give-up"
              button="Stop trying"
              title="Stop trying to deliver this webhook?"
              confirm="Yes, stop"
              keep="Go on trying"
            >
              <p className={styles.text}>
                It counts as if all {one.mostAttempts} attempts had failed: a change or reinstatement that waits for it fails. What has
                taken effect already stays.
              </p>
            </ConfirmForm>
          ) : null}
        </div>
      </Section>
      {one.waitsForOlder ? (
        <Notice intent="info" title="It waits.">
          Webhooks of a subscription are sent in order; an older one has not been delivered yet.
        </Notice>
      ) : null}
      {ahead.length > 0 ? (
        <Section title="Attempts ahead">
          <p className={styles.text}>If none of them succeeds before. Times are market time.</p>
          <DataTable
            caption="Attempts ahead"
            rows={ahead}
            rowKey={(row) => String(row.number)}
            columns={[
              { key: 'number', header: 'Attempt', cell: (row) => `Attempt ${row.number}`, rowHeader: true },
              { key: 'at', header: 'At', cell: (row) => <MomentText value={row.at} seconds /> },
            ]}
          />
        </Section>
      ) : null}
      <Section title="Attempts">
        {one.tries.length === 0 ? (
          <p className={styles.text}>None was made yet.</p>
        ) : (
          <div className={styles.list}>
            {one.tries.map((attempt, index) => (
              <Attempt key={attempt.number} attempt={attempt} open={index === one.tries.length - 1 && one.between === 0} />
            ))}
            {one.between > 0 ? <p className={styles.text}>{one.between} attempts between are not shown.</p> : null}
            {one.lastTries.map((attempt, index) => (
              <Attempt key={attempt.number} attempt={attempt} open={index === one.lastTries.length - 1} />
            ))}
          </div>
        )}
      </Section>
    </PortalPage>
  )
}

function Attempt({ attempt, open }: { attempt: Data['tries'][number]; open: boolean }) {
  const styles = useStyles()
  const n = attempt.number
  return (
    <details className={styles.attempt} open={open}>
      <summary className={styles.summary}>
        Attempt {n}: {attempt.text}
      </summary>
      <div className={styles.inside}>
        <Facts
          facts={[
            { label: 'Answer', value: attempt.status === null ? 'None' : <HttpStatus status={attempt.status} /> },
            ...(attempt.durationMs === null ? [] : [{ label: 'Took', value: `${attempt.durationMs} ms` }]),
            { label: 'Market time', value: <MomentText value={attempt.at} seconds /> },
            { label: 'Machine time', value: <MomentText value={attempt.wallAt} seconds /> },
            { label: 'Address', value: attempt.url || '–' },
          ]}
        />
        {attempt.requestBody === '' ? null : (
          <>
            <h3 className={styles.heading}>Request</h3>
            <Code label={`Request headers of attempt ${n}`}>{headerLines(attempt.requestHeaders)}</Code>
            <Code label={`Request body of attempt ${n}`}>{attempt.requestBody}</Code>
          </>
        )}
        {attempt.responseHeaders === null ? null : (
          <>
            <h3 className={styles.heading}>Answer</h3>
            <Code label={`Answer headers of attempt ${n}`}>{headerLines(attempt.responseHeaders)}</Code>
            {attempt.responseBody ? <Code label={`Answer body of attempt ${n}`}>{attempt.responseBody}</Code> : <p>It had no body.</p>}
          </>
        )}
      </div>
    </details>
  )
}
