import type { TokenInspection } from '../../domain/directory/index.ts'
import type { Ctx } from '../../kernel/context.ts'
import { isUuid } from '../../kernel/ids.ts'
import { type KeptRequest, listRequests } from '../../kernel/requests.ts'
import type { Desk, SandboxDesk } from '../ui/desk.server.ts'
import { refuse } from '../ui/portal-access.server.ts'

export interface CallFilter {
  /** name of a wire contract */
  contract?: string
  /** part of a path */
  path: string
  /** first digit of the answer's status */
  status: string
}

const shown = 100

/**
 * A publisher's calls are those of its tenant's applications. In the sandbox also those with a token that names nobody: whoever looks for
 * a mistake must find the call that failed; nothing of a customer is in a refusal.
 */
function isMine({ publisher, kernel }: Desk, call: KeptRequest): boolean {
  if (publisher === null || call.tenantId === publisher.tenantId) return true
  return kernel.config.mode === 'sandbox' && call.tenantId === null && call.status === 403
}

async function callsOf(desk: Desk, ctx: Ctx, { contract = '', path, status }: CallFilter, limit: number): Promise<KeptRequest[]> {
  const filter = {
    ...(contract === '' ? {} : { contract }),
    ...(path === '' ? {} : { path }),
    ...(status === '' ? {} : { statusClass: Number(status) }),
    limit,
  }
  if (desk.publisher === null) return listRequests(ctx, filter)
  const own = await listRequests(ctx, { ...filter, tenantId: desk.publisher.tenantId })
  if (desk.kernel.config.mode !== 'sandbox') return own
  const refusedCalls = await listRequests(ctx, { ...filter, statusClass: 4, limit: 500 })
  const unnamed = status === '' || status === '4' ? refusedCalls.filter((call) => call.tenantId === null && isMine(desk, call)) : []
  return [...own, ...unnamed].sort((a, b) => b.wallAt.epochMilliseconds - a.wallAt.epochMilliseconds).slice(0, limit)
}

/** The latest calls of the desk. */
export async function callList(desk: Desk, filter: CallFilter) {
  const calls = await desk.read((ctx) => callsOf(desk, ctx, filter, shown))
  return calls.map((call) => ({
    id: call.id,
    wallAt: call.wallAt.toString(),
    contract: call.contract,
    method: call.method,
    path: call.path,
    status: call.status,
    durationMs: call.durationMs,
  }))
}

async function callOf(desk: Desk, ctx: Ctx, id: string): Promise<KeptRequest> {
  const [found] = isUuid(id) ? await listRequests(ctx, { id }) : []
  if (!found || !isMine(desk, found)) throw refuse(404, 'There is no such call, or it is older than 30 days.')
  return found
}

/** One call with everything that was kept of it, and where it was refused: why. */
export async function callDetail(desk: Desk, id: string) {
  return desk.read(async (ctx) => {
    const call = await callOf(desk, ctx, id)
    return {
      ...call,
      wallAt: call.wallAt.toString(),
      at: call.at.toString(),
      why: call.status === 403 ? await whyRefused(desk, ctx, call) : null,
    }
  })
}

/** Recent calls that were answered 403. */
export async function refusedCalls(desk: Desk) {
  const calls = await desk.read((ctx) => callsOf(desk, ctx, { path: '', status: '4' }, 200))
  return calls
    .filter((call) => call.status === 403)
    .slice(0, 20)
    .map((call) => ({ id: call.id, wallAt: call.wallAt.toString(), method: call.method, path: call.path }))
}

/** Why a recent call was 403, in sentences. */
export async function explainRefusal(desk: Desk, id: string) {
  return desk.read(async (ctx) => {
    const call = await callOf(desk, ctx, id)
    if (call.status !== 403) throw refuse(404, 'This call was not answered 403.')
    return { id: call.id, method: call.method, path: call.path, wallAt: call.wallAt.toString(), why: await whyRefused(desk, ctx, call) }
  })
}

const guid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i

async function whyRefused(desk: Desk, ctx: Ctx, call: KeptRequest): Promise<string[]> {
  const reason = call.responseHeaders['x-stoa-reason']
  if (reason) return [`The token was refused. ${reason}`]
  if (call.tenantId === null || call.clientId === null) {
    return call.requestHeaders.authorization === undefined
      ? ['The call has no Authorization header.']
      : ['The token names no application: it is invalid, expired, for another resource, or a person’s. Paste it above to see which.']
  }
  const { subscriptions } = desk.domain
  const bindings = await subscriptions.bindingsOfApplication(ctx, { tenantId: call.tenantId, clientId: call.clientId })
  const said = [`The token was good: it is of the application ${call.clientId} in the tenant ${call.tenantId}.`]
  const id = guid.exec(call.path)?.[0]
  const [row] = id === undefined ? [] : await subscriptions.getMany(ctx, [id.toLowerCase()])
  const isSeen = row !== undefined && (desk.publisher === null || row.publisherId === desk.publisher.publisherId)
  if (isSeen) {
    const endpoints = await subscriptions.endpoints(ctx, { publisherId: row.publisherId })
    const wanted = endpoints.find((one) => one.offer === row.offer && one.preview === row.preview)
    said.push(
      `The subscription is of the offer ${row.publisherId}.${row.offerId}, whose technical configuration names the application ${wanted?.applicationId ?? 'of no one'} in the tenant ${wanted?.tenantId ?? '–'}.`,
      'Call with a token of that pair, or change the technical configuration and publish the offer again.',
    )
  } else if (id !== undefined) {
    said.push('What it asked for is not of an offer of this publisher, or does not exist; the answer is the same for both.')
  }
  said.push(
    bindings.length === 0
      ? 'No published offer names this application.'
      : `This application is named by: ${
          bindings
            .filter((binding) => desk.publisher === null || binding.publisherId === desk.publisher.publisherId)
            .map(nameOf)
            .join(', ') || 'offers of another publisher'
        }.`,
  )
  return said
}

const nameOf = ({ publisherId, offerId, preview }: { publisherId: string; offerId: string; preview: boolean }) =>
  `${publisherId}.${offerId}${preview ? ' (preview)' : ''}`

/** A pasted token judged, and the offers that name its application. It is neither kept nor logged, and not sent back. */
export async function judgeToken(desk: SandboxDesk, pasted: string) {
  return desk.read(async (ctx) => {
    const found: TokenInspection = await desk.domain.directory.inspectToken(ctx, pasted.slice(0, 20_000))
    const bindings =
      found.tenantId && found.clientId
        ? await desk.domain.subscriptions.bindingsOfApplication(ctx, { tenantId: found.tenantId, clientId: found.clientId })
        : []
    const own = bindings.filter((binding) => desk.publisher === null || binding.publisherId === desk.publisher.publisherId)
    const all = desk.publisher ? await desk.domain.subscriptions.endpoints(ctx, { publisherId: desk.publisher.publisherId }) : own
    return {
      use: found.use,
      checks: found.checks.map(({ advice, ...check }) => ({ ...check, advice: advice ?? null })),
      header: JSON.stringify(found.header),
      claims: JSON.stringify(found.claims),
      clientId: found.clientId,
      tenantId: found.tenantId,
      foreign: bindings.length > own.length,
      offers: all.map((binding) => ({
        name: binding.offerName,
        id: nameOf(binding),
        tenantId: binding.tenantId,
        applicationId: binding.applicationId,
        matches: own.some((one) => one.offer === binding.offer && one.preview === binding.preview),
      })),
    }
  })
}
