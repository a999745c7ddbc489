import type { PlanDimension, Product, ProductPlan } from './listing.ts'
import { includedText, priceText, seatsText, termName } from './price.ts'
import { formatMoney } from '../../kernel/money.ts'

/** The prices of a plan's terms, its seats and its trial, as lines of text. */
export function PlanPrices({ plan, product }: { plan: ProductPlan; product: Pick<Product, 'currency' | 'pricingModel'> }) {
  if (plan.terms.length === 0) return <p className="plan-price-none">Not sold in your market</p>
  return (
    <div className="plan-prices">
      {plan.terms.map(({ termUnit, price }) => (
        <p key={termUnit} className="plan-price">
          {priceText(price, product.currency, termUnit, product.pricingModel)}
        </p>
      ))}
      {plan.seats && <p className="plan-note">{seatsText(plan.seats)}</p>}
      {plan.freeTrial && <span className="badge badge-brand">First month free</span>}
    </div>
  )
}

/** What usage is included in a plan and what usage above it costs. */
export function DimensionTable({
  dimensions,
  currency,
  caption,
}: {
  dimensions: readonly PlanDimension[]
  currency: string
  caption: string
}) {
  return (
    <table className="dimensions">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Usage</th>
          <th scope="col">Included</th>
          <th scope="col">Above that</th>
        </tr>
      </thead>
      <tbody>
        {dimensions.map((dimension) => (
          <tr key={dimension.id}>
            <th scope="row">{dimension.displayName}</th>
            {dimension.infinite ? (
              <td colSpan={2}>Unlimited – never charged</td>
            ) : (
              <>
                <td>{includedText(dimension)}</td>
                <td>
                  {formatMoney(dimension.pricePerUnit, currency)} {dimension.unitOfMeasure}
                </td>
              </>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** `month` and `year` of a plan's terms, for a sentence: "billed every month or every year". */
export function termsText(plan: ProductPlan): string {
  return plan.terms.map(({ termUnit }) => `every ${termName(termUnit)}`).join(' or ')
}
