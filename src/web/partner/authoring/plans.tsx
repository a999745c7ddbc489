import { Button, Field, Input, makeStyles, tokens } from '@fluentui/react-components'
import { AddRegular } from '@fluentui/react-icons/svg/add'
import { DocumentBulletListMultipleRegular } from '@fluentui/react-icons/svg/document-bullet-list-multiple'
import { useState } from 'react'
import { redirect } from 'react-router'
import { allows } from '../../../kernel/authorization.ts'
import { fieldText, readForm } from '../../form.ts'
import { refuse, refused } from '../../ui/portal-access.server.ts'
import { ConfirmForm } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage } from '../../ui/portal-page.tsx'
import { Status, type Tone } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { FormDialog } from './form-dialog.tsx'
import { IdField } from './id-field.tsx'
import { idRules } from './id-rules.ts'
import { enterOffer } from './offer-access.server.ts'
import { SyncAudienceForm } from './sync-audience.tsx'
import type { Route } from './+types/plans.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Plans' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Plan overview · Partner Center' }]

/** Plan overview (spec/05 §5.7). */
export async function loader(args: Route.LoaderArgs) {
  const { domain, offer, user, publisher, read, offerBase } = await enterOffer(args, 'offer.read')
  return read(async (ctx) => {
    const form = await domain.offers.form(ctx, { offer: offer.id })
    if (!form.plans.shown) throw refuse(404, 'This offer has no plans: it is listed only.')
    const first = form.pages.find((page) => page.scope === 'plan')?.module
    return {
      base: offerBase,
      max: form.plans.max,
      first: first ?? 'plan-listing',
      mayWrite: allows(user, 'offer.write', { tenantId: publisher.tenantId }),
      synced: new URL(args.request.url).searchParams.get('synced'),
      plans: await domain.publishing.planOverview(ctx, { offer: offer.id }),
    }
  })
}

export async function action(args: Route.ActionArgs) {
  const form = await readForm(args.request)
  const intent = fieldText(form, 'intent')
  const planId = fieldText(form, 'planId')
  const publishes = intent === 'stop' || intent === 'resume' || intent === 'sync'
  const { domain, offer, run, offerBase } = await enterOffer(args, publishes ? 'offer.publish' : 'offer.write')
  try {
    if (intent === 'create') {
      await run((ctx) => domain.offers.createPlan(ctx, { offer: offer.id, planId, name: fieldText(form, 'name') }))
      return redirect(`${offerBase}/plans/${planId}/${encodeURIComponent(fieldText(form, 'first'))}`, 303)
    }
    if (intent === 'copy') {
      const from = fieldText(form, 'from')
      await run((ctx) => domain.offers.copyPlan(ctx, { offer: offer.id, from, planId, name: fieldText(form, 'name') }))
      return redirect(`${offerBase}/plans/${planId}/${encodeURIComponent(fieldText(form, 'first'))}`, 303)
    }
    if (intent === 'delete') await run((ctx) => domain.offers.deletePlan(ctx, { offer: offer.id, planId }))
    else if (intent === 'stop') await run((ctx) => domain.publishing.stopPlan(ctx, { offer: offer.id, planId }))
    else if (intent === 'resume') await run((ctx) => domain.publishing.resumePlan(ctx, { offer: offer.id, planId }))
    else if (intent === 'sync') await run((ctx) => domain.offers.syncAudience(ctx, { offer: offer.id, planId }))
    else throw refuse(400, 'This page does not know what to do with this form.')
  } catch (error) {
    return refused(error)
  }
  return redirect(`${offerBase}/plans${intent === 'sync' ? `?synced=${encodeURIComponent(planId)}` : ''}`, 303)
}

const tones: Record<string, Tone> = { Draft: 'neutral', Live: 'good', 'Pending Stop distribution': 'attention', 'Not available': 'bad' }

const useStyles = makeStyles({
  actions: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
})

type Plan = Awaited<ReturnType<typeof loader>>['plans'][number]

