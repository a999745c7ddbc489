import { enter, refused } from '../ui/portal-access.server.ts'
import { zipFile } from '../ui/zip-file.ts'
import type { Route } from './+types/person-export.ts'

/** What is stored about the visitor. A form asks for it: it is written down in the audit log. */
export async function action(args: Route.ActionArgs) {
  const { domain, user, run } = await enter(args, 'session.use')
  try {
    const { fileName, bytes } = await run((ctx) => domain.privacy.exportPerson(ctx, user.objectId))
    return zipFile(fileName, bytes)
  } catch (error) {
    return refused(error)
  }
}
