import type { Config } from '../kernel/config.ts'
import { system } from '../kernel/context.ts'
import { createLog } from '../kernel/log.ts'
import { openKernel } from '../kernel/open.ts'
import { runningDatabaseUrl, startPostgres } from '../kernel/postgres.ts'
import { createDomain } from '../domain/domain.ts'

/** Examines the database of this environment, beside a running Stoa or without one. Returns 1 when something is wrong. */
export async function doctor(config: Config, json: boolean, print: (text: string) => void): Promise<number> {
  const running = config.databaseUrl ?? runningDatabaseUrl(config.dataDir, 'stoa')
  const own = running === undefined ? await startPostgres(config.dataDir) : undefined
  const databaseUrl = running ?? (own as NonNullable<typeof own>).url('stoa')
  const { kernel, close } = openKernel({ config, log: createLog({ logLevel: 'error' }), databaseUrl, connections: 2 })
  try {
    createDomain(kernel)
    const findings = await kernel.run(system, (ctx) => kernel.doctor.examine(ctx.tx))
    const sick = findings.filter(({ problems }) => problems.length > 0)
    if (json) print(JSON.stringify({ healthy: sick.length === 0, findings }))
    else {
      for (const { check, problems } of findings) print(`${problems.length === 0 ? 'ok  ' : 'BAD '} ${check}`)
      for (const { check, problems } of sick) print(`\n${check}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    }
    return sick.length === 0 ? 0 : 1
  } finally {
    await close()
    await own?.stop()
  }
}
