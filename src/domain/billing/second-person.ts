import type { Principal } from '../../kernel/context.ts'
import { forbidden } from '../../kernel/errors.ts'

/** Two people are told apart by their ids; the marketplace itself is nobody. @throws forbidden `PersonNeeded` */
export function identityOf(principal: Principal): { id: string; name: string } {
  if (principal.kind === 'user') return { id: principal.objectId, name: principal.email }
  if (principal.kind === 'application') return { id: principal.clientId, name: `application ${principal.clientId}` }
  throw forbidden('PersonNeeded', 'A person asks for and approves adjustments and write-offs.')
}
