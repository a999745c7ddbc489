import { sql } from 'drizzle-orm'
import { rowsOf } from '../../kernel/clock.ts'
import { toInstant } from '../../kernel/columns.ts'
import { isUuid } from '../../kernel/ids.ts'
import { refuse, type Visit } from '../ui/portal-access.server.ts'

export async function marketplaceOverview({ domain, read }: Visit) {
  return read(async (ctx) => {
    const publishers = await domain.accounts.listPublishers(ctx)
    const live = await domain.publishing.livePublications(ctx)
    const active = await domain.subscriptions.listAll(ctx, { status: 'Subscribed', pageSize: 1 })
    const pending = await domain.subscriptions.listAll(ctx, { status: 'PendingFulfillmentStart', pageSize: 1 })
    return {
      now: ctx.now.toString(),
      publishers: publishers.length,
      liveOffers: live.length,
      activeSubscriptions: active.total,
      pendingSubscriptions: pending.total,
    }
  })
}

export async function publishersAndOffers({ domain, read }: Visit) {
  return read(async (ctx) => {
    const publishers = await domain.accounts.listPublishers(ctx)
    const offers = await domain.publishing.listOffers(ctx, { publisherIds: publishers.map((publisher) => publisher.publisherId) })
    const tenants = await domain.directory.getTenants(ctx, [...new Set(publishers.map((publisher) => publisher.tenantId))])
    const names = new Map<string, string>(tenants.map((tenant) => [tenant.tenantId, tenant.name]))
    return {
      publishers: publishers.map((publisher) => ({
        publisherId: publisher.publisherId,
        name: publisher.name,
        status: publisher.status,
        tenant: names.get(publisher.tenantId) ?? publisher.tenantId,
        fee: `${publisher.storeFeePercent} %`,
        offers: offers.filter((offer) => offer.publisherId === publisher.publisherId).length,
      })),
      offers: offers.map((offer) => ({
        key: offer.offer,
        name: offer.name,
        publisherId: offer.publisherId,
        offerId: offer.offerId,
        status: offer.status,
        modifiedAt: offer.modifiedAt.toString(),
        product: offer.isLive ? `/product/${offer.publisherId}.${offer.offerId}` : null,
      })),
    }
  })
}

export interface CallFilter {
  /** part of a path */
  path: string
  /** name of a wire contract */
  contract: string
  /** first digit of the answer's status */
  status: string
}

const calls = 200

/** The latest calls of the wire contracts (kernel.request). */
export async function contractCalls({ read }: Visit, { path, contract, status }: CallFilter) {
  const conditions = [
    path === '' ? undefined : sql`path ilike ${`%${path.replaceAll(/[\\%_]/g, '\\$&')}%`}`,
    contract === '' ? undefined : sql`contract = ${contract}`,
    status === '' ? undefined : sql`status between ${Number(status) * 100} and ${Number(status) * 100 + 99}`,
  ].filter((condition) => condition !== undefined)
  const where = conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)
  return read(async (ctx) => {
    const rows = rowsOf<{
      id: string
      wall_at: unknown
      contract: string
      method: string
      path: string
      status: number
      duration_ms: number
    }>(
      await ctx.tx.execute(sql`
        select id, wall_at, contract, method, path, status, duration_ms from kernel.request
        where ${where} order by wall_at desc, id desc limit ${calls}`),
    )
    const contracts = rowsOf<{ contract: string }>(
      await ctx.tx.execute(sql`select distinct contract from kernel.request order by contract`),
    )
    return {
      contracts: contracts.map((row) => row.contract),
      calls: rows.map((row) => ({
        id: row.id,
        wallAt: toInstant(row.wall_at).toString(),
        contract: row.contract,
        method: row.method,
        path: row.path,
        status: row.status,
        durationMs: row.duration_ms,
      })),
    }
  })
}

interface RequestRow {
  id: string
  wall_at: unknown
  at: unknown
  contract: string
  tenant_id: string | null
  client_id: string | null
  method: string
  path: string
  status: number
  duration_ms: number
  request_id: string
  correlation_id: string | null
  request_headers: Record<string, string>
  request_body: string | null
  response_headers: Record<string, string>
  response_body: string | null
}

/** One call with everything that was kept of it. */
export async function contractCall({ read }: Visit, id: string) {
  const found = isUuid(id)
    ? await read(async (ctx) => rowsOf<RequestRow>(await ctx.tx.execute(sql`select * from kernel.request where id = ${id}`))[0])
    : undefined
  if (!found) throw refuse(404, 'There is no such call, or it is older than 30 days.')
  return {
    contract: found.contract,
    method: found.method,
    path: found.path,
    status: found.status,
    durationMs: found.duration_ms,
    wallAt: toInstant(found.wall_at).toString(),
    at: toInstant(found.at).toString(),
    tenantId: found.tenant_id,
    clientId: found.client_id,
    requestId: found.request_id,
    correlationId: found.correlation_id,
    requestHeaders: found.request_headers,
    requestBody: found.request_body,
    responseHeaders: found.response_headers,
    responseBody: found.response_body,
  }
}
