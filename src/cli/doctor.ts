import type { Config } from '../kernel/config.ts'
import { system } from '../kernel/context.ts'
import { withDatabase } from './database.ts'

/** Examines the database of this environment. Returns 1 when something is wrong. */
export async function doctor(config: Config, json: boolean, print: (text: string) => void): Promise<number> {
  const findings = await withDatabase(config, (kernel) => kernel.run(system, (ctx) => kernel.doctor.examine(ctx.tx)))
  const sick = findings.filter(({ problems }) => problems.length > 0)
  if (json) print(JSON.stringify({ healthy: sick.length === 0, findings }))
  else {
    for (const { check, problems } of findings) print(`${problems.length === 0 ? 'ok  ' : 'BAD '} ${check}`)
    for (const { check, problems } of sick) print(`\n${check}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
  }
  return sick.length === 0 ? 0 : 1
}
