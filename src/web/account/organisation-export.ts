import { enter, refused } from '../ui/portal-access.server.ts'
import { zipFile } from '../ui/zip-file.ts'
import type { Route } from './+types/organisation-export.ts'

/** What the visitor's organisation has here. A form asks for it: it is written down in the audit log. */
export async function action(args: Route.ActionArgs) {
  const { domain, user, run } = await enter(args, 'organisation.export')
  try {
    const { fileName, stream } = await run((ctx) => domain.privacy.exportOrganisation(ctx, user.tenantId))
    return zipFile(fileName, stream())
  } catch (error) {
    return refused(error)
  }
}
