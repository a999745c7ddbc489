import { makeStyles, tokens } from '@fluentui/react-components'
import { RocketRegular } from '@fluentui/react-icons/svg/rocket'
import { redirect, useActionData } from 'react-router'
import { invalid } from '../../../kernel/errors.ts'
import { readForm } from '../../form.ts'
import { LiveRefresh } from '../../ui/live-refresh.tsx'
import { field, refused } from '../../ui/portal-access.server.ts'
import { ConfirmForm } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { OfferStatus, Status, type Tone } from '../../ui/portal-status.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { enterOffer } from '../authoring/offer-access.server.ts'
import { Findings } from './findings.tsx'
import { PublishPhases } from './publish-status.tsx'
import { type OfferOverview, offerOverview } from './publishing-data.server.ts'
import type { Route } from './+types/overview.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Offer overview' }] }

export async function loader(args: Route.LoaderArgs) {
  return { overview: await offerOverview(await enterOffer(args, 'offer.read')) }
}

export async function action(args: Route.ActionArgs) {
  const { domain, offer, offerBase, run } = await enterOffer(args, 'offer.publish')
  const intent = field(await readForm(args.request), 'intent')
  try {
    await run(async (ctx) => {
      const about = { offer: offer.id }
      if (intent === 'go-live') await domain.publishing.signOff(ctx, about)
      else if (intent === 'cancel') await domain.publishing.cancel(ctx, about)
      else if (intent === 'retry') await domain.publishing.retry(ctx, about)
      else if (intent === 'stop') await domain.publishing.stopOffer(ctx, about)
      else throw invalid('UnknownIntent', 'There is no such button.')
    })
  } catch (error) {
    return refused(error)
  }
  return redirect(`${offerBase}/overview`, 303)
}

const useStyles = makeStyles({
  levels: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', rowGap: tokens.spacingVerticalS },
  level: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
  plain: { margin: 0, lineHeight: tokens.lineHeightBase400, maxWidth: '80ch' },
  notes: { margin: 0, whiteSpace: 'pre-line', overflowWrap: 'anywhere' },
  links: { display: 'flex', flexWrap: 'wrap', gap: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalL}` },
})

/** What the publisher should know first, in the words of Partner Center (spec/05 §5.15, spec/06 A4). */
function Banners({ overview }: { overview: OfferOverview }) {
  const { state, status, isLive, isUpdate, validation, certification, base } = overview
  const isRejected = certification?.outcome === 'rejected' && state === 'attention'
  return (
    <>
      {state === 'preview' ? (
        <Notice
          intent="info"
          title={
            isUpdate
              ? 'The latest version of your offer is not live yet. Please select the Go live button.'
              : 'Your offer is not live yet. Please select the Go live button.'
          }
        >
          {isLive
            ? 'Version of offer in Preview is different from Live version. Select to Go live on the version in Preview when you are ready to replace what is Live.'
            : null}
        </Notice>
      ) : null}
      {validation.length > 0 && state !== 'live' && !isRejected ? (
        <Notice intent="warning" title="Review and address the validation issues before go live.">
          Unresolved findings are likely to fail certification.{' '}
          <TextLink to={`${base}/overview#validation-report`}>View validation report</TextLink>
        </Notice>
      ) : null}
      {isRejected ? (
        <Notice intent="error" title="This step needs attention.">
          The offer was not certified. <TextLink to={`${base}/overview#certification-report`}>View certification report</TextLink>
        </Notice>
      ) : state === 'attention' ? (
        <Notice intent="error" title="Publishing needs your attention.">
          A step found what has to be changed. Its findings are below; mend them and publish again, or try the step again when the cause has
          passed.
        </Notice>
      ) : null}
      {state === 'cancelling' ? <Notice intent="info" title="Publishing is being cancelled." /> : null}
      {status === 'Pending Stop distribution' ? (
        <Notice intent="warning" title="The distribution of this offer is being stopped.">
          Nobody new can find or buy it any more. Customers who have it keep using it.
        </Notice>
      ) : null}
      {status === 'Not available in the marketplace' ? (
        <Notice intent="info" title="This offer is not available in the marketplace.">
          Customers who have it keep using it, without later updates. Publish it again to bring it back.
        </Notice>
      ) : null}
    </>
  )
}

const resultTones: Record<string, Tone> = { passed: 'good', failed: 'bad', open: 'neutral', 'not-applicable': 'neutral' }
const levels = [
  { key: 'eligibility', label: 'Publisher business eligibility' },
  { key: 'content', label: 'Content validation' },
  { key: 'technical', label: 'Technical validation' },
]

function levelResult(results: string[]): { text: string; tone: Tone } {
  if (results.includes('failed')) return { text: 'Failed', tone: resultTones.failed as Tone }
  if (results.includes('open')) return { text: 'Being checked', tone: 'info' }
  return { text: 'Passed', tone: resultTones.passed as Tone }
}

