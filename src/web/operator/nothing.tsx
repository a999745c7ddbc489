import { refuse } from '../ui/portal-access.server.ts'

/** An address below /operator that is no page. */
export function loader(): never {
  throw refuse(404, 'The operator console has no page at this address.')
}

export default function Nothing() {
  return null
}
