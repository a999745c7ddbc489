import type { RouterContextProvider } from 'react-router'
import type { Market } from '../../kernel/reference-data.ts'
import { findMarket } from '../../kernel/reference-data.ts'
import { servicesContext } from '../services.ts'
import { getUser } from '../session.ts'

const cookieName = 'stoa_market'
const fallback: Market = { iso2: 'US', name: 'United States', currency: 'USD' }

export interface MarketChoice {
  market: Market
  /** The market is the signed-in organisation's country and cannot be chosen. */
  fixed: boolean
}

const choices = new WeakMap<Readonly<RouterContextProvider>, Promise<MarketChoice>>()

/** Whose prices a page shows: the market of the signed-in organisation, else the visitor's choice, else the United States. */
export function marketOf(request: Request, context: Readonly<RouterContextProvider>): Promise<MarketChoice> {
  const known = choices.get(context)
  if (known) return known
  const choice = choose(request, context)
  choices.set(context, choice)
  return choice
}

async function choose(request: Request, context: Readonly<RouterContextProvider>): Promise<MarketChoice> {
  const user = await getUser(request, context)
  if (user) {
    const { kernel, domain } = context.get(servicesContext)
    const own = await kernel.read(user, async (ctx) => {
      const account = await domain.accounts.billingAccount(ctx, user.tenantId)
      if (account) return findMarket(account.country)
      const [tenant] = await domain.directory.getTenants(ctx, [user.tenantId])
      return tenant && findMarket(tenant.country)
    })
    if (own) return { market: own, fixed: true }
  }
  const cookie = /(?:^|;\s*)stoa_market=([A-Z]{2})(?:;|$)/.exec(request.headers.get('cookie') ?? '')?.[1]
  return { market: (cookie && findMarket(cookie)) || findMarket(fallback.iso2) || fallback, fixed: false }
}

/** Keeps the choice for a year. */
export function marketCookie(iso2: string): string {
  return `${cookieName}=${iso2}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax`
}
