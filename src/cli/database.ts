import { createDomain, type Domain } from '../domain/domain.ts'
import type { Config } from '../kernel/config.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { createLog } from '../kernel/log.ts'
import { openKernel } from '../kernel/open.ts'
import { runningDatabaseUrl, startPostgres } from '../kernel/postgres.ts'

/** Runs `work` on the database of this environment, beside a running Stoa or without one. */
export async function withDatabase<T>(config: Config, work: (kernel: Kernel, domain: Domain) => Promise<T>): Promise<T> {
  const running = config.databaseUrl ?? runningDatabaseUrl(config.dataDir, 'stoa')
  const own = running === undefined ? await startPostgres(config.dataDir) : undefined
  const databaseUrl = running ?? (own as NonNullable<typeof own>).url('stoa')
  const { kernel, close } = openKernel({ config, log: createLog({ logLevel: 'error' }), databaseUrl, connections: 2 })
  try {
    return await work(kernel, createDomain(kernel))
  } finally {
    await close()
    await own?.stop()
  }
}
