import { redirect } from 'react-router'
import { fieldText, readForm } from '../form.ts'
import { enter } from '../ui/portal-access.server.ts'
import { viewCookie } from './portal-view.server.ts'
import type { Route } from './+types/view-choice.ts'

/** Chooses the layout of Partner Center and goes back to where it was chosen. */
export async function action(args: Route.ActionArgs) {
  await enter(args, 'session.use')
  const form = await readForm(args.request)
  const back = fieldText(form, 'return')
  return redirect(/^\/partner(?:\/[\w./-]*)?$/.test(back) ? back : '/partner', {
    status: 303,
    headers: { 'set-cookie': viewCookie(fieldText(form, 'view') === 'workspaces' ? 'workspaces' : 'current') },
  })
}
