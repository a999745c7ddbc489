import { Button, Field, Input, makeStyles, Radio, RadioGroup, Select, Textarea, tokens } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons/svg/add'
import { useState } from 'react'
import { Form, redirect, useActionData } from 'react-router'
import { invalid } from '../../kernel/errors.ts'
import { readForm } from '../form.ts'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { ConfirmForm, FormRow, SubmitButton } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { Facts, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { Status, type Tone } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { certificationCase } from './certification-data.server.ts'
import type { Route } from './+types/certification-case.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Certification', to: '/operator/certification' },
    { text: data?.found.title ?? 'Submission' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.found.title ?? 'Submission'} · Operator console` }]

export async function loader(args: Route.LoaderArgs) {
  const search = new URL(args.request.url).searchParams
  return { found: await certificationCase(await enter(args, 'certification.review'), args.params.submission), saved: search.has('saved') }
}

/** Most findings that the editor sends; the domain says the same with a sentence. */
const mostFindings = 60

function reviewOf(form: FormData) {
  const checks = [...form.keys()]
    .filter((name) => name.startsWith('check.'))
    .map((name) => ({
      id: name.slice('check.'.length),
      result: field(form, name),
      note: field(form, `note.${name.slice('check.'.length)}`),
    }))
  const findings = Array.from({ length: mostFindings }, (_, index) => index)
    .filter((index) => form.has(`finding.${index}.policy`))
    .map((index) => ({
      policy: field(form, `finding.${index}.policy`),
      severity: field(form, `finding.${index}.severity`),
      message: field(form, `finding.${index}.message`),
      notes: field(form, `finding.${index}.notes`),
    }))
    // A row that nobody has written in is none.
    .filter((finding) => finding.message !== '' || finding.notes !== '')
  return { checks, findings }
}

export async function action(args: Route.ActionArgs) {
  const visit = await enter(args, 'certification.review')
  const { domain, run } = visit
  const form = await readForm(args.request)
  const { submission } = args.params
  const intent = field(form, 'intent')
  const desk = domain.publishing.certification
  try {
    await run(async (ctx) => {
      if (intent === 'assign') await desk.assign(ctx, submission)
      else if (intent === 'release') await desk.release(ctx, submission)
      else if (intent === 'save') await desk.saveReview(ctx, submission, reviewOf(form))
      else if (intent === 'approve' || intent === 'reject')
        await desk.decide(ctx, submission, { approve: intent === 'approve', ...reviewOf(form) })
      else if (intent === 'preview-free' || intent === 'preview-billed') {
        const { offer } = await desk.dossier(ctx, submission)
        await domain.publishing.setPreviewFree(ctx, { offer, free: intent === 'preview-free' })
      } else if (intent === 'cancel') {
        const { offer } = await desk.dossier(ctx, submission)
        await domain.publishing.cancelGoLive(ctx, { offer, reason: 'The marketplace has stopped this submission. Contact its support.' })
      } else throw invalid('UnknownIntent', 'There is no such button.')
    })
  } catch (error) {
    return refused(error)
  }
  return redirect(
    intent === 'approve' || intent === 'reject' ? '/operator/certification?done' : `/operator/certification/${submission}?saved`,
    303,
  )
}

const useStyles = makeStyles({
  checks: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', rowGap: tokens.spacingVerticalL },
  check: {
    display: 'grid',
    rowGap: tokens.spacingVerticalXS,
    paddingBottom: tokens.spacingVerticalM,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    ':last-child': { borderBottom: 'none', paddingBottom: 0 },
  },
  title: { margin: 0, fontWeight: tokens.fontWeightSemibold },
  ask: { margin: 0, color: tokens.colorNeutralForeground2, lineHeight: tokens.lineHeightBase400, maxWidth: '80ch' },
  plain: { margin: 0, whiteSpace: 'pre-line', overflowWrap: 'anywhere', lineHeight: tokens.lineHeightBase400, maxWidth: '80ch' },
  form: { display: 'grid', rowGap: tokens.spacingVerticalXXL },
  finding: { border: 'none', margin: 0, padding: 0, minWidth: 0, display: 'grid', rowGap: tokens.spacingVerticalS },
  two: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(200px, 1fr))', gap: tokens.spacingHorizontalM },
  list: { margin: 0, paddingInlineStart: tokens.spacingHorizontalL, display: 'grid', rowGap: tokens.spacingVerticalXS },
  shots: { listStyleType: 'none', margin: 0, padding: 0, display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM },
  shot: { width: '240px', height: 'auto', borderRadius: tokens.borderRadiusMedium, border: `1px solid ${tokens.colorNeutralStroke2}` },
})

const levels = [
  { key: 'eligibility', label: 'Publisher business eligibility' },
  { key: 'content', label: 'Content validation' },
  { key: 'technical', label: 'Technical validation' },
]
const outcomes: Record<string, { label: string; tone: Tone }> = {
  approved: { label: 'Approved', tone: 'good' },
  rejected: { label: 'Rejected', tone: 'bad' },
  withdrawn: { label: 'Withdrawn', tone: 'neutral' },
}

type Found = Route.ComponentProps['loaderData']['found']

const results: Record<string, { label: string; tone: Tone }> = {
  open: { label: 'Open', tone: 'neutral' },
  passed: { label: 'Passed', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  'not-applicable': { label: 'Not applicable', tone: 'neutral' },
}

/** The checks of one level after another, as the reviewer left them. */
function CheckResults({ found }: { found: Found }) {
  return levels.map(({ key, label }) => {
    const checks = found.checks.filter((check) => check.level === key)
    if (checks.length === 0) return null
    return (
      <Section key={key} title={label}>
        <DataTable
          caption={label}
          rows={checks}
          rowKey={(check) => check.id}
          columns={[
            { key: 'check', header: 'Check', cell: (check) => `${check.id} ${check.title}`, rowHeader: true },
            {
              key: 'result',
              header: 'Result',
              cell: (check) => {
                const result = results[check.result]
                return <Status tone={result?.tone ?? 'neutral'}>{result?.label ?? check.result}</Status>
              },
            },
            { key: 'note', header: 'Note', cell: (check) => check.note || '–' },
          ]}
        />
      </Section>
    )
  })
}

/** The checklist of a reviewer. */
function Checklist({ found }: { found: Found }) {
  const styles = useStyles()
  return levels.map(({ key, label }) => {
    const checks = found.checks.filter((check) => check.level === key)
    if (checks.length === 0) return null
    return (
      <Section key={key} title={label} card>
        <ul className={styles.checks}>
          {checks.map((check) => (
            <li key={check.id} className={styles.check}>
              <p className={styles.title} id={`check-${check.id}`}>
                {check.id} {check.title}
              </p>
              <p className={styles.ask}>{check.ask}</p>
              <RadioGroup name={`check.${check.id}`} defaultValue={check.result} layout="horizontal" aria-labelledby={`check-${check.id}`}>
                {Object.entries(results).map(([value, result]) => (
                  <Radio key={value} value={value} label={result.label} />
                ))}
              </RadioGroup>
              <Field label={`Note on ${check.title}`} size="small">
                <Input name={`note.${check.id}`} defaultValue={check.note} />
              </Field>
            </li>
          ))}
        </ul>
      </Section>
    )
  })
}

function FindingRows({ found, errors }: { found: Found; errors: Record<string, string> }) {
  const styles = useStyles()
  const [rows, setRows] = useState(Math.max(1, found.findings.length))
  return (
    <Section title="Findings" card>
      <p className={styles.ask}>
        What the publisher reads in the report. A rejection needs at least one error; an approval may carry advice.
      </p>
      {Array.from({ length: rows }, (_, index) => {
        const finding = found.findings[index]
        const name = `finding.${index}`
        const error = (part: string) => errors[`findings.${index}.${part}`]
        return (
          // The rows keep their place.
          <fieldset key={name} className={styles.finding}>
            <legend className={styles.title}>Finding {index + 1}</legend>
            <div className={styles.two}>
              <Field label="Policy" validationMessage={error('policy')}>
                <Select name={`${name}.policy`} defaultValue={finding?.code ?? found.checks[0]?.id}>
                  {found.checks.map((check) => (
                    <option key={check.id} value={check.id}>
                      {check.id} {check.title}
                    </option>
                  ))}
                </Select>
              </Field>
              <Field label="Severity" validationMessage={error('severity')}>
                <Select name={`${name}.severity`} defaultValue={finding?.severity ?? 'error'}>
                  <option value="error">Error: must be changed</option>
                  <option value="warning">Advice</option>
                </Select>
              </Field>
            </div>
            <Field label="What is not as it should be" validationMessage={error('message')}>
              <Input name={`${name}.message`} defaultValue={finding?.message ?? ''} />
            </Field>
            <Field label="Review notes: what you saw, and what to do" validationMessage={error('notes')}>
              <Textarea name={`${name}.notes`} resize="vertical" defaultValue={finding?.notes ?? ''} />
            </Field>
          </fieldset>
        )
      })}
      <div>
        <Button icon={<AddRegular />} onClick={() => setRows(rows + 1)} disabled={rows >= 50}>
          Add a finding
        </Button>
      </div>
    </Section>
  )
}

export default function CertificationCasePage({ loaderData: { found, saved } }: Route.ComponentProps) {
  const styles = useStyles()
  const refusal = useActionData<typeof action>()
  const isMine = found.assignedTo === found.me
  const isOpen = found.outcome === null
  const outcome = outcomes[found.outcome ?? '']
  return (
    <PortalPage
      title={found.title}
      lead={`${found.offer} · ${found.type} · ${found.kind}, submission no. ${found.number}`}
      actions={
        isOpen ? (
          <>
            <Form method="post">
              <input type="hidden" name="intent" value={isMine ? 'release' : 'assign'} />
              <SubmitButton appearance={isMine ? 'secondary' : 'primary'}>
                {isMine ? 'Give back to the queue' : found.assignedTo ? 'Take over' : 'Assign to me'}
              </SubmitButton>
            </Form>
            <ConfirmForm
              intent="cancel"
              button="Cancel publishing"
              title="Cancel this submission?"
              confirm="Cancel publishing"
              keep="Keep it"
            >
              The submission ends here, without a report. What is live stays live. The publisher is told.
            </ConfirmForm>
          </>
        ) : undefined
      }
    >
      {refusal && !(isOpen && isMine) ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : saved ? (
        <Notice intent="success" title="Saved." />
      ) : null}
      {isOpen && !isMine ? (
        <Notice
          intent="info"
          title={found.assignedName ? `${found.assignedName} reviews this submission.` : 'Nobody reviews this submission yet.'}
        >
          Assign it to yourself to decide.
        </Notice>
      ) : null}
      <Section title="Submission" card>
        <Facts
          facts={[
            {
              label: 'State',
              value: outcome ? <Status tone={outcome.tone}>{outcome.label}</Status> : <Status tone="info">Waiting</Status>,
            },
            { label: 'Submitted', value: <MomentText value={found.submittedAt} /> },
            { label: 'By', value: found.submittedBy || 'The marketplace' },
            { label: 'Waiting since', value: <MomentText value={found.waitingSince} /> },
            ...(found.assignedName ? [{ label: 'Reviewer', value: found.assignedName }] : []),
            ...(found.decidedAt ? [{ label: 'Decided', value: <MomentText value={found.decidedAt} /> }] : []),
            ...(found.preview
              ? [
                  {
                    label: 'Preview',
                    value: (
                      <TextLink to={found.preview} document>
                        Look at the preview
                      </TextLink>
                    ),
                  },
                ]
              : []),
            { label: 'Purchases of the preview', value: found.previewIsFree ? 'Free of charge' : 'Billed like any other' },
          ]}
        />
        <div>
          <p className={styles.title}>Notes for certification</p>
          <p className={styles.plain}>{found.notes || 'None.'}</p>
        </div>
        <Form method="post">
          <FormRow>
            <SubmitButton name="intent" value={found.previewIsFree ? 'preview-billed' : 'preview-free'}>
              {found.previewIsFree ? 'Bill purchases of the preview' : 'Let the preview be bought free of charge'}
            </SubmitButton>
          </FormRow>
        </Form>
      </Section>
      {found.listing ? (
        <Section title="Listing" card>
          <Facts
            facts={[
              { label: 'Name', value: found.listing.name },
              { label: 'Summary', value: found.listing.summary },
              { label: 'Categories', value: found.listing.categories.join(', ') || '–' },
              ...(found.listing.landingPageUrl
                ? [
                    { label: 'Landing page', value: found.listing.landingPageUrl },
                    { label: 'Webhook', value: found.listing.webhookUrl },
                  ]
                : []),
            ]}
          />
          {found.listing.screenshots.length > 0 ? (
            <ul className={styles.shots}>
              {found.listing.screenshots.map(({ file, caption }) => (
                <li key={file}>
                  <a href={`/media/${file}`}>
                    <img
                      className={styles.shot}
                      src={`/media/${file}`}
                      alt={caption || 'Screenshot'}
                      loading="lazy"
                      width={1280}
                      height={720}
                    />
                  </a>
                </li>
              ))}
            </ul>
          ) : null}
          {found.listing.documents.length > 0 ? (
            <ul className={styles.list}>
              {found.listing.documents.map(({ file, name }) => (
                <li key={file}>
                  <TextLink to={`/media/${file}`} document>
                    {name}
                  </TextLink>
                </li>
              ))}
            </ul>
          ) : null}
          {found.listing.plans.length > 0 ? (
            <DataTable
              caption="Plans of the preview"
              rows={found.listing.plans}
              rowKey={(plan) => plan.planId}
              columns={[
                { key: 'name', header: 'Plan', cell: (plan) => `${plan.name} (${plan.planId})`, rowHeader: true },
                {
                  key: 'visibility',
                  header: 'Sold to',
                  cell: (plan) => (plan.visibility === 'private' ? 'Invited customers' : 'Everybody'),
                },
                { key: 'terms', header: 'Terms', cell: (plan) => plan.terms },
                { key: 'markets', header: 'Markets', cell: (plan) => plan.markets, align: 'end' },
              ]}
            />
          ) : null}
        </Section>
      ) : null}
      {found.validation.length > 0 ? (
        <Section title="Found by Offer validation" card>
          <ul className={styles.list}>
            {found.validation.map((finding, index) => (
              // The list does not change.
              <li key={`${index}-${finding.code}`}>
                <strong>{finding.severity === 'error' ? 'Error' : 'Advice'}</strong>: {finding.message}
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
      {isOpen && isMine ? (
        <Form method="post" className={styles.form} key={found.id}>
          <Checklist found={found} />
          <FindingRows found={found} errors={refusal?.errors.fields ?? {}} />
          {refusal ? <Notice intent="error" title={refusal.errors.message} /> : null}
          <FormRow>
            <SubmitButton name="intent" value="approve" appearance="primary">
              Approve
            </SubmitButton>
            <SubmitButton name="intent" value="reject">
              Reject with report
            </SubmitButton>
            <SubmitButton name="intent" value="save">
              Save for later
            </SubmitButton>
          </FormRow>
        </Form>
      ) : (
        <>
          <CheckResults found={found} />
          {found.findings.length > 0 ? (
            <Section title="Findings" card>
              <ul className={styles.list}>
                {found.findings.map((finding, index) => (
                  <li key={`${index}-${finding.code}`}>
                    <strong>
                      {finding.code} {finding.title}
                    </strong>{' '}
                    ({finding.severity === 'error' ? 'error' : 'advice'}): {finding.message}
                    {finding.notes ? <p className={styles.plain}>Review notes: {finding.notes}</p> : null}
                  </li>
                ))}
              </ul>
            </Section>
          ) : null}
        </>
      )}
    </PortalPage>
  )
}
