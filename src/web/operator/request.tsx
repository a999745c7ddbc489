import { enter } from '../ui/portal-access.server.ts'
import { Code, headerLines } from '../ui/portal-code.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { Facts, PortalPage, Section } from '../ui/portal-page.tsx'
import { HttpStatus } from '../ui/portal-status.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { contractCall } from './operator-data.server.ts'
import type { Route } from './+types/request.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Request log', to: '/operator/requests' },
    { text: data ? `${data.method} ${data.path}` : 'Call' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.method ?? 'Call'} · Request log · Operator console` }]

export async function loader(args: Route.LoaderArgs) {
  return contractCall(await enter(args, 'operator.console'), args.params.call)
}

export default function RequestPage({ loaderData: call }: Route.ComponentProps) {
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
            { label: 'Application', value: call.clientId ?? '–' },
            { label: 'Directory', value: call.tenantId ?? '–' },
            { label: 'Request id', value: call.requestId },
            { label: 'Correlation id', value: call.correlationId ?? '–' },
          ]}
        />
      </Section>
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
