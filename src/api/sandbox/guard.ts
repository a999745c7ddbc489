import type { FastifyRequest } from 'fastify'
import type { Domain } from '../../domain/domain.ts'
import { anonymous, type Principal, system } from '../../kernel/context.ts'
import { forbidden, isDomainError, unauthenticated } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { isKnownHost } from '../../kernel/origin.ts'

/** Audiences of tokens that open the sandbox: ours for operators, and the one that integrations hold anyway. */
const audiences = ['api://stoa/operator', '20e940b3-4c77-4b0b-9a53-9e16a1b010a7']

/**
 * Who may call the sandbox API. It can do everything, so it answers only
 * - programs on this machine, without a proxy in between, under one of our host names (a page of another site that was led here by its
 *   name server has another), and never a page of another site;
 * - and from elsewhere the operator's application, with its token.
 *
 * @throws forbidden `CrossSiteRequest`, `UnknownHost`, `NotAllowed`; unauthenticated `OperatorTokenRequired`
 */
export async function guardSandbox(request: FastifyRequest, { kernel, domain }: { kernel: Kernel; domain: Domain }): Promise<Principal> {
  const { headers } = request
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw crossSite()
  if (headers.origin !== undefined) {
    const origin = URL.canParse(headers.origin) ? new URL(headers.origin) : undefined
    if (!origin || !isKnownHost(kernel.config, origin.host)) throw crossSite()
  }
  if (headers.authorization !== undefined) return operator(request, headers.authorization, { kernel, domain })
  if (request.raw.unlistedHost !== undefined) {
    throw forbidden(
      'UnknownHost',
      `The host "${request.raw.unlistedHost.slice(0, 200)}" is not one of this marketplace's (STOA_KNOWN_HOSTS).`,
    )
  }
  if (!isLoopback(request.raw.socket.remoteAddress) || headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined) {
    throw unauthenticated(
      'OperatorTokenRequired',
      'From another machine or through a proxy, call with a bearer token of the operator application.',
    )
  }
  return system
}

const crossSite = () => forbidden('CrossSiteRequest', 'The sandbox does not answer pages of other sites.')

async function operator(
  request: FastifyRequest,
  authorization: string,
  { kernel, domain }: { kernel: Kernel; domain: Domain },
): Promise<Principal> {
  const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1]
  const refused = () => unauthenticated('OperatorTokenRequired', 'The bearer token is not a valid one of the operator application.')
  if (!token) throw refused()
  const principal = await kernel
    .read(anonymous, (ctx) => domain.directory.verifyBearer(ctx, token, { audience: audiences }), { requestId: request.id })
    .catch((error: unknown) => {
      if (isDomainError(error)) throw refused()
      throw error
    })
  if (principal.kind !== 'application' || !principal.roles.includes('operator')) {
    throw forbidden('NotAllowed', 'Only the operator application may use the sandbox.')
  }
  return system
}

const isLoopback = (address = '') => /^(?:::ffff:)?127\.|^::1$/.test(address)
