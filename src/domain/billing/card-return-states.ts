export type CardReturnKind = 'dispute' | 'refund'
export type CardReturnState = 'open' | 'won' | 'lost' | 'owed'
export type CardReturnTrigger = 'win' | 'lose' | 'owe'

/** `won`: the money is back; `lost`: the customer keeps it, what it paid for is written off; `owed`: the customer is asked for it again. */
export const cardReturnStates: Record<CardReturnState, Partial<Record<CardReturnTrigger, CardReturnState>>> = {
  open: { win: 'won', lose: 'lost', owe: 'owed' },
  won: {},
  lost: {},
  owed: {},
}
