import type { InvoiceDetail, InvoiceExplanation } from '../../domain/billing/index.ts'
import { formatMoney } from '../../kernel/money.ts'

/** Why each line of a document comes to what it does, for its page. `staff` also sees what the publisher gets. */
export function explained(detail: InvoiceDetail, explanation: InvoiceExplanation, staff: boolean) {
  const why = new Map(explanation.lines.map((line) => [line.position, line]))
  return {
    id: detail.id,
    number: detail.number,
    kind: detail.kind === 'credit-note' ? 'Credit note' : 'Invoice',
    agrees: explanation.agrees,
    total: formatMoney(detail.total, detail.currency),
    afterwards: staff ? explanation.afterwards : [],
    lines: detail.lines.map((line) => {
      const found = why.get(line.position)
      return {
        position: line.position,
        what: line.description,
        offer: `${line.offerName}, ${line.planName}`,
        amount: formatMoney(line.net, detail.currency),
        agrees: found?.agrees ?? false,
        why: [...(found?.why ?? []), ...(staff && found ? [found.share] : [])],
      }
    }),
  }
}
