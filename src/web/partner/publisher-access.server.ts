import type { RouterContextProvider } from 'react-router'
import { type Action, allows } from '../../kernel/authorization.ts'
import { enter, refuse, type Visit } from '../ui/portal-access.server.ts'

export interface PublisherVisit extends Visit {
  publisher: { publisherId: string; name: string; tenantId: string }
}

interface PublisherArgs {
  request: Request
  context: Readonly<RouterContextProvider>
  params: { publisher: string }
}

/**
 * A visit to one publisher's page. A publisher that does not exist and one that the visitor does not work for answer alike,
 * so that nobody can ask who sells here; a role that lacks the page is told so.
 */
export async function enterPublisher(args: PublisherArgs, action: Action): Promise<PublisherVisit> {
  const visit = await enter(args, 'session.use')
  const { user, domain, read } = visit
  const publisher = (await read((ctx) => domain.accounts.publishersOf(ctx, user))).find((one) => one.publisherId === args.params.publisher)
  if (!publisher) throw refuse(404, 'You work for no publisher with this id.')
  if (!allows(user, action, { tenantId: publisher.tenantId })) {
    throw refuse(403, 'Your role does not include this page. Ask an owner or manager of the publisher for access.')
  }
  return { ...visit, publisher }
}
