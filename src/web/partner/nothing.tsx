import { refuse } from '../ui/portal-access.server.ts'

/** An address below /partner that is no page. */
export function loader(): never {
  throw refuse(404, 'Partner Center has no page at this address.')
}

export default function Nothing() {
  return null
}
