import { Outlet, useLocation } from 'react-router'
import { useBrand } from '../root.tsx'
import { getUser } from '../session.ts'
import type { Route } from './+types/layout.ts'
import { BrandMark } from './brand-mark.tsx'
import { marketOf } from './market-choice.ts'
import { marketOptions } from './market-options.ts'
import './storefront.css'
import { unsent } from './unsent.ts'

export async function loader({ request, context }: Route.LoaderArgs) {
  const [user, choice] = await Promise.all([getUser(request, context), marketOf(request, context)])
  return unsent({
    user: user && { displayName: user.displayName, email: user.email },
    market: choice.market,
    marketFixed: choice.fixed,
    marketOptions: choice.fixed ? '' : marketOptions(choice.market.iso2),
  })
}

export default function Storefront({ loaderData }: Route.ComponentProps) {
  const { user, market, marketFixed } = loaderData
  const brand = useBrand()
  const { pathname, search } = useLocation()
  const here = pathname + search
  const current = (path: string) => (pathname === path ? 'page' : undefined)
  return (
    <>
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      <header className="site-header">
        <div className="bar">
          <a className="site-name" href="/">
            <BrandMark />
            {brand.name}
          </a>
          <nav className="site-nav" aria-label="Stores">
            <a href="/store/business" aria-current={current('/store/business')}>
              {brand.businessStore}
            </a>
            <a href="/store/cloud" aria-current={current('/store/cloud')}>
              {brand.cloudStore}
            </a>
          </nav>
          <div className="site-user">
            {user ? (
              <>
                <a href="/account" title={user.email}>
                  {user.displayName}
                </a>
                <a className="quiet" href="/signout">
                  Sign out
                </a>
              </>
            ) : (
              <a className="button button-quiet" href={`/signin?return=${encodeURIComponent(here)}`}>
                Sign in
              </a>
            )}
          </div>
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <Outlet />
      </main>
      <footer className="site-footer">
        <div className="bar">
          <div className="footer-about">
            <p className="site-name">
              <BrandMark size={22} />
              {brand.name}
            </p>
            <p>Software for your organisation, bought, billed and managed in one place.</p>
          </div>
          <nav aria-label="More">
            <ul>
              <li>
                <a href="/account">Your subscriptions</a>
              </li>
              <li>
                <a href="/partner">Sell on {brand.name}</a>
              </li>
              <li>
                <a href="/whats-new">What’s new</a>
              </li>
              <li>
                <a href="/docs">Documentation</a>
              </li>
            </ul>
          </nav>
          {marketFixed ? (
            <p className="footer-market">
              Prices for <strong>{market.name}</strong> in {market.currency}, the country of your organisation.
            </p>
          ) : (
            <form className="footer-market" method="post" action="/market">
              <input type="hidden" name="return" value={here} />
              <label htmlFor="market">Country or region of your billing address</label>
              <div className="joined">
                <select id="market" name="market" dangerouslySetInnerHTML={{ __html: loaderData.marketOptions }} />
                <button className="button button-quiet" type="submit">
                  Apply
                </button>
              </div>
            </form>
          )}
        </div>
      </footer>
    </>
  )
}
