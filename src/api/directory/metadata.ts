import type { Tenant } from '../../domain/directory/index.ts'
import { issuerOf, type SigningKey } from '../../domain/directory/index.ts'

/** Where the endpoints are, as clients of Azure AD v1 (`…/.well-known/…`) or v2 (`…/v2.0/.well-known/…`) read it. */
export function openidConfiguration(input: { origin: string; issuerUrl: string; path: string; tenant: Tenant | null; version: 1 | 2 }) {
  const { origin, issuerUrl, path, tenant, version } = input
  const base = `${origin}/${path}`
  const v2 = version === 2 ? '/v2.0' : ''
  return {
    token_endpoint: `${base}/oauth2${v2}/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    jwks_uri: `${base}/discovery${v2}/keys`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'id_token', 'code id_token'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    code_challenge_methods_supported: ['S256'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    // A template where the tenant is not yet known, as the original has it.
    issuer: issuerOf(issuerUrl, tenant?.tenantId ?? '{tenantid}', version),
    request_uri_parameter_supported: false,
    userinfo_endpoint: `${base}/oauth2/userinfo`,
    authorization_endpoint: `${base}/oauth2${v2}/authorize`,
    end_session_endpoint: `${base}/oauth2${v2}/logout`,
    http_logout_supported: true,
    frontchannel_logout_supported: false,
    claims_supported: [
      'sub',
      'iss',
      'aud',
      'exp',
      'iat',
      'auth_time',
      'nonce',
      'name',
      'tid',
      'oid',
      'ver',
      'preferred_username',
      'email',
      'roles',
    ],
    tenant_region_scope: null,
    cloud_instance_name: new URL(issuerUrl).host,
  }
}

/** The keys that verify our tokens. */
export function keyDocument(keys: readonly SigningKey[]) {
  return {
    keys: keys.map((key) => ({ ...key.publicJwk, use: 'sig', alg: 'RS256', kid: key.kid, x5t: key.kid, x5c: [key.x5c] })),
  }
}

/** Instance discovery: this host is an authority of its own, with itself as the only alias. */
export function instanceDiscovery(origin: string) {
  const { host } = new URL(origin)
  return {
    tenant_discovery_endpoint: `${origin}/common/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  }
}
