import type { PlanDimension, ProductPlan, TermUnit } from './listing.ts'
import { includedText, priceText, seatsText } from './price.ts'
import { formatMoney } from '../../kernel/money.ts'

/** The prices of a plan's terms, its seats and its trial, as lines of text. */
export function PlanPrices({ plan, perUser }: { plan: ProductPlan; perUser: boolean }) {
  if (plan.terms.length === 0) return <p className="plan-price-none">Not sold in your market</p>
  return (
    <div className="plan-prices">
      {plan.terms.map(({ termUnit, price }) => (
        <p key={termUnit} className="plan-price">
          {priceText(price, plan.currency, termUnit, perUser)}
        </p>
      ))}
      {plan.seats && <p className="plan-note">{seatsText(plan.seats)}</p>}
      {plan.freeTrial && <span className="badge badge-brand">First month free</span>}
    </div>
  )
}

interface DimensionTableProps {
  dimensions: readonly PlanDimension[]
  currency: string
  caption: string
  /** the terms whose included quantities are shown */
  terms: readonly TermUnit[]
}

/** What usage is included in a plan and what usage above it costs. */
export function DimensionTable({ dimensions, currency, caption, terms }: DimensionTableProps) {
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
                <td>{includedText(dimension, terms)}</td>
                <td>
                  {dimension.pricePerUnit === null
                    ? 'Not sold in your market'
                    : `${formatMoney(dimension.pricePerUnit, currency)} ${dimension.unitOfMeasure}`}
                </td>
              </>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
