import { sellerRoles } from '../../kernel/authorization.ts'

/** Roles that can be assigned for the sake of other programs and grant nothing in the marketplace (spec/01 §8.2, X-2). */
const rolesWithoutEffect = ['business-contributor', 'financial-contributor', 'marketer', 'program-admin'] as const

/** Every role that a seller account can give. */
export const assignableRoles = [...sellerRoles, ...rolesWithoutEffect] as const
export type AssignableRole = (typeof assignableRoles)[number]

export function isAssignableRole(role: string): role is AssignableRole {
  return (assignableRoles as readonly string[]).includes(role)
}
