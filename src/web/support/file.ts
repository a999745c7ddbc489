import { attachedFile } from '../ui/support-request.server.ts'
import { enterSupport } from './support-access.server.ts'
import type { Route } from './+types/file.ts'

export async function loader(args: Route.LoaderArgs) {
  const { domain, read, party } = await enterSupport(args)
  const { request, file } = args.params
  return attachedFile(
    await read(async (ctx) => {
      // The address names whose request it is; the file alone would be found below any.
      await domain.support.get(ctx, party, request)
      return domain.support.file(ctx, request, file)
    }),
  )
}
