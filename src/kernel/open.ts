import { join } from 'node:path'
import type { Logger } from 'pino'
import { createAudit } from './audit.ts'
import type { Config } from './config.ts'
import { openDatabase } from './database.ts'
import { createDoctor } from './doctor.ts'
import { createFiles, folderStore } from './files.ts'
import { registerGauges } from './gauges.ts'
import { createIdempotency } from './idempotency.ts'
import { createJobs } from './jobs.ts'
import { createKernel, type Kernel } from './kernel.ts'
import { createMail } from './mail.ts'
import { createMetrics } from './metrics.ts'
import { createOutbound } from './outbound.ts'
import { createRateLimits } from './rate-limit.ts'
import { createScanner } from './scanner.ts'
import { createSecrets, secretKeys } from './secrets.ts'
import { createTracing } from './tracing.ts'

export interface OpenKernelOptions {
  config: Config
  log: Logger
  /** of a migrated database */
  databaseUrl: string
  /** where files lie; default `<data>/files` */
  filesFolder?: string
  /** connections of the pool; default 20 */
  connections?: number
  /** let pg-boss watch its queues; off in tests */
  supervise?: boolean
}

/** A kernel on a migrated database, and how to let go of it. Nothing runs yet: `due.start()` and `jobs.start()` begin the work. */
export function openKernel({ config, log, databaseUrl, filesFolder, connections, supervise }: OpenKernelOptions): {
  kernel: Kernel
  close: () => Promise<void>
} {
  const database = openDatabase(databaseUrl, {
    ...(connections === undefined ? {} : { max: connections }),
    applicationName: `stoa ${config.roles.join(',')}`,
    onIdleError: (error) => log.warn({ err: error }, 'a database connection was lost'),
  })
  const metrics = createMetrics()
  const tracing = createTracing()
  const scanner = createScanner(config.scanner, metrics, log)
  const jobs = createJobs(database, log, { tracing, metrics, ...(supervise === undefined ? {} : { supervise }) })
  const outbound = createOutbound(config, metrics, tracing)
  const kernel = createKernel({
    config,
    log,
    database,
    metrics,
    tracing,
    jobs,
    outbound,
    audit: createAudit(),
    doctor: createDoctor(),
    files: createFiles(database, folderStore(filesFolder ?? join(config.dataDir, 'files')), scanner),
    idempotency: createIdempotency(),
    mail: createMail(config, database, jobs),
    rateLimits: createRateLimits(config.rateLimits, metrics),
    secrets: createSecrets(secretKeys(config)),
  })
  registerGauges(kernel)
  return {
    kernel,
    async close() {
      await outbound.close()
      await scanner.close()
      await tracing.stop()
      await database.close()
    },
  }
}
