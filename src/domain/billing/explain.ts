import { and, asc, eq, inArray, isNotNull } from 'drizzle-orm'
import { utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Decimal, formatMoney } from '../../kernel/money.ts'
import { getCharges, historyOf } from './charges.ts'
import { bookedParts } from './correction-books.ts'
import { type RatedCharge, rate } from './history.ts'
import { lineAmounts, sum } from './line.ts'
import { dimensionPrices } from './open-items.ts'
import { usageTaken } from './schema.ts'
import type { InvoiceDetail, InvoiceLine } from './views.ts'
import { writeOff } from './write-off-schema.ts'

/** One line, calculated again from what happened. */
export interface LineExplanation {
  position: number
  /** Sentences that lead to the amount. */
  why: string[]
  /** What the publisher gets of it: not for the customer. */
  share: string
  expected: { net: Decimal; tax: Decimal; fee: Decimal }
  /** Issued and calculated amounts are equal. */
  agrees: boolean
}

export interface InvoiceExplanation {
  lines: LineExplanation[]
  /** What happened to the document since: not for the customer. */
  afterwards: string[]
  /** Lines, totals and calculation agree. */
  agrees: boolean
}

/** Calculates an issued document again from history and usage, and says line by line why it comes to what it does. */
export async function explain(ctx: Ctx, detail: InvoiceDetail): Promise<InvoiceExplanation> {
  const charges = new Map(
    (
      await getCharges(
        ctx,
        detail.lines.flatMap((line) => line.charge ?? []),
      )
    ).map((row) => [row.id, row]),
  )
  const rated = await ratedBySubscription(ctx, [...new Set([...charges.values()].map((row) => row.subscription))])
  const usage = await usageOf(ctx, detail)

  const lines = detail.lines.map((line): LineExplanation => {
    const charge = line.charge ? charges.get(line.charge) : undefined
    const basis = line.kind === 'usage' ? usage.get(line.id) : chargeBasis(rated.get(`${charge?.subscription} ${charge?.key}`))
    if (!basis && line.kind === 'reversal' && line.charge === null) {
      // Of a preview that was paid back: the line that it takes back is explained where it was billed.
      const expected = lineAmounts(line.net, detail.currency, line.taxRate, line.feeRate)
      const why = ['A purchase of a preview was paid back in full, with its tax and without a store fee.']
      const share = `${money(expected.publisherShare, detail)} are taken back from the publisher.`
      return { position: line.position, why, share, expected, agrees: expected.tax.equals(line.tax) && expected.fee.equals(line.fee) }
    }
    if (!basis)
      return { position: line.position, why: ['Nothing in the history leads to this line.'], share: '', expected: zero, agrees: false }
    const amounts = lineAmounts(basis.net, detail.currency, line.taxRate, line.feeRate)
    const why = [
      ...basis.why,
      `Net ${money(amounts.net, detail)}.`,
      line.taxName
        ? `${line.taxName} ${line.taxRate.toFixed()} % (${line.taxCountry}): ${money(amounts.tax, detail)}.`
        : `No tax is charged in ${line.taxCountry}.`,
    ]
    const share = `The publisher gets ${money(amounts.publisherShare, detail)}: net less ${line.feeRate.toFixed()} % store fee.`
    const agrees = amounts.net.equals(line.net) && amounts.tax.equals(line.tax) && amounts.fee.equals(line.fee)
    return { position: line.position, why, share, expected: amounts, agrees }
  })
  const totals =
    sum(detail.lines.map((line) => line.net)).equals(detail.net) &&
    sum(detail.lines.map((line) => line.tax)).equals(detail.tax) &&
    detail.net.plus(detail.tax).equals(detail.total)
  return { lines, afterwards: await afterwardsOf(ctx, detail), agrees: totals && lines.every((line) => line.agrees) }
}

