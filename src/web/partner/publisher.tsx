import { Outlet } from 'react-router'
import { enterPublisher } from './publisher-access.server.ts'
import type { Route } from './+types/publisher.ts'

/** Every page below is one publisher's; each checks its own permission besides. */
export async function loader(args: Route.LoaderArgs) {
  await enterPublisher(args, 'publisher.read')
  return null
}

export default function PublisherPages() {
  return <Outlet />
}
