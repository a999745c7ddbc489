import type { ListingOption, Product } from './listing.ts'
import { productKey } from './listing.ts'
import { priceText } from './price.ts'

/** The words on the button of each listing option (spec/05 §5.1). */
export const acquireLabels: Record<ListingOption, string> = {
  transact: 'Get it now',
  'get-it-now-free': 'Get it now',
  'free-trial': 'Free trial',
  'contact-me': 'Contact me',
}

/** What it costs, where it is not bought here. */
export const unsoldPrices: Record<Exclude<ListingOption, 'transact'>, string> = {
  'get-it-now-free': 'Free',
  'free-trial': 'Free trial',
  'contact-me': 'Price on request',
}

interface AcquireBoxProps {
  product: Product
  market: string
  /** query that goes with the link to the next page, with its question mark; empty for none */
  query: string
}

/** The price and the button that leads on: to the purchase, or to the form of an offer that is listed only. */
export function AcquireBox({ product, market, query }: AcquireBoxProps) {
  const { from, listingOption } = product
  const label = acquireLabels[listingOption]
  const key = productKey(product)
  if (listingOption !== 'transact') {
    return (
      <aside className="buy-box" aria-label="Price">
        <p className="buy-price">{unsoldPrices[listingOption]}</p>
        <p className="plan-note">
          {listingOption === 'contact-me' ? `${product.publisherName} answers you directly.` : `Continues at ${product.publisherName}.`}
        </p>
        <a className="button button-large" href={`/acquire/${key}${query}`}>
          {label}
        </a>
      </aside>
    )
  }
  return (
    <aside className="buy-box" aria-label="Price">
      {from ? (
        <>
          <p className="buy-from">
            Starting at <strong className="buy-price">{priceText(from.amount, from.currency, from.termUnit, from.perUser)}</strong>
          </p>
          {from.metered && <p className="plan-note">plus usage above what a plan includes</p>}
        </>
      ) : (
        <p className="buy-price">Not sold in {market}</p>
      )}
      {hasTrial(product) && <p className="plan-note">With a trial, the first month is free.</p>}
      {product.plans.some((plan) => plan.terms.length > 0) && mayBuy(product) && (
        <a className="button button-large" href={`/purchase/${key}${query}`}>
          {label}
        </a>
      )}
    </aside>
  )
}

/** `Starting at $49.00/month`. */
export function startingText({ amount, currency, termUnit, perUser }: NonNullable<Product['from']>): string {
  return `Starting at ${priceText(amount, currency, termUnit, perUser)}`
}

/** A trial of the publisher's, or a plan with a month that is free. */
export function hasTrial({ listingOption, plans }: Product): boolean {
  return listingOption === 'free-trial' || plans.some((plan) => plan.freeTrial)
}

/** Whoever is not of a preview's audience may look at it only. */
export function mayBuy({ preview }: Product): boolean {
  return preview === null || preview.mayBuy
}
