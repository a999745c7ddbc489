import type { RouterContextProvider } from 'react-router'
import type { Action } from '../../kernel/authorization.ts'
import { type Desk, enterDesk } from '../ui/desk.server.ts'

export interface PublisherVisit extends Desk {
  publisher: NonNullable<Desk['publisher']>
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
  return (await enterDesk(args, action)) as PublisherVisit
}
