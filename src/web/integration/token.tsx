import { Field, makeStyles, Textarea, tokens } from '@fluentui/react-components'
import { KeyRegular } from '@fluentui/react-icons/svg/key'
import { Form, type LoaderFunctionArgs, useActionData, useLoaderData } from 'react-router'
import { enterSandbox } from '../ui/desk.server.ts'
import { field, refused } from '../ui/portal-access.server.ts'
import { Code } from '../ui/portal-code.tsx'
import { SubmitButton } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { Status } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { explainRefusal, judgeToken, refusedCalls } from './call-data.server.ts'
import { sandboxCrumbs } from './desk-address.ts'

export const handle: CrumbHandle = { crumbs: (_data, params) => sandboxCrumbs(params, 'Token inspector') }
export const meta = () => [{ title: 'Token inspector · Sandbox' }]

export async function loader(args: LoaderFunctionArgs) {
  const desk = await enterSandbox(args)
  const call = new URL(args.request.url).searchParams.get('call')
  return { base: desk.base, calls: await refusedCalls(desk), call: call ? await explainRefusal(desk, call) : null }
}

/** The token comes in the body of a form, is looked at and forgotten: the answer does not contain it. */
export async function action(args: LoaderFunctionArgs) {
  const desk = await enterSandbox(args)
  const form = await args.request.formData()
  try {
    return { judged: await judgeToken(desk, field(form, 'token')) }
  } catch (error) {
    return refused(error)
  }
}

const uses = {
  'marketplace-api': 'A token for the fulfillment and metering APIs.',
  webhook: 'A token that the marketplace sends with a webhook; the publisher has to check it like this.',
  'other-resource': 'A token for another resource than the fulfillment and metering APIs.',
  unreadable: 'This is not a token.',
}

const useStyles = makeStyles({
  form: { display: 'grid', rowGap: tokens.spacingVerticalM, justifyItems: 'start', gridTemplateColumns: 'minmax(0, 1fr)' },
  area: { width: '100%', fontFamily: tokens.fontFamilyMonospace },
  wide: { width: '100%' },
  value: { overflowWrap: 'anywhere' },
  advice: { display: 'block', color: tokens.colorNeutralForeground2, marginTop: tokens.spacingVerticalXXS },
  list: { margin: 0, paddingInlineStart: '20px', lineHeight: tokens.lineHeightBase400, overflowWrap: 'anywhere' },
})

export default function TokenInspector() {
  const styles = useStyles()
  const { base, calls, call } = useLoaderData<typeof loader>()
  const answer = useActionData<typeof action>()
  const judged = answer && 'judged' in answer ? answer.judged : undefined
  const wrong = judged?.checks.filter((check) => !check.ok).length ?? 0
  return (
    <PortalPage
      title="Token inspector"
      lead="Paste the bearer token of an API call, or the one that came with a webhook. It is read here and forgotten: not kept, not logged."
    >
      <Section title="Token" card>
        <Form method="post" className={styles.form} aria-label="Token">
          {/* The answer empties the field: the token is not kept on the page either. */}
          <Field
            key={judged ? `${judged.header}${judged.claims}` : ''}
            label="Bearer token"
            hint="With or without the word Bearer"
            className={styles.wide}
          >
            <Textarea name="token" rows={5} className={styles.area} textarea={{ spellCheck: false, autoComplete: 'off' }} />
          </Field>
          <SubmitButton appearance="primary" icon={<KeyRegular />}>
            Inspect
          </SubmitButton>
        </Form>
      </Section>
      {judged ? (
        <>
          <Notice
            intent={wrong > 0 ? 'error' : judged.use === 'webhook' || judged.offers.some((offer) => offer.matches) ? 'success' : 'warning'}
            title={wrong > 0 ? `${wrong} of ${judged.checks.length} checks failed.` : 'The token is good.'}
          >
            {uses[judged.use]}
            {wrong === 0 && judged.offers.every((offer) => !offer.matches)
              ? ` But no offer ${judged.foreign ? 'of this publisher ' : ''}names its application, so every call will be answered 403.`
              : ''}
          </Notice>
          <Section title="Found and expected">
            <DataTable
              caption="Claims found and expected"
              rows={judged.checks}
              rowKey={(row) => row.claim}
              columns={[
                { key: 'claim', header: 'Claim', cell: (row) => row.claim, rowHeader: true },
                {
                  key: 'ok',
                  header: 'Result',
                  cell: (row) => <Status tone={row.ok ? 'good' : 'bad'}>{row.ok ? 'Right' : 'Wrong'}</Status>,
                },
                { key: 'found', header: 'Found', cell: (row) => <span className={styles.value}>{row.found}</span> },
                {
                  key: 'expected',
                  header: 'Expected',
                  cell: (row) => (
                    <span className={styles.value}>
                      {row.expected}
                      {row.advice ? <span className={styles.advice}>{row.advice}</span> : null}
                    </span>
                  ),
                },
              ]}
            />
          </Section>
          {judged.offers.length > 0 ? (
            <Section title="Offers and their applications">
              <DataTable
                caption="Which offer names which application"
                rows={judged.offers}
                rowKey={(row) => row.id}
                columns={[
                  { key: 'offer', header: 'Offer', cell: (row) => `${row.name} (${row.id})`, rowHeader: true },
                  {
                    key: 'ok',
                    header: 'This token',
                    cell: (row) => <Status tone={row.matches ? 'good' : 'neutral'}>{row.matches ? 'May call' : 'Answered 403'}</Status>,
                  },
                  { key: 'app', header: 'Application id', cell: (row) => row.applicationId },
                  { key: 'tenant', header: 'Tenant id', cell: (row) => row.tenantId },
                ]}
              />
            </Section>
          ) : null}
          {judged.use === 'unreadable' ? null : (
            <Section title="Contents">
              <Code label="Header of the token">{judged.header}</Code>
              <Code label="Claims of the token">{judged.claims}</Code>
            </Section>
          )}
        </>
      ) : null}
      {call ? (
        <Section title={`Why ${call.method} was answered 403`} card>
          <p className={styles.value} style={{ margin: 0 }}>
            {call.path}, <MomentText value={call.wallAt} seconds />
          </p>
          <ul className={styles.list}>
            {call.why.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
          <TextLink to={`${base}/calls/${call.id}`}>The whole call</TextLink>
        </Section>
      ) : null}
      <Section title="Recent calls answered 403">
        {calls.length === 0 ? (
          <EmptyState icon={<KeyRegular />} title="No call was refused">
            Calls of the fulfillment and metering APIs that are answered 403 are listed here, with the reason.
          </EmptyState>
        ) : (
          <DataTable
            caption="Calls answered 403, newest first"
            rows={calls}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'call',
                header: 'Call',
                cell: (row) => (
                  <TextLink to={`${base}/sandbox/token?call=${row.id}`}>{`Why ${row.method} ${row.path.split('?')[0]}?`}</TextLink>
                ),
                rowHeader: true,
              },
              { key: 'at', header: 'Time', cell: (row) => <MomentText value={row.wallAt} seconds /> },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}
