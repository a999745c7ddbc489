import type { Config } from '../kernel/config.ts'
import { system } from '../kernel/context.ts'
import { withDatabase } from './database.ts'

/**
 * Examines the database of this environment; with `fix`, repairs first what is safe to repair, in one transaction, and writes it to the audit log.
 * Returns 1 when something is wrong (still).
 */
export async function doctor(config: Config, options: { json: boolean; fix: boolean }, print: (text: string) => void): Promise<number> {
  const { repairs, findings } = await withDatabase(config, async (kernel) => {
    const repairs = options.fix
      ? await kernel.run(system, async (ctx) => {
          const repairs = await kernel.doctor.repair(ctx)
          for (const { check, done } of repairs) await kernel.audit.record(ctx, { action: 'doctor.repair', target: check, after: { done } })
          return repairs
        })
      : []
    return { repairs, findings: await kernel.run(system, (ctx) => kernel.doctor.examine(ctx.tx)) }
  })
  const sick = findings.filter(({ problems }) => problems.length > 0)
  if (options.json) print(JSON.stringify({ healthy: sick.length === 0, findings, ...(options.fix ? { repairs } : {}) }))
  else {
    for (const { check, done } of repairs) print(`repaired: ${check}\n${done.map((sentence) => `  - ${sentence}`).join('\n')}\n`)
    for (const { check, problems } of findings) print(`${problems.length === 0 ? 'ok  ' : 'BAD '} ${check}`)
    for (const { check, problems } of sick) print(`\n${check}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    if (!options.fix && sick.some(({ repairable }) => repairable)) print('\nSome of this can be repaired: stoa doctor --fix')
  }
  return sick.length === 0 ? 0 : 1
}
