import { data } from 'react-router'
import { fieldText } from '../form.ts'
import { useBrand } from '../root.tsx'
import { requestContext, servicesContext } from '../services.ts'
import { getUser } from '../session.ts'
import type { Route } from './+types/product.ts'
import { readProduct } from './catalog-reader.ts'
import { AcquireBox, hasTrial, mayBuy, startingText, unsoldPrices } from './acquire-box.tsx'
import type { Product, StoreId } from './listing.ts'
import { parseProductKey, productKey } from './listing.ts'
import { marketOf } from './market-choice.ts'
import { OfferLogo } from './offer-logo.tsx'
import { DimensionTable, PlanPrices } from './plan-prices.tsx'
import { PreviewBanner } from './preview-banner.tsx'
import { ProductLegal } from './product-legal.tsx'
import { Documents, LinkedClients, ProductLinks, Screenshots, Videos } from './product-media.tsx'
import { comesFromPortal, storeOf } from './store-choice.ts'
import { unsent } from './unsent.ts'
import { noteVisit } from './visits.ts'

export async function loader({ request, params, context }: Route.LoaderArgs) {
  const key = parseProductKey(params.product)
  if (!key) throw data(null, { status: 404 })
  const [user, { market }] = await Promise.all([getUser(request, context), marketOf(request, context)])
  const { searchParams } = new URL(request.url)
  const read = (store?: StoreId) =>
    readProduct(context.get(servicesContext), user, key, market.iso2, searchParams.get('key') ?? undefined, store)
  const all = await read()
  if (!all) throw data(null, { status: 404 })
  const store = comesFromPortal(request) ? undefined : storeOf(request, all)
  const product = store === 'cloud' && all.plans.some((plan) => plan.private) ? await read(store) : all
  if (!product) throw data(null, { status: 404 })
  noteVisit({ request, context }, product, store, 'page-visit')
  return unsent({
    product,
    market: market.name,
    origin: context.get(requestContext).origin,
    store,
    query: keptQuery(searchParams),
  })
}

/** Parameters of the address that go on to the next page: the campaign that led here (spec/06 C2), the key of a preview, the own portal. */
function keptQuery(search: URLSearchParams): string {
  const kept = new URLSearchParams(
    ['src', 'mktcmpid', 'key', 'from'].flatMap((name) => (search.has(name) ? [[name, fieldText(search, name, 100)]] : [])),
  )
  return kept.size > 0 ? `?${kept}` : ''
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
  const { product, origin, store } = loaderData
  const brand = useBrand()
  const key = productKey(product)
  const url = `${origin}/product/${key}`
  const storeName = store === 'cloud' ? brand.cloudStore : brand.businessStore
  return (
    <>
      <title>{`${product.name} by ${product.publisherName} · ${brand.name}`}</title>
      <meta name="description" content={product.summary} />
      {product.preview ? (
        <meta name="robots" content="noindex" />
      ) : (
        <>
          <link rel="canonical" href={url} />
          <meta property="og:title" content={product.name} />
          <meta property="og:description" content={product.summary} />
          <meta property="og:url" content={url} />
          <script type="application/ld+json" dangerouslySetInnerHTML={{ __html: structuredData(product, url, origin) }} />
        </>
      )}
      <div className="product-hero">
        <div className="bar">
          {product.preview && <PreviewBanner preview={product.preview} />}
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
              {hasTrial(product) && <p className="product-trial badge badge-brand">Free trial</p>}
              <p className="product-summary">{product.summary}</p>
              <ul className="chips" aria-label="Categories">
                {product.categories.map((category) => (
                  <li key={`${category.store}/${category.id}`}>
                    <a href={`/store/${category.store}?category=${encodeURIComponent(category.id)}`}>{category.title}</a>
                  </li>
                ))}
              </ul>
            </div>
            <AcquireBox product={product} market={loaderData.market} query={loaderData.query} />
          </div>
          <nav className="tabs" aria-label="On this page">
            <a href="#overview">Overview</a>
            {product.plans.length > 0 && <a href="#plans">Plans + Pricing</a>}
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
          <Videos videos={product.videos} />
          <Screenshots name={product.name} screenshots={product.screenshots} />
          <Documents documents={product.documents} />
          <ProductLinks links={product.links} />
          <LinkedClients {...product} />
        </section>
        {product.plans.length > 0 && <Plans product={product} market={loaderData.market} query={loaderData.query} />}
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
              <dt>Pricing</dt>
              <dd>{pricingText(product, loaderData.market)}</dd>
              <dt>Publisher</dt>
              <dd>{product.publisherName}</dd>
              <dt>Acquire using</dt>
              <dd>Work or school account</dd>
              {store === 'business' && product.appVersion && (
                <>
                  <dt>Version</dt>
                  <dd>{product.appVersion}</dd>
                </>
              )}
              {store === 'business' && product.industries.length > 0 && (
                <>
                  <dt>Industries</dt>
                  <dd>{product.industries.join(', ')}</dd>
                </>
              )}
            </dl>
            {product.reseller && <ResellerFacts facts={product.reseller} />}
          </section>
          <ProductLegal product={product} />
        </div>
      </div>
    </>
  )
}

/** The fact beside the description: the starting price, or how the offer is had that is not sold here. */
function pricingText({ from, listingOption }: Product, market: string): string {
  if (listingOption !== 'transact') return unsoldPrices[listingOption]
  return from ? startingText(from) : `Not sold in ${market}`
}

function Plans({ product, market, query }: { product: Product; market: string; query: string }) {
  const key = productKey(product)
  return (
    <section id="plans" aria-labelledby="plans-title">
      <h2 id="plans-title">Plans + Pricing</h2>
      <p className="section-lead">
        Prices for {market}
        {product.from && ` in ${product.from.currency}`}, without tax. Subscriptions renew until you cancel.
      </p>
      <ul className="plans">
        {product.plans.map((plan) => (
          <li key={plan.planId} className="plan">
            <div className="plan-about">
              <h3>{plan.name}</h3>
              {plan.private && <span className="badge">Private: only for your organisation</span>}
              {plan.onRequest && <span className="badge">Needs an approval of your organisation</span>}
              <p>{plan.description}</p>
            </div>
            <PlanPrices plan={plan} perUser={product.pricingModel === 'per-user'} />
            {plan.terms.length > 0 && mayBuy(product) && (
              <a
                className="button button-quiet plan-choose"
                href={`/purchase/${key}${query}${query ? '&' : '?'}plan=${encodeURIComponent(plan.planId)}`}
              >
                {plan.onRequest ? 'Request' : 'Choose'} <span className="visually-hidden">{plan.name}</span>
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
  )
}

/** For resellers that may sell the offer, and for nobody else (SA-128, SA-210). */
function ResellerFacts({ facts }: { facts: NonNullable<Product['reseller']> }) {
  const { contact, materialsUrl } = facts
  if (!contact && !materialsUrl) return null
  return (
    <>
      <h3>For resellers</h3>
      <dl className="facts">
        {contact && (
          <>
            <dt>Contact</dt>
            <dd>
              {contact.name}, <a href={`mailto:${contact.email}`}>{contact.email}</a>, {contact.phone}
            </dd>
          </>
        )}
        {materialsUrl && (
          <>
            <dt>Marketing</dt>
            <dd>
              <a href={materialsUrl} rel="noopener nofollow">
                Marketing materials
              </a>
            </dd>
          </>
        )}
      </dl>
    </>
  )
}
