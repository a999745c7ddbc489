import { redirect } from 'react-router'
import { legalTabs } from './legal-tabs.server.ts'
import { enterAccount } from './account-access.server.ts'
import type { Route } from './+types/legal.ts'

/** Legal info opens with the first tab that the account's programs give it. */
export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'seller-account.read')
  const [first] = await legalTabs(visit)
  return redirect(first?.to ?? visit.base)
}

export default function Legal() {
  return null
}
