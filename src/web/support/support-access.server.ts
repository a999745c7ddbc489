import type { RouterContextProvider } from 'react-router'
import type { Party } from '../../domain/support/index.ts'
import { enterDesk } from '../ui/desk.server.ts'
import { enter, type Visit } from '../ui/portal-access.server.ts'

/** A visit to the support pages, which publishers and customers share. */
export interface SupportVisit extends Visit {
  party: Party
  /** `/partner/publishers/contoso/support` or `/account/support` */
  base: string
}

interface SupportArgs {
  request: Request
  context: Readonly<RouterContextProvider>
  params: { publisher?: string | undefined }
}

/** Who asks: below /partner a publisher's people, below /account the customer. */
export async function enterSupport(args: SupportArgs): Promise<SupportVisit> {
  const { publisher } = args.params
  if (publisher === undefined) return { ...(await enter(args, 'support.ask')), party: null, base: '/account/support' }
  const desk = await enterDesk(args, 'support.use')
  return { ...desk, party: publisher, base: `${desk.base}/support` }
}