export default function Plans({ loaderData: { base, plans, max, first, synced, mayWrite }, actionData }: Route.ComponentProps) {
  const [dialog, setDialog] = useState<{ copy?: Plan }>()
  const create = mayWrite ? (
    <Button appearance="primary" icon={<AddRegular />} disabledFocusable={plans.length >= max} onClick={() => setDialog({})}>
      Create new plan
    </Button>
  ) : undefined
  return (
    <PortalPage
      title="Plan overview"
      lead="What customers can choose from. Every plan has its own prices, markets and audience; all plans share one pricing model."
      actions={create}
    >
      {actionData?.errors ? (
        <Notice intent="error" title="This was refused.">
          {actionData.errors.message}
        </Notice>
      ) : null}
      {synced && plans.some((plan) => plan.planId === synced) ? (
        <Notice intent="success" title="The audience is in force.">
          The edited audience of plan {synced} has replaced the one before.
        </Notice>
      ) : null}
      {plans.length === 0 ? (
        <EmptyState icon={<DocumentBulletListMultipleRegular />} title="No plans yet" action={create}>
          An offer that is sold through the marketplace needs at least one plan.
        </EmptyState>
      ) : (
        <DataTable
          caption="Plans of this offer"
          rows={plans}
          rowKey={(plan) => plan.planId}
          columns={[
            {
              key: 'name',
              header: 'Plan',
              cell: (plan) => (
                <>
                  <TextLink to={`${base}/plans/${plan.planId}/${first}`}>{plan.name}</TextLink>
                  <br />
                  {plan.planId}
                </>
              ),
              rowHeader: true,
            },
            { key: 'model', header: 'Pricing model', cell: (plan) => plan.pricingModel || '–' },
            { key: 'availability', header: 'Availability', cell: (plan) => plan.availability },
            { key: 'status', header: 'Status', cell: (plan) => <Status tone={tones[plan.status] ?? 'neutral'}>{plan.status}</Status> },
            ...(mayWrite
              ? [
                  {
                    key: 'actions',
                    header: 'Action',
                    cell: (plan: Plan) => <PlanActions plan={plan} onCopy={() => setDialog({ copy: plan })} />,
                  },
                ]
              : []),
          ]}
        />
      )}
      {dialog ? <PlanDialog first={first} copy={dialog.copy} onClose={() => setDialog(undefined)} /> : null}
    </PortalPage>
  )
}

function PlanActions({ plan, onCopy }: { plan: Plan; onCopy: () => void }) {
  const styles = useStyles()
  const hidden = { planId: plan.planId }
  return (
    <div className={styles.actions}>
      <Button size="small" aria-label={`Copy plan ${plan.name}`} onClick={onCopy}>
        Copy
      </Button>
      {plan.actions.includes('Delete draft') ? (
        <ConfirmForm
          intent="delete"
          fields={hidden}
          small
          button="Delete draft"
          title={`Delete the plan ${plan.name}?`}
          confirm="Delete the plan"
          keep="Keep it"
        >
          Its pages and prices are removed from the draft. The plan ID {plan.planId} can be used again.
        </ConfirmForm>
      ) : null}
      {plan.actions.includes('Sync private audience') ? <SyncAudienceForm planName={plan.name} fields={hidden} small /> : null}
      {plan.actions.includes('Stop distribution') ? (
        <ConfirmForm
          intent="stop"
          fields={hidden}
          small
          button="Stop distribution"
          title={`Stop the distribution of ${plan.name}?`}
          confirm="Stop distribution"
          keep="Keep selling it"
        >
          It takes effect when the offer is published again. New customers no longer find the plan; customers who have it keep it.
        </ConfirmForm>
      ) : null}
      {plan.actions.includes('Resume distribution') ? (
        <ConfirmForm
          intent="resume"
          fields={hidden}
          small
          button="Resume distribution"
          title={`Offer ${plan.name} again?`}
          confirm="Resume"
          keep="Leave it stopped"
        >
          New customers can buy the plan again{plan.status === 'Not available' ? ' once the offer has been published' : ''}.
        </ConfirmForm>
      ) : null}
    </div>
  )
}

function PlanDialog({ first, copy, onClose }: { first: string; copy: Plan | undefined; onClose: () => void }) {
  const [planId, setPlanId] = useState('')
  return (
    <FormDialog
      open
      title={copy ? `Copy plan ${copy.name}` : 'New plan'}
      hidden={{ intent: copy ? 'copy' : 'create', first, ...(copy ? { from: copy.planId } : {}) }}
      submit="Create"
      onClose={onClose}
    >
      {(errorOf) => (
        <>
          <IdField
            name="planId"
            label="Plan ID"
            hint="Your code sees it in every call of the APIs. It cannot change later."
            value={planId}
            rules={idRules}
            error={errorOf('planId')}
            onChange={setPlanId}
          />
          <Field label="Plan name" hint="Customers see it. It is unique within the offer." required validationMessage={errorOf('name')}>
            <Input name="name" autoComplete="off" maxLength={50} />
          </Field>
        </>
      )}
    </FormDialog>
  )
}
