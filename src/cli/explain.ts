import type { Config } from '../kernel/config.ts'
import { system } from '../kernel/context.ts'
import { isDomainError } from '../kernel/errors.ts'
import { formatMoney } from '../kernel/money.ts'
import { withDatabase } from './database.ts'
import { CommandFailed } from './sandbox.ts'

/**
 * Calculates an invoice or credit note again, from the agreements, their history and the accepted usage, and says line by line why it comes to
 * what it does. Returns 1 when it does not come to the same.
 *
 * @throws CommandFailed when there is no such document
 */
export async function explainInvoice(config: Config, name: string, json: boolean, print: (text: string) => void): Promise<number> {
  const { detail, explanation } = await withDatabase(config, (kernel, { billing }) =>
    kernel.read(system, async (ctx) => {
      try {
        const found = await billing.getInvoice(ctx, name)
        return { detail: found, explanation: await billing.explainInvoice(ctx, found.id) }
      } catch (error) {
        if (!isDomainError(error)) throw error
        throw new CommandFailed(`${name}: ${error.message}`, true)
      }
    }),
  )
  const money = (amount: Parameters<typeof formatMoney>[0]) => formatMoney(amount, detail.currency)
  const lines = detail.lines.map((line) => {
    const found = explanation.lines.find(({ position }) => position === line.position)
    return {
      position: line.position,
      what: `${line.offerName}, ${line.planName}: ${line.description}`,
      net: line.net.toFixed(),
      tax: line.tax.toFixed(),
      fee: line.fee.toFixed(),
      agrees: found?.agrees ?? false,
      why: [...(found?.why ?? []), ...(found ? [found.share] : [])],
    }
  })
  const { number, kind, currency, issuedAt } = detail
  if (json) {
    const totals = { net: detail.net.toFixed(), tax: detail.tax.toFixed(), total: detail.total.toFixed() }
    print(
      JSON.stringify({
        number,
        kind,
        currency,
        issuedAt: issuedAt.toString(),
        ...totals,
        agrees: explanation.agrees,
        lines,
        afterwards: explanation.afterwards,
      }),
    )
  } else {
    print(
      `${number} of ${issuedAt.toString().slice(0, 10)}: net ${money(detail.net)}, tax ${money(detail.tax)}, total ${money(detail.total)}`,
    )
    for (const line of lines) {
      print(`\n${line.position}. ${line.what}: ${money(line.net)}${line.agrees ? '' : '  DOES NOT AGREE'}`)
      for (const sentence of line.why) print(`   ${sentence}`)
    }
    for (const sentence of explanation.afterwards) print(`\n${sentence}`)
    print(explanation.agrees ? '\nCalculated again, it is the same.' : '\nCalculated again, it is NOT the same.')
  }
  return explanation.agrees ? 0 : 1
}
