/** Scopes of OpenID Connect itself; everything else names a resource or nothing that we have. */
const oidcScopes = new Set(['openid', 'profile', 'email', 'offline_access'])

const words = (scope: string | undefined) => (scope ?? '').split(/\s+/).filter((word) => word !== '')

/** What the OpenID Connect library is asked for. `openid` is always among it: Azure AD sends an id_token to whoever signs someone in. */
export function oidcScope(scope: string | undefined): string {
  return [...new Set(['openid', ...words(scope).filter((word) => oidcScopes.has(word))])].join(' ')
}

/**
 * The resource that a v2 scope asks a token for: `<resource>/.default` or `<resource>/<permission>`; undefined when there is none.
 * The resource may be a GUID, or a URI, which itself holds slashes.
 */
export function resourceOfScope(scope: string | undefined): { resource: string; permission: string } | undefined {
  for (const word of words(scope)) {
    const slash = word.lastIndexOf('/')
    if (oidcScopes.has(word) || slash <= 0) continue
    return { resource: word.slice(0, slash), permission: word.slice(slash + 1) }
  }
  return undefined
}

/** The scopes as an answer lists them: what was asked for, without the right to refresh. */
export function answeredScope(scope: string | undefined): string | undefined {
  const kept = words(scope).filter((word) => word !== 'offline_access')
  return kept.length > 0 ? kept.join(' ') : undefined
}