function Certification({ certification, brand }: { certification: NonNullable<OfferOverview['certification']>; brand: string }) {
  const styles = useStyles()
  const outcomes: Record<string, string> = { approved: 'Certified', rejected: 'Not certified', withdrawn: 'Withdrawn' }
  const waiting = certification.mode === 'manual' ? `${brand} looks at the offer.` : 'Being checked.'
  return (
    <Section title="Certification report" card>
      <div id="certification-report" tabIndex={-1}>
        <p className={styles.plain}>
          {certification.outcome ? outcomes[certification.outcome] : waiting}
          {certification.decidedAt ? (
            <>
              {', '}
              <MomentText value={certification.decidedAt} />
            </>
          ) : null}
          {certification.outcome && certification.mode === 'automatic' ? ' (automatically)' : ''}
        </p>
      </div>
      <ul className={styles.levels}>
        {levels.map(({ key, label }) => {
          const { text, tone } = levelResult(certification.checks.filter((check) => check.level === key).map((check) => check.result))
          return (
            <li key={key} className={styles.level}>
              <Status tone={tone}>{text}</Status>
              <span>{label}</span>
            </li>
          )
        })}
      </ul>
      {certification.findings.length > 0 ? <Findings findings={certification.findings} /> : null}
      {certification.outcome === 'rejected' ? (
        <p className={styles.plain}>Change what the findings name, then publish again. You may do so as often as it takes.</p>
      ) : null}
    </Section>
  )
}

function Actions({ overview }: { overview: OfferOverview }) {
  const { can, isLive, validation } = overview
  return (
    <>
      {can.goLive ? (
        <ConfirmForm
          intent="go-live"
          button="Go live"
          title={isLive ? 'Replace the live version?' : 'Go live?'}
          confirm="Go live"
          keep="Not yet"
          primary
        >
          {validation.length > 0
            ? 'Validation found things that you have not resolved. Certification may fail for them, which takes longer than to mend them first. '
            : ''}
          The offer is certified, then published as the preview shows it. From here on you cannot cancel.
        </ConfirmForm>
      ) : null}
      {can.retry ? (
        <ConfirmForm intent="retry" button="Try again" title="Try the failed step again?" confirm="Try again" keep="Close">
          The same submission goes on from the step that failed. When the draft has to be changed, change it and publish again instead.
        </ConfirmForm>
      ) : null}
      {can.cancel ? (
        <ConfirmForm intent="cancel" button="Cancel publish" title="Cancel publishing?" confirm="Cancel publish" keep="Keep publishing">
          What has been validated so far is lost: a later publish begins anew. What is live stays as it is.
        </ConfirmForm>
      ) : null}
      {can.stop ? (
        <ConfirmForm
          intent="stop"
          button="Stop distribution"
          title="Stop the distribution of this offer?"
          confirm="Stop distribution"
          keep="Keep distributing"
        >
          New customers can neither find nor buy it. Customers who have it keep using it and renew, but get no later updates. To bring it
          back, publish it again.
        </ConfirmForm>
      ) : null}
    </>
  )
}

export default function OfferOverviewPage({ loaderData: { overview } }: Route.ComponentProps) {
  const styles = useStyles()
  const refusal = useActionData<typeof action>()
  const { base } = overview
  return (
    <PortalPage title="Offer overview" actions={<Actions overview={overview} />}>
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Banners overview={overview} />
      {overview.previews.length > 0 ? (
        <Section title="Preview" card>
          <p className={styles.plain}>
            Whoever has the link can look at the preview; only people of its{' '}
            <TextLink to={`${base}/pages/preview-audience`}>preview audience</TextLink> can buy it.
          </p>
          <div className={styles.links}>
            {overview.previews.map((preview) => (
              <TextLink key={preview.to} to={preview.to} document>
                {preview.label}
              </TextLink>
            ))}
          </div>
        </Section>
      ) : null}
      <Section title="Publish status" card actions={overview.isRunning ? <LiveRefresh /> : undefined}>
        {overview.submittedAt === null ? (
          <EmptyState
            icon={<RocketRegular />}
            title="Not published yet"
            action={<ButtonLink to={`${base}/review`}>Review and publish</ButtonLink>}
          >
            Fill in the pages of the offer, then publish it. First it is validated and shown to its preview audience; it goes live when you
            say so.
          </EmptyState>
        ) : (
          <PublishPhases phases={overview.phases} />
        )}
      </Section>
      {overview.certification ? <Certification certification={overview.certification} brand={overview.brand} /> : null}
      {overview.validation.length > 0 ? (
        <Section title="Validation report" card>
          <p id="validation-report" tabIndex={-1} className={styles.plain}>
            What Offer validation found in the newest submission. It does not keep the preview from being made, but certification looks at
            the same.
          </p>
          <Findings findings={overview.validation} />
        </Section>
      ) : null}
      <Section title="Submission" card>
        <Facts
          facts={[
            { label: 'Status', value: <OfferStatus status={overview.status} /> },
            ...(overview.submittedAt
              ? [
                  { label: 'Submission', value: `No. ${overview.number}` },
                  { label: 'Submitted', value: <MomentText value={overview.submittedAt} /> },
                  { label: 'By', value: overview.submittedBy || 'The marketplace' },
                ]
              : []),
            { label: 'Live version since', value: overview.liveAt ? <MomentText value={overview.liveAt} /> : 'Never live' },
          ]}
        />
        {overview.notes ? (
          <div>
            <p className={styles.plain}>
              <strong>Notes for certification</strong>
            </p>
            <p className={styles.notes}>{overview.notes}</p>
          </div>
        ) : null}
      </Section>
    </PortalPage>
  )
}
