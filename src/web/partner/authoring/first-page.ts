import { redirect } from 'react-router'
import type { Route } from './+types/first-page.ts'

/** The offer's own address leads to its overview. */
export function loader({ params }: Route.LoaderArgs) {
  return redirect(`/partner/publishers/${params.publisher}/offers/${params.offer}/overview`)
}
