import { invalid } from '../../kernel/errors.ts'
import { field, type Visit } from '../ui/portal-access.server.ts'

/** What the page of an organisation's directory shows. */
export async function directoryData({ domain, kernel, origin, user, read }: Visit) {
  const { directory } = domain
  const { tenantId } = user
  return read(async (ctx) => {
    const [tokens, domains, claims, tenant] = [
      await directory.listProvisioningTokens(ctx, tenantId),
      await directory.listDomains(ctx, tenantId),
      await directory.listClaims(ctx, tenantId),
      await directory.findTenant(ctx, tenantId),
    ]
    return {
      name: tenant?.name ?? '',
      tenantId,
      sandbox: kernel.config.mode === 'sandbox',
      endpoint: `${origin}/scim/v2`,
      signsInOutside: (await directory.signsInOutside(ctx, tenantId)) ? (kernel.config.outsideIssuer?.name ?? null) : null,
      domains,
      claims: claims.map(({ name, record, value }) => ({ name, record, value })),
      tokens: tokens.map((token) => ({
        tokenId: token.tokenId,
        name: token.name,
        hint: token.hint,
        createdAt: token.createdAt.toString(),
        expiresAt: token.expiresAt.toString(),
        lastUsedAt: token.lastUsedAt?.toString() ?? null,
        isOver: token.expiresAt.epochMilliseconds <= ctx.wall.epochMilliseconds,
      })),
    }
  })
}

/** Does what a form of the page asks for. Returns the value of a new token, to be shown this once, or null. */
export async function changeDirectory({ domain, user, run }: Visit, form: FormData): Promise<string | null> {
  const { directory } = domain
  const { tenantId } = user
  const name = field(form, 'domain')
  switch (field(form, 'intent')) {
    case 'claim':
      await run((ctx) => directory.claimDomain(ctx, tenantId, name))
      return null
    case 'prove': {
      const claim = await run((ctx) => directory.findClaim(ctx, tenantId, name))
      const proved = await directory.isProved(claim)
      await run((ctx) => directory.confirmDomain(ctx, tenantId, claim.name, proved))
      return null
    }
    case 'drop':
      await run((ctx) => directory.dropClaim(ctx, tenantId, name))
      return null
    case 'primary':
      await run((ctx) => directory.makePrimary(ctx, tenantId, name))
      return null
    case 'remove':
      await run((ctx) => directory.removeDomain(ctx, tenantId, name))
      return null
    case 'token': {
      const days = Number(field(form, 'days'))
      const input = { tenantId, name: field(form, 'name'), days, createdBy: user.objectId }
      return (await run((ctx) => directory.issueProvisioningToken(ctx, input))).value
    }
    case 'revoke':
      await run((ctx) => directory.revokeProvisioningToken(ctx, tenantId, field(form, 'token')))
      return null
    default:
      throw invalid('UnknownIntent', 'This page has no such form.')
  }
}
