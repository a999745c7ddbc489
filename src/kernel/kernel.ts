import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Audit } from './audit.ts'
import { type Background, createBackground } from './background.ts'
import { type Clock, createClock, wallNow } from './clock.ts'
import type { Config } from './config.ts'
import type { Ctx, Principal } from './context.ts'
import type { Database, Tx } from './database.ts'
import type { Doctor } from './doctor.ts'
import { createDue, type Due } from './due.ts'
import { createEvents, type Events } from './events.ts'
import type { Files } from './files.ts'
import { createFlags, type Flags } from './flags.ts'
import type { Idempotency } from './idempotency.ts'
import type { Jobs } from './jobs.ts'
import type { Mail } from './mail.ts'
import { createMailTemplates, type MailTemplates } from './mail-templates.ts'
import type { Metrics } from './metrics.ts'
import type { Outbound } from './outbound.ts'
import type { RateLimits } from './rate-limit.ts'
import type { Secrets } from './secrets.ts'
import { createTaxonomy, followTaxonomy, type Taxonomy } from './taxonomy.ts'
import type { Tracing } from './tracing.ts'

/** The parts that depend on the machine and the configuration. */
export interface KernelParts {
  config: Config
  log: Logger
  database: Database
  audit: Audit
  doctor: Doctor
  files: Files
  idempotency: Idempotency
  jobs: Jobs
  mail: Mail
  metrics: Metrics
  outbound: Outbound
  rateLimits: RateLimits
  secrets: Secrets
  tracing: Tracing
}

/** What every room stands on. */
export interface Kernel extends KernelParts {
  background: Background
  flags: Flags
  mailTemplates: MailTemplates
  taxonomy: Taxonomy
  clock: Clock
  due: Due
  events: Events
  /** The entry point of a use case: one transaction (retried on deadlock), market time read once. */
  run<T>(principal: Principal, fn: (ctx: Ctx) => Promise<T>, options?: { requestId?: string }): Promise<T>
  /** The same without a transaction, for reads of single statements: each sees what is committed when it runs. */
  read<T>(principal: Principal, fn: (ctx: Ctx) => Promise<T>, options?: { requestId?: string }): Promise<T>
}

/** Puts the kernel together. */
export function createKernel(parts: KernelParts): Kernel {
  const clock = createClock(followTaxonomy)
  const due = createDue(parts.database, clock, parts.log, parts)
  due.drainEffects = () => parts.jobs.drain()

  const within =
    <T>(principal: Principal, fn: (ctx: Ctx) => Promise<T>, requestId: string) =>
    async (tx: Tx) =>
      fn({ tx, principal, now: await clock.marketNow(tx), wall: wallNow(), requestId })

  return {
    ...parts,
    background: createBackground(parts.audit, parts.jobs),
    flags: createFlags(parts.audit),
    mailTemplates: createMailTemplates(parts.config, parts.audit),
    taxonomy: createTaxonomy(parts.audit),
    clock,
    due,
    events: createEvents(),
    run: (principal, fn, options) =>
      parts.tracing.within('transaction', { kind: 'internal' }, () =>
        parts.database.transaction(within(principal, fn, options?.requestId ?? randomUUID())),
      ),
    read: (principal, fn, options) => within(principal, fn, options?.requestId ?? randomUUID())(parts.database.db),
  }
}
