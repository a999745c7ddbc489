import { enter } from '../../ui/portal-access.server.ts'
import { attachedFile } from '../../ui/support-request.server.ts'
import type { Route } from './+types/file.ts'

export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'support.answer')
  return attachedFile(await read((ctx) => domain.support.file(ctx, args.params.request, args.params.file)))
}
