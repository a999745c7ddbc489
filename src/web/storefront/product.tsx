import { data } from 'react-router'
import { useBrand } from '../root.tsx'
import { requestContext, servicesContext } from '../services.ts'
import { getUser } from '../session.ts'
import type { Route } from './+types/product.ts'
import { readProduct } from './catalog-reader.ts'
import type { Product } from './listing.ts'
import { parseProductKey, productKey } from './listing.ts'
import { marketOf } from './market-choice.ts'
import { OfferLogo } from './offer-logo.tsx'
import { DimensionTable, PlanPrices } from './plan-prices.tsx'
import { priceText } from './price.ts'
import { unsent } from './unsent.ts'

export async function loader({ request, params, context }: Route.LoaderArgs) {
  const key = parseProductKey(params.product)
  if (!key) throw data(null, { status: 404 })
  const [user, { market }] = await Promise.all([getUser(request, context), marketOf(request, context)])
  const product = await readProduct(context.get(servicesContext), user, key, market.iso2)
  if (!product) throw data(null, { status: 404 })
  return unsent({ product, market: market.name, origin: context.get(requestContext).origin })
}

/** The offer for search engines (schema.org). Private plans are left out even for those who may see them. */
function structuredData(product: Product, url: string, origin: string): string {
  const prices = product.plans.filter((plan) => !plan.private).flatMap((plan) => plan.terms.map((term) => Number(term.price)))
  const document = {
    '@context': 'https://schema.org',
    '@type': 'SoftwareApplication',
    name: product.name,
    description: product.summary,
    url,
    applicationCategory: 'BusinessApplication',
    operatingSystem: 'Web',
    ...(product.logo && { image: `${origin}/media/${product.logo}` }),
    author: { '@type': 'Organization', name: product.publisherName },
    ...(product.from &&
      prices.length > 0 && {
        offers: {
          '@type': 'AggregateOffer',
          priceCurrency: product.from.currency,
          lowPrice: Math.min(...prices),
          highPrice: Math.max(...prices),
          offerCount: prices.length,
        },
      }),
  }
  // `<` would end the script element from within a text.
  return JSON.stringify(document).replaceAll('<', '\\u003c')
}

