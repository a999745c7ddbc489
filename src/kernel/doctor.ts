import type { Ctx } from './context.ts'
import type { Tx } from './database.ts'

/** One check: what it looks at, and a sentence for everything that is wrong. */
export interface Finding {
  check: string
  problems: string[]
  /** `repair` would do something about it */
  repairable: boolean
}

export interface Repair {
  check: string
  /** what was done, one sentence each */
  done: string[]
}

export interface Doctor {
  /**
   * Adds a check of references and invariants across rooms. It must read only, with few statements.
   *
   * @param repair puts right what follows from other facts without a choice: a read model, work that must be ahead. Never money, agreements or what
   *   people have written. It may run at any time, beside everything else, and says what it has done.
   */
  register(name: string, check: (tx: Tx) => Promise<string[]>, repair?: (ctx: Ctx) => Promise<string[]>): void
  /** Runs all checks, in the order of registration. An empty `problems` is good health. */
  examine(tx: Tx): Promise<Finding[]>
  /** Repairs what is wrong and safe to repair; what was nothing to do is not named. */
  repair(ctx: Ctx): Promise<Repair[]>
}

export function createDoctor(): Doctor {
  const checks: { name: string; check: (tx: Tx) => Promise<string[]>; repair: ((ctx: Ctx) => Promise<string[]>) | undefined }[] = []
  return {
    register: (name, check, repair) => void checks.push({ name, check, repair }),
    async examine(tx) {
      const findings: Finding[] = []
      for (const { name, check, repair } of checks) {
        findings.push({ check: name, problems: await check(tx), repairable: repair !== undefined })
      }
      return findings
    },
    async repair(ctx) {
      const repairs: Repair[] = []
      for (const { name, check, repair } of checks) {
        if (!repair || (await check(ctx.tx)).length === 0) continue
        const done = await repair(ctx)
        if (done.length > 0) repairs.push({ check: name, done })
      }
      return repairs
    },
  }
}
