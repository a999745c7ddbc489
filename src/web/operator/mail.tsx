import { makeStyles, tokens } from '@fluentui/react-components'
import { enter, refuse } from '../ui/portal-access.server.ts'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { Facts, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { MailState } from './mail-state.tsx'
import type { Route } from './+types/mail.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Mail', to: '/operator/mail' },
    { text: data?.subject ?? 'Message' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.subject ?? 'Message'} · Operator console` }]

export async function loader(args: Route.LoaderArgs) {
  const { kernel, read } = await enter(args, 'operator.console')
  const mail = (await read((ctx) => kernel.mail.list(ctx, { limit: 1000 }))).find((one) => one.id === args.params.mail)
  if (!mail) throw refuse(404, 'There is no such mail among the latest 1,000.')
  return { ...mail, at: mail.at.toString(), wallAt: mail.wallAt.toString() }
}

const useStyles = makeStyles({
  text: {
    margin: 0,
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase400,
  },
  // A mail is written for white paper.
  html: {
    width: '100%',
    height: '480px',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: 'white',
    colorScheme: 'light',
  },
})

export default function MailPage({ loaderData: mail }: Route.ComponentProps) {
  const styles = useStyles()
  return (
    <PortalPage title={mail.subject}>
      {mail.error ? (
        <Notice intent="error" title="It could not be delivered.">
          {mail.error}
        </Notice>
      ) : null}
      <Section title="Envelope" card>
        <Facts
          facts={[
            { label: 'To', value: mail.to },
            { label: 'State', value: <MailState state={mail.state} /> },
            { label: 'Market time', value: <MomentText value={mail.at} seconds /> },
            { label: 'Written at (machine time)', value: <MomentText value={mail.wallAt} seconds /> },
            { label: 'Template', value: mail.template },
          ]}
        />
      </Section>
      {mail.html === null ? null : (
        <Section title="As the reader sees it">
          {/* No script of a mail runs; its links open in a tab of their own. */}
          <iframe
            className={styles.html}
            sandbox="allow-popups allow-popups-to-escape-sandbox"
            srcDoc={`<base target="_blank">${mail.html}`}
            title={`Mail: ${mail.subject}`}
          />
        </Section>
      )}
      <Section title="Text" card>
        <pre className={styles.text}>{mail.text}</pre>
      </Section>
    </PortalPage>
  )
}
