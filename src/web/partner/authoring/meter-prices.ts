/** Prices of single markets, as a page holds them: market → item → amount. */
export type MarketPrices = Record<string, Record<string, string>>

/**
 * What stands beside a dimension's price in dollars once markets have prices of their own for it: the grid has no room for 141 of them, the
 * exported file shows them (spec/05 §5.9).
 */
export function priceHint(dimensionId: string, ownPrices: MarketPrices | undefined): string | undefined {
  return Object.values(ownPrices ?? {}).some((row) => row[`dimension:${dimensionId}`] !== undefined) ? '(export to see)' : undefined
}
