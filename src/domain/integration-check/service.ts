import { and, desc, eq, inArray } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Accounts } from '../accounts/index.ts'
import { type CheckReport, type CheckRun, run } from './schema.ts'

/** The job that runs a check; whoever wires the program gives its handler. */
export const integrationCheckJob = 'integration-check'

export interface NewCheckRun {
  publisherId: string
  offerId: string
  landingPageUrl: string
  webhookUrl: string
  /** text of the landing page's button, where it is not guessed */
  submit?: string | undefined
  /** also test what comes a term later, by moving the market clock of the whole sandbox */
  moveClock: boolean
}

export type IntegrationChecks = ReturnType<typeof createIntegrationChecks>

/** A run that has not ended after this was interrupted: its process is gone. */
const longestRun = Temporal.Duration.from({ minutes: 6 })
const shownRuns = 20
const longestAddress = 2000

/** Runs of the integration check and their reports. Sandbox only. */
export function createIntegrationChecks(kernel: Kernel, { accounts }: { accounts: Pick<Accounts, 'publisher'> }) {
  async function authorizeFor(ctx: Ctx, publisherId: string) {
    if (kernel.config.mode !== 'sandbox') throw notFound('SandboxOnly', 'The integration check exists in sandbox mode only.')
    authorize(ctx.principal, 'sandbox.play', { tenantId: (await accounts.publisher(ctx, publisherId)).tenantId })
  }

  const isOver = (ctx: Ctx, row: CheckRun) =>
    (row.state !== 'queued' && row.state !== 'running') || Temporal.Instant.compare(ctx.wall, row.wallAt.add(longestRun)) > 0

  /** As readers see it: a run whose process has ended does not run for ever. */
  const shown = (ctx: Ctx, row: CheckRun): CheckRun =>
    row.state !== 'done' && row.state !== 'stopped' && isOver(ctx, row)
      ? { ...row, state: 'stopped', problem: 'The run was interrupted; ask for another one.' }
      : row

  async function runsOf(ctx: Ctx, publisherId: string): Promise<CheckRun[]> {
    const rows = await ctx.tx.select().from(run).where(eq(run.publisherId, publisherId)).orderBy(desc(run.id)).limit(shownRuns)
    return rows.map((row) => shown(ctx, row))
  }

  return {
    /**
     * Asks for a run; a job does it.
     * @throws invalid `AddressInvalid`, conflict `CheckRunning`, not-found, forbidden
     */
    async ask(ctx: Ctx, input: NewCheckRun): Promise<CheckRun> {
      await authorizeFor(ctx, input.publisherId)
      for (const target of ['landingPageUrl', 'webhookUrl'] as const) {
        const text = input[target]
        if (text.length > longestAddress || !URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
          throw invalid('AddressInvalid', 'Give an http or https address.', { target })
        }
      }
      if ((await runsOf(ctx, input.publisherId)).some((row) => !isOver(ctx, row))) {
        throw conflict('CheckRunning', 'A check of this publisher is running. Wait until it has ended.')
      }
      const row: CheckRun = {
        ...input,
        id: newId<'check-run'>(),
        submit: input.submit?.trim() || null,
        state: 'queued',
        problem: null,
        report: null,
        askedBy: ctx.principal.kind === 'user' ? ctx.principal.email : ctx.principal.kind,
        wallAt: ctx.wall,
        endedWallAt: null,
      }
      await ctx.tx.insert(run).values(row)
      await kernel.jobs.send(ctx, integrationCheckJob, { run: row.id })
      return row
    },

    /** The latest runs of a publisher, the newest first. */
    async list(ctx: Ctx, publisherId: string): Promise<CheckRun[]> {
      await authorizeFor(ctx, publisherId)
      return runsOf(ctx, publisherId)
    },

    /** For the job: the run, from now on running. Null when it has been begun before. */
    async begin(ctx: Ctx, id: string): Promise<CheckRun | null> {
      if (!isUuid(id)) return null
      const [row] = await ctx.tx
        .update(run)
        .set({ state: 'running' })
        .where(and(eq(run.id, id), eq(run.state, 'queued')))
        .returning()
      return row ?? null
    },

    /** For the job: a report, or a sentence why there is none. */
    async end(ctx: Ctx, id: string, result: { report: CheckReport } | { problem: string }): Promise<void> {
      await ctx.tx
        .update(run)
        .set({
          ...('report' in result ? { state: 'done', report: result.report } : { state: 'stopped', problem: result.problem }),
          endedWallAt: ctx.wall,
        })
        .where(and(eq(run.id, id), inArray(run.state, ['queued', 'running'])))
    },
  }
}
