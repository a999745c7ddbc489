import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PlannedPayout } from '../domain/billing/index.ts'
import type { Domain } from '../domain/domain.ts'
import type { Config } from '../kernel/config.ts'
import { type Ctx, system } from '../kernel/context.ts'
import { csv } from '../kernel/csv.ts'
import { isDomainError } from '../kernel/errors.ts'
import { SecretUnreadable } from '../kernel/secrets.ts'
import { withDatabase } from './database.ts'
import { CommandFailed } from './sandbox.ts'

const sepa = 'pain.001.001.09'

/** Reads or changes as the marketplace itself. @throws CommandFailed with the rule that was broken */
async function asMarketplace<T>(config: Config, work: (ctx: Ctx, billing: Domain['billing']) => Promise<T>): Promise<T> {
  try {
    return await withDatabase(config, (kernel, { billing }) => kernel.run(system, (ctx) => work(ctx, billing)))
  } catch (error) {
    if (!isDomainError(error) && !(error instanceof SecretUnreadable)) throw error
    throw new CommandFailed(error.message, true)
  }
}

/** What the next run would pay, and what it would hold and why: decided by the rules that the run follows. */
export async function previewPayouts(config: Config) {
  return asMarketplace(config, async (ctx, billing) => ({ payouts: (await billing.previewPayouts(ctx)).map(plannedOf) }))
}

function plannedOf({ publisherId, outcome, reason, currency, amount, net, fee, withheld, adjusted, lines }: PlannedPayout) {
  const sums = { net: net.toFixed(), fee: fee.toFixed(), withheld: withheld.toFixed(), adjusted: adjusted.toFixed() }
  return { publisherId, outcome, ...(reason ? { reason } : {}), currency, amount: amount.toFixed(), ...sums, lines }
}

/** Begins a run for this month, beside that of the 15th; a running Stoa carries it out. */
export async function startPayoutRun(config: Config) {
  return asMarketplace(config, async (ctx, billing) => ({ run: await billing.startPayoutRun(ctx) }))
}

/** What a run paid and held; the newest one without an id. @throws CommandFailed when there is none */
export async function showPayoutRun(config: Config, id: string | undefined) {
  return asMarketplace(config, async (ctx, billing) => {
    const wanted = id ?? (await billing.payoutRuns(ctx, 1))[0]?.id
    if (wanted === undefined) throw new CommandFailed('There has been no run yet.', true)
    const { run, items } = await billing.payoutRun(ctx, wanted)
    return {
      run: run.id,
      month: run.month.toString().slice(0, 7),
      startedAt: run.startedAt.toString(),
      startedBy: run.startedBy,
      finishedAt: run.finishedAt?.toString() ?? 'not yet',
      payouts: items.map(({ publisherId, outcome, reason, currency, amount, lines }) => ({
        publisherId,
        outcome,
        ...(reason ? { reason } : {}),
        currency,
        amount: amount.toFixed(),
        lines,
      })),
    }
  })
}

/**
 * Writes the bank files that wait for the bank into a folder; with `payOn` the prepared payouts are put into files first and count as sent.
 * A file is the same each time. Each download is in the audit log.
 *
 * @throws CommandFailed when nothing can be sent, or a rule is broken
 */
export async function writeBankFiles(config: Config, folder: string, payOn: string | undefined) {
  const files = await asMarketplace(config, async (ctx, billing) => {
    if (payOn !== undefined) await billing.createBankFiles(ctx, { payOn })
    const open = (await billing.bankFiles(ctx)).filter((file) => file.open > 0)
    const found = []
    for (const file of open) {
      const content = await billing.bankFileContent(ctx, file.id, file.rail === 'sepa' ? sepa : 'csv')
      found.push({ file, name: content.fileName, text: content.type === 'csv' ? csv(content.rows) : content.xml })
    }
    return found
  })
  mkdirSync(folder, { recursive: true })
  // They name people and accounts: nobody else on this machine reads them.
  for (const { name, text } of files) writeFileSync(join(folder, name), text, { mode: 0o600 })
  return {
    files: files.map(({ file, name }) => ({
      file: name,
      payOn: file.payOn.toString(),
      payouts: file.payouts,
      totals: file.totals.map((total) => `${total.amount.toFixed()} ${total.currency}`).join(', '),
    })),
  }
}
