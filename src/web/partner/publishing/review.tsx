import { Checkbox, makeStyles, tokens } from '@fluentui/react-components'
import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { field, refused } from '../../ui/portal-access.server.ts'
import { SubmitButton, TextAreaField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status, type Tone } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { enterOffer } from '../authoring/offer-access.server.ts'
import { offerReview, selectedPages } from './publishing-data.server.ts'
import type { Route } from './+types/review.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Review and publish' }] }

export async function loader(args: Route.LoaderArgs) {
  return { review: await offerReview(await enterOffer(args, 'offer.read')) }
}

export async function action(args: Route.ActionArgs) {
  const { domain, offer, offerBase, run } = await enterOffer(args, 'offer.publish')
  const form = await readForm(args.request)
  try {
    await run((ctx) => domain.publishing.submit(ctx, { offer: offer.id, pages: selectedPages(form), notes: field(form, 'notes') }))
  } catch (error) {
    return refused(error)
  }
  return redirect(`${offerBase}/overview`, 303)
}

/** The boxes stand in the table above it. */
const publishForm = 'publish'

const tones: Record<string, Tone> = { 'Not started': 'neutral', Incomplete: 'attention', Complete: 'good', 'Unpublished changes': 'info' }

const useStyles = makeStyles({
  problems: { margin: 0, paddingInlineStart: tokens.spacingHorizontalL },
  form: {
    display: 'grid',
    rowGap: tokens.spacingVerticalL,
    justifyItems: 'start',
    '& > *:first-child': { width: '100%', maxWidth: '80ch' },
  },
})

export default function ReviewPage({ loaderData: { review } }: Route.ComponentProps) {
  const styles = useStyles()
  const refusal = useActionData<typeof action>()
  const open = review.pages.filter((page) => page.status === 'Not started' || page.status === 'Incomplete').length
  const changed = review.pages.filter((page) => page.unpublished)
  const mayChoose = review.isLive && review.mayPublish && !review.isRunning && changed.length > 0
  const hasLanguages = review.pages.some((page) => page.language !== '' && page.language !== 'en')
  return (
    <PortalPage
      title="Review and publish"
      lead={
        review.isLive
          ? 'What has changed since the live version, which stays until you select Go live. Changes that you leave out remain in the draft.'
          : 'Every page must be complete before the offer can be published.'
      }
    >
      {refusal ? (
        <Notice intent="error" title="The offer was not submitted.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      {review.problems.map((problem) => (
        <Notice key={problem} intent="warning" title={problem}>
          <TextLink to={`${review.base}/plans`}>Open Plan overview</TextLink>
        </Notice>
      ))}
      <Section title="Pages">
        <DataTable
          caption="Pages of the offer with their status"
          rows={review.pages}
          rowKey={(page) => page.key}
          columns={[
            ...(mayChoose
              ? [
                  {
                    key: 'publish',
                    header: 'Publish',
                    cell: (page: (typeof review.pages)[number]) =>
                      page.unpublished ? (
                        <Checkbox
                          form={publishForm}
                          name="page"
                          value={page.key}
                          defaultChecked
                          aria-label={`Publish ${page.label}${page.plan ? `: ${page.plan}` : ''}${page.language ? ` (${page.language})` : ''}`}
                        />
                      ) : (
                        '–'
                      ),
                  },
                ]
              : []),
            {
              key: 'page',
              header: 'Page',
              rowHeader: true,
              cell: (page) => (
                <TextLink to={page.to}>
                  {page.label}
                  {page.plan ? `: ${page.plan}` : ''}
                  {hasLanguages && page.language ? ` (${page.language})` : ''}
                </TextLink>
              ),
            },
            { key: 'status', header: 'Status', cell: (page) => <Status tone={tones[page.status] ?? 'neutral'}>{page.status}</Status> },
            {
              key: 'problems',
              header: 'To do',
              cell: (page) =>
                page.status === 'Not started' ? (
                  'Fill in this page.'
                ) : page.problems.length > 0 ? (
                  <ul className={styles.problems}>
                    {page.problems.slice(0, 5).map((problem) => (
                      <li key={problem}>{problem}</li>
                    ))}
                    {page.problems.length > 5 ? <li>{`and ${page.problems.length - 5} more`}</li> : null}
                  </ul>
                ) : (
                  '–'
                ),
            },
          ]}
        />
      </Section>
      {review.isRunning ? (
        <Notice intent="info" title="The offer is being published.">
          <TextLink to={`${review.base}/overview`}>See how it goes</TextLink>
        </Notice>
      ) : !review.mayPublish ? (
        <Notice intent="info" title="Your role can look, but not publish." />
      ) : (
        <Section title="Publish" card>
          {open > 0 ? (
            <Notice
              intent="warning"
              title={open === 1 ? 'One page keeps the offer from being published.' : `${open} pages keep the offer from being published.`}
            >
              Open the pages above, complete and save them, then come back.
            </Notice>
          ) : null}
          {review.sandbox ? (
            <Notice intent="info" title="This is a sandbox.">
              {review.sandbox.rejectsNext
                ? 'The next submission will be rejected, as was asked for in the operator console.'
                : review.sandbox.mode === 'automatic'
                  ? 'Certification is automatic. To try it by hand, switch it to manual in the operator console under Certification.'
                  : 'Certification is manual: decide in the operator console under Certification.'}
            </Notice>
          ) : null}
          <Form method="post" id={publishForm} className={styles.form}>
            {mayChoose ? <input type="hidden" name="offered" value={changed.length} /> : null}
            {review.isTested ? (
              <TextAreaField
                name="notes"
                label="Notes for certification"
                hint="How the offer can be tried: accounts, steps, what to expect. Only reviewers see it."
                error={refusal?.errors.fields.notes}
                defaultValue={review.lastNotes}
                required
              />
            ) : null}
            <SubmitButton appearance="primary">Publish</SubmitButton>
          </Form>
        </Section>
      )}
    </PortalPage>
  )
}
