import { allows, authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Readable } from 'node:stream'
import { ndjson, type ZipEntry, zipStream } from '../../kernel/zip.ts'
import type { Accounts } from '../accounts/index.ts'
import type { Billing } from '../billing/index.ts'
import type { Checkout } from '../checkout/index.ts'
import type { Directory } from '../directory/index.ts'
import type { Procurement } from '../procurement/index.ts'
import type { Subscriptions } from '../subscriptions/index.ts'

export interface OrganisationNeighbours {
  directory: Pick<Directory, 'findTenant' | 'listUsers'>
  accounts: Pick<Accounts, 'billingAccount'>
  billing: Pick<Billing, 'listInvoices' | 'getInvoice' | 'invoicePdf' | 'listStatements'>
  checkout: Pick<Checkout, 'purchasesOf'>
  procurement: Pick<Procurement, 'rules' | 'allowedList' | 'requests'>
  subscriptions: Pick<Subscriptions, 'listForTenant'>
}

const pageSize = 500
const most = 100_000

/**
 * What an organisation has here, for itself: JSON lines of everything that it can see in its portal, and the PDF of each invoice. Made entry by
 * entry while it is downloaded.
 * @throws forbidden
 */
export async function organisationExport(
  kernel: Kernel,
  rooms: OrganisationNeighbours,
  ctx: Ctx,
  tenantId: string,
): Promise<{ fileName: string; stream: () => Readable }> {
  authorize(ctx.principal, 'organisation.export', { tenantId })
  const { principal } = ctx
  const rows = (use: (ctx: Ctx) => Promise<Iterable<unknown>>) => async () => ndjson(await kernel.read(principal, use))
  const tenant = await rooms.directory.findTenant(ctx, tenantId)
  // Whoever may not see invoices gets all the rest.
  const seesInvoices = allows(principal, 'invoice.read', { tenantId })
  const invoices = seesInvoices ? await rooms.billing.listInvoices(ctx, tenantId, most) : []
  const about = {
    organisation: tenant,
    asOf: ctx.wall.toString(),
    marketplace: kernel.config.brand.name,
    billingAccount: await rooms.accounts.billingAccount(ctx, tenantId),
    buyingRules: await rooms.procurement.rules(ctx, tenantId),
  }
  await kernel.audit.record(ctx, { action: 'organisation.export', target: `tenant:${tenantId}`, after: { invoices: invoices.length } })
  const entries: ZipEntry[] = [
    { name: 'about.json', content: () => `${JSON.stringify(about, null, 2)}\n` },
    { name: 'users.ndjson', content: rows((now) => rooms.directory.listUsers(now, tenantId, { limit: most })) },
    { name: 'subscriptions.ndjson', content: rows((now) => allSubscriptions(now)) },
    { name: 'purchases.ndjson', content: rows((now) => rooms.checkout.purchasesOf(now, tenantId, most)) },
    { name: 'requests.ndjson', content: rows((now) => rooms.procurement.requests(now, tenantId, most)) },
    { name: 'allowed.ndjson', content: rows((now) => rooms.procurement.allowedList(now, tenantId)) },
    ...(seesInvoices ? [{ name: 'statements.ndjson', content: rows((now) => rooms.billing.listStatements(now, tenantId)) }] : []),
    {
      name: 'invoices.ndjson',
      content: async () => {
        const lines: string[] = []
        for (const { id } of invoices) lines.push(ndjson([await kernel.read(principal, (now) => rooms.billing.getInvoice(now, id))]))
        return lines.join('')
      },
    },
    ...invoices.map(({ id, number }) => ({
      name: `invoices/${number}.pdf`,
      content: async () => (await kernel.read(principal, (now) => rooms.billing.invoicePdf(now, id))).bytes,
    })),
  ]
  return { fileName: `${tenant?.domain ?? tenantId}-${ctx.wall.toString().slice(0, 10)}.zip`, stream: () => zipStream(entries) }

  async function allSubscriptions(now: Ctx): Promise<unknown[]> {
    const all: unknown[] = []
    for (let page = 1; ; page++) {
      const { items } = await rooms.subscriptions.listForTenant(now, { tenantId, pageSize, page })
      all.push(...items)
      if (items.length < pageSize) return all
    }
  }
}
