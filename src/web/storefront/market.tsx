import { data, redirect } from 'react-router'
import { findMarket } from '../../kernel/reference-data.ts'
import { fieldText, readForm } from '../form.ts'
import type { Route } from './+types/market.ts'
import { marketCookie } from './market-choice.ts'

export function loader() {
  return redirect('/')
}

/** The form in the footer: keeps the market and goes back to the page it was sent from. */
export async function action({ request }: Route.ActionArgs) {
  const form = await readForm(request)
  const market = findMarket(fieldText(form, 'market'))
  if (!market) throw data('Nothing can be bought in that country or region.', { status: 400 })
  const back = fieldText(form, 'return', 2000)
  return redirect(isOwnPath(back) ? back : '/', { status: 303, headers: { 'set-cookie': marketCookie(market.iso2) } })
}

/** Only a path of this site: `//other.example` and `/\other.example` are addresses of other sites. */
function isOwnPath(path: string): boolean {
  return /^\/(?![/\\])/.test(path)
}
