import { PhoneLaptopRegular } from '@fluentui/react-icons/svg/phone-laptop'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { EmptyState, PortalPage } from '../../ui/portal-page.tsx'
import { enterAccount } from './account-access.server.ts'
import type { Route } from './+types/devices.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Devices' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Devices · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  await enterAccount(args, 'seller-account.read')
  return null
}

export default function Devices() {
  return (
    <PortalPage title="Devices" lead="Devices on which Universal Windows Platform apps are tried.">
      <EmptyState icon={<PhoneLaptopRegular />} title="Not applicable">
        Devices concern only publishers of Universal Windows Platform apps. Nothing is published that way here, so there is nothing to set.
      </EmptyState>
    </PortalPage>
  )
}
