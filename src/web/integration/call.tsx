import { type LoaderFunctionArgs, useLoaderData } from 'react-router'
import { enterDesk } from '../ui/desk.server.ts'
import { Code, headerLines } from '../ui/portal-code.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { Facts, PortalPage, Section } from '../ui/portal-page.tsx'
import { HttpStatus } from '../ui/portal-status.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { callDetail } from './call-data.server.ts'
import { deskAddress } from './desk-address.ts'

type Data = Awaited<ReturnType<typeof callDetail>>

export const handle: CrumbHandle = {
  crumbs: (data: Data | undefined, params) => [
    { text: 'API calls', to: `${deskAddress(params)}/calls` },
    { text: data ? `${data.method} ${data.path}` : 'Call' },
  ],
}
export const meta = () => [{ title: 'API call' }]

export async function loader(args: LoaderFunctionArgs) {
  return callDetail(await enterDesk(args, 'webhook.read'), args.params.call ?? '')
}

export default function Call() {
  const call = useLoaderData<typeof loader>()
  return (
    <PortalPage title={`${call.method} ${call.path}`}>
      <Section title="Call" card>
        <Facts
          facts={[
            { label: 'Answer', value: <HttpStatus status={call.status} /> },
            { label: 'Contract', value: call.contract },
            { label: 'Took', value: `${call.durationMs} ms` },
            { label: 'Time', value: <MomentText value={call.wallAt} seconds /> },
            { label: 'Market time', value: <MomentText value={call.at} seconds /> },
            { label: 'Application', value: call.clientId ?? 'The token names none' },
            { label: 'Tenant', value: call.tenantId ?? '–' },
            { label: 'Request id', value: call.requestId },
            { label: 'Correlation id', value: call.correlationId ?? '–' },
          ]}
        />
      </Section>
      {call.why ? (
        <Section title="Why it was answered 403" card>
          <ul style={{ margin: 0, paddingInlineStart: 20, overflowWrap: 'anywhere' }}>
            {call.why.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </Section>
      ) : null}
      <Section title="Request">
        <Code label="Request headers">{headerLines(call.requestHeaders)}</Code>
        {call.requestBody ? <Code label="Request body">{call.requestBody}</Code> : <p>The request had no body.</p>}
      </Section>
      <Section title="Response">
        <Code label="Response headers">{headerLines(call.responseHeaders)}</Code>
        {call.responseBody ? <Code label="Response body">{call.responseBody}</Code> : <p>The response had no body.</p>}
      </Section>
    </PortalPage>
  )
}
