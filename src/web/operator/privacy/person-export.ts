import { enter, refused } from '../../ui/portal-access.server.ts'
import { zipFile } from '../../ui/zip-file.ts'
import type { Route } from './+types/person-export.ts'

/** What is stored about a person. A form asks for it: it is written down in the audit log. */
export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'privacy.manage')
  try {
    const { fileName, bytes } = await run((ctx) => domain.privacy.exportPerson(ctx, args.params.person))
    return zipFile(fileName, bytes)
  } catch (error) {
    return refused(error)
  }
}