/** Sentences about what was written off of a document and taken up again. */
async function afterwardsOf(ctx: Ctx, detail: InvoiceDetail): Promise<string[]> {
  const booked = await ctx.tx
    .select()
    .from(writeOff)
    .where(and(eq(writeOff.invoice, detail.id), isNotNull(writeOff.bookedAt)))
    .orderBy(asc(writeOff.bookedAt))
  const sentences: string[] = []
  for (const of of booked) {
    const parts = await bookedParts(ctx, of.id)
    const total = (amount: (part: (typeof parts)[number]) => Decimal) => money(sum(parts.map(amount)), detail)
    const split = `the publisher’s share ${total((part) => part.publisherShare)}, the store fee ${total((part) => part.fee)} and tax ${total((part) => part.tax)}`
    const on = of.bookedAt ? utcDate(of.bookedAt).toString() : ''
    const back = of.recoveredAt ? ` It was paid after all and taken up again on ${utcDate(of.recoveredAt).toString()}.` : ''
    sentences.push(
      `${of.number}: ${money(of.amount, detail)} of it was written off on ${on} by ${of.decidedName ?? of.requestedName} (${of.reason.replace(/\.$/, '')}): ${split} were given up.${back}`,
    )
  }
  return sentences
}

const zero = { net: new Decimal(0), tax: new Decimal(0), fee: new Decimal(0) }

interface Basis {
  net: Decimal
  why: string[]
}

const money = (amount: Decimal, of: { currency: string }) => formatMoney(amount, of.currency)

async function ratedBySubscription(ctx: Ctx, subscriptions: string[]): Promise<Map<string, RatedCharge>> {
  const found = new Map<string, RatedCharge>()
  for (const subscription of subscriptions) {
    for (const one of rate(await historyOf(ctx, subscription))) found.set(`${subscription} ${one.key}`, one)
  }
  return found
}

function chargeBasis(one: RatedCharge | undefined): Basis | undefined {
  if (!one) return undefined
  const amount = formatMoney(one.amount, one.currency)
  const term = `${one.termStart.toString()} to ${one.termEnd.toString()}`
  const sentences: Record<RatedCharge['kind'], string> = {
    fee: `${one.quantity.toFixed()} × ${formatMoney(one.unitPrice, one.currency)} for the term ${term}, charged when it began.`,
    'change-credit': `The unused part of the old plan or seats, ${term}: ${amount}.`,
    'change-fee': `The new plan or seats from the day of the change, ${term}: ${amount}.`,
    reversal: `Taken back in full: the subscription was cancelled in its free period. ${amount}.`,
  }
  return { net: one.amount, why: [sentences[one.kind]] }
}

/** Of usage lines: what they took, against what was accepted, priced as agreed. */
async function usageOf(ctx: Ctx, detail: InvoiceDetail): Promise<Map<string, Basis>> {
  const lines = detail.lines.filter((line) => line.kind === 'usage')
  if (lines.length === 0) return new Map()
  const taken = await ctx.tx
    .select()
    .from(usageTaken)
    .where(
      inArray(
        usageTaken.line,
        lines.map((line) => line.id),
      ),
    )
  const prices = await dimensionPrices(ctx, [...new Set(lines.map((line) => line.subscription))])
  const byLine = Map.groupBy(taken, (row) => row.line)
  return new Map(
    lines.map((line) => {
      const parts = byLine.get(line.id) ?? []
      const price = prices.get(`${line.subscription} ${line.planId} ${line.dimension}`)?.pricePerUnit ?? new Decimal(0)
      const quantity = sum(parts.map((part) => part.quantity))
      return [
        line.id,
        { net: quantity.times(price), why: [...parts.map(partSentence), priceSentence(line, quantity, price, detail.currency)] },
      ]
    }),
  )
}

function partSentence(part: typeof usageTaken.$inferSelect): string {
  const month = part.month.toString().slice(0, 7)
  return `${part.quantity.toFixed()} units in ${part.events} ${part.events === 1 ? 'event' : 'events'} of ${month}, accepted before this invoice and on no earlier one.`
}

function priceSentence(line: InvoiceLine, quantity: Decimal, price: Decimal, currency: string): string {
  return `${quantity.toFixed()} × ${formatMoney(price, currency)} ${line.unitOfMeasure ?? ''}, as agreed.`
}
