import { InvoiceExplanationView } from '../ui/invoice-explanation.tsx'
import { explained } from '../ui/invoice-explanation.server.ts'
import { enter } from '../ui/portal-access.server.ts'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { PortalPage } from '../ui/portal-page.tsx'
import type { Route } from './+types/invoice-why.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Invoices', to: '/account/invoices' },
    { text: data?.why.number ?? 'Invoice', ...(data ? { to: `/account/invoices/${data.why.id}` } : {}) },
    { text: 'Why these amounts' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `Why: ${loaderData?.why.number ?? 'invoice'} · My account` }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'invoice.read')
  return read(async (ctx) => {
    const detail = await domain.billing.getInvoice(ctx, args.params.invoice)
    return { why: explained(detail, await domain.billing.explainInvoice(ctx, detail.id), false) }
  })
}

export default function InvoiceWhy({ loaderData: { why } }: Route.ComponentProps) {
  return (
    <PortalPage
      title={`Why ${why.number} comes to ${why.total}`}
      lead="The document is calculated again from the agreement, its history and the usage that publishers reported."
    >
      <InvoiceExplanationView of={why} />
    </PortalPage>
  )
}
