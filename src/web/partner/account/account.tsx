import { Outlet } from 'react-router'
import { enterAccount } from './account-access.server.ts'
import type { Route } from './+types/account.ts'

/** Every page below is one account's; each checks its own permission besides. */
export async function loader(args: Route.LoaderArgs) {
  await enterAccount(args, 'publisher.read')
  return null
}

export default function AccountPages() {
  return <Outlet />
}
