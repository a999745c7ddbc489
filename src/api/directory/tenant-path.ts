/** What may stand for a tenant in a path: a GUID, a name with a dot, or one of the three collective names (spec/08 §1.1 rule 4). */
export const tenantParameter =
  ':tenant(^(?:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[^/]+[.][^/]+|[cC][oO][mM][mM][oO][nN]|[oO][rR][gG][aA][nN][iI][zZ][aA][tT][iI][oO][nN][sS]|[cC][oO][nN][sS][uU][mM][eE][rR][sS])$)'

const collective = new Set(['common', 'organizations', 'consumers'])

/** True for `common`, `organizations` and `consumers`: the user's own tenant is found out at sign-in. */
export function isCollective(tenant: string): boolean {
  return collective.has(tenant.toLowerCase())
}
