import { resourceName, resources } from '../../domain/directory/index.ts'

/** Scopes of OpenID Connect itself; everything else names a permission at a resource. */
const oidcScopes = new Set(['openid', 'profile', 'email', 'offline_access'])

const words = (scope: string | undefined) => (scope ?? '').split(/\s+/).filter((word) => word !== '')

/** What the OpenID Connect library is asked for. `openid` is always among it: Azure AD sends an id_token to whoever signs someone in. */
export function oidcScope(scope: string | undefined): string {
  return [...new Set(['openid', ...words(scope).filter((word) => oidcScopes.has(word))])].join(' ')
}

/**
 * The resource that a v2 scope asks a token for: `<resource>/.default` or `<resource>/<permission>`; a permission without a resource is one of the
 * profile endpoint. Undefined when there is none. The resource may be a GUID, or a URI, which itself holds slashes.
 */
export function resourceOfScope(scope: string | undefined): { resource: string; permission: string } | undefined {
  const asked = words(scope).filter((word) => !oidcScopes.has(word))
  const [first] = asked
  if (first === undefined) return undefined
  const resource = split(first).resource
  const permissions = asked.map(split).filter((one) => one.resource === resource)
  return { resource, permission: permissions.map(({ permission }) => permission).join(' ') }
}

function split(word: string): { resource: string; permission: string } {
  const slash = word.lastIndexOf('/')
  return slash <= 0
    ? { resource: resources.profile, permission: word }
    : { resource: word.slice(0, slash), permission: word.slice(slash + 1) }
}

/** The one permission at the profile endpoint (seed 001 L15676). */
const profilePermission = 'User.Read'

/** Permissions of the profile endpoint that a scope asks for and that do not exist. */
export function unknownPermissions(scope: string | undefined): string[] {
  return words(scope).filter((word) => {
    if (oidcScopes.has(word)) return false
    const { resource, permission } = split(word)
    return resourceName(resource) === resources.profile && ![profilePermission.toLowerCase(), '.default'].includes(permission.toLowerCase())
  })
}

/** What a person is asked to allow for a request: scopes of OpenID Connect, `User.Read`, and the resources at which the application wants to act. */
export function consentOf(scope: string | undefined, resource: string | undefined): string[] {
  const named = [
    ...words(scope)
      .filter((word) => !oidcScopes.has(word))
      .map((word) => split(word).resource),
    ...(resource?.trim() ? [resource] : []),
  ]
  const allowed = named.map(consentOfResource)
  return [...new Set([...oidcScope(scope).split(' '), ...allowed])]
}

/** The name under which acting at a resource is allowed. */
export function consentOfResource(resource: string): string {
  const name = resourceName(resource)
  return name === resources.profile ? profilePermission : name
}

/** The scopes as an answer lists them: what was asked for, without the right to refresh. */
export function answeredScope(scope: string | undefined): string | undefined {
  const kept = words(scope).filter((word) => word !== 'offline_access')
  return kept.length > 0 ? kept.join(' ') : undefined
}
