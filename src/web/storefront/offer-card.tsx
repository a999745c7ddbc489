import type { Card } from '../../domain/catalog/index.ts'
import { unsoldPrices } from './acquire-box.tsx'
import { productKey } from './listing.ts'
import { OfferLogo } from './offer-logo.tsx'
import { priceText } from './price.ts'

/** One offer in a list. The whole card leads to the product page; its link is the name. */
export function OfferCard({ card, eager = false }: { card: Card; eager?: boolean }) {
  const from = card.startingPrice
  return (
    <li className="card">
      <div className="card-head">
        <OfferLogo file={card.logo} name={card.title} size={56} eager={eager} />
        <div>
          <h3>
            <a href={`/product/${productKey(card)}`}>{card.title}</a>
          </h3>
          <p className="card-publisher">{card.publisherName}</p>
        </div>
      </div>
      <p className="card-summary">{card.summary}</p>
      <div className="card-foot">
        <p className="card-price">
          {from ? (
            <>
              {Number(from.amount) > 0 && <span className="card-from">From </span>}
              {priceText(from.amount, from.currency, from.termUnit, from.perUser)}
              {from.metered && <span className="card-from"> + usage</span>}
            </>
          ) : (
            priceless(card)
          )}
        </p>
        {card.linkedClients.length > 0 && (
          <span className="badge">
            With {card.linkedClients.length} Microsoft 365 {card.linkedClients.length === 1 ? 'app' : 'apps'}
          </span>
        )}
        {card.freeTrial && <span className="badge badge-brand">Free trial</span>}
      </div>
    </li>
  )
}

function priceless({ listingOption }: Card): string {
  return listingOption === 'transact' ? 'Not sold in your market' : unsoldPrices[listingOption]
}
