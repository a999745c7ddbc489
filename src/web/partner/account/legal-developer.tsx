import { makeStyles, tokens } from '@fluentui/react-components'
import { Form, redirect, useActionData } from 'react-router'
import { allows } from '../../../kernel/authorization.ts'
import { readForm } from '../../form.ts'
import { field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { PageTabs } from '../../ui/portal-tabs.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { enterAccount } from './account-access.server.ts'
import { addressText, stepMeanings, stepNames, stepStates } from './account-words.ts'
import { legalView } from './legal-tabs.server.ts'
import type { Route } from './+types/legal-developer.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Legal info' }, { text: 'Developer' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Legal info · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'seller-account.read')
  const { user, domain, account, base, read } = visit
  const { tabs, settings } = await legalView(visit, 'developer')
  const { accountId } = account
  const steps = await read((ctx) => domain.accounts.verificationOf(ctx, accountId))
  const isManager = allows(user, 'tenant.manage', { tenantId: account.tenantId, accountId })
  const tenants = await read(async (ctx) =>
    isManager ? domain.accounts.tenants(ctx, accountId) : domain.directory.getTenants(ctx, [account.tenantId]),
  )
  const publishers = await read((ctx) => domain.accounts.publishersOfAccount(ctx, accountId))
  return {
    base,
    done: new URL(args.request.url).searchParams.get('done'),
    tabs,
    accountType: settings.accountType === 'company' ? 'Company' : 'Individual',
    status: steps.every((one) => one.state === 'accepted') ? 'Active' : 'Waiting for verification',
    steps: steps.map(({ step, state, reason, changedAt }) => ({ step, state, reason, changedAt: changedAt.toString() })),
    ids: {
      symantecId: settings.symantecId,
      symantecRequestedAt: settings.symantecRequestedAt?.toString() ?? null,
      sellerId: settings.sellerId ?? '–',
      userId: user.objectId,
      publisherIds: publishers.map((one) => one.publisherId),
      mpnIds: settings.mpnIds.map((one) => one.mpnId),
      tenants: tenants.map(({ name, domain: main, tenantId }) => `${name} (${main}, ${tenantId})`),
    },
    displayName: settings.displayName,
    contact: settings.sellerContact,
    approver: settings.companyApprover,
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, base, run } = await enterAccount(args, 'seller-account.manage')
  const form = await readForm(args.request)
  const { accountId } = account
  const intent = field(form, 'intent')
  const step = field(form, 'step')
  try {
    await run(async (ctx) => {
      if (intent === 'symantec') return domain.accounts.requestSymantecId(ctx, accountId)
      if (intent === 'resend') return domain.accounts.resendConfirmation(ctx, accountId)
      return domain.accounts.askForVerification(ctx, accountId, step as 'email')
    })
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/legal/developer?done=${intent === 'symantec' || intent === 'resend' ? intent : 'again'}`, 303)
}

const done: Record<string, string> = {
  symantec: 'The Symantec ID has been asked for.',
  resend: 'The mail is on its way. Earlier links do not hold any more.',
  again: 'This step is looked at again.',
  saved: 'Saved.',
}

const useStyles = makeStyles({
  steps: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', rowGap: tokens.spacingVerticalL },
  step: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalM,
    justifyContent: 'space-between',
    alignItems: 'center',
  },
  text: { display: 'grid', rowGap: tokens.spacingVerticalXS, maxWidth: '64ch', minWidth: 0 },
  name: { margin: 0, display: 'flex', gap: tokens.spacingHorizontalS, alignItems: 'center', fontSize: tokens.fontSizeBase300 },
  muted: { margin: 0, color: tokens.colorNeutralForeground2, overflowWrap: 'anywhere' },
  link: {
    border: 'none',
    background: 'none',
    padding: 0,
    font: 'inherit',
    cursor: 'pointer',
    color: tokens.colorBrandForegroundLink,
    fontWeight: tokens.fontWeightSemibold,
    minHeight: '24px',
    ':hover': { textDecorationLine: 'underline' },
  },
})

export default function LegalDeveloper({ loaderData }: Route.ComponentProps) {
  const { base, tabs, accountType, status, steps, ids, displayName, contact, approver } = loaderData
  const styles = useStyles()
  const refusal = useActionData<typeof action>()
  const said = loaderData.done === null ? undefined : done[loaderData.done]
  const contactOf = (one: typeof contact) => [one.name, one.email, one.phone].filter(Boolean).join(', ') || '–'
  return (
    <PortalPage title="Legal info" lead="Your account in the developer programs, and the IDs it is known by.">
      <PageTabs label="Legal info" tabs={tabs} />
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : said ? (
        <Notice intent="success" title={said} />
      ) : null}
      <Section title="Account details" card>
        <Facts
          facts={[
            { label: 'Account type', value: accountType },
            { label: 'Account status', value: status },
          ]}
        />
      </Section>
      <Section title="Verification status" card>
        <ul className={styles.steps}>
          {steps.map(({ step, state, reason, changedAt }) => {
            const shown = stepStates[state] ?? { label: state, tone: 'neutral' as const }
            return (
              <li key={step} className={styles.step}>
                <div className={styles.text}>
                  <h3 className={styles.name}>
                    {stepNames[step]} verification <Status tone={shown.tone}>{shown.label}</Status>
                  </h3>
                  <p className={styles.muted}>
                    {reason ?? (state === 'accepted' ? stepMeanings[step]?.accepted : stepMeanings[step]?.pending)} Since{' '}
                    <MomentText value={changedAt} />.
                  </p>
                </div>
                <StepAction step={step} state={state} />
              </li>
            )
          })}
        </ul>
      </Section>
      <Section title="Publisher IDs" card actions={<TextLink to="/account/ids">Find my IDs</TextLink>}>
        <Facts
          facts={[
            { label: 'Symantec ID', value: <SymantecId id={ids.symantecId} requestedAt={ids.symantecRequestedAt} /> },
            { label: 'Seller ID', value: ids.sellerId },
            { label: 'User ID', value: ids.userId },
            { label: 'Publisher ID', value: ids.publisherIds.join(', ') || '–' },
            { label: 'MPN ID', value: ids.mpnIds.join(', ') || '–' },
            { label: 'Azure AD tenants', value: ids.tenants.join(', ') || '–' },
          ]}
        />
      </Section>
      <Section title="Contact info" card actions={<ButtonLink to={`${base}/legal/developer/update`}>Update</ButtonLink>}>
        <Facts
          facts={[
            { label: 'Publisher display name', value: displayName },
            { label: 'Seller contact', value: contactOf(contact) },
            { label: 'Seller contact’s address', value: addressText(contact.address ?? {}) },
            { label: 'Company approver', value: contactOf(approver) },
          ]}
        />
      </Section>
    </PortalPage>
  )
}

function StepAction({ step, state }: { step: string; state: string }) {
  if (step === 'email' && state === 'pending') {
    return (
      <Form method="post">
        <SubmitButton name="intent" value="resend">
          Send the mail again
        </SubmitButton>
      </Form>
    )
  }
  if (state !== 'refused') return null
  return (
    <Form method="post">
      <input type="hidden" name="step" value={step} />
      <FormRow>
        <SubmitButton name="intent" value={`again ${step}`}>
          Ask to be verified again
        </SubmitButton>
      </FormRow>
    </Form>
  )
}

function SymantecId({ id, requestedAt }: { id: string | null; requestedAt: string | null }) {
  const styles = useStyles()
  if (id) return <>{id}</>
  if (requestedAt) {
    return (
      <>
        Requested <MomentText value={requestedAt} />
      </>
    )
  }
  return (
    <Form method="post">
      <input type="hidden" name="intent" value="symantec" />
      <button type="submit" className={styles.link}>
        Request a Symantec ID
      </button>
    </Form>
  )
}