export default function ProductPage({ loaderData }: Route.ComponentProps) {
  const { product, origin } = loaderData
  const brand = useBrand()
  const key = productKey(product)
  const url = `${origin}/product/${key}`
  const { from } = product
  const trial = product.plans.some((plan) => plan.freeTrial)
  const sellable = product.plans.some((plan) => plan.terms.length > 0)
  const [store] = product.stores
  const storeName = store === 'cloud' ? brand.cloudStore : brand.businessStore
  return (
    <>
      <title>{`${product.name} by ${product.publisherName} · ${brand.name}`}</title>
      <meta name="description" content={product.summary} />
      <link rel="canonical" href={url} />
      <meta property="og:title" content={product.name} />
      <meta property="og:description" content={product.summary} />
      <meta property="og:url" content={url} />
      <script type="application/ld+json" dangerouslySetInnerHTML={{ __html: structuredData(product, url, origin) }} />
      <div className="product-hero">
        <div className="bar">
          {store && (
            <nav className="crumbs" aria-label="Breadcrumb">
              <ol>
                <li>
                  <a href={`/store/${store}`}>{storeName}</a>
                </li>
                <li aria-current="page">{product.name}</li>
              </ol>
            </nav>
          )}
          <div className="product-head">
            <OfferLogo file={product.logo} name={product.name} size={96} eager />
            <div className="product-title">
              <h1>{product.name}</h1>
              <p className="product-publisher">by {product.publisherName}</p>
              <p className="product-summary">{product.summary}</p>
              <ul className="chips" aria-label="Categories">
                {product.categories.map((category) => (
                  <li key={`${category.store}/${category.id}`}>
                    <a href={`/store/${category.store}?category=${encodeURIComponent(category.id)}`}>{category.title}</a>
                  </li>
                ))}
              </ul>
            </div>
            <aside className="buy-box" aria-label="Price">
              {from ? (
                <>
                  <p className="buy-from">{Number(from.amount) > 0 ? 'Starting at' : 'From'}</p>
                  <p className="buy-price">{priceText(from.amount, from.currency, from.termUnit, from.perUser)}</p>
                  {from.metered && <p className="plan-note">plus usage above what a plan includes</p>}
                </>
              ) : (
                <p className="buy-price">Not sold in {loaderData.market}</p>
              )}
              {trial && <span className="badge badge-brand">Free trial: first month</span>}
              {sellable && (
                <a className="button button-large" href={`/purchase/${key}`}>
                  Get it now
                </a>
              )}
            </aside>
          </div>
          <nav className="tabs" aria-label="On this page">
            <a href="#overview">Overview</a>
            <a href="#plans">Plans + Pricing</a>
            <a href="#support">Support</a>
            <a href="#legal">Legal</a>
          </nav>
        </div>
      </div>
      <div className="bar product-body">
        <section id="overview" aria-labelledby="overview-title">
          <h2 id="overview-title">Overview</h2>
          <div className="prose" dangerouslySetInnerHTML={{ __html: product.descriptionHtml }} />
          {product.gettingStartedHtml && (
            <>
              <h3>Getting started</h3>
              <div className="prose" dangerouslySetInnerHTML={{ __html: product.gettingStartedHtml }} />
            </>
          )}
          {product.screenshots.length > 0 && (
            <ul className="shots">
              {product.screenshots.map(({ file, caption }) => (
                <li key={file}>
                  <figure>
                    <img
                      src={`/media/${file}`}
                      alt={`Screenshot of ${product.name}`}
                      width={1280}
                      height={720}
                      loading="lazy"
                      decoding="async"
                    />
                    <figcaption>{caption}</figcaption>
                  </figure>
                </li>
              ))}
            </ul>
          )}
          {product.links.length > 0 && (
            <>
              <h3>Learn more</h3>
              <ul className="plain-links">
                {product.links.map((link) => (
                  <li key={link.url}>
                    <a href={link.url} rel="noopener nofollow">
                      {link.title}
                    </a>
                  </li>
                ))}
              </ul>
            </>
          )}
        </section>
        <section id="plans" aria-labelledby="plans-title">
          <h2 id="plans-title">Plans + Pricing</h2>
          <p className="section-lead">
            Prices for {loaderData.market}
            {product.from && ` in ${product.from.currency}`}, without tax. Subscriptions renew until you cancel.
          </p>
          <ul className="plans">
            {product.plans.map((plan) => (
              <li key={plan.planId} className="plan">
                <div className="plan-about">
                  <h3>{plan.name}</h3>
                  {plan.private && <span className="badge">Private: only for your organisation</span>}
                  <p>{plan.description}</p>
                </div>
                <PlanPrices plan={plan} perUser={product.pricingModel === 'per-user'} />
                {plan.terms.length > 0 && (
                  <a className="button button-quiet plan-choose" href={`/purchase/${key}?plan=${encodeURIComponent(plan.planId)}`}>
                    Choose <span className="visually-hidden">{plan.name}</span>
                  </a>
                )}
                {plan.dimensions.length > 0 && (
                  <DimensionTable
                    dimensions={plan.dimensions}
                    currency={plan.currency}
                    caption={`Usage in plan ${plan.name}`}
                    terms={plan.terms.map(({ termUnit }) => termUnit)}
                  />
                )}
              </li>
            ))}
          </ul>
        </section>
        <div className="product-facts">
          <section id="support" aria-labelledby="support-title">
            <h2 id="support-title">Support</h2>
            <dl className="facts">
              <dt>Support</dt>
              <dd>
                <a href={product.supportUrl} rel="noopener nofollow">
                  Help from {product.publisherName}
                </a>
              </dd>
              <dt>Publisher</dt>
              <dd>{product.publisherName}</dd>
              <dt>Acquire using</dt>
              <dd>Work or school account</dd>
              {product.appVersion && (
                <>
                  <dt>Version</dt>
                  <dd>{product.appVersion}</dd>
                </>
              )}
              {product.industries.length > 0 && (
                <>
                  <dt>Industries</dt>
                  <dd>{product.industries.join(', ')}</dd>
                </>
              )}
            </dl>
          </section>
          <section id="legal" aria-labelledby="legal-title">
            <h2 id="legal-title">Legal</h2>
            <dl className="facts">
              <dt>Contract</dt>
              <dd>
                {product.terms.kind === 'standard' ? (
                  <a href="/legal/standard-contract">Standard contract</a>
                ) : product.terms.url ? (
                  <a href={product.terms.url} rel="noopener nofollow">
                    Licence agreement of {product.publisherName}
                  </a>
                ) : (
                  `Licence agreement of ${product.publisherName}`
                )}
                , shown in full before you buy
              </dd>
              <dt>Privacy</dt>
              <dd>
                <a href={product.privacyPolicyUrl} rel="noopener nofollow">
                  Privacy policy of {product.publisherName}
                </a>
              </dd>
            </dl>
          </section>
        </div>
      </div>
    </>
  )
}
