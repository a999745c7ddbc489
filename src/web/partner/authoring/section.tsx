import { redirect } from 'react-router'
import { fieldText, readForm } from '../../form.ts'
import { refused } from '../../ui/portal-access.server.ts'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { Notice } from '../../ui/portal-page.tsx'
import { sectionPage } from './authoring-data.server.ts'
import { Languages } from './languages.tsx'
import { enterOffer } from './offer-access.server.ts'
import { SectionForm } from './section-form.tsx'
import { SyncAudienceForm } from './sync-audience.tsx'
import type { Route } from './+types/section.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    ...(data?.planName ? [{ text: 'Plans', to: `${data.base}/plans` }] : []),
    { text: data ? titleOf(data) : 'Page' },
  ],
}

export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.page.label ?? 'Page'} · Partner Center` }]

/** A page of the offer, or of one of its plans. */
export async function loader(args: Route.LoaderArgs) {
  const visit = await enterOffer(args, 'offer.read')
  const { module, plan } = args.params as { module: string; plan?: string }
  const variant = new URL(args.request.url).searchParams.get('language') ?? undefined
  const synced = new URL(args.request.url).searchParams.has('synced')
  return { base: visit.offerBase, synced, ...(await sectionPage(visit, { module, planId: plan, variant })) }
}

/** Puts the edited audience of a plan into force, adds a language (an empty section in it), or removes one. */
export async function action(args: Route.ActionArgs) {
  const form = await readForm(args.request)
  const syncs = fieldText(form, 'intent') === 'sync'
  const visit = await enterOffer(args, syncs ? 'offer.publish' : 'offer.write')
  const { module, plan } = args.params as { module: string; plan?: string }
  const language = fieldText(form, 'language', 10)
  const address = new URL(args.request.url).pathname.replace(/\.data$/, '')
  try {
    if (syncs) {
      await visit.run((ctx) => visit.domain.offers.syncAudience(ctx, { offer: visit.offer.id, planId: plan ?? '' }))
      return redirect(`${address}?synced`, 303)
    }
    if (fieldText(form, 'intent') === 'remove-language') {
      const revision = Number(fieldText(form, 'revision', 10))
      await visit.run((ctx) =>
        visit.domain.offers.removeLanguage(ctx, { offer: visit.offer.id, module, planId: plan, variant: language, revision }),
      )
      return redirect(address, 303)
    }
    await visit.run((ctx) =>
      visit.domain.offers.saveSection(ctx, { offer: visit.offer.id, module, planId: plan, variant: language, content: {}, revision: 0 }),
    )
  } catch (error) {
    return refused(error)
  }
  return redirect(`${address}?language=${encodeURIComponent(language)}`, 303)
}

function titleOf({ page, planName }: { page: { label: string }; planName: string | null }): string {
  return planName === null ? page.label : `${planName}: ${page.label}`
}

export default function SectionPage({ loaderData, actionData }: Route.ComponentProps) {
  const { base, page, language, languages, saved, missing, warnings, prices, revisions, mayWrite, syncs, synced } = loaderData
  return (
    <SectionForm
      key={`${page.module} ${page.planId} ${language}`}
      page={page}
      title={titleOf(loaderData)}
      variant={language}
      saved={saved}
      missing={missing}
      warnings={warnings}
      prices={prices}
      revisions={revisions}
      base={base}
      readOnly={mayWrite ? undefined : 'Your role does not include changing offers.'}
      above={
        page.perLanguage ? (
          <Languages
            current={language}
            languages={languages}
            revision={saved.revision}
            mayWrite={mayWrite}
            base={base}
            page={page}
            refusal={actionData?.errors?.message}
          />
        ) : undefined
      }
      below={
        syncs ? <SyncAudience planName={loaderData.planName ?? ''} synced={synced} refusal={actionData?.errors?.message} /> : undefined
      }
    />
  )
}

/** The audience of a live plan, put into force without publishing the rest of the draft (spec/06 B4). */
function SyncAudience({ planName, synced, refusal }: { planName: string; synced: boolean; refusal: string | undefined }) {
  return (
    <>
      {refusal ? (
        <Notice intent="error" title="This was refused.">
          {refusal}
        </Notice>
      ) : synced ? (
        <Notice intent="success" title="The audience is in force.">
          The stored audience of plan {planName} has replaced the one before.
        </Notice>
      ) : null}
      <SyncAudienceForm planName={planName} />
    </>
  )
}
