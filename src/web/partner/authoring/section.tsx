import { redirect } from 'react-router'
import { fieldText, readForm } from '../../form.ts'
import { refused } from '../../ui/portal-access.server.ts'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { sectionPage } from './authoring-data.server.ts'
import { Languages } from './languages.tsx'
import { enterOffer } from './offer-access.server.ts'
import { SectionForm } from './section-form.tsx'
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
  return { base: visit.offerBase, ...(await sectionPage(visit, { module, planId: plan, variant })) }
}

/** Adds a language: an empty section in it. */
export async function action(args: Route.ActionArgs) {
  const visit = await enterOffer(args, 'offer.write')
  const { module, plan } = args.params as { module: string; plan?: string }
  const language = fieldText(await readForm(args.request), 'language', 10)
  try {
    await visit.run((ctx) =>
      visit.domain.offers.saveSection(ctx, { offer: visit.offer.id, module, planId: plan, variant: language, content: {}, revision: 0 }),
    )
  } catch (error) {
    return refused(error)
  }
  return redirect(`${new URL(args.request.url).pathname.replace(/\.data$/, '')}?language=${encodeURIComponent(language)}`, 303)
}

function titleOf({ page, planName }: { page: { label: string }; planName: string | null }): string {
  return planName === null ? page.label : `${planName}: ${page.label}`
}

export default function SectionPage({ loaderData }: Route.ComponentProps) {
  const { base, page, language, languages, saved, missing, warnings, prices, revisions, mayWrite } = loaderData
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
        page.perLanguage ? <Languages current={language} languages={languages} mayWrite={mayWrite} base={base} page={page} /> : undefined
      }
    />
  )
}
